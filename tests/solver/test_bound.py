"""Where a level's bound comes from: what costs least to know comes first, and more only where there is time."""

from __future__ import annotations

from typing import NoReturn

import numpy as np
import pytest

from placewright.models.policy import ResourceQuota
from placewright.models.profile import Profile, ScoreName
from placewright.models.snapshot import Snapshot
from placewright.solver import bound
from placewright.solver.bound import (
    Bounds,
    KnownBound,
    affordable,
    apportionment,
    level_bound,
    placed_bound,
    tighter,
)
from placewright.solver.compile import compile_problem
from placewright.solver.objectives.placed import PlacedObjective
from placewright.solver.problem import Problem
from placewright.tests.builders import agent, agents, node, snapshot

EVEN = Profile(weights={ScoreName.LEAST_ALLOCATED: 1})


def compiled(cluster: Snapshot) -> Problem:
    return compile_problem(cluster)[1]


def full() -> Problem:
    """Two nodes for four agents at most, of six."""
    nodes = [node(f"n{i}", cpu=2000) for i in range(2)]
    return compiled(snapshot(nodes, agents("a", 6, cpu=1000), profile=EVEN))


def refuse(*_: object, **__: object) -> NoReturn:
    raise AssertionError("the relaxation was asked")


def test_an_answer_that_reaches_the_cheap_limit_asks_for_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bound, "relaxed", refuse)
    problem = compiled(snapshot([node("n0"), node("n1")], agents("a", 3, cpu=1000)))
    everybody = np.array([[2, 1]])
    assert Bounds(problem).level(0, [], 9.0, everybody) == 3
    assert Bounds(problem).level(0, [], 9.0, value=3) == 3


def test_without_time_the_cheap_limit_is_all_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bound, "relaxed", refuse)
    problem = full()
    assert Bounds(problem).level(0, [], 0.0) == problem.levels[0].limit(problem.cap) == 6 - 2
    monkeypatch.undo()
    assert level_bound(problem, 0, []) == 4


def test_where_nobody_fits_anywhere_there_is_nothing_to_relax(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bound, "relaxed", refuse)
    problem = compiled(snapshot([node("n0", cpu=100)], agents("a", 3, cpu=1000)))
    assert Bounds(problem).level(0, [], 9.0) == 0


def test_quotas_are_spent_on_whole_agents_before_the_relaxation_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bound, "relaxed", refuse)
    quota = ResourceQuota("default", "q", {"requests.cpu": 2500}, used={})
    waiting = agents("a", 6, cpu=1000, admitted=False)
    problem = compiled(snapshot([node("n0", cpu=9000)], waiting, quotas=(quota,)))
    # What the answer has is what whole agents can have: there is nothing left to ask.
    assert Bounds(problem).level(0, [], 9.0, value=2) == 2


def test_placing_the_more_important_leaves_less_of_a_quota() -> None:
    quota = ResourceQuota("default", "q", {"requests.cpu": 3000}, used={})
    high = agent("high", cpu=2000, priority=9, admitted=False)
    low = agents("low", 4, cpu=1000, admitted=False)
    problem = compiled(snapshot([node("n0", cpu=9000)], [high, *low], quotas=(quota,)))
    first, second = problem.levels[:2]
    assert isinstance(first, PlacedObjective)
    assert isinstance(second, PlacedObjective)
    shares = apportionment(problem)
    assert placed_bound(shares, first, problem.levels, [], 9.0) == 1
    assert placed_bound(shares, second, problem.levels, [1], 9.0) == 1
    assert placed_bound(shares, second, problem.levels, [0], 9.0) == 3


def test_what_is_known_already_is_not_worked_out_again(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = full()
    scores = level_bound(problem, 1, [4])
    monkeypatch.setattr(bound, "relaxed", refuse)
    known = (KnownBound(4), KnownBound(scores + 7, slopes=(5.0,)))
    assert Bounds(problem, known).level(1, [4], 9.0) == scores + 7
    # One agent less above may save as much as the slope says, and a hair.
    assert Bounds(problem, known).level(1, [3], 9.0) == scores + 7 - 6


def test_without_slopes_nothing_is_known_of_an_answer_that_falls_short_above() -> None:
    problem = full()
    three, four = level_bound(problem, 1, [3]), level_bound(problem, 1, [4])
    assert three < four
    assert Bounds(problem, (KnownBound(4), KnownBound(four))).level(1, [3], 9.0) == three


def test_whether_there_is_time_for_the_relaxation_goes_by_how_many_variables_it_has() -> None:
    problem = full()
    assert problem.classes.columns == 1
    assert affordable(problem, 1.0)
    assert not affordable(problem, 0.5 / bound.COLUMNS_A_SECOND)


def test_the_tighter_of_two_bounds_is_the_lower_of_what_is_gained_and_the_higher_of_what_is_paid() -> None:
    placed, scores = full().levels
    assert tighter(placed, 3, 5) == 3
    assert tighter(scores, 3, 5) == 5


def test_where_a_bound_by_parts_is_near_enough_nodes_are_not_asked_for_prices(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bound, "relaxed", refuse)
    monkeypatch.setattr(bound, "priced_bound", refuse)
    monkeypatch.setattr(Bounds, "_is_rougher", lambda _: True)
    monkeypatch.setattr(Bounds, "_by_parts", lambda *_: 9_000)
    assert Bounds(full()).level(1, [4], 9.0, enough=lambda found: found >= 9_000) == 9_000
    with pytest.raises(AssertionError, match="asked"):
        Bounds(full()).level(1, [4], 9.0, enough=lambda found: found > 9_000)


@pytest.mark.parametrize(
    ("by_parts", "rougher", "whole"), [(9_000, True, False), (10, True, True), (9_000, False, True)]
)
def test_the_whole_relaxation_is_spared_where_a_much_rougher_one_says_a_fair_amount(
    monkeypatch: pytest.MonkeyPatch, by_parts: int, rougher: bool, whole: bool
) -> None:
    asked: list[int] = []

    def tightened(_: Bounds, limit: int, *__: object, **___: object) -> int:
        asked.append(limit)
        return limit

    monkeypatch.setattr(Bounds, "_is_rougher", lambda _: rougher)
    monkeypatch.setattr(Bounds, "_by_parts", lambda *_: by_parts)
    monkeypatch.setattr(Bounds, "_tightened", tightened)
    Bounds(full()).level(1, [4], 9.0, fair=lambda found: found >= 9_000)
    assert bool(asked) is whole
