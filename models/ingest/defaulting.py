"""What the API server does when an agent is created, redone for manifests that were never in a cluster.

Live objects carry all of it already. Order as at admission: priority, then LimitRange (§10.1, §12.7); what
it would refuse is returned as a reason, not raised: the other agents can still be placed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from placewright.models.ingest.requests import (
    Exact,
    container_limits,
    container_requests,
    pod_limits,
    pod_requests,
    quantities,
)
from placewright.models.policy import PriorityClass
from placewright.models.wire.base import Quantities
from placewright.models.wire.pod import Container, Pod, PodSpec, ResourcesWire
from placewright.models.wire.policy import LimitRangeItem, LimitRangeWire


@dataclass(frozen=True)
class Admitted:
    """A pod after admission: its spec completed, its priority resolved, and why it is refused, if it is."""

    pod: Pod
    priority: int
    preemption_policy: str
    refusal: str = ""


class Admission:
    """The classes and limit ranges of a snapshot, applied to one pod at a time."""

    def __init__(self, classes: Iterable[PriorityClass], ranges: Iterable[LimitRangeWire]) -> None:
        self._classes: Mapping[str, PriorityClass] = {c.name: c for c in classes}
        self._default = max((c for c in self._classes.values() if c.global_default), key=_value, default=None)
        self._items: dict[str, list[LimitRangeItem]] = {}
        for limit_range in ranges:
            if limit_range.spec is not None:
                namespace = limit_range.metadata.namespace or "default"
                self._items.setdefault(namespace, []).extend(limit_range.spec.limits)

    def admit(self, pod: Pod) -> Admitted:
        """A live pod as it is; a new one with its defaults."""
        if pod.metadata.uid:
            return Admitted(pod, pod.spec.priority or 0, pod.spec.preemption_policy or "PreemptLowerPriority")
        priority, policy, refusal = self._priority(pod.spec)
        items = self._items.get(pod.metadata.namespace or "default", [])
        limited = pod.model_copy(update={"spec": _limited(pod.spec, items)}) if items else pod
        refusal = refusal or _out_of_range(limited.spec, items)
        return Admitted(limited, priority, policy, refusal)

    def _priority(self, spec: PodSpec) -> tuple[int, str, str]:
        named = self._classes.get(spec.priority_class_name)
        if spec.priority_class_name and named is None:
            refusal = f"no PriorityClass with name {spec.priority_class_name} was found"
            return spec.priority or 0, spec.preemption_policy or "PreemptLowerPriority", refusal
        found = named or self._default
        policy = spec.preemption_policy or (found.preemption_policy if found else "PreemptLowerPriority")
        if spec.priority is not None and named is None:
            return spec.priority, policy, ""
        return (found.value if found else 0), policy, ""


def _value(priority_class: PriorityClass) -> tuple[int, str]:
    return (priority_class.value, priority_class.name)


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


def _out_of_range(spec: PodSpec, items: Sequence[LimitRangeItem]) -> str:
    """The first bound of a limit range that the pod or one of its containers breaks, or ""."""
    for item in items:
        if item.type == "Pod":
            fault = _fault(item, pod_requests(spec), pod_limits(spec), "pod")
            if fault:
                return fault
        if item.type == "Container":
            for container in (*spec.containers, *spec.init_containers):
                requests, limits = container_requests(container, "spec"), container_limits(container, "spec")
                fault = _fault(item, requests, limits, f"container {container.name}".strip())
                if fault:
                    return fault
    return ""


def _fault(item: LimitRangeItem, requests: Exact, limits: Exact, what: str) -> str:
    for name, least in quantities(item.min, "spec.limits.min").items():
        if requests.get(name, Fraction(0)) < least:
            return f"LimitRange: minimum {name} usage per {what} is {item.min[name]}"
    for name, most in quantities(item.max, "spec.limits.max").items():
        if name not in limits or limits[name] > most:
            return f"LimitRange: maximum {name} usage per {what} is {item.max[name]}"
    for name, ratio in quantities(item.max_limit_request_ratio, "spec.limits.maxLimitRequestRatio").items():
        asked = requests.get(name, Fraction(0))
        if name not in limits or asked <= 0 or limits[name] / asked > ratio:
            return f"LimitRange: {name} limit to request ratio per {what} is at most {ratio}"
    return ""
