"""Nodes from the wire."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from placewright.models.errors import InputError
from placewright.models.ingest.annotations import DEVICES, data_names, soft_capacity
from placewright.models.ingest.requests import quantities
from placewright.models.ingest.selectors import taints
from placewright.models.node import DevicePool, Node
from placewright.models.quantity import MOST_ON_A_NODE, amount, parse_quantity
from placewright.models.selector import Effect, Taint
from placewright.models.wire.devices import DevicePoolWire, parse_annotation
from placewright.models.wire.node import NodeStatus, NodeWire
from placewright.models.wire.pod import Condition

PRICE = "placewright.io/price"
MILLIONTHS = 1_000_000
MOST_PRICE = 1_000_000
"""Per hour: what the nodes of the largest cluster cost together then stays within 64 bits."""

CORDON = Taint("node.kubernetes.io/unschedulable", Effect.NO_SCHEDULE)

_PRESSURE = {
    "MemoryPressure": "node.kubernetes.io/memory-pressure",
    "DiskPressure": "node.kubernetes.io/disk-pressure",
    "PIDPressure": "node.kubernetes.io/pid-pressure",
    "NetworkUnavailable": "node.kubernetes.io/network-unavailable",
}


def build_node(wire: NodeWire, *, taints_from_conditions: bool) -> Node:
    """A node; allocatable that is not given is the capacity. Raises InputError that names the field."""
    status = wire.status or NodeStatus()
    field = "status.capacity" if status.allocatable is None else "status.allocatable"
    exact = quantities(status.capacity if status.allocatable is None else status.allocatable, field)
    own = taints(wire.spec.taints) if wire.spec else ()
    unschedulable = wire.spec.unschedulable if wire.spec else False
    derived: tuple[Taint, ...] = ()
    if taints_from_conditions:
        derived = (*condition_taints(status.conditions), *((CORDON,) if unschedulable else ()))
    annotations = wire.metadata.annotations
    return Node(
        name=wire.metadata.name,
        allocatable={name: min(amount(name, exact[name]), MOST_ON_A_NODE) for name in sorted(exact)},
        labels=wire.metadata.labels,
        taints=_with_derived(own, derived),
        unschedulable=unschedulable,
        images={name: image.size_bytes for image in status.images for name in image.names},
        devices=tuple(
            DevicePool(pool.resource, pool.count, pool.model)
            for pool in parse_annotation(annotations, DEVICES, DevicePoolWire)
        ),
        price=parse_price(annotations.get(PRICE), f"metadata.annotations.{PRICE}"),
        data=data_names(annotations),
        soft_capacity=soft_capacity(annotations),
        uid=wire.metadata.uid,
        heartbeat=max((c.last_heartbeat_time for c in status.conditions), default=""),
    )


def _with_derived(own: tuple[Taint, ...], derived: tuple[Taint, ...]) -> tuple[Taint, ...]:
    """The node's taints and those that are not there yet; one taint per key and effect, as in the API."""
    known = {(taint.key, taint.effect) for taint in own}
    return (*own, *(taint for taint in derived if (taint.key, taint.effect) not in known))


def parse_price(text: str | int | float | None, field: str) -> int:
    """A price per hour in millionths, rounded up; nothing given is 0. Raises InputError."""
    if text is None:
        return 0
    try:
        price = parse_quantity(text)
    except InputError:
        raise InputError(f"expected a price per hour such as 0.192, found {text!r}", field=field) from None
    if price < 0:
        raise InputError(f"expected a price of at least 0, found {text!r}", field=field)
    if price > MOST_PRICE:
        raise InputError(f"expected a price of at most {MOST_PRICE}, found {text!r}", field=field)
    scaled: Fraction = price * MILLIONTHS
    return -(-scaled.numerator // scaled.denominator)


def condition_taints(conditions: Sequence[Condition]) -> tuple[Taint, ...]:
    """The taints that the node controller derives from conditions (§3.4)."""
    derived: list[Taint] = []
    for condition in conditions:
        if condition.type == "Ready" and condition.status in ("False", "Unknown"):
            key = "not-ready" if condition.status == "False" else "unreachable"
            effects = (Effect.NO_SCHEDULE, Effect.NO_EXECUTE)
            derived.extend(Taint(f"node.kubernetes.io/{key}", effect) for effect in effects)
        elif condition.type in _PRESSURE and condition.status == "True":
            derived.append(Taint(_PRESSURE[condition.type], Effect.NO_SCHEDULE))
    return tuple(derived)
