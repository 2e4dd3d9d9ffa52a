"""What is known of the levels of a target: their values, and bounds that hold whoever moves.

An answer that leaves some who break a rule where they are is searched with those fixed. A bound for that
question holds for the one that was asked only where they could go nowhere anyway; else bounds are taken that
leave the rules out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from placewright.models.audit import broken, placed, to_be_placed
from placewright.models.rebalance_levels import DRAIN, LevelMeaning
from placewright.solver.bound import Bounds
from placewright.solver.clock import Deadline
from placewright.solver.compilation import BoolArray, Compilation, IntArray
from placewright.solver.moves.question import Question
from placewright.solver.moves.separable_bound import separable_bound
from placewright.solver.moves.task import Task
from placewright.solver.objectives.base import Objective
from placewright.solver.objectives.weighted import WeightedObjective
from placewright.solver.problem import Problem
from placewright.solver.search import LevelValue


def without(
    question: Question, where: Mapping[str, str], wrong: frozenset[str], leaving: frozenset[str] = frozenset()
) -> tuple[Question, Mapping[str, str]]:
    """The question without those that break a rule for good, who stay; and where they are.

    Whoever breaks one in `where` (agent key -> node name) because they stay stays as well, unless it is to
    leave anyway.
    """
    if not wrong:
        return question, {}
    stay = set(wrong)
    while True:
        # They are there all the same: for the others' rules they count where they are.
        home = {key: name for key, name in question.home.items() if key not in stay}
        asked = to_be_placed(question.snapshot, home.keys())
        more = broken(asked, {key: where[key] for key in home}) - leaving
        if not more:
            break
        stay |= more
    fixed = {key: question.home[key] for key in stay}
    return replace(question, asked=asked, home=home), fixed


def hopeless(compilation: Compilation, closed: BoolArray, fixed: Mapping[str, str]) -> bool:
    """Whether none of the fixed agents (key -> home) could be anywhere else, whoever else moves.

    closed (N,): nodes that nobody may come to.
    """
    for g in compilation.pending:
        able = np.flatnonzero((compilation.cap[g] > 0) & ~closed).tolist()
        for agent in compilation.groups[g].members:
            home = fixed.get(agent.key)
            if home is not None and any(compilation.nodes[n].name != home for n in able):
                return False
    return True


def over_all(
    task: Task, where: Mapping[str, str], names: Sequence[str], bounds: Sequence[int], on_drained: int
) -> Iterator[LevelValue]:
    """The levels by name with everybody counted, and bounds known with some of them left out.

    on_drained: how many of those are on drained nodes. A level's other terms cost no less with them.
    """
    question = task.question
    before, after = placed(question.asked, question.home), placed(question.asked, where)
    fare = task.costs.fare(where)
    meaning = LevelMeaning(before, after, task.goals.drained, task.options.min_gain, fare)
    for name, bound in zip(names, bounds, strict=True):
        parts = meaning.parts(name)
        value = parts[1] if parts is not None else 0
        yield LevelValue(value, min(value, bound + (on_drained if name == DRAIN else 0)))


def loose(levels: Sequence[Objective], before: IntArray, task: Task, deadline: Deadline) -> Iterator[int]:
    """Bounds on levels of drain, goals and moves that need no rule: whoever is left to break one.

    before (G, N): everybody at home.
    """
    most, nowhere = task.options.max_moves, np.zeros(before.shape[1], dtype=np.bool_)
    for level in levels:
        if level.name == DRAIN:
            yield 0 if most is None else max(0, level.value(before) - most)
            continue
        least = level.limit(before)
        bound = None
        if isinstance(level, WeightedObjective):
            bound = separable_bound(level, before, nowhere, deadline)
        yield least if bound is None else max(least, bound)


def tightened(
    problem: Problem,
    values: Sequence[LevelValue],
    count: IntArray,
    before: IntArray,
    question: Question,
    deadline: Deadline,
) -> Iterator[LevelValue]:
    """The same values with bounds that need no relaxation, where those are better and everybody is placed."""
    everybody = bool((count.sum(axis=1) >= before.sum(axis=1)).all())
    emptied = np.zeros(count.shape[1], dtype=np.bool_)
    for level, known in zip(problem.levels, values, strict=True):
        if level.name == DRAIN and known.value == 0:
            drained = set(question.drained)
            emptied = np.array([node.name in drained for node in question.asked.nodes], dtype=np.bool_)
        bound = None
        if everybody and isinstance(level, WeightedObjective) and known.value > known.bound:
            bound = separable_bound(level, before, emptied, deadline)
        yield known if bound is None or bound <= known.bound else LevelValue(known.value, bound)


def unproven(problem: Problem, count: IntArray, deadline: Deadline) -> list[LevelValue]:
    """The values of an answer that nothing has been proven about, with what bounds there is time for."""
    bounds = Bounds(problem)
    found: list[LevelValue] = []
    for index, level in enumerate(problem.levels):
        bound = bounds.level(index, [known.value for known in found], deadline.remaining())
        found.append(LevelValue(level.value(count), bound))
    return found
