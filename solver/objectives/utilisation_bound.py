"""What nodes must cost at least by how full they are: lines for the linear relaxation.

By Jensen: nodes that are alike cost at least as much as if all of them were used alike, in the largest convex
function that is nowhere above P. Its edges are known for each kind of node; what a class receives is shared
out among its kinds and edges as suits the objective best.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np

from placewright.models.scores.utilisation import FULL, Potential
from placewright.solver.compilation import IntArray
from placewright.solver.objectives.base import LpExpression
from placewright.solver.objectives.class_shares import kinds, totals
from placewright.solver.objectives.shares import Shares
from placewright.solver.relaxation import Relaxation


@dataclass(frozen=True)
class Edge:
    """slope * u + offset, up to the utilisation `end`."""

    slope: Fraction
    offset: Fraction
    end: int


def envelope(potential: Potential, least: int, most: int) -> list[Edge]:
    """The largest convex function below P between two different utilisations."""
    bends = (line.start for line in potential.lines if least < line.start < most)
    hull: list[tuple[int, Fraction]] = []
    for point in ((u, potential.exact(u)) for u in (least, *bends, most)):
        while len(hull) > 1 and _turns_up(hull[-2], hull[-1], point):
            hull.pop()
        hull.append(point)
    edges = []
    for (x0, y0), (x1, y1) in pairwise(hull):
        slope = (y1 - y0) / (x1 - x0)
        edges.append(Edge(slope, y0 - slope * x0, x1))
    return edges


def _turns_up(a: tuple[int, Fraction], b: tuple[int, Fraction], c: tuple[int, Fraction]) -> bool:
    """Whether b is on or above the line from a to c."""
    return (b[1] - a[1]) * (c[0] - a[0]) >= (c[1] - a[1]) * (b[0] - a[0])


class ClassBound:
    """One class of nodes and one resource. full (N, K): utilisations no node can be above."""

    def __init__(
        self, potential: Potential, shares: Shares, relaxation: Relaxation, full: IntArray, c: int, k: int
    ) -> None:
        self._shares = shares
        self._relaxation = relaxation
        self._c = c
        self._k = k
        members = relaxation.members[c]
        self._whole = len(members)
        self._kinds = kinds(shares, members[shares.allocatable[members, k] > 0], [k])
        self._edges = []
        for kind in self._kinds:
            least = min(shares.start(n, k) for n in kind.tolist())
            self._edges.append(envelope(potential, least, max(least + 1, int(full[kind, k].max()))))

    def filled(self) -> LpExpression:
        """The cost where more costs more: the cheapest edges are filled first, without being told to.

        One line for the class, where lines for each edge of each kind would make the simplex slow.
        """
        shares, relaxation, lp = self._shares, self._relaxation, self._relaxation.lp
        largest = max(int(shares.allocatable[kind, self._k].max()) for kind in self._kinds)
        load = relaxation.load(self._c, (FULL * shares.ask[:, self._k] / largest).tolist())
        received, costs, constant = [(load, -1.0)], [], 0.0
        for kind, edges in zip(self._kinds, self._edges, strict=True):
            sizes, number = shares.allocatable[kind, self._k], len(kind)
            mean = float((FULL * shares.used[kind, self._k] / sizes).sum()) / number
            reached = mean
            left = [edge for edge in edges[:-1] if edge.end > mean]
            left.append(edges[-1])
            constant += number * (float(left[0].slope) * mean + float(left[0].offset))
            for edge in left:
                room = number * (edge.end - reached) if edge is not left[-1] else lp.infinity()
                more = lp.NumVar(0.0, room, "")
                received.append((more, float(sizes.max()) / largest))
                costs.append((more, -float(edge.slope)))
                reached = edge.end
        # Nodes of the class that have nothing of the resource take any load and show none.
        elsewhere = sum(map(len, self._kinds)) < self._whole
        relaxation.row(received, least=-lp.infinity() if elsewhere else 0.0, most=0.0)
        cost = lp.NumVar(0.0, lp.infinity(), "")
        relaxation.row([(cost, 1.0), *costs], least=constant, most=lp.infinity())
        return cost

    def touched(self) -> LpExpression:
        """The cost whatever P is like: above every edge."""
        lp, free = self._relaxation.lp, self._relaxation.lp.infinity()
        sums = totals(self._shares, self._relaxation, self._c, self._k, self._kinds)
        costs = []
        for kind, edges, total in zip(self._kinds, self._edges, sums, strict=True):
            cost = lp.NumVar(0.0, free, "")
            for edge in edges:
                least = float(edge.offset * len(kind))
                self._relaxation.row([(cost, 1.0), (total, -float(edge.slope))], least=least, most=free)
            costs.append(cost)
        return lp.Sum(costs)


def relaxed_cost(
    potential: Potential, shares: Shares, times: tuple[int, ...], relaxation: Relaxation
) -> LpExpression:
    """An expression that is never above the sum of times[k] * P over nodes and resources."""
    full = shares.of_counts(relaxation.cap)
    costs = []
    for c, members in enumerate(relaxation.members):
        for k in np.flatnonzero((shares.allocatable[members] > 0).any(axis=0)).tolist():
            bound = ClassBound(potential, shares, relaxation, full, c, k)
            costs.append(times[k] * (bound.filled() if potential.rising else bound.touched()))
    return relaxation.lp.Sum(costs)
