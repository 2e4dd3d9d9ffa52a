"""Bounds that are found once an answer has its order hold, and are looked for where none was asked for."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placewright.models.snapshot import Snapshot
from placewright.solver.bound import tighter
from placewright.solver.budget import Budget
from placewright.solver.clock import Deadline
from placewright.solver.compile import compile_problem
from placewright.solver.late_proof import proven_late
from placewright.solver.outcome import counts_of
from placewright.solver.place import place
from placewright.solver.problem import Problem
from placewright.solver.search import Answer, LevelValue
from placewright.solver.settings import Settings
from placewright.solver.verify import VerifiedPlan
from placewright.tests.brute_force import best_values
from placewright.tests.builders import agents, node, snapshot
from placewright.tests.tiny import tiny_cluster

CASES = settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, max_examples=60)
SETTINGS = Settings(time_limit=10.0, workers=1)


def best_of(cluster: Snapshot, *, looked: float = 0.0) -> tuple[Problem, Answer]:
    """The best answer, with the bounds that are known at once."""
    verdict = place(cluster, SETTINGS)
    assert isinstance(verdict, VerifiedPlan)
    compilation, problem = compile_problem(cluster, preempt=False)
    count = counts_of(compilation, {bound.key: bound.node for bound in verdict.plan.bindings})
    levels = tuple(LevelValue(level.value(count), level.limit(problem.cap)) for level in problem.levels)
    return problem, Answer(count, levels, looked=dict.fromkeys(range(len(levels)), looked))


def two_kinds() -> Snapshot:
    """Each kind has room for all of it, and both together for half."""
    both = [*agents("a", 2, cpu=1000), *agents("b", 2, cpu=1000, memory=1)]
    return snapshot([node("n", cpu=2000)], both)


@settings(CASES)
@given(st.randoms(use_true_random=False))
def test_no_bound_cuts_off_the_best_there_is(rng: Random) -> None:
    cluster = tiny_cluster(rng)
    problem, answer = best_of(cluster)
    best = best_values(cluster)
    proven = proven_late(problem, answer, (), 0.0, Deadline(10.0))
    for level, was, has in zip(problem.levels, answer.levels, proven.levels, strict=True):
        if level.name in best:
            assert tighter(level, has.bound, best[level.name]) == best[level.name]
        assert tighter(level, was.bound, has.bound) == has.bound
    assert (proven.count == answer.count).all()


@pytest.mark.parametrize(("looked", "bound"), [(6.0, 4), (4.0, 2)])
def test_a_bound_that_had_about_the_same_time_before_is_not_looked_for_again(
    looked: float, bound: int
) -> None:
    problem, answer = best_of(two_kinds(), looked=looked)
    assert answer.levels[0] == LevelValue(2, 4)
    assert proven_late(problem, answer, (), 0.0, Deadline(10.0)).levels[0].bound == bound


@pytest.mark.parametrize(("enough", "seconds", "bound"), [(0.0, 10.0, 2), (1.0, 10.0, 4), (0.0, 0.0, 4)])
def test_a_bound_is_looked_for_where_the_gap_is_too_wide_and_there_is_time(
    enough: float, seconds: float, bound: int
) -> None:
    problem, answer = best_of(two_kinds())
    assert proven_late(problem, answer, (), enough, Deadline(seconds)).levels[0].bound == bound


def test_a_round_whose_search_had_no_time_for_bounds_has_them_where_its_order_left_some(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Budget, "search", lambda *_: Deadline(0.0))
    monkeypatch.setattr(Budget, "utmost", lambda *_: Deadline(0.0))
    verdict = place(two_kinds(), SETTINGS)
    assert isinstance(verdict, VerifiedPlan)
    first = verdict.plan.levels[0]
    assert (first.value, first.bound) == (2, 2)
    assert verdict.plan.levels[-1].gap < 0.001
