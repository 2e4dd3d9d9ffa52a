"""Answers of which agents are left out after all: as no order takes them, or no time is left for them."""

from __future__ import annotations

from collections import deque
from collections.abc import Container, Sequence
from dataclasses import replace

import numpy as np

from placewright.solver.bound import Bounds
from placewright.solver.builder import is_special
from placewright.solver.clock import Deadline
from placewright.solver.compilation import Compilation, IntArray
from placewright.solver.outcome import Step, outcome
from placewright.solver.problem import Problem
from placewright.solver.replay import Replayed
from placewright.solver.search import Answer, LevelValue


def relevelled(problem: Problem, answer: Answer, count: IntArray, deadline: Deadline) -> Answer:
    """An answer with other counts (G, N), which are no better on any level.

    Where a level is worse for it the bounds below are worked out anew: they are given what the levels above
    have.
    """
    bounds, worse = Bounds(problem), False
    levels: list[LevelValue] = []
    for index, (level, known) in enumerate(zip(problem.levels, answer.levels, strict=True)):
        value = level.value(count)
        bound = known.bound
        if worse:
            above = [kept.value for kept in levels]
            bound = bounds.level(index, above, deadline.remaining(), count)
        worse = worse or (value < known.value if level.sense == "maximize" else value > known.value)
        levels.append(LevelValue(value, bound))
    return replace(answer, count=count, levels=tuple(levels))


def shortens(compilation: Compilation) -> bool:
    """Whether the first steps of any order are an answer by themselves.

    Every step is accepted as things stand, so they are, where nobody leaves before, and where counts say all
    that there is to say of an agent.
    """
    special = (is_special(compilation, compilation.groups[g].agent) for g in compilation.pending)
    return not compilation.standing.any() and not any(special)


def shortened(
    compilation: Compilation, replayed: Replayed, most: int, entangled: Container[int]
) -> tuple[IntArray, Replayed] | None:
    """Counts (G, N) with `most` steps of an order alone, and these; None where they need not be an answer.

    entangled: groups whose turn matters, as they ask who is there or are asked about.
    """
    if replayed.stuck or not shortens(compilation):
        return None
    group_of = compilation.group_of

    def pair(step: Step) -> tuple[int, int]:
        return group_of[step[0].key], compilation.node_index[step[1].name]

    pairs = [pair(step) for step in replayed.order]
    priority = [agent.spec.priority for agent, _ in replayed.order]
    goes = _left_out(priority, [g in entangled for g, _ in pairs], len(pairs) - most)
    kept = [there for i, there in enumerate(pairs) if i not in goes]
    count = compilation.home.copy()
    np.add.at(count, tuple(np.array(kept, dtype=np.int64).reshape(-1, 2).T), 1)
    # Which of a group are placed is told by counts: the steps take whoever that is.
    who: dict[tuple[int, int], deque[Step]] = {}
    for step in outcome(compilation, count).steps:
        who.setdefault(pair(step), deque()).append(step)
    return count, Replayed(tuple(who[there].popleft() for there in kept), ())


def _left_out(priority: Sequence[int], entangled: Sequence[bool], number: int) -> set[int]:
    """So many positions in an order that the others do not rest on, the least important as far as can be.

    Nobody rests on those who are not entangled, nor on the last one of those who are.
    """
    goes: set[int] = set()
    ranks = sorted(set(priority))
    tail = [i for i, one in enumerate(entangled) if one]
    loose: dict[int, list[int]] = {rank: [] for rank in ranks}
    for i, one in enumerate(entangled):
        if not one:
            loose[priority[i]].append(i)
    for rank in ranks:
        while len(goes) < number and loose[rank]:
            goes.add(loose[rank].pop())
        while len(goes) < number and tail and priority[tail[-1]] <= rank:
            goes.add(tail.pop())
    return goes
