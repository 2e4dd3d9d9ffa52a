"""What is compared before the search begins, and when there is nothing to compare."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import NoReturn

import numpy as np
import pytest

from placewright.models.agent import WeightedAffinityTerm
from placewright.models.plan import Status
from placewright.models.profile import PLACED, Profile, ScoreName, Shape, Stage
from placewright.solver import first_answer, node_classes
from placewright.solver.blueprint import Blueprint, blueprint
from placewright.solver.clock import Deadline
from placewright.solver.compilation import IntArray
from placewright.solver.compile import compile_problem
from placewright.solver.construct import construct
from placewright.solver.place import place
from placewright.solver.problem import Problem
from placewright.solver.settings import Settings
from placewright.solver.verify import VerifiedPlan
from placewright.tests.builders import agent, agents, near, node, snapshot

SETTINGS = Settings(time_limit=10.0, workers=1, deterministic=True)
ROOM_ALONE = Profile(stages=(Stage({PLACED: 1}),))


class AskedError(Exception):
    """The baseline was asked."""


@pytest.fixture(autouse=True)
def _no_baseline(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(*_: object) -> NoReturn:
        raise AskedError

    monkeypatch.setattr(first_answer, "baseline_counts", asked)


def test_where_everybody_is_placed_and_nothing_else_counts_nothing_is_compared() -> None:
    verdict = place(snapshot([node("n", cpu=2000)], agents("x", 2, cpu=1000), profile=ROOM_ALONE), SETTINGS)
    assert isinstance(verdict, VerifiedPlan)
    assert (verdict.plan.status, len(verdict.plan.bindings)) == (Status.OPTIMAL, 2)


def test_where_somebody_is_left_out_that_a_node_could_hold_it_is() -> None:
    both = [*agents("x", 2, cpu=1000), *agents("y", 2, cpu=1000, memory=1)]
    with pytest.raises(AskedError):
        place(snapshot([node("n", cpu=2000)], both, profile=ROOM_ALONE), SETTINGS)


def test_where_scores_count_it_is() -> None:
    with pytest.raises(AskedError):
        place(snapshot([node("a"), node("b")], agents("x", 2, cpu=1000)), SETTINGS)


def test_an_answer_within_the_gap_that_is_asked_for_is_compared_with_nothing() -> None:
    """Two copies of a thousand have room at first, and one is there in the end: a thousandth of what lacks."""
    room = Profile(weights={ScoreName.FRAGMENTATION: 1}, shapes=(Shape("whole", {"cpu": 4000}, count=1000),))
    cluster = snapshot([node("a", cpu=4000), node("b", cpu=4000)], agents("x", 2, cpu=1000), profile=room)
    verdict = place(cluster, replace(SETTINGS, gap=0.002))
    assert isinstance(verdict, VerifiedPlan)
    scores = verdict.plan.levels[-1]
    assert (scores.value - scores.bound, scores.value) == (scores.value // 999, 999 * (scores.value // 999))
    with pytest.raises(AskedError):
        place(cluster, replace(SETTINGS, gap=0.0005))


def test_whoever_is_left_out_is_not_for_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of a hundred is within the gap; that it can be placed is found all the same."""
    both = [*agents("x", 99, cpu=100), agent("y", cpu=1000)]
    plain = construct

    def forgets_one(*given: object, **more: object) -> object:
        count = plain(*given, **more)  # type: ignore[arg-type]
        count[:, 1] = 0
        return count

    nodes = [node("a", cpu=10_000), node("b", cpu=1000)]
    monkeypatch.setattr(first_answer, "construct", forgets_one)
    with pytest.raises(AskedError):
        place(snapshot(nodes, both, profile=ROOM_ALONE), replace(SETTINGS, gap=0.02))


def test_a_relaxation_that_is_cut_off_has_not_cost_the_answer_that_goes_by_scores(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def cut_off(_: Problem, seconds: float, _known: object, **_more: object) -> None:
        time.sleep(seconds)

    monkeypatch.setattr(first_answer, "baseline_counts", lambda *_: None)
    monkeypatch.setattr(first_answer, "blueprint", cut_off)
    wish = (WeightedAffinityTerm(100, near(app="x")),)
    leaning = agents("x", 4, cpu=100, labels={"app": "x"}, preferred_affinity=wish)
    compilation, problem = compile_problem(
        snapshot([node("a", zone="a"), node("b", zone="b")], leaning), preempt=False
    )
    plain = construct(compilation, problem, Deadline(10.0))
    found, _ = first_answer.first_answer(compilation, problem, Deadline(0.5), lambda _: True, plain)
    scores = problem.levels[-1]
    assert scores.value(found) < scores.value(plain)


@pytest.mark.parametrize(("most", "first"), [(40_000, "relaxation"), (7, "comparing")])
def test_comparing_comes_first_where_the_relaxation_takes_unlike_nodes_for_one_another(
    monkeypatch: pytest.MonkeyPatch, most: int, first: str
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(first_answer, "baseline_counts", lambda *_: None)
    monkeypatch.setattr(first_answer, "GUIDED_SECONDS_PER_PAIR", 0.02)
    monkeypatch.setattr(first_answer, "affordable", lambda *_: asked.append("relaxation"))
    monkeypatch.setattr(first_answer, "_guided", lambda *_: asked.append("comparing"))
    monkeypatch.setattr(node_classes, "MOST_COLUMNS", most)
    nodes = [node(f"n{i}", cpu=1000 * (1 + i % 4)) for i in range(8)]
    cluster = snapshot(nodes, [*agents("a", 3, cpu=100), *agents("b", 2, cpu=200)])
    compilation, problem = compile_problem(cluster)
    plain = construct(compilation, problem, Deadline(10.0))
    first_answer.first_answer(compilation, problem, Deadline(3.0), lambda _: True, plain)
    assert asked[0] == first


@pytest.mark.parametrize(("late", "everybody"), [(0.0, False), (4.0, True)])
def test_a_plan_may_be_made_and_followed_after_the_search_should_have_ended(
    monkeypatch: pytest.MonkeyPatch, late: float, everybody: bool
) -> None:
    monkeypatch.setattr(first_answer, "baseline_counts", lambda *_: None)
    compilation, problem = compile_problem(snapshot([node("n", cpu=4000)], agents("x", 4, cpu=1000)))
    nobody = np.zeros_like(problem.cap)
    past, until = Deadline(0.0), Deadline(late)
    found, _ = first_answer.first_answer(compilation, problem, past, lambda _: True, nobody, utmost=until)
    assert bool(found.all()) is everybody


def test_a_plan_that_took_longer_than_it_might_is_followed_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def slow(problem: Problem, seconds: float, known: IntArray | None, *, bounded: bool) -> Blueprint:
        time.sleep(seconds / first_answer.PLAN_SHARE)
        return blueprint(problem, 9.0, known, bounded=bounded)

    monkeypatch.setattr(first_answer, "baseline_counts", lambda *_: None)
    monkeypatch.setattr(first_answer, "blueprint", slow)
    compilation, problem = compile_problem(snapshot([node("n", cpu=4000)], agents("x", 4, cpu=1000)))
    nobody = np.zeros_like(problem.cap)
    found, _ = first_answer.first_answer(compilation, problem, Deadline(0.5), lambda _: True, nobody)
    assert found.sum() == 4
