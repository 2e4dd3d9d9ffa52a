"""Whoever breaks a rule and was not helped by single moves: one after the other, with everybody free to move.

Two that can only change places, or a chain of three, is more than one who steps aside. A model is asked
whether one of them can be helped while the others stay, with as few moves as will do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from placewright.models.audit import broken, to_be_placed
from placewright.models.rebalance_levels import DRAIN, MOVES
from placewright.solver.clock import Deadline
from placewright.solver.engine import Engine, ModelMismatchError
from placewright.solver.moves.compiled import Compiled, compiled_question, pairs_of
from placewright.solver.moves.counts import counts, names
from placewright.solver.moves.levels import Levels, bounded
from placewright.solver.moves.orders import has_orders
from placewright.solver.moves.question import Question
from placewright.solver.moves.task import Task
from placewright.solver.objectives.placed import PlacedObjective
from placewright.solver.search import EXACT_PAIRS

HELPING_SHARE = 0.2
"""The part of the time left that all of it may take."""

Where = Mapping[str, str]


def helped(
    task: Task,
    question: Question,
    compiled: Compiled,
    build: Callable[[Compiled], Levels],
    where: Where,
    wrong: frozenset[str],
    deadline: Deadline,
) -> tuple[Where, frozenset[str]]:
    """Where everybody is (agent key -> node name) with fewer of the `wrong` ones left, and who still is.

    compiled: the question with everybody, to see whether a model can hold it. build: the levels of what is
    compiled. No more than before are left on drained nodes.
    """
    if pairs_of(compiled.problem) > EXACT_PAIRS:
        return where, wrong
    until = Deadline(HELPING_SHARE * deadline.remaining())
    by_key = question.asked.agent_by_key
    for key in sorted(wrong, key=lambda key: (-by_key[key].spec.priority, key)):
        found = None if until.passed else _with_one_helped(task, question, build, where, wrong - {key}, until)
        if found is not None:
            where, wrong = found, wrong - {key}
    return where, wrong


def _with_one_helped(
    task: Task,
    question: Question,
    build: Callable[[Compiled], Levels],
    where: Where,
    stay: frozenset[str],
    until: Deadline,
) -> Where | None:
    """Where everybody is if none but those of `stay` break a rule, at home; None where that was not found."""
    home = {key: name for key, name in question.home.items() if key not in stay}
    asked = replace(question, asked=to_be_placed(question.snapshot, home), home=home)
    compiled = compiled_question(asked, task.options)
    compilation, told_apart = compiled.compilation, compiled.told_apart
    if not told_apart and has_orders(asked, task.options):
        return None
    problem = bounded(
        compiled.problem, build(compiled), asked, compilation, task.options, (), told_apart=told_apart
    )
    if not pairs_of(problem):
        return None
    engine, now = Engine(problem, task.settings), counts(compilation, where)
    for index, level in enumerate(problem.levels):
        if isinstance(level, PlacedObjective) or level.name == DRAIN:
            engine.keep(index, level.value(now))
    moves = next(index for index, level in enumerate(problem.levels) if level.name == MOVES)
    try:
        count = engine.optimise(moves, now, until.remaining()).count
    except ModelMismatchError:
        return None
    if count is None:
        return None
    found = {**{key: where[key] for key in stay}, **names(asked, compilation, task.costs, count)}
    return found if broken(question.asked, found) <= stay else None
