"""A bound for each level that does not depend on the search."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from placewright.solver.apportion import Apportionment, Demand
from placewright.solver.clock import Deadline
from placewright.solver.compilation import IntArray
from placewright.solver.objectives.base import Objective
from placewright.solver.objectives.placed import PlacedObjective
from placewright.solver.objectives.weighted import WeightedObjective
from placewright.solver.priced_bound import has_time, priced_bound
from placewright.solver.problem import Problem
from placewright.solver.relaxation import Relaxation, columns
from placewright.solver.rules.base import Encoder

HAIR = 1e-6
"""What floating point may have got wrong in a slope, as a part of it."""
COLUMNS_A_SECOND = 10_000
"""What the relaxation's variables cost to set up and solve, carefully estimated."""


def affordable(problem: Problem, seconds: float) -> bool:
    """Whether the relaxation of a problem can be had in this time."""
    return columns(problem.cap, problem.free, topology_keys(problem)) <= seconds * COLUMNS_A_SECOND


def relaxed(problem: Problem) -> Relaxation:
    """The linear relaxation of a problem, with what its rules say in lines."""
    arrays = (problem.cap, problem.size, problem.request, problem.room)
    relaxation = Relaxation(*arrays, problem.running, topology_keys(problem))
    for encoder in problem.encoders:
        encoder.relax(relaxation)
    return relaxation


def topology_keys(problem: Problem) -> list[IntArray]:
    """The topology keys that rules and levels speak of, each once."""
    parts: list[Encoder | Objective] = [*problem.encoders, *problem.levels]
    keys = (key for part in parts for key in part.topologies())
    return list({key.tobytes(): key for key in keys}.values())


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
    """The bounds of one problem's levels, asked for in their order; one relaxation serves them all."""

    def __init__(self, problem: Problem, known: Sequence[KnownBound] = ()) -> None:
        """`known`: bounds of the first levels."""
        self._problem = problem
        self._known = tuple(known)
        self._relaxation: Relaxation | None = None
        self._demanded = 0
        self._apportionment: Apportionment | None = None

    def level(self, index: int, above: Sequence[int], seconds: float, answer: IntArray | None = None) -> int:
        """The best value that level `index` can have when the levels above keep the values `above`.

        The best of the level's cheap limit, what nodes say each for itself, and the optimum of the linear
        relaxation: the limit alone where `seconds` are too few for more, or where an `answer` (G, N) that
        keeps `above` reaches it.
        """
        level = self._problem.levels[index]
        limit = level.limit(self._problem.cap)
        value = None if answer is None else level.value(answer)
        if value is not None and value != limit and isinstance(level, PlacedObjective):
            limit = min(limit, self._apportioned(level, above, seconds))
        if value == limit:
            return limit
        if (known := self._from_known(index, above)) is not None:
            return tighter(level, limit, known)
        if isinstance(level, WeightedObjective) and has_time(self._problem, seconds):
            until = Deadline(seconds)
            limit = max(limit, priced_bound(self._problem, level, above, answer))
            seconds = until.remaining()
        best = self._relaxed(index, above, seconds)
        if best is None:
            return limit
        return tighter(level, limit, best)

    def _apportioned(self, level: PlacedObjective, above: Sequence[int], seconds: float) -> int:
        """How many agents of a level all limits together leave room for, wherever they go."""
        if self._apportionment is None:
            self._apportionment = apportionment(self._problem)
        return placed_bound(self._apportionment, level, self._problem.levels, above, seconds)

    def _relaxed(self, index: int, above: Sequence[int], seconds: float) -> int | None:
        problem = self._problem
        if seconds <= 0.0 or not problem.cap.any():
            return None
        if self._relaxation is None and not affordable(problem, seconds):
            return None
        if self._relaxation is None:
            self._relaxation = relaxed(problem)
        for other in range(self._demanded, index):
            problem.levels[other].demand(self._relaxation, above[other])
        self._demanded = max(self._demanded, index)
        self._relaxation.hurry(seconds)
        return problem.levels[index].relax(self._relaxation)

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
