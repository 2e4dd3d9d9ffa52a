"""What it is worth that groups gather in a topology domain, and how far those lean who wish to be apart too.

Who is spread evenly over D domains and would meet all of a neighbour in one of them may go there in part.
With f the part by which it leans, B what its wishes are worth in all and P what it pays where all of it
gathers, it wins f*B - f*f*P, the most at f = B / (2 * P), and that is f*B / 2. Close to 1
all of it gathers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from placewright.solver.compilation import IntArray
from placewright.solver.objectives.pairing import Pairing

ALMOST = 0.75
"""Who would lean by more than this gathers: little is lost, and in fractions it would be near everybody."""
ROUNDS = 2
"""Who leans draws its neighbours less than who gathers: so often they are asked again."""


@dataclass(frozen=True)
class Wish:
    """What it is worth that all these groups are in these domains: (group, domain)."""

    worth: float
    places: tuple[tuple[int, int], ...]


def wishes(weighted: Iterable[tuple[float, Pairing]], size: IntArray) -> Iterator[Wish]:
    """Of pairings for company, each with what a unit costs."""
    for unit, pairing in weighted:
        there = pairing.by_domain(pairing.owning), pairing.by_domain(pairing.present)
        for groups, others in ((pairing.meant, there[0]), (pairing.owners, there[1])):
            for g in groups.tolist():
                for d in np.flatnonzero(others).tolist():
                    yield Wish(unit * float(others[d]) * float(size[g]), ((g, d),))
        for h in pairing.owners.tolist():
            for g in pairing.meant.tolist():
                for d in range(pairing.domains) if g != h else ():
                    yield Wish(unit * float(size[g]) * float(size[h]), ((g, d), (h, d)))


def payments(weighted: Iterable[tuple[float, Pairing]], size: IntArray) -> dict[int, float]:
    """Group -> what it pays where it gathers: who wishes to be apart from its own kind meets all of it."""
    pays: dict[int, float] = {}
    for unit, pairing in weighted:
        for g in np.intersect1d(pairing.owners, pairing.meant).tolist():
            pays[g] = pays.get(g, 0.0) + unit * float(size[g]) ** 2
    return pays


def leaning(
    all_wishes: Sequence[Wish], pays: Mapping[int, float], may_gather: Callable[[int, int], bool]
) -> dict[int, float]:
    """Group -> f, where it wins most by going somewhere in part: 0 < f < ALMOST."""
    open_wishes = [wish for wish in all_wishes if all(may_gather(g, d) for g, d in wish.places)]
    part: dict[int, float] = {}
    for _ in range(ROUNDS):
        worth: dict[tuple[int, int], float] = {}
        for wish in open_wishes:
            for g, d in wish.places if wish.worth else ():
                drawn = float(np.prod([part.get(h, 1.0) for h, _ in wish.places if h != g]))
                worth[g, d] = worth.get((g, d), 0.0) + wish.worth * drawn
        most: dict[int, float] = {}
        for (g, _), value in worth.items():
            most[g] = max(most.get(g, 0.0), value)
        part = {g: value / (2.0 * pays[g]) for g, value in most.items() if pays.get(g, 0.0) > 0.0}
        part = {g: f for g, f in part.items() if f < ALMOST}
    return part
