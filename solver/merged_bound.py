"""A bound on a weighted level from a linear relaxation in which groups that are alike to it are one.

Where agents are of thousands of templates the whole relaxation has no variables to spare for telling nodes
apart by what they have, which is what most scores go by. But many templates differ in no more than names and
what they want of each other. Here groups that ask for the same, are open to the same nodes, and are the same
to all that the level's terms read of them (`Term.told_by`) are taken for one. What rules say beyond that is
left out, and terms that read more cost their least: less is demanded than is true, so the optimum is a bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from placewright.solver.compilation import IntArray
from placewright.solver.node_classes import node_classes
from placewright.solver.objectives.placed import PlacedObjective
from placewright.solver.objectives.weighted import WeightedObjective
from placewright.solver.problem import Problem
from placewright.solver.relaxation import Relaxation


class Merged:
    """A problem with the groups that are alike to one level as one: the first of them stands for all.

    size (G,), cap (G, N): of all of them for the one that stands for them, 0 for the others. classes: what
    its relaxation takes together.
    """

    def __init__(self, problem: Problem, level: WeightedObjective, above: Sequence[int]) -> None:
        """`above`: the values that the levels above keep."""
        self._problem = problem
        self._level = level
        self._demands = [
            (other, value)
            for other, value in zip(problem.levels, above, strict=False)
            if isinstance(other, PlacedObjective)
        ]
        cap = np.minimum(problem.cap, problem.size[:, None])
        demanded = [other.groups for other, _ in self._demands]
        stands = first_alike(_told(problem, level, demanded))
        self.size = np.zeros_like(problem.size)
        self.cap = np.zeros_like(cap)
        np.add.at(self.size, stands, problem.size)
        np.add.at(self.cap, stands, cap)
        self.classes = node_classes(self.cap, problem.room)

    def bound(self, seconds: float) -> int | None:
        """The least that the level can be; None where the solver gave nothing in this time."""
        problem = self._problem
        arrays = (self.cap, self.size, problem.request, problem.room)
        relaxation = Relaxation(*arrays, problem.running, self.classes)
        relaxation.hurry(seconds)
        for other, value in self._demands:
            other.demand(relaxation, value)
        return self._level.relax_told(relaxation)


def _told(
    problem: Problem, level: WeightedObjective, demanded: Iterable[Sequence[int]]
) -> Iterator[NDArray[np.generic]]:
    """What groups are told apart by: one array (G, ...) after the other."""
    everybody = np.arange(len(problem.size))
    yield problem.request
    yield problem.cap > 0
    for groups in demanded:
        yield np.isin(everybody, groups)
    # Those who run are like nobody else: there are rows for each group of them.
    running = problem.standing | np.isin(everybody, list(problem.running.returning.values()))
    yield np.where(running, everybody, -1)
    yield from level.told_by()


def first_alike(tables: Iterable[NDArray[np.generic]]) -> IntArray:
    """(G,): the first group whose rows in all of `tables` (G, ...) are the same as those of each one."""
    rows = [np.ascontiguousarray(table) for table in tables]
    known: dict[bytes, int] = {}
    number = range(len(rows[0]))
    return np.array([known.setdefault(b"".join(row[g].tobytes() for row in rows), g) for g in number])
