"""How unevenly a group is spread over topology domains, in the linear relaxation.

With v agents of a group in each of D domains, m in all and t in the fullest,

    sum of v*v  =  m*m / D + U,     U  =  sum of (v - m/D)^2  >=  D / (D - 1) * (t - m/D)^2

Company that is all in one domain meets t of them at most, and two groups meet as even ones do but for half of
what both are uneven by: so the relaxation cannot have a group spread evenly and yet near everybody, as it
would if it only knew what each domain may have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from ortools.linear_solver import pywraplp

from placewright.solver.arrivals import ELSEWHERE, arriving
from placewright.solver.compilation import IntArray
from placewright.solver.relaxation import Relaxation

STEPS = 16
"""How many lines stand for the parabola over t - m/D, and half as many for that over m."""


@dataclass(frozen=True)
class Fullest:
    """t: agents of the group in its fullest domain; uneven: U, or less; number: m. Over `domains` of them."""

    t: pywraplp.Variable
    uneven: pywraplp.Variable
    number: pywraplp.Variable
    domains: int
    size: int

    def at_least(
        self, squares: Sequence[tuple[pywraplp.Variable, float]], relaxation: Relaxation
    ) -> pywraplp.Variable:
        """A variable for the sum of v*v - v: no less than `squares` (parts, what each costs) or U say."""
        lp, free = relaxation.lp, relaxation.lp.infinity()
        total = lp.NumVar(0.0, free, "")
        relaxation.row([(total, 1.0), *((square, -cost) for square, cost in squares)], least=0.0, most=free)
        for k in np.unique(np.linspace(1, self.size, STEPS // 2).round()).tolist():
            slope = 1.0 - 2.0 * k / self.domains
            terms = [(total, 1.0), (self.uneven, -1.0), (self.number, slope)]
            relaxation.row(terms, least=-k * k / self.domains, most=free)
        return total


def fullest(relaxation: Relaxation, group: int, domain: IntArray, domains: int) -> Fullest:
    """That of one group over the domains of a topology key; `domain` (N,), -1 for none."""
    return relaxation.shared(
        ("fullest", group, domain.tobytes()), lambda: _made(relaxation, group, domain, domains)
    )


def _made(relaxation: Relaxation, group: int, domain: IntArray, domains: int) -> Fullest:
    lp, free = relaxation.lp, relaxation.lp.infinity()
    bucket = np.where(domain >= 0, 0, ELSEWHERE)
    (number,) = arriving(relaxation, np.array([group]), bucket, 1)
    size = int(relaxation.size[group])
    t, uneven = lp.NumVar(0.0, float(size), ""), lp.NumVar(0.0, free, "")
    # t - m/D in pieces that cost more and more, between the tangents at these points.
    points = np.linspace(0.0, size * (1.0 - 1.0 / domains), STEPS).tolist()
    ends = [0.0, *((a + b) / 2.0 for a, b in pairwise(points)), free]
    pieces = [lp.NumVar(0.0, end - start, "") for start, end in pairwise(ends)]
    above = [(piece, 1.0) for piece in pieces]
    relaxation.row([(t, 1.0), (number, -1.0 / domains), *((p, -1.0) for p, _ in above)], least=0.0, most=0.0)
    part = 2.0 * domains / (domains - 1.0)
    cost = ((piece, -part * point) for piece, point in zip(pieces, points, strict=True))
    relaxation.row([(uneven, 1.0), *cost], least=0.0, most=free)
    for even in relaxation.evenness(group, domain):
        total = ((coming, -1.0) for coming in even.coming)
        relaxation.row([(t, float(even.domains)), *total], most=float(even.more))
    return Fullest(t, uneven, number, domains, size)
