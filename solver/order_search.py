"""An order for steps that depend on each other, by backtracking: exact as long as the effort lasts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from placewright.solver.order_model import Census, Lot


@dataclass
class Effort:
    """How many steps may still be looked at."""

    left: int


def tangles(lots: Sequence[Lot], around: Sequence[Lot]) -> list[list[Lot]]:
    """Sets of lots whose turns depend on each other, those with one in `around`, in the order of `lots`."""
    touching: dict[Census, list[Lot]] = {}
    for lot in lots:
        for census in _censuses(lot):
            touching.setdefault(census, []).append(lot)
    place = {id(lot): i for i, lot in enumerate(lots)}
    reached: set[int] = set()
    found = []
    for first in around:
        ahead = [] if id(first) in reached else [first]
        tangle = {place[id(first)]} if ahead else set()
        while ahead:
            for census in _censuses(ahead.pop()):
                for other in touching.pop(census, ()):
                    if place[id(other)] not in tangle:
                        tangle.add(place[id(other)])
                        ahead.append(other)
        reached.update(id(lots[i]) for i in tangle)
        if tangle:
            found.append([lots[i] for i in sorted(tangle)])
    return found


def _censuses(lot: Lot) -> Iterator[Census]:
    yield from (census for census, _ in lot.raises)
    yield from (gate.census for gate in lot.gates)
    yield from (census for census, _ in lot.company)


def search_order(lots: Sequence[Lot], effort: Effort) -> list[Lot] | None:
    """The lots in an order in which every step is accepted, or None where none was found.

    `effort.left` above 0 then says that there is none. The lots have nothing placed, before and after.
    """
    seen: set[tuple[int, ...]] = set()
    placed: list[Lot] = []
    choices = [_choices(lots, effort)]
    total = sum(lot.left for lot in lots)
    while choices and len(placed) < total and effort.left > 0:
        lot = next(choices[-1], None)
        if lot is None:
            choices.pop()
            if choices:
                placed.pop().undo()
            continue
        lot.place()
        reached = tuple(other.done for other in lots)
        if reached in seen:
            lot.undo()
            continue
        seen.add(reached)
        placed.append(lot)
        choices.append(_choices(lots, effort))
    found = list(placed) if len(placed) == total else None
    for lot in reversed(placed):
        lot.undo()
    return found


def _choices(lots: Sequence[Lot], effort: Effort) -> Iterator[Lot]:
    """Lots whose next step is accepted, those that are least far on first; one alone if it harms nobody."""
    if effort.left <= 0:
        return
    effort.left -= len(lots)
    hopeful = [lot for lot in lots if lot.left and _is_accepted(lot)]
    harmless = next((lot for lot in hopeful if _is_harmless(lot, lots)), None)
    if harmless is not None:
        yield harmless
        return
    yield from sorted(hopeful, key=lambda lot: (lot.done + 0.5) / len(lot.steps))


def _is_accepted(lot: Lot) -> bool:
    return lot.without_company() is None and lot.closed() is None and lot.spoils() is None


def _is_harmless(lot: Lot, lots: Sequence[Lot]) -> bool:
    """Whether nothing that is possible now becomes impossible by one more of these."""
    for census, domain in lot.raises:
        for gate in census.gates.get(domain, ()):
            others = gate.left - (gate in lot.gates)
            if others and not gate.stays_open:
                return False
        if not census.total and any(_may_seed(other, census) for other in lots if other is not lot):
            return False
    return True


def _may_seed(lot: Lot, census: Census) -> bool:
    return bool(lot.left) and lot.seeds and any(other is census for other, _ in lot.company)
