"""placewright's short form of a profile -> Profile, over the preset that it extends."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from placewright.models.errors import InputError
from placewright.models.ingest.profile_args import added_affinity, shape_points, spread_defaults
from placewright.models.ingest.profile_plugins import FILTERS, PREEMPTION
from placewright.models.profile import (
    BalancedFormula,
    DefaultSpread,
    FitArgs,
    FreeRatio,
    Latency,
    Profile,
    Rate,
    ScoreName,
    Shape,
    Stage,
)
from placewright.models.quantity import parse_amount
from placewright.models.reading.display import nearest
from placewright.models.wire.faults import parse_strict
from placewright.models.wire.profile import FIT_SCORES, Charge, Fit, FreeRatioWire, ProfileWire, Room

T = TypeVar("T")

SWITCHABLE = (*sorted(FILTERS), PREEMPTION)
"""What `disabledFilters` may name."""


def read_profile(document: dict[str, Any], preset: Callable[[str], Profile]) -> Profile:
    """A profile in the short form. `preset` finds what `extends` names, and raises InputError.

    Raises InputError with the field.
    """
    wire = parse_strict(ProfileWire, document)
    base = Profile() if wire.extends is None else preset(wire.extends)
    required, preferred = base.added_affinity, base.added_preferred
    if wire.added_affinity is not None:
        required, preferred = added_affinity(wire.added_affinity, "addedAffinity")
    profile = replace(
        base,
        name=wire.name,
        scheduler_name=wire.scheduler_name or base.scheduler_name,
        weights=_weights(wire, base),
        off=base.off if wire.disabled_filters is None else _off(wire.disabled_filters),
        fit=base.fit if wire.fit is None else _fit(wire.fit, base.fit),
        balanced_resources=tuple(wire.balanced_resources or base.balanced_resources),
        balanced_formula=BalancedFormula(wire.balanced_formula or base.balanced_formula),
        hard_affinity_weight=_or(wire.hard_pod_affinity_weight, base.hard_affinity_weight),
        ignore_preferred_of_existing=_or(
            wire.ignore_preferred_terms_of_existing_pods, base.ignore_preferred_of_existing
        ),
        added_affinity=required,
        added_preferred=preferred,
        default_spread=_spread(wire) or base.default_spread,
        shapes=base.shapes if wire.keep_room_for is None else _shapes(wire.keep_room_for),
        allocate=_or(wire.allocate, base.allocate),
        latency=_latency(wire) or base.latency,
        limit_caps=_or(wire.limit_caps, base.limit_caps),
        soft_capacity=base.soft_capacity if wire.soft_capacity is None else _soft(wire.soft_capacity),
        free_ratios=base.free_ratios if wire.free_ratios is None else tuple(map(_ratio, wire.free_ratios)),
        stages=_stages(wire) or base.stages,
    )
    if profile.weight(ScoreName.REQUESTED_TO_CAPACITY_RATIO) and not profile.fit.shape:
        raise InputError("is missing: RequestedToCapacityRatio scores by it", field="fit.shape")
    return profile


def _or(given: T | None, otherwise: T) -> T:
    return otherwise if given is None else given


def _weights(wire: ProfileWire, base: Profile) -> dict[ScoreName, int]:
    """The scores that count. Naming one way to score fit takes out the base's: there is one at a time."""
    if wire.scores is None:
        return dict(base.weights)
    given = {ScoreName(name): weight for name, weight in wire.scores.items()}
    kept = dict(base.weights) if wire.extends is not None else {}
    if any(given.get(name) for name in FIT_SCORES):
        kept = {name: weight for name, weight in kept.items() if name not in FIT_SCORES}
    return {name: weight for name, weight in {**kept, **given}.items() if weight}


def _off(names: Sequence[str]) -> frozenset[str]:
    for i, name in enumerate(names):
        if name not in SWITCHABLE:
            message = f"no filter {name!r} that could be switched off{nearest(name, SWITCHABLE)}"
            raise InputError(message, field=f"disabledFilters[{i}]")
    return frozenset(names)


def _fit(wire: Fit, base: FitArgs) -> FitArgs:
    return FitArgs(
        ignored_resources=frozenset(wire.ignored_resources) or base.ignored_resources,
        ignored_groups=frozenset(wire.ignored_resource_groups) or base.ignored_groups,
        resources=dict(wire.resources) or base.resources,
        shape=shape_points(wire.shape) or base.shape,
    )


def _spread(wire: ProfileWire) -> DefaultSpread | None:
    match wire.default_spread:
        case None:
            return None
        case "system":
            return DefaultSpread()
        case "none":
            return DefaultSpread(system=False)
        case constraints:
            return DefaultSpread(system=False, constraints=spread_defaults(constraints))


def _shapes(rooms: Sequence[Room]) -> tuple[Shape, ...]:
    return tuple(
        Shape(
            name=room.name,
            requests={name: parse_amount(name, value) for name, value in room.requests.items()},
            count=room.count,
            weight=room.weight,
        )
        for room in rooms
    )


def _soft(charges: Mapping[str, Charge]) -> dict[str, Rate]:
    return {name: _rate(charge, name, f"softCapacity.{name}") for name, charge in charges.items()}


def _ratio(wish: FreeRatioWire) -> FreeRatio:
    (of, text), (beside, other) = *wish.of.items(), *wish.beside.items()
    amount, share = parse_amount(of, text), parse_amount(beside, other)
    if amount < 1 or share < 1 or of == beside:
        raise InputError("expected amounts of two resources, at least one unit each", field="freeRatios")
    common = math.gcd(amount, share)
    return FreeRatio(of, amount // common, beside, share // common, _rate(wish, beside, "freeRatios"))


def _rate(charge: Charge, resource: str, field: str) -> Rate:
    per = parse_amount(resource, charge.per)
    if per < 1:
        raise InputError("expected an amount of at least one unit", field=f"{field}.per")
    return Rate(charge.price, per)


def _latency(wire: ProfileWire) -> Latency | None:
    if wire.latency is None:
        return None
    return Latency(tuple((step.topology_key, step.cost) for step in wire.latency))


def _stages(wire: ProfileWire) -> tuple[Stage, ...]:
    return tuple(Stage(dict(level.blend)) for level in wire.levels or ())
