"""Bounds of targets: who is left out, and what is known of the levels all the same."""

from __future__ import annotations

import numpy as np

from placewright.models.agent import Agent
from placewright.models.audit import STAYING
from placewright.models.goals import parse_goals
from placewright.models.movable import MovePolicy
from placewright.models.rebalance_options import RebalanceOptions
from placewright.models.snapshot import Snapshot
from placewright.solver.clock import Deadline
from placewright.solver.compile import compile_problem
from placewright.solver.moves.bounding import hopeless, loose, over_all, without
from placewright.solver.moves.counts import counts
from placewright.solver.moves.levels import build
from placewright.solver.moves.question import ask
from placewright.solver.moves.task import Task
from placewright.tests.builders import node, snapshot, taint
from placewright.tests.moving import QUICK, runs

DRAIN = parse_goals(("drain=a", "balance"))


def tainted(*agents: Agent) -> Snapshot:
    """Nobody is let in on node a."""
    return snapshot([node("a", taints=[taint("gone", "bad")]), node("b"), node("c")], agents)


def task_of(cluster: Snapshot, options: RebalanceOptions | None = None) -> Task:
    question = ask(cluster, DRAIN, MovePolicy())
    return Task(question, DRAIN, options or RebalanceOptions(), QUICK, lambda _: None)


def test_who_breaks_a_rule_for_good_stays_and_is_there_for_the_others() -> None:
    question = task_of(tainted(runs("x", "a"), runs("y", "b", app="db"))).question
    same, fixed = without(question, question.home, frozenset())
    assert (same, fixed) == (question, {})
    left, fixed = without(question, question.home, frozenset({"default/x"}))
    assert fixed == {"default/x": "a"}
    assert set(left.home) == {"default/y"}
    assert [a.key for a in left.asked.residents] == ["default/x"]


def test_who_breaks_a_rule_because_others_stay_stays_as_well_unless_it_leaves_anyway() -> None:
    question = task_of(tainted(runs("x", "a"), runs("y", "a", app="db"))).question
    both = {"default/x": "a", "default/y": "a"}
    assert without(question, question.home, frozenset({"default/x"}))[1] == both
    leaving = frozenset({"default/y"})
    assert without(question, question.home, frozenset({"default/x"}), leaving)[1] == {"default/x": "a"}


def test_only_those_who_fit_nowhere_are_hopeless() -> None:
    task = task_of(tainted(runs("x", "a"), runs("large", "a", cpu=9000, app="db")))
    compilation, _ = compile_problem(task.question.asked, rules=STAYING)
    closed = np.array([True, False, False])
    assert hopeless(compilation, closed, {"default/large": "a"})
    assert not hopeless(compilation, closed, {"default/x": "a"})
    assert hopeless(compilation, np.ones(3, dtype=np.bool_), {"default/x": "a"})


def test_those_who_are_left_out_count_in_values_and_in_the_bound_of_the_drain() -> None:
    task = task_of(tainted(runs("x", "a"), runs("y", "b", app="db")))
    found = list(over_all(task, task.question.home, ("drain", "moves"), (0, 0), 1))
    assert [(known.value, known.bound) for known in found] == [(1, 1), (0, 0)]


def test_bounds_without_rules_leave_no_more_on_drained_nodes_than_moves_can_bring_away() -> None:
    cluster = tainted(*(runs(f"x{i}", "a", cpu=500, app=f"app{i}") for i in range(3)))
    for most, left in ((None, 0), (2, 1), (9, 0)):
        task = task_of(cluster, RebalanceOptions(max_moves=most))
        compilation, problem = compile_problem(task.question.asked, rules=STAYING)
        levels = build(task.question, compilation, problem.levels, DRAIN, task.costs, task.options)
        before = counts(compilation, task.question.home)
        drain, balance, moves = loose(levels.all[len(levels.placed) :], before, task, Deadline(5.0))
        assert (drain, moves) == (left, 0)
        assert 0 < balance <= levels.goals[0][1].value(before)
