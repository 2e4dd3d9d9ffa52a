"""Effective requests and limits of a pod, its non-zero requests for scoring, and its QoS class (§1.3–1.5)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from functools import lru_cache
from math import ceil

from placewright.models.agent import QosClass
from placewright.models.errors import InputError
from placewright.models.node import Resources
from placewright.models.quantity import TOO_MUCH, amount, parse_quantity
from placewright.models.wire.base import QuantityValue
from placewright.models.wire.pod import Container, ContainerStatus, PodSpec, PodStatus

Exact = dict[str, Fraction]
"""Resource name -> exact quantity. A missing name is not the same as 0: nobody mentioned it."""

COMPUTE = ("cpu", "memory")
HUGEPAGES = "hugepages-"
NONZERO = {"cpu": Fraction(1, 10), "memory": Fraction(200 * 1024 * 1024)}
"""What scoring assumes for a container that does not say (§1.4)."""

_KNOWN = frozenset({"cpu", "memory", "ephemeral-storage"})
_NAME = r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)"
_DOMAIN = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
_EXTENDED = re.compile(rf"(?!requests\.){_DOMAIN}/{_NAME}")


def quantities(values: Mapping[str, QuantityValue], field: str) -> Exact:
    """Parsed quantities, none negative, each rounded up to a thousandth as the API server stores it.

    Raises InputError that names the field.
    """
    parsed: Exact = {}
    for name, value in values.items():
        try:
            parsed[name] = _stored(value) if isinstance(value, str) else _rounded(value)
            amount(name, parsed[name])
        except InputError as error:
            raise error.located(field=f"{field}.{name}") from None
        if parsed[name].numerator < 0:
            raise InputError(f"expected a quantity of at least 0, found {value!r}", field=f"{field}.{name}")
    return parsed


def _rounded(value: QuantityValue) -> Fraction:
    return Fraction(ceil(parse_quantity(value) * 1000), 1000)


@lru_cache(maxsize=65536)
def _stored(text: str) -> Fraction:
    """The same for what is written as text: a cluster has few different ones."""
    return _rounded(text)


def is_pod_level(name: str) -> bool:
    """Resources that `spec.resources` may set for the whole pod."""
    return name in COMPUTE or name.startswith(HUGEPAGES)


@lru_cache(maxsize=4096)
def survives(name: str) -> bool:
    """Whether kube-scheduler keeps a requested resource at all; others it drops silently (§1.3)."""
    return (
        name in _KNOWN
        or name.startswith((HUGEPAGES, "attachable-volumes-"))
        or "kubernetes.io/" in name
        or _EXTENDED.fullmatch(name) is not None
    )


def container_limits(container: Container, field: str) -> Exact:
    return quantities(container.resources.limits, f"{field}.resources.limits") if container.resources else {}


def container_requests(container: Container, field: str) -> Exact:
    """Requests with the API's default: what is limited and not requested is requested (§1.2)."""
    if container.resources is None:
        return {}
    own = quantities(container.resources.requests, f"{field}.resources.requests")
    return {**container_limits(container, field), **own}


def containers(spec: PodSpec) -> Iterator[tuple[str, Container]]:
    """All containers, init containers last, each with its field."""
    for i, container in enumerate(spec.containers):
        yield f"spec.containers[{i}]", container
    for i, container in enumerate(spec.init_containers):
        yield f"spec.initContainers[{i}]", container


def is_sidecar(container: Container) -> bool:
    """Of an init container: whether it keeps running beside the others."""
    return container.restart_policy == "Always"


Amounts = Callable[[Container, str], Exact]


def aggregate(spec: PodSpec, amounts: Amounts) -> Exact:
    """§1.3 over containers: sidecars run beside all that starts after them, other inits come and go."""
    main: Exact = {}
    for i, container in enumerate(spec.containers):
        _add(main, amounts(container, f"spec.containers[{i}]"))
    sidecars: Exact = {}
    most: Exact = {}
    for i, container in enumerate(spec.init_containers):
        own = amounts(container, f"spec.initContainers[{i}]")
        if is_sidecar(container):
            _add(main, own)
            _add(sidecars, own)
            _raise(most, sidecars)
        else:
            beside = dict(sidecars)
            _add(beside, own)
            _raise(most, {name: beside[name] for name in own})
    _raise(main, most)
    return main


def _add(total: Exact, more: Exact) -> None:
    for name, value in more.items():
        total[name] = total.get(name, Fraction(0)) + value


def _raise(total: Exact, floor: Exact) -> None:
    for name, value in floor.items():
        total[name] = max(total.get(name, value), value)


def pod_requests(spec: PodSpec, assumed: Exact | None = None) -> Exact:
    """Effective requests: containers, overridden by pod-level ones, plus overhead.

    `assumed` is what each container counts for where it does not say.
    """

    def amounts(container: Container, field: str) -> Exact:
        return {**(assumed or {}), **container_requests(container, field)}

    total = {**aggregate(spec, amounts), **pod_level_requests(spec)}
    _add(total, quantities(spec.overhead, "spec.overhead"))
    return total


def pod_level_requests(spec: PodSpec) -> Exact:
    """What `spec.resources` requests for the whole pod, defaulted as the API does (§1.2)."""
    if spec.resources is None:
        return {}
    own = quantities(spec.resources.requests, "spec.resources.requests")
    limits = pod_level_limits(spec)
    asked = aggregate(spec, container_requests) if limits else {}
    # Hugepages do not overcommit: there the limit decides, not what the containers add up to.
    filled = {**limits, **{name: asked[name] for name in COMPUTE if name in asked}}
    own = {**filled, **own}
    return {name: value for name, value in own.items() if is_pod_level(name)}


def pod_level_limits(spec: PodSpec) -> Exact:
    """What `spec.resources` limits for the whole pod, with what the API fills in of containers' hugepages.

    They make the pod one that has limits, so that its requests are filled in too.
    """
    if spec.resources is None:
        return {}
    requests = quantities(spec.resources.requests, "spec.resources.requests")
    limits = quantities(spec.resources.limits, "spec.resources.limits")
    if not (requests or limits):
        return {}
    huge = {n: v for n, v in aggregate(spec, container_limits).items() if n.startswith(HUGEPAGES)}
    return {**{name: value for name, value in huge.items() if name not in requests}, **limits}


def pod_limits(spec: PodSpec) -> Exact:
    """Limits by the same shape; overhead only where there is a limit already."""
    total = aggregate(spec, container_limits)
    total.update({name: value for name, value in pod_level_limits(spec).items() if is_pod_level(name)})
    for name, value in quantities(spec.overhead, "spec.overhead").items():
        if total.get(name):
            total[name] += value
    return total


def running_requests(spec: PodSpec, status: PodStatus, assumed: Exact | None = None) -> Exact:
    """Requests of an assigned pod: a resize under way counts with the larger of old and new (§1.3)."""
    statuses = {s.name: s for s in (*status.container_statuses, *status.init_container_statuses)}
    infeasible = any(c.type == "PodResizePending" and c.reason == "Infeasible" for c in status.conditions)

    def amounts(container: Container, field: str) -> Exact:
        asked = container_requests(container, field)
        is_init = field.startswith("spec.initContainers")
        known = statuses.get(container.name)
        if known is not None and known.resources is not None and (not is_init or is_sidecar(container)):
            asked = _resized(asked, known, field, infeasible=infeasible)
        return {**(assumed or {}), **asked}

    total = {**aggregate(spec, amounts), **_pod_level_running(spec, status, infeasible=infeasible)}
    _add(total, quantities(spec.overhead, "spec.overhead"))
    return total


def _resized(asked: Exact, status: ContainerStatus, field: str, *, infeasible: bool) -> Exact:
    actual = quantities(status.resources.requests, f"{field}.status") if status.resources else {}
    largest = dict(actual)
    _raise(largest, quantities(status.allocated_resources, f"{field}.status"))
    if not infeasible:
        _raise(largest, asked)
    return largest


def _pod_level_running(spec: PodSpec, status: PodStatus, *, infeasible: bool) -> Exact:
    own = pod_level_requests(spec)
    if not own or status.resources is None:
        return own
    actual = quantities(status.resources.requests, "status.resources.requests")
    _raise(actual, quantities(status.allocated_resources, "status.allocatedResources"))
    if not infeasible:
        _raise(actual, own)
    return {name: value for name, value in actual.items() if name in own}


def scoring_requests(spec: PodSpec, status: PodStatus | None = None) -> Resources:
    """cpu and memory as the resource scores see them: a container that does not say counts for something.

    `status` is that of an assigned pod. With pod-level requests only what the whole pod leaves open is
    filled in, again for each container.
    """
    asked = pod_requests(spec) if status is None else running_requests(spec, status)
    by_pod = pod_level_requests(spec)
    assumed = {name: NONZERO[name] for name in COMPUTE if not (by_pod and name in asked)}
    # Running or not, a container is asked the same way; what it leaves open is assumed.
    total = pod_requests(spec, assumed=assumed) if status is None else running_requests(spec, status, assumed)
    return {name: _asked(name, total.get(name, Fraction(0))) for name in COMPUTE}


def container_scoring_requests(spec: PodSpec) -> Resources:
    """Where there are pod-level requests: what the containers count for without them (§1.4's quirk)."""
    by_pod = pod_level_requests(spec)
    if not by_pod:
        return {}
    total = aggregate(spec, lambda container, field: {**NONZERO, **container_requests(container, field)})
    _add(total, quantities(spec.overhead, "spec.overhead"))
    names = dict.fromkeys((*COMPUTE, *sorted(by_pod)))
    return {name: _asked(name, total.get(name, Fraction(0))) for name in names}


def unspecified(spec: PodSpec) -> frozenset[str]:
    """Quota keys that some container leaves open (§12.2); none where the pod asks for a whole."""
    if pod_level_requests(spec) or any(map(is_pod_level, pod_level_limits(spec))):
        return frozenset()
    missing: set[str] = set()
    for field, container in containers(spec):
        requests, limits = container_requests(container, field), container_limits(container, field)
        missing.update(f"requests.{name}" for name in COMPUTE if name not in requests)
        missing.update(f"limits.{name}" for name in COMPUTE if name not in limits)
    return frozenset(missing)


def qos_class(spec: PodSpec, status: PodStatus | None) -> QosClass:
    """§1.5; a class that the status states wins."""
    if status is not None and status.qos_class:
        return QosClass(status.qos_class)
    if spec.resources is not None:
        pairs = [(pod_level_requests(spec), quantities(spec.resources.limits, "spec.resources.limits"))]
    else:
        pairs = [(container_requests(c, field), container_limits(c, field)) for field, c in containers(spec)]
    requests, limits = _positive_sum(r for r, _ in pairs), _positive_sum(limit for _, limit in pairs)
    if not requests and not limits:
        return QosClass.BEST_EFFORT
    all_limited = all(all(limit.get(name, 0) > 0 for name in COMPUTE) for _, limit in pairs)
    return QosClass.GUARANTEED if all_limited and requests == limits else QosClass.BURSTABLE


def _positive_sum(amounts: Iterable[Exact]) -> Exact:
    total: Exact = {}
    for own in amounts:
        _add(total, {name: own[name] for name in COMPUTE if own.get(name, 0) > 0})
    return total


def as_resources(exact: Exact, *, zero: bool = False) -> dict[str, int]:
    """Integers in the order of names; unknown resources are dropped, zeros too unless asked for."""
    whole = {name: _asked(name, exact[name]) for name in sorted(exact) if survives(name)}
    return {name: value for name, value in whole.items() if value or zero}


def _asked(name: str, exact: Fraction) -> int:
    """An agent's amount; how much it is beyond what any node has makes no difference."""
    # What several containers ask for together need not fit into 64 bits.
    return TOO_MUCH if exact > TOO_MUCH else min(amount(name, exact), TOO_MUCH)
