"""A bound for each level that does not depend on the search."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from placewright.solver.apportion import Apportionment, Demand
from placewright.solver.clock import Deadline
from placewright.solver.compilation import IntArray
from placewright.solver.merged_bound import Merged
from placewright.solver.objectives.base import Objective
from placewright.solver.objectives.placed import PlacedObjective
from placewright.solver.objectives.weighted import WeightedObjective
from placewright.solver.priced_bound import has_time, priced_bound
from placewright.solver.problem import Problem
from placewright.solver.relaxation import Relaxation

HAIR = 1e-6
"""What floating point may have got wrong in a slope, as a part of it."""
COLUMNS_A_SECOND = 10_000
"""What the relaxation's variables cost to set up and solve, carefully estimated."""

ROUGH = 3
"""How many times as many variables the relaxation has to have as a rough one for that to be tried first."""


def affordable(problem: Problem, seconds: float, *, rough: bool = False) -> bool:
    """Whether the relaxation of a problem can be had in this time."""
    classes = problem.rough_classes if rough else problem.classes
    return classes.columns <= seconds * COLUMNS_A_SECOND


def relaxed(problem: Problem, *, rough: bool = False) -> Relaxation:
    """The linear relaxation of a problem, with what its rules say in lines.

    rough: with few classes, which takes a part of the time and bounds less well.
    """
    arrays = (problem.cap, problem.size, problem.request, problem.room)
    classes = problem.rough_classes if rough else problem.classes
    relaxation = Relaxation(*arrays, problem.running, classes)
    for encoder in problem.encoders:
        encoder.relax(relaxation)
    return relaxation


def apportionment(problem: Problem) -> Apportionment:
    """What the rules limit of all agents together, without the rest of the relaxation."""
    most = np.minimum(problem.size, problem.cap.sum(axis=1))
    limits = (limit for encoder in problem.encoders for limit in encoder.limits())
    company = {g: groups for encoder in problem.encoders for g, groups in encoder.company().items()}
    return Apportionment(most, limits, problem.running.returning, company)


def placed_bound(
    shares: Apportionment,
    level: PlacedObjective,
    levels: Sequence[Objective],
    above: Sequence[int],
    seconds: float,
) -> int:
    """The best value of a placed level by `shares` alone; `above`: the values of the first of `levels`."""
    demands = [
        Demand(other.groups, value - other.already)
        for other, value in zip(levels, above, strict=False)
        if isinstance(other, PlacedObjective)
    ]
    return level.already + shares.bound(level.groups, demands, seconds)


@dataclass(frozen=True)
class KnownBound:
    """The bound of a level, given that the levels above it have theirs.

    slopes: how much less it would at least be for each that a level above falls short of its bound; with
    none for a level nothing is known then.
    """

    value: int
    slopes: tuple[float, ...] = ()


def bound_of(level: Objective, relaxation: Relaxation) -> KnownBound | None:
    """A level's bound in a relaxation to which all levels above have put their demands."""
    best = level.relax(relaxation)
    if best is None:
        return None
    # Whole numbers of agents have been counted beside, which duals know nothing of.
    return KnownBound(best, relaxation.slopes() if level.sense == "minimize" else ())


class Bounds:
    """The bounds of one problem's levels, asked for in their order; one relaxation serves them all.

    There is a rough one beside it, of few classes, that is much quicker.
    """

    def __init__(self, problem: Problem, known: Sequence[KnownBound] = ()) -> None:
        """`known`: bounds of the first levels."""
        self._problem = problem
        self._known = tuple(known)
        self._relaxations: dict[bool, Relaxation] = {}
        self._demanded = {False: 0, True: 0}
        self._apportionment: Apportionment | None = None

    def level(
        self,
        index: int,
        above: Sequence[int],
        seconds: float,
        answer: IntArray | None = None,
        enough: Callable[[int], bool] | None = None,
        fair: Callable[[int], bool] | None = None,
        *,
        value: int | None = None,
    ) -> int:
        """The best value that level `index` can have when the levels above keep the values `above`.

        The best of the level's cheap limit, what nodes say each for itself, and the optimum of the linear
        relaxation: the limit alone where `seconds` are too few for more, or where an `answer` (G, N) that
        keeps `above` reaches it. enough: whether a bound does; nothing better is looked for then. fair:
        whether it does where only the whole relaxation, by far the slowest, could better it. value: what
        the answer has on the level, if that is known.
        """
        level = self._problem.levels[index]
        limit = level.limit(self._problem.cap)
        if value is None and answer is not None:
            value = level.value(answer)
        if value is not None and value != limit and isinstance(level, PlacedObjective):
            limit = min(limit, self._apportioned(level, above, seconds))
        if value == limit:
            return limit
        until = Deadline(seconds)
        known = self._from_known(index, above)
        if known is not None:
            limit = tighter(level, limit, known)
        if enough is not None and enough(limit):
            return limit
        if isinstance(level, WeightedObjective):
            for found in self._quickly(index, level, above, until, answer, unknown=known is None):
                limit = max(limit, found)
                if enough is not None and enough(limit):
                    return limit
            if fair is not None and self._is_rougher() and fair(limit):
                return limit
        elif known is None and enough is not None and self._is_rougher():
            limit = self._tightened(limit, index, above, until, rough=True)
        if known is not None or (enough is not None and enough(limit)):
            return limit
        return self._tightened(limit, index, above, until)

    def _quickly(
        self,
        index: int,
        level: WeightedObjective,
        above: Sequence[int],
        until: Deadline,
        answer: IntArray | None,
        *,
        unknown: bool,
    ) -> Iterator[int]:
        """Bounds of the scores without the whole relaxation, what mostly says more first."""
        if not self._problem.classes.alike or (unknown and self._is_rougher()):
            yield self._by_parts(index, level, above, until)
        if unknown and has_time(self._problem, until.remaining()):
            yield priced_bound(self._problem, level, above, answer)

    def _apportioned(self, level: PlacedObjective, above: Sequence[int], seconds: float) -> int:
        """How many agents of a level all limits together leave room for, wherever they go."""
        if self._apportionment is None:
            self._apportionment = apportionment(self._problem)
        return placed_bound(self._apportionment, level, self._problem.levels, above, seconds)

    def _by_parts(self, index: int, level: WeightedObjective, above: Sequence[int], until: Deadline) -> int:
        """The least that some terms can be and the least that the others can be, each as suits itself.

        Terms that go by what nodes have are told with groups that are alike as one, those that go by who is
        near whom with few classes of nodes. Together that takes a part of what the whole relaxation takes,
        and says nearly as much; more where that has to take unlike nodes for one another.
        """
        problem, (told, untold) = self._problem, level.parts()
        merged = None if until.passed else Merged(problem, told, above)
        if merged is None or not merged.classes.alike:
            return level.limit(problem.cap)
        found: int | None = None
        if merged.classes.columns <= until.remaining() * COLUMNS_A_SECOND:
            found = merged.bound(until.remaining())
        relaxation = self._ready(index, above, until.remaining(), rough=True) if untold.terms else None
        other = None if relaxation is None else untold.relax(relaxation)
        least = (told.least() if found is None else found) + (untold.least() if other is None else other)
        return level.rounded_up(max(least, level.limit(problem.cap)))

    def _is_rougher(self) -> bool:
        """Whether the rough relaxation is much the smaller one: else it would bring nothing."""
        return ROUGH * self._problem.rough_classes.columns <= self._problem.classes.columns

    def _tightened(
        self, limit: int, index: int, above: Sequence[int], until: Deadline, *, rough: bool = False
    ) -> int:
        """The better one of a bound and the optimum of the relaxation, if there is time for it."""
        relaxation = self._ready(index, above, until.remaining(), rough=rough)
        level = self._problem.levels[index]
        best = None if relaxation is None else level.relax(relaxation)
        return limit if best is None else tighter(level, limit, best)

    def _ready(self, index: int, above: Sequence[int], seconds: float, *, rough: bool) -> Relaxation | None:
        """The relaxation with what the levels above a level demand; None where it takes too long."""
        problem = self._problem
        if seconds <= 0.0 or not problem.cap.any():
            return None
        if rough not in self._relaxations and not affordable(problem, seconds, rough=rough):
            return None
        if rough not in self._relaxations:
            self._relaxations[rough] = relaxed(problem, rough=rough)
        relaxation = self._relaxations[rough]
        for other in range(self._demanded[rough], index):
            problem.levels[other].demand(relaxation, above[other])
        self._demanded[rough] = max(self._demanded[rough], index)
        relaxation.hurry(seconds)
        return relaxation

    def _from_known(self, index: int, above: Sequence[int]) -> int | None:
        if index >= len(self._known):
            return None
        known, level = self._known[index], self._problem.levels[index]
        short = [abs(bound.value - value) for bound, value in zip(self._known, above, strict=False)]
        if not any(short):
            return known.value
        if len(known.slopes) != index:
            return None
        less = sum(slope * number for slope, number in zip(known.slopes, short, strict=True))
        return level.loosened(known.value, math.ceil(less * (1.0 + HAIR)))


def tighter(level: Objective, one: int, other: int) -> int:
    """The one of two bounds that says more."""
    return min(one, other) if level.sense == "maximize" else max(one, other)


def level_bound(problem: Problem, index: int, above: Sequence[int]) -> int:
    """One level's bound by itself, whatever time it takes."""
    return Bounds(problem).level(index, above, float("inf"))
