"""The relaxation's solution as a plan: how many of each group go to each node of a class.

A class of m nodes that is to take y agents of a group gives each of its nodes y // m, and one more to as
many as are left over. Nodes of one class are alike, or nearly, so what fits in the sum mostly fits on each.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from placewright.solver.clock import Deadline
from placewright.solver.compilation import IntArray
from placewright.solver.objectives.weighted import WeightedObjective
from placewright.solver.problem import Problem
from placewright.solver.relaxation import Relaxation

UNHURRIED = 0.8
"""The part of the time that must be left for a weighted level to be looked at."""


@dataclass(frozen=True)
class Blueprint:
    """target (G, N): counts to aim at; not a placement, just where the relaxation would have everybody.

    bounds: the best value of each level when those above have theirs, as far as the relaxation had answers.
    """

    target: IntArray
    bounds: tuple[int, ...]


def blueprint(problem: Problem, seconds: float = float("inf")) -> Blueprint:
    """The relaxation's optimum, level by level, as far as a few `seconds` allow; no target without answer.

    A first answer is wanted soon: weighted levels, whose relaxation is the largest, are left to the search
    where those before them took a good part of the time.
    """
    deadline = Deadline(seconds)
    target = np.zeros_like(problem.cap)
    bounds: list[int] = []
    if not problem.cap.any():
        return Blueprint(target, ())
    relaxation = Relaxation(problem.cap, problem.size, problem.request, problem.room, problem.running)
    solution: dict[tuple[int, int], float] = {}
    for level in problem.levels:
        if isinstance(level, WeightedObjective) and deadline.remaining() < UNHURRIED * seconds:
            break
        best = level.relax(relaxation)
        if best is None:
            break
        # Read before the next demand is added: the solver forgets its answer with every change.
        solution = relaxation.solution()
        bounds.append(best)
        level.demand(relaxation, best)
    for (g, c), amount in solution.items():
        nodes = relaxation.members[c]
        open_nodes = nodes[problem.cap[g, nodes] > 0]
        each, over = divmod(int(amount), len(open_nodes))
        target[g, open_nodes] += each
        # What is left over goes to the nodes that have been given the least so far.
        least = np.argsort(target[:, open_nodes].sum(axis=0), kind="stable")
        target[g, open_nodes[least[:over]]] += 1
    return Blueprint(np.minimum(target, problem.cap), tuple(bounds))
