"""Where one agent is all there is to place: every answer is looked at, so that the best one is proven.

Each node that may take it is one answer, and leaving it out is another. What the levels are worth is told for
all of them at once; the rules are asked from the best one down, until they accept one.
"""

from __future__ import annotations

import numpy as np

from placewright.solver.accept import Accepts
from placewright.solver.bound import KnownBound
from placewright.solver.clock import Deadline
from placewright.solver.compilation import Compilation, IntArray
from placewright.solver.orderly import Orderly
from placewright.solver.problem import Problem

MOST_REFUSED = 200
"""Answers in a row that rules may refuse: to ask them of one answer after the other takes long."""


def lone(
    compilation: Compilation,
    problem: Problem,
    deadline: Deadline,
    accepts: Accepts,
    liked: IntArray,
) -> tuple[IntArray, tuple[KnownBound, ...]] | None:
    """The best counts (G, N), and the bounds of all levels: what it is worth.

    `liked` (G, N), one of the answers, is taken if no other one is better. None where there is more than
    one agent to place, where agents may be evicted, or where it is not told soon.
    """
    if int(problem.size.sum()) != 1 or problem.standing.any():
        return None
    group = int(problem.size.argmax())
    nowhere = np.zeros_like(problem.cap)
    orderly = Orderly(compilation, problem, deadline)
    for refused, n in enumerate(_ranked(problem, group, nowhere, liked)):
        if refused > MOST_REFUSED or deadline.passed:
            return None
        count = nowhere.copy()
        count[group, n] = 1
        if accepts(count):
            found = orderly.in_order(count)
            if found.count is count:
                return _proven(problem, count)
            if not found.proven:
                return None
    return _proven(problem, nowhere)


def _ranked(problem: Problem, group: int, nowhere: IntArray, liked: IntArray) -> list[int]:
    """The nodes on which the agent is worth as much as nowhere, or more: the best first."""
    nodes = np.flatnonzero(problem.cap[group])
    # Smaller is better, level by level.
    signs = [-1 if level.sense == "maximize" else 1 for level in problem.levels]
    pairs = list(zip(signs, problem.levels, strict=True))
    costs = [sign * level.alone(group, problem.cap)[nodes] for sign, level in pairs]
    order = np.lexsort([nodes, liked[group, nodes] == 0, *reversed(costs)])
    unplaced = [sign * level.value(nowhere) for sign, level in pairs]
    ranked = order.tolist()
    return [int(nodes[i]) for i in ranked if [int(cost[i]) for cost in costs] <= unplaced]


def _proven(problem: Problem, count: IntArray) -> tuple[IntArray, tuple[KnownBound, ...]]:
    return count, tuple(KnownBound(level.value(count)) for level in problem.levels)
