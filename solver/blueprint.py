"""The relaxation's solution as a plan: how many of each group go to each node of a class.

A class of m nodes that is to take y agents of a group gives each of its nodes y // m, and one more to as
many as are left over. Nodes of one class are alike, or nearly, so what fits in the sum mostly fits on each.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from placewright.solver.compilation import IntArray
from placewright.solver.objectives.base import Objective
from placewright.solver.problem import Problem
from placewright.solver.relaxation import Relaxation


def blueprint(problem: Problem, levels: Sequence[Objective]) -> IntArray:
    """Counts (G, N) to aim at: not a placement, just where the relaxation would have everybody.

    `levels` are pushed in order, each kept while the next is; all zero where the relaxation has no answer.
    """
    target = np.zeros_like(problem.cap)
    if not problem.cap.any():
        return target
    relaxation = Relaxation(problem.cap, problem.size, problem.request, problem.room, problem.running)
    solution: dict[tuple[int, int], float] = {}
    for level in levels:
        best = level.relax(relaxation)
        if best is None:
            break
        # Read before the next demand is added: the solver forgets its answer with every change.
        solution = relaxation.solution()
        level.demand(relaxation, best)
    for (g, c), amount in solution.items():
        nodes = relaxation.members[c]
        open_nodes = nodes[problem.cap[g, nodes] > 0]
        each, over = divmod(int(amount), len(open_nodes))
        target[g, open_nodes] += each
        # What is left over goes to the nodes that have been given the least so far.
        least = np.argsort(target[:, open_nodes].sum(axis=0), kind="stable")
        target[g, open_nodes[least[:over]]] += 1
    return np.minimum(target, problem.cap)
