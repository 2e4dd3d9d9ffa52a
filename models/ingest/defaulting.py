"""What the API server does when an agent is created, redone for manifests that were never in a cluster.

Live objects carry all of it already. Order as at admission: priority, LimitRange (§10.1, §12.7), then the
RuntimeClass; what it would refuse is returned as a reason, not raised: the other agents can still be placed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from pydantic.alias_generators import to_camel

from placewright.models.ingest.pods import PodRecord
from placewright.models.ingest.requests import (
    Exact,
    aggregate,
    container_limits,
    container_requests,
    containers,
    pod_level_limits,
    pod_level_requests,
    pod_limits,
    pod_requests,
    quantities,
)
from placewright.models.ingest.runtime_classes import with_runtime_class
from placewright.models.policy import PriorityClass
from placewright.models.storage import PersistentVolumeClaim
from placewright.models.wire.base import Quantities
from placewright.models.wire.pod import Container, PodSpec, ResourcesWire
from placewright.models.wire.policy import LimitRangeItem, LimitRangeWire
from placewright.models.wire.runtime_class import RuntimeClassWire

NO_POLICY = "PreemptLowerPriority"


@dataclass(frozen=True)
class Admitted:
    """A pod after admission: its spec completed, its priority resolved, and why it is refused, if it is."""

    pod: PodRecord
    priority: int
    preemption_policy: str
    refusal: str = ""


_Decided = tuple[PodSpec, int, str, str]
"""What becomes of a pod at admission: spec, priority, preemption policy, refusal."""


@dataclass(frozen=True)
class LimitRange:
    namespace: str
    items: tuple[LimitRangeItem, ...]


def limit_range(wire: LimitRangeWire) -> LimitRange:
    """A LimitRange whose amounts are known to be amounts. Raises InputError that names the field."""
    items = tuple(wire.spec.limits) if wire.spec is not None else ()
    for i, item in enumerate(items):
        for name in ("default", "default_request", "min", "max", "max_limit_request_ratio"):
            quantities(getattr(item, name), f"spec.limits[{i}].{to_camel(name)}")
    return LimitRange(wire.metadata.namespace or "default", items)


class Admission:
    """The classes and limit ranges of a snapshot, applied to one pod at a time."""

    def __init__(
        self,
        classes: Iterable[PriorityClass],
        ranges: Iterable[LimitRange],
        runtimes: Iterable[RuntimeClassWire],
    ) -> None:
        self._runtimes: Mapping[str, RuntimeClassWire] = {w.metadata.name: w for w in runtimes}
        self._classes: Mapping[str, PriorityClass] = {c.name: c for c in classes}
        defaults = (c for c in self._classes.values() if c.global_default)
        # There should be one; among several the API server takes the lowest.
        self._default = min(defaults, key=lambda c: (c.value, c.name), default=None)
        self._items: dict[str, list[LimitRangeItem]] = {}
        for limits in ranges:
            self._items.setdefault(limits.namespace, []).extend(limits.items)
        self._known: dict[tuple[int, str, bool], tuple[PodSpec, _Decided]] = {}

    def admit(self, pod: PodRecord) -> Admitted:
        """A live pod as it is; a new one with its defaults, and one that is said to run with its priority."""
        if pod.uid:
            return Admitted(pod, pod.spec.priority or 0, pod.spec.preemption_policy or NO_POLICY)
        # Replicas share their spec: what one of them became, all become.
        key = (id(pod.spec), pod.namespace, pod.exists)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = (pod.spec, self._decided(pod))
        spec, priority, policy, refusal = known[1]
        return Admitted(pod._replace(shape=replace(pod.shape, spec=spec)), priority, policy, refusal)

    def _decided(self, pod: PodRecord) -> _Decided:
        named = self._classes.get(pod.spec.priority_class_name)
        found = named or (None if pod.spec.priority_class_name else self._default)
        policy = pod.spec.preemption_policy or (found.preemption_policy if found else NO_POLICY)
        priority, spec, refusal = pod.spec.priority or 0, pod.spec, ""
        if found is not None and (named or pod.spec.priority is None):
            priority = found.value
            # Quotas go by the class's name, the default's too.
            spec = spec.model_copy(update={"priority_class_name": found.name})
        if not pod.exists:
            if pod.spec.priority_class_name and named is None:
                refusal = f"no PriorityClass with name {pod.spec.priority_class_name} was found"
            items = self._items.get(pod.namespace, [])
            spec = _limited(_whole_first(spec), items) if items else spec
            refusal = refusal or _above_limit(spec) or _above_the_whole(spec) or _out_of_range(spec, items)
            runtime = self._runtimes.get(spec.runtime_class_name)
            if runtime is not None:
                spec, fault = with_runtime_class(spec, runtime)
                refusal = refusal or fault
        return spec, priority, policy, refusal

    def refuses_claim(self, claim: PersistentVolumeClaim) -> str:
        """Why a new claim is not created, or ""."""
        asked = {"storage": Fraction(claim.request)}
        for item in self._items.get(claim.namespace, []):
            if item.type == "PersistentVolumeClaim":
                # A claim has no limits: its request is held against both bounds.
                fault = _fault(item, asked, asked, "PersistentVolumeClaim")
                if fault:
                    return fault
        return ""


def _whole_first(spec: PodSpec) -> PodSpec:
    """What `spec.resources` leaves open is filled in before limit ranges are asked."""
    if spec.resources is None:
        return spec
    requests = {**spec.resources.requests, **_written(pod_level_requests(spec))}
    limits = {**spec.resources.limits, **_written(pod_level_limits(spec))}
    return spec.model_copy(update={"resources": ResourcesWire(requests=requests, limits=limits)})


def _written(exact: Exact) -> Quantities:
    """Stored amounts, all of which are whole thousandths, as quantities."""
    return {name: f"{int(value * 1000)}m" for name, value in exact.items()}


def _limited(spec: PodSpec, items: Sequence[LimitRangeItem]) -> PodSpec:
    """Containers with the defaults of every Container limit range; a limit given is a request first."""
    per_container = [item for item in items if item.type == "Container"]
    if not per_container:
        return spec
    return spec.model_copy(
        update={
            "containers": [_with_defaults(c, per_container) for c in spec.containers],
            "init_containers": [_with_defaults(c, per_container) for c in spec.init_containers],
        }
    )


def _with_defaults(container: Container, items: Sequence[LimitRangeItem]) -> Container:
    own = container.resources or ResourcesWire()
    requests: Quantities = {**own.limits, **own.requests}
    limits: Quantities = dict(own.limits)
    for item in items:
        # default_request falls back to default, default to max, as the API fills a LimitRange itself in.
        default = {**item.max, **item.default}
        requests = {**item.min, **default, **item.default_request, **requests}
        limits = {**default, **limits}
    return container.model_copy(update={"resources": ResourcesWire(requests=requests, limits=limits)})


def _above_limit(spec: PodSpec) -> str:
    """The first container that requests more than its limit, perhaps by a default, or ""."""
    for field, container in containers(spec):
        limits = container_limits(container, field)
        for name, asked in container_requests(container, field).items():
            if asked > limits.get(name, asked):
                return f"the request of {name} is above its limit in {_named(container)}"
    return ""


def _above_the_whole(spec: PodSpec) -> str:
    """How containers, or limits, do not go with what `spec.resources` asks for them all, or ""."""
    if spec.resources is None:
        return ""
    requests, limits = pod_level_requests(spec), pod_level_limits(spec)
    for name, asked in aggregate(spec, container_requests).items():
        if asked > requests.get(name, asked):
            return f"the containers request more {name} than spec.resources"
    for name, asked in requests.items():
        if asked > limits.get(name, asked):
            return f"the request of {name} is above its limit in spec.resources"
    for i, container in enumerate(spec.containers):
        for name, limit in container_limits(container, f"spec.containers[{i}]").items():
            if limit > limits.get(name, limit):
                return f"the limit of {name} is above that of spec.resources in {_named(container)}"
    return ""


def _named(container: Container) -> str:
    return f"container {container.name}".strip()


def _out_of_range(spec: PodSpec, items: Sequence[LimitRangeItem]) -> str:
    """The first bound of a limit range that the pod or one of its containers breaks, or ""."""
    # Limit ranges are asked before a RuntimeClass adds its overhead.
    bare = spec.model_copy(update={"overhead": {}})
    for item in items:
        if item.type == "Pod":
            fault = _fault(item, pod_requests(bare), pod_limits(bare), "pod")
            if fault:
                return fault
        if item.type == "Container":
            for field, container in containers(spec):
                requests, limits = container_requests(container, field), container_limits(container, field)
                fault = _fault(item, requests, limits, _named(container))
                if fault:
                    return fault
    return ""


def _fault(item: LimitRangeItem, requests: Exact, limits: Exact, what: str) -> str:
    # Of a whole pod, one container's limit may be less than what another one, without limit, requests.
    for name, least in quantities(item.min, "spec.limits.min").items():
        if name not in requests or min(requests[name], limits.get(name, least)) < least:
            return f"LimitRange: minimum {name} usage per {what} is {item.min[name]}"
    for name, most in quantities(item.max, "spec.limits.max").items():
        if name not in limits or max(limits[name], requests.get(name, most)) > most:
            return f"LimitRange: maximum {name} usage per {what} is {item.max[name]}"
    for name, ratio in quantities(item.max_limit_request_ratio, "spec.limits.maxLimitRequestRatio").items():
        asked = requests.get(name, Fraction(0))
        if not limits.get(name) or asked <= 0 or limits[name] / asked > ratio:
            return f"LimitRange: {name} limit to request ratio per {what} is at most {ratio}"
    return ""
