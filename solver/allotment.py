"""How many of each group there are to be, where quotas limit what all of them together may come to."""

from __future__ import annotations

import numpy as np

from placewright.solver.apportion import Demand
from placewright.solver.bound import apportionment, placed_bound
from placewright.solver.compilation import IntArray
from placewright.solver.objectives.placed import PlacedObjective
from placewright.solver.problem import Problem


def allotted(problem: Problem, target: IntArray, seconds: float) -> IntArray | None:
    """Close to what `target` (G, N) has of each group where quotas limit them, all of the others (G,).

    With as many agents as quotas allow, level by level. None where no quota limits anybody, or `seconds` are
    too few to tell.
    """
    shares, values, demands = apportionment(problem), list[int](), list[Demand]()
    if not shares.groups:
        return None
    for level in problem.levels:
        if not isinstance(level, PlacedObjective):
            break
        values.append(placed_bound(shares, level, problem.levels, values, seconds))
        demands.append(Demand(level.groups, values[-1] - level.already))
    before = dict(enumerate(target.sum(axis=1).astype(np.float64).tolist()))
    found = shares.nearest(before, demands, seconds)
    if not found:
        return None
    number = problem.size.copy()
    for g, many in found.items():
        number[g] = many
    return number
