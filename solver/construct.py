"""A first answer, at once: agents in priority order, each to the best node that every rule accepts now.

What it returns is a placement that the rules accept, so there is always something to emit and to hint. A
group is placed at a time where counts say what the rules say (`solver/rules/ledger.py`), else one agent after
the other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby

import numpy as np

from placewright.solver.builder import Builder
from placewright.solver.clock import Deadline
from placewright.solver.compilation import Compilation, FloatArray, IntArray
from placewright.solver.objectives.base import Tally
from placewright.solver.problem import Problem

PASSES = 3
"""Agents that find no place are tried again after the others: what they need may have come meanwhile."""


def construct(
    compilation: Compilation,
    problem: Problem,
    deadline: Deadline,
    *,
    packed: bool = False,
    target: IntArray | None = None,
    number: IntArray | None = None,
    opening: FloatArray | None = None,
    tallies: Sequence[Tally] = (),
    comparing: Deadline | None = None,
    most: int | None = None,
    urgent: Collection[int] = (),
) -> IntArray:
    """Counts (G, N) of a placement without violations; all zero if there was no time for more.

    `most`: no more agents than that are placed, the most important ones. `urgent`: groups that are placed
    whole before the `target` of any other is followed that is not more important.

    `packed` fills nodes one after the other, otherwise the emptiest are taken first. `target` (G, N) is
    followed as far as the rules allow, before anybody else is placed; `number` (G,): how many of each group
    there should be, of equals nobody comes beyond that who keeps others from it. `opening` (N,): nodes are
    taken into use in this order, smallest first, and only where those in use have no room; 0: in use already.
    With `tallies`, in their order of importance, nodes are taken where one more agent costs least, until
    `comparing` has passed.
    """
    packed = packed or opening is not None
    builder = Builder(compilation, problem, packed, opening, tallies, comparing, most)
    waiting = list(_turns(compilation, problem))  # those who run stay where they are
    if target is not None or number is not None:
        wanted = compilation.size if number is None else number
        for _, turn in groupby(waiting, key=lambda g: compilation.groups[g].agent.spec.priority):
            equals = list(turn)
            if target is not None:
                _follow(builder, equals, target, wanted, urgent, deadline)
            # Whom the rules turned away there comes before anybody less important.
            for g in equals:
                builder.place_group(g, deadline, int(wanted[g]))
            for g in equals:
                builder.place_group(g, deadline)
    for _ in range(PASSES):
        before = builder.total
        waiting = [g for g in waiting if not builder.place_group(g, deadline)]
        if builder.total == before or not waiting or deadline.passed:
            break
    builder.remove_violations()
    return builder.count


def _follow(
    builder: Builder,
    equals: Sequence[int],
    target: IntArray,
    wanted: IntArray,
    urgent: Collection[int],
    deadline: Deadline,
) -> None:
    """Groups of one priority to where they are wanted, urgent ones first and whole."""
    for g in sorted(equals, key=lambda g: g not in urgent):
        builder.escort(g, target)
        builder.place_at(g, target[g], deadline)
        if g in urgent:
            builder.place_group(g, deadline, int(wanted[g]))


def _turns(compilation: Compilation, problem: Problem) -> Iterator[int]:
    """Groups by what they are worth to the levels, in their order, and by priority.

    Then those come first that others lean on, then the ones that are hardest to fit.
    """
    worth = np.array([level.worth(len(problem.size)) for level in problem.levels], dtype=np.int64)
    free = np.maximum(compilation.free.max(axis=0, initial=1), 1)
    dominant = (compilation.request / free).max(axis=1, initial=0.0)
    leaning = [bool(group.agent.spec.affinity) for group in compilation.groups]
    order = sorted(
        compilation.pending,
        key=lambda g: (
            *(-worth[:, g]).tolist(),
            -compilation.groups[g].agent.spec.priority,
            leaning[g],
            -dominant[g],
            g,
        ),
    )
    yield from order
