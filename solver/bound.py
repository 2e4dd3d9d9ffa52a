"""A bound for each level that does not depend on the search."""

from __future__ import annotations

from collections.abc import Sequence

from placewright.solver.problem import Problem
from placewright.solver.relaxation import Relaxation


def level_bound(problem: Problem, index: int, above: Sequence[int]) -> int:
    """The best value that level `index` can have when the levels above keep the values `above`.

    The better of the level's cheap limit and the optimum of the linear relaxation.
    """
    level = problem.levels[index]
    limit = level.limit(problem.cap)
    if not problem.cap.any():
        return limit
    relaxation = Relaxation(problem.cap, problem.size, problem.request, problem.free)
    for other, value in zip(problem.levels, above, strict=False):
        other.demand(relaxation, value)
    best = level.relax(relaxation)
    if best is None:
        return limit
    return min(limit, best) if level.sense == "maximize" else max(limit, best)
