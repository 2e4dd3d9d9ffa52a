"""The relaxation's solution as counts: whole agents, evenly over alike nodes."""

from __future__ import annotations

import numpy as np
import pytest

from placewright.models.agent import WeightedAffinityTerm
from placewright.models.profile import Profile, ScoreName
from placewright.solver.blueprint import blueprint
from placewright.solver.clock import Deadline
from placewright.solver.compilation import BoolArray
from placewright.solver.compile import compile_problem
from placewright.solver.construct import construct
from placewright.solver.first_answer import first_answer
from placewright.solver.problem import Problem
from placewright.tests.builders import ZONE, agents, near, node, snapshot, spread


def test_what_is_left_over_goes_where_little_is_asked_of_the_same() -> None:
    # One large agent for each of two nodes of three; the small one goes to the third.
    nodes = [node(f"n{i}", cpu=4000) for i in range(3)]
    cluster = snapshot(nodes, [*agents("large", 2, cpu=3000), *agents("small", 1, cpu=500)])
    _, problem = compile_problem(cluster)
    target = blueprint(problem).target
    assert target.sum() == 3
    assert (target.sum(axis=0) == 1).all()


def test_cpu_and_memory_meet_on_one_node() -> None:
    # Two kinds with nothing in common are best side by side: balance says so, and so does the room.
    nodes = [node(f"n{i}", cpu=4000, memory=4096) for i in range(4)]
    cluster = snapshot(nodes, [*agents("cpu", 2, cpu=2000), *agents("memory", 2, memory=2048)])
    _, problem = compile_problem(cluster)
    target = blueprint(problem).target
    assert target.sum() == 4
    assert (target.sum(axis=1) == 2).all()
    assert target.max() == 1


def test_whom_the_rules_turn_away_goes_where_it_costs_least() -> None:
    # The relaxation knows no zones: it would use all nodes alike, which the spread forbids.
    nodes = [node(f"a{i}", zone="a") for i in range(3)] + [node("b0", zone="b")]
    kept = agents("a", 4, cpu=1000, labels={"app": "web"}, spread=(spread(app="web"),))
    cluster = snapshot(nodes, kept, profile=Profile(weights={ScoreName.LEAST_ALLOCATED: 1}))
    compilation, problem = compile_problem(cluster)
    nobody = np.zeros_like(problem.cap)
    count, _ = first_answer(compilation, problem, Deadline(30), lambda _: True, nobody)
    assert count.sum() == 4
    assert np.sort(count.sum(axis=0)[:3]).tolist() == [0, 1, 1]
    assert count.sum(axis=0)[3] == 2


def test_the_plan_is_followed_however_long_it_took(monkeypatch: pytest.MonkeyPatch) -> None:
    # Whoever comes one by one is spread over the zones; the plan brings those together that prefer it.
    monkeypatch.setattr("placewright.solver.first_answer.CONSTRUCT_SHARE", 0.0)
    wish = (WeightedAffinityTerm(100, near(ZONE, app="y")),)
    owners = agents("x", 3, cpu=500, labels={"app": "x"}, preferred_affinity=wish)
    company = agents("y", 3, cpu=500, labels={"app": "y"})
    nodes = [node(f"n{i}", cpu=4000, zone="abc"[i]) for i in range(3)]
    profile = Profile(weights={ScoreName.INTER_POD_AFFINITY: 1, ScoreName.LEAST_ALLOCATED: 1})
    compilation, problem = compile_problem(snapshot(nodes, [*owners, *company], profile=profile))
    quick = construct(compilation, problem, Deadline(30))
    count, _ = first_answer(compilation, problem, Deadline(30), lambda _: True, quick)
    assert quick.max() == 1
    assert count.max(axis=1).tolist() == [3, 3]


def test_where_gathering_comes_to_no_answer_the_plan_is_the_one_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nowhere(problem: Problem, *_: object) -> dict[int, BoolArray]:
        return {g: np.zeros(problem.cap.shape[1], dtype=np.bool_) for g in range(len(problem.size))}

    cluster = snapshot([node(f"n{i}", cpu=4000) for i in range(3)], agents("a", 6, cpu=1000))
    _, problem = compile_problem(cluster)
    monkeypatch.setattr("placewright.solver.blueprint.gathered", nowhere)
    assert blueprint(problem).target.tolist() == [[2, 2, 2]]


def test_nothing_is_drawn_where_the_answer_there_is_reaches_all_bounds_that_were_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, problem = compile_problem(
        snapshot([node("a", cpu=1000), node("b", cpu=1000)], agents("x", 2, cpu=1000))
    )
    everybody = np.ones_like(problem.cap)
    assert blueprint(problem, known=everybody).drawn
    monkeypatch.setattr("placewright.solver.blueprint.UNHURRIED", 2.0)
    hurried = blueprint(problem, seconds=9.0, known=everybody)
    assert not hurried.drawn
    assert len(hurried.bounds) < len(problem.levels)
    assert blueprint(problem, seconds=9.0, known=np.zeros_like(problem.cap)).drawn
    assert blueprint(problem, seconds=9.0).drawn


def test_scores_are_left_out_where_there_is_too_little_time_to_come_to_an_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, problem = compile_problem(snapshot([node("a"), node("b")], agents("x", 2, cpu=1000)))
    assert len(blueprint(problem, seconds=9.0).bounds) == len(problem.levels) == 2
    monkeypatch.setattr("placewright.solver.blueprint.WEIGHED_A_SECOND", problem.classes.columns / 10.0)
    assert len(blueprint(problem, seconds=9.0).bounds) == 1
    assert len(blueprint(problem).bounds) == 2
