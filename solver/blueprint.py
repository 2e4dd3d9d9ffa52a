"""The relaxation's solution as a plan: how many of each group go to each node of a class.

A class of m nodes that is to take y agents of a group gives each of its nodes y // m, and one more to as
many as are left over, where that is least in the way of what the node has been given already. Nodes of one
class are alike, or nearly, so what fits in the sum mostly fits on each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from placewright.solver.bound import relaxed
from placewright.solver.clock import Deadline
from placewright.solver.compilation import IntArray
from placewright.solver.objectives.weighted import WeightedObjective
from placewright.solver.problem import Problem

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
    bounds: list[int] = []
    if not problem.cap.any():
        return Blueprint(np.zeros_like(problem.cap), ())
    relaxation = relaxed(problem)
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
    return Blueprint(_spread_out(problem, relaxation.members, _whole(solution)), tuple(bounds))


def _whole(solution: Mapping[tuple[int, int], float]) -> dict[tuple[int, int], int]:
    """(group, class) -> agents: rounded down, and what that leaves of a group to its largest remainders."""
    by_group: dict[int, list[tuple[int, float]]] = {}
    for (g, c), amount in solution.items():
        by_group.setdefault(g, []).append((c, amount))
    whole: dict[tuple[int, int], int] = {}
    for g, parts in by_group.items():
        for c, amount in parts:
            whole[g, c] = int(amount)
        left = round(sum(amount for _, amount in parts)) - sum(whole[g, c] for c, _ in parts)
        for c, _ in sorted(parts, key=lambda part: int(part[1]) - part[1])[:left]:
            whole[g, c] += 1
    return whole


def _spread_out(
    problem: Problem, members: Sequence[IntArray], amounts: Mapping[tuple[int, int], int]
) -> IntArray:
    """Counts (G, N): each class's agents over its nodes, the largest agents first.

    What evenness leaves over goes where it is least in the way of what is there: to nodes that are used
    little of what the agent asks for.
    """
    target = np.zeros_like(problem.cap)
    room = np.maximum(problem.room, 1).astype(np.float64)
    used = np.zeros_like(room)
    size = (problem.request / room.max(axis=0, initial=1.0)).max(axis=1, initial=0.0)
    for g, c in sorted(amounts, key=lambda key: (-size[key[0]], key)):
        nodes = members[c][problem.cap[g, members[c]] > 0]
        each, over = divmod(amounts[g, c], len(nodes))
        share = problem.request[g] / room[nodes]
        used[nodes] += each * share
        target[g, nodes] += each
        burden = (used[nodes] * share).sum(axis=1) + (used[nodes] + share > 1.0).any(axis=1)
        least = np.argsort(burden, kind="stable")[:over]
        used[nodes[least]] += share[least]
        target[g, nodes[least]] += 1
    return np.minimum(target, problem.cap)
