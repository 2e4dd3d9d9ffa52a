"""One part of a placement, freed and solved anew with all else as it is.

What comes back are counts on the part alone, so that whoever solved it need not have the same answer at hand
as whoever takes it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from placewright.solver.compilation import BoolArray, IntArray
from placewright.solver.engine import Engine, ModelMismatchError
from placewright.solver.neighbourhoods import Part
from placewright.solver.problem import Problem
from placewright.solver.settings import Settings

WORK = 0.1
"""What CP-SAT may do on one part, in its deterministic time, a unit of which is a second or two."""
BUILDING = 0.02
"""About what building a part's model takes of the same."""


@dataclass(frozen=True)
class Task:
    """A part to solve on one level: `above` are the values that the levels above it must keep."""

    part: Part
    level: int
    above: tuple[int, ...]
    seconds: float


@dataclass(frozen=True)
class Tried:
    """What solving a part gave.

    there: int64 (K, 3), group, node and count of what the part holds, where that is not 0; None: nothing
    better was found. work: what it took, in CP-SAT's deterministic time. finished: nothing better there is.
    """

    there: IntArray | None
    work: float = BUILDING
    finished: bool = False


def freed_groups(problem: Problem, part: Part) -> BoolArray:
    """bool (G,): the groups whose agents on the part's nodes are freed. Who stands there always is."""
    freed = problem.standing.copy()
    freed[slice(None) if part.groups is None else part.groups] = True
    return freed


def without(problem: Problem, count: IntArray, part: Part) -> IntArray:
    """Counts (G, N) of all that a part leaves as it is."""
    fixed = count.copy()
    fixed[np.ix_(np.flatnonzero(freed_groups(problem, part)), part.nodes)] = 0
    return fixed


def solve_part(problem: Problem, settings: Settings, count: IntArray, task: Task) -> Tried:
    """Solve a part anew, from what counts (G, N) have there."""
    fixed = without(problem, count, task.part)
    # A gap that is good enough for all is far too much for a part, whose value has all that is fixed in it;
    # and what is small is solved sooner by one thread than by several that have to be started.
    settings = replace(settings, gap=0.0, workers=1)
    engine = Engine(problem.fixing(fixed, task.part.nodes, task.part.groups), settings)
    for level, value in enumerate(task.above):
        engine.keep(level, value)
    try:
        answer = engine.optimise(task.level, count - fixed, task.seconds, work=WORK)
    except ModelMismatchError:
        # What is fixed leaned on what was freed: another part may do.
        return Tried(None)
    there = None
    if answer.count is not None:
        pairs = np.argwhere(answer.count)
        there = np.column_stack([pairs, answer.count[pairs[:, 0], pairs[:, 1]]])
    return Tried(there, answer.work + BUILDING, answer.finished)


def put(problem: Problem, count: IntArray, part: Part, there: IntArray) -> IntArray:
    """Counts (G, N) with a part as it was solved.

    Others may have placed some of the same agents meanwhile: there are only so many of each group.
    """
    result = without(problem, count, part)
    result[there[:, 0], there[:, 1]] = there[:, 2]
    over = result.sum(axis=1) - problem.size
    for g, n, number in there[over[there[:, 0]] > 0].tolist():
        taken = min(number, max(0, int(over[g])))
        result[g, n] -= taken
        over[g] -= taken
    return result
