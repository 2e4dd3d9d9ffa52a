"""Bounds from a linear relaxation in which groups that are alike are one.

Where agents are of hundreds of templates the whole relaxation is large, and where they are of thousands it
has no variables to spare for telling nodes apart by what they have, which is what most scores go by. But many
templates differ in no more than names and what they want of each other. Here groups that ask for the same,
are open to the same nodes, are charged alike, and are the same to all that some terms read of them
(`Term.told_by`) are taken for one. What rules say beyond that is left out: less is demanded than is true, so
the optimum is a bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from placewright.solver.apportion import Limit
from placewright.solver.compilation import IntArray
from placewright.solver.node_classes import node_classes
from placewright.solver.objectives.placed import PlacedObjective
from placewright.solver.objectives.weighted import Part
from placewright.solver.problem import Problem
from placewright.solver.relaxation import Relaxation


class Merged:
    """A problem with the groups that are alike to part of a level as one: the first of them stands for all.

    size (G,), cap (G, N): of all of them for the one that stands for them, 0 for the others.
    """

    def __init__(self, problem: Problem, part: Part, above: Sequence[int]) -> None:
        """`above`: the values that the first levels keep."""
        self._problem = problem
        self._part = part
        self._limits = [limit for encoder in problem.encoders for limit in encoder.limits()]
        self._demands = [
            (other, value)
            for other, value in zip(problem.levels, above, strict=False)
            if isinstance(other, PlacedObjective)
        ]
        cap = np.minimum(problem.cap, problem.size[:, None])
        stands = first_alike(self._told())
        self.size = np.zeros_like(problem.size)
        self.cap = np.zeros_like(cap)
        np.add.at(self.size, stands, problem.size)
        np.add.at(self.cap, stands, cap)
        self.classes = node_classes(self.cap, problem.room)

    def bound(self, seconds: float) -> int | None:
        """The least that the part can be; None where the solver gave nothing in this time."""
        problem = self._problem
        arrays = (self.cap, self.size, problem.request, problem.room)
        relaxation = Relaxation(*arrays, problem.running, self.classes)
        relaxation.hurry(seconds)
        for limit in self._limits:
            relaxation.limit(limit.amounts, limit.left)
        for other, value in self._demands:
            other.demand(relaxation, value)
        return self._part.relax(relaxation)

    def _told(self) -> Iterator[NDArray[np.generic]]:
        """What groups are told apart by: one array (G, ...) after the other."""
        problem = self._problem
        everybody = np.arange(len(problem.size))
        yield problem.request
        yield problem.cap > 0
        for other, _ in self._demands:
            yield np.isin(everybody, other.groups)
        for limit in self._limits:
            yield _charged(limit, len(everybody))
        # Those who run are like nobody else: there are rows for each group of them.
        yield np.where(problem.running.theirs, everybody, -1)
        yield from self._part.told_by()


def _charged(limit: Limit, groups: int) -> IntArray:
    """(G,): what an agent of each group takes of a limit."""
    charged = np.zeros(groups, dtype=np.int64)
    for group, amount in limit.amounts.items():
        charged[group] = amount
    return charged


def first_alike(tables: Iterable[NDArray[np.generic]]) -> IntArray:
    """(G,): the first group whose rows in all of `tables` (G, ...) are the same as those of each one."""
    rows = [np.ascontiguousarray(table) for table in tables]
    known: dict[bytes, int] = {}
    first = [known.setdefault(b"".join(row[g].tobytes() for row in rows), g) for g in range(len(rows[0]))]
    return np.array(first, dtype=np.int64)
