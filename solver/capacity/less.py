"""One node less, or a smaller one: who would then be left without a place? And if nobody, take it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from placewright.models.capacity import OneLess
from placewright.models.catalog import Offering
from placewright.models.quantity import format_price
from placewright.solver.capacity.bins import Bins
from placewright.solver.capacity.exact import within_budgets
from placewright.solver.capacity.question import Question, node_of
from placewright.solver.capacity.realise import Names, Purchase, accepted, judged
from placewright.solver.clock import Deadline
from placewright.solver.place import place
from placewright.solver.settings import Settings
from placewright.solver.verify import VerifiedPlan

REMOVED = "remove"
MOST_PAIRS = 5_000_000
"""Agents times nodes beyond which one change alone takes too long."""
MOST_SECONDS = 10.0
"""For one change."""


@dataclass(frozen=True)
class Checked:
    """The purchase, cheaper where a change left nobody out, and what every change to it would leave out.

    complete: all kinds of nodes were tried.
    """

    purchase: Purchase
    changes: tuple[OneLess, ...]
    complete: bool


def one_less(
    question: Question, bins: Bins, purchase: Purchase, placed: int, settings: Settings, deadline: Deadline
) -> Checked:
    """Try to do without a node of each kind, and with the next cheaper one, with `placed` agents placed."""
    changes: list[OneLess] = []
    tried: set[tuple[int, str]] = set()
    seconds = 0.0
    while True:
        step = next((item for item in _steps(bins, purchase) if (item[0], item[2]) not in tried), None)
        if step is None:
            return Checked(purchase, tuple(_in_order(changes)), complete=True)
        too_large = placed * len(purchase.nodes) > MOST_PAIRS
        if too_large or deadline.remaining() < max(1.0, 1.5 * seconds):
            return Checked(purchase, tuple(_in_order(changes)), complete=False)
        k, smaller, change = step
        began = deadline.remaining()
        trial = _changed(question, bins, purchase, k, smaller)
        verified = _placed(question, bins, trial, settings, min(MOST_SECONDS, deadline.remaining()))
        seconds = max(seconds, began - deadline.remaining())
        tried.add((k, change))
        if verified is None:
            continue
        if len(verified.plan.bindings) >= placed and within_budgets(bins, trial):
            goes = {binding.key: binding.node for binding in verified.plan.bindings}
            purchase = replace(trial, start=goes)
            changes, tried = [], set()
            continue
        changes.append(_change(bins, k, smaller, change, verified, placed))


def _in_order(changes: list[OneLess]) -> list[OneLess]:
    return sorted(changes, key=lambda c: (c.type, c.zone, c.spot, c.change != REMOVED))


def _steps(bins: Bins, purchase: Purchase) -> Iterator[tuple[int, int | None, str]]:
    """(kind, kind in its place, the change's name): dear ones first, as they save the most."""
    for k in sorted(set(purchase.kinds), key=lambda k: (-int(bins.price[k]), k)):
        yield k, None, REMOVED
        cheaper = np.flatnonzero(
            bins.offered & (bins.zone == bins.zone[k]) & (bins.price < bins.price[k]) & bins.cap.any(axis=1)
        )
        if len(cheaper):
            smaller = int(cheaper[np.argmax(bins.price[cheaper])])
            yield k, smaller, _offering(bins, smaller).type_name


def _offering(bins: Bins, k: int) -> Offering:
    offering = bins.kinds[k].offering
    assert offering is not None  # noqa: S101 - only what is on offer is bought
    return offering


def _changed(question: Question, bins: Bins, purchase: Purchase, k: int, smaller: int | None) -> Purchase:
    """Without the node of kind k that has the fewest agents, or with another in its place."""
    load = dict.fromkeys((node.name for node in purchase.nodes), 0)
    for name in purchase.start.values():
        if name in load:
            load[name] += 1
    own = [i for i, kind in enumerate(purchase.kinds) if kind == k]
    gone = min(own, key=lambda i: (load[purchase.nodes[i].name], i))
    nodes = [node for i, node in enumerate(purchase.nodes) if i != gone]
    kinds = [kind for i, kind in enumerate(purchase.kinds) if i != gone]
    if smaller is not None:
        offering = _offering(bins, smaller)
        names = Names(question.with_nodes(nodes))
        nodes.append(node_of(offering, names.next(offering.name)))
        kinds.append(smaller)
    lost = purchase.nodes[gone].name
    start = {key: name for key, name in purchase.start.items() if name != lost}
    return Purchase(tuple(nodes), tuple(kinds), accepted(judged(question, bins, nodes), start))


def _placed(
    question: Question, bins: Bins, purchase: Purchase, settings: Settings, seconds: float
) -> VerifiedPlan | None:
    snapshot = judged(question, bins, purchase.nodes)
    own = replace(settings, time_limit=seconds, preempt=False, require_all=False)
    verdict = place(snapshot, own, start=purchase.start)
    return verdict if isinstance(verdict, VerifiedPlan) else None


def _change(
    bins: Bins, k: int, smaller: int | None, change: str, verified: VerifiedPlan, placed: int
) -> OneLess:
    offering = _offering(bins, k)
    saves = int(bins.price[k]) - (0 if smaller is None else int(bins.price[smaller]))
    reach = sum(level.bound for level in verified.plan.levels)
    return OneLess(
        type=offering.type_name,
        zone=offering.zone,
        spot=offering.spot,
        change=change,
        saves=format_price(saves),
        unplaced=placed - len(verified.plan.bindings),
        at_least=max(0, placed - reach),
    )
