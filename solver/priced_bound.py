"""A bound on a weighted level that needs no linear program: each node chooses for itself.

An agent of group g is worth price[g] wherever it goes. At these prices each node takes whom it takes cheapest
within its caps and what it has free, and how much that costs at least is told by planes beneath the cost
(`Term.floor`). What is placed in all is paid for at the prices: as many as the levels above demand, the
cheapest ones. Any prices and any planes give a bound. Those close to a known answer give a good one where
nodes are all different, which is where classes of nodes are of no use.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from placewright.solver.compilation import BoolArray, FloatArray, IntArray
from placewright.solver.objectives.base import Objective
from placewright.solver.objectives.floor import Floor
from placewright.solver.objectives.placed import PlacedObjective
from placewright.solver.objectives.weighted import WeightedObjective
from placewright.solver.problem import Problem

PAIRS_A_SECOND = 4_000_000
"""(group, node) pairs that are looked at in a second."""
MOST_PAIRS = 12_000_000
"""Above this the planes would take too much memory."""
HAIR = 1e-6
"""What floating point may have got wrong, as a part of the bound: much less than that."""


def has_time(problem: Problem, seconds: float) -> bool:
    """Whether `priced_bound` can be had in this time."""
    return 0 < problem.cap.size <= min(seconds * PAIRS_A_SECOND, MOST_PAIRS)


def priced_bound(
    problem: Problem, level: WeightedObjective, above: Sequence[int], near: IntArray | None = None
) -> int:
    """The least that a level can be where the first levels are at least as good as `above`.

    near: an answer (G, N) that the planes and prices are taken from.
    """
    cap = np.minimum(problem.cap, problem.size[:, None])
    floors = [level.floor(cap, problem.size, None)]
    if near is not None and near.any():
        floors.append(level.floor(cap, problem.size, near))
    demands = list(_demands(problem.levels, above))
    price = _prices(problem, cap, floors, demands, near)
    nodes = np.max([_nodes(problem, cap, floor, price) for floor in floors], axis=0)
    total = float(nodes.sum()) + _paid(problem.size, price, demands)
    return level.rounded_up(math.ceil(total - HAIR * max(1.0, abs(total))))


Demand = tuple[list[int], int]
"""Groups, and how many agents of them are placed at least."""


def _demands(levels: Sequence[Objective], above: Sequence[int]) -> Sequence[Demand]:
    """What the placed levels ask for."""
    return [
        (list(level.groups), value - level.already)
        for level, value in zip(levels, above, strict=False)
        if isinstance(level, PlacedObjective)
    ]


def _prices(
    problem: Problem,
    cap: IntArray,
    floors: Sequence[Floor],
    demands: Sequence[Demand],
    near: IntArray | None,
) -> FloatArray:
    """(G,): what the last one of each group costs that is placed, where each goes to where it costs least."""
    slopes = floors[-1].slopes
    number = problem.size if near is None else near.sum(axis=1)
    price = np.zeros(len(cap))
    for g in np.flatnonzero(cap.any(axis=1)).tolist():
        nodes = np.flatnonzero(cap[g])
        order = nodes[np.argsort(slopes[g, nodes], kind="stable")]
        last = np.searchsorted(np.cumsum(cap[g, order]), max(1, int(number[g])))
        price[g] = slopes[g, order[min(int(last), len(order) - 1)]]
    # Who is not asked for is worth nothing, unless it makes things better.
    free: BoolArray = np.ones(len(cap), dtype=np.bool_)
    for groups, _ in demands:
        free[groups] = False
    return np.where(free, np.minimum(price, 0.0), price)


def _nodes(problem: Problem, cap: IntArray, floor: Floor, price: FloatArray) -> FloatArray:
    """(N,): what each node costs at least beyond what its agents are worth."""
    gain = np.minimum(floor.slopes - price[:, None], 0.0)
    gain[cap == 0] = 0.0
    each = gain * cap
    least = each.sum(axis=0)
    for r in np.flatnonzero(problem.request.any(axis=0)).tolist():
        asking = problem.request[:, r] > 0
        # All of what there is of a resource, spent on whoever gains most by it.
        best = (gain[asking] / problem.request[asking, r][:, None]).min(axis=0)
        least = np.maximum(least, best * problem.room[:, r] + each[~asking].sum(axis=0))
    found: FloatArray = floor.base + least
    return found


def _paid(size: IntArray, price: FloatArray, demands: Sequence[Demand]) -> float:
    """What is paid for agents at least: as many as are asked for, and all that somebody is paid to take."""
    total = float((np.minimum(price, 0.0) * size).sum())
    for groups, number in demands:
        missing = number - int(size[groups][price[groups] < 0.0].sum())
        for g in sorted((g for g in groups if price[g] >= 0.0), key=lambda g: price[g]):
            many = min(max(0, missing), int(size[g]))
            total += price[g] * many
            missing -= many
    return total
