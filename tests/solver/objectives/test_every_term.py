"""Every score's encoding against its meaning, on random tiny clusters that are judged by that score alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ortools.sat.python import cp_model

from placewright.models.plan import Status
from placewright.models.profile import FitArgs, FreeRatio, Rate, ScoreName, Shape
from placewright.models.scores import SCORES
from placewright.models.snapshot import Snapshot
from placewright.solver.bound import level_bound
from placewright.solver.compilation import IntArray, loads
from placewright.solver.compile import compile_problem
from placewright.solver.objectives import TERMS
from placewright.solver.outcome import outcome, settled_counts
from placewright.solver.place import place
from placewright.solver.problem import Problem
from placewright.solver.settings import Settings
from placewright.solver.variables import Variables
from placewright.solver.verify import VerifiedPlan
from placewright.tests.brute_force import best_values
from placewright.tests.builders import MIB
from placewright.tests.crowded import crowded
from placewright.tests.seeds import named
from placewright.tests.tiny import tiny_cluster

CASES = settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
EVERY_SCORE = pytest.mark.parametrize("name", list(TERMS), ids=str)


def best_of_judged(rng: Random, *, preempt: bool) -> tuple[ScoreName, Problem, list[int]]:
    """A score, a random cluster's problem, mostly judged by that alone, and the best value of each level."""
    name = rng.choice(list(TERMS))
    make = crowded if preempt else tiny_cluster
    cluster = judged_by(rng, name, make) if rng.random() < 0.7 else make(rng)
    _, problem = compile_problem(cluster, preempt=preempt)
    best = best_values(cluster, preempt=preempt)
    return name, problem, [best[level.name] for level in problem.levels]


def judged_by(rng: Random, name: ScoreName, make: Callable[[Random], Snapshot] = tiny_cluster) -> Snapshot:
    """A random cluster whose profile knows this one score."""
    cluster = make(rng)
    fit = FitArgs(
        resources=rng.choice(
            ({"cpu": 1, "memory": 1}, {"cpu": 3, "memory": 1}, {"cpu": 1}, {"cpu": 2, "x": 1})
        ),
        shape=rng.choice((((0, 0), (100, 10)), ((0, 10), (70, 5), (100, 0)), ((30, 2), (60, 9), (90, 1)))),
    )
    profile = replace(
        cluster.options.profile,
        weights={name: rng.randint(1, 3)},
        fit=fit,
        shapes=tuple(_shapes(rng)),
        allocate=rng.choice(({"cpu": 1}, {"cpu": 2, "memory": 1}, {"x": 1}, {"nvidia.com/gpu": 1, "cpu": 1})),
        balanced_resources=rng.choice((("cpu", "memory"), ("cpu", "memory", "pods"))),
        soft_capacity={"cpu": Rate(rng.randint(1, 3), rng.choice((1, 70)))},
        free_ratios=(FreeRatio("cpu", rng.choice((1, 200)), "pods", 3, Rate(rng.randint(1, 3))),),
    )
    nodes = tuple(replace(node, soft_capacity=_targets(rng)) for node in cluster.nodes)
    return replace(cluster, nodes=nodes, options=replace(cluster.options, profile=profile))


def _targets(rng: Random) -> dict[str, int]:
    return {"cpu": rng.choice((0, 300, 900))} if rng.random() < 0.8 else {}


def _shapes(rng: Random) -> Iterator[Shape]:
    for i in range(rng.randint(1, 2)):
        requests = {"cpu": rng.choice((0, 400, 1000)), "memory": rng.choice((300, 1024)) * MIB}
        yield Shape(f"s{i}", requests, count=rng.randint(1, 12), weight=rng.randint(1, 2))


def random_counts(rng: Random, problem: Problem) -> IntArray:
    """Counts (G, N) within caps and sizes; whether the rules accept them does not matter to a score."""
    count = np.zeros_like(problem.cap)
    left = problem.size.copy()
    for g, n in rng.sample(np.argwhere(problem.cap > 0).tolist(), int(np.count_nonzero(problem.cap))):
        count[g, n] = rng.randint(0, min(problem.cap[g, n], left[g]))
        left[g] -= count[g, n]
    for g, back in problem.running.returning.items():
        # Who stays does not come back.
        if count[back].sum() > left[g]:
            count[back] = 0
    return count


def test_every_score_has_a_term() -> None:
    assert set(TERMS) == {score.name for score in SCORES}


@EVERY_SCORE
@pytest.mark.parametrize("make", [tiny_cluster, crowded], ids=["all stay", "some may leave"])
@settings(CASES, max_examples=20)
@given(rng=st.randoms(use_true_random=False))
def test_counts_are_worth_what_the_score_says_of_the_state(
    name: ScoreName, make: Callable[[Random], Snapshot], rng: Random
) -> None:
    assert_worth(judged_by(rng, name, make), rng, name, preempt=make is crowded)


def assert_worth(cluster: Snapshot, rng: Random, name: ScoreName, *, preempt: bool) -> None:
    """Random counts are worth what the score says, as a whole, around fixed ones, and in the model."""
    compilation, problem = compile_problem(cluster, preempt=preempt)
    count = settled_counts(compilation, random_counts(rng, problem))
    state = outcome(compilation, count).state(cluster, {})
    score = next(score for score in SCORES if score.name == name)
    profile = cluster.options.profile
    value = problem.levels[-1].value(count)
    assert value == profile.weight(name) * score.value(state, profile)
    assert 0 <= problem.levels[-1].limit(problem.cap) <= value
    term = TERMS[name].compile(compilation, profile)
    assert term is None or term.value(count) % term.step() == 0
    some = np.minimum(count, random_counts(rng, problem))
    fixed = problem.fixing(some, np.arange(len(cluster.nodes)))
    assert fixed.levels[-1].value(count - some) == value
    if (loads(count, problem.request) <= problem.room).all():
        assert modelled(problem, count) == value


def modelled(problem: Problem, count: IntArray) -> int:
    """The least that the last level can be in the model with every count held. There must be room for them."""
    model = cp_model.CpModel()
    x = Variables(model, problem.cap, problem.size)
    level = problem.levels[-1].expression(x)
    for (g, n), variable in x.items():
        model.add(variable == int(count[g, n]))
    model.minimize(level)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    assert solver.solve(model) == cp_model.OPTIMAL
    return level if isinstance(level, int) else round(solver.objective_value)


@EVERY_SCORE
@settings(CASES, max_examples=15)
@given(rng=st.randoms(use_true_random=False))
def test_place_equals_exhaustive_search_and_no_bound_is_beyond(name: ScoreName, rng: Random) -> None:
    cluster = judged_by(rng, name)
    assert_bounded(cluster, assert_optimal(cluster, preempt=False), preempt=False)


@EVERY_SCORE
@settings(CASES, max_examples=8)
@given(rng=st.randoms(use_true_random=False))
def test_so_it_does_where_running_agents_may_leave(name: ScoreName, rng: Random) -> None:
    cluster = judged_by(rng, name, crowded)
    assert_bounded(cluster, assert_optimal(cluster, preempt=True), preempt=True)


def assert_optimal(cluster: Snapshot, *, preempt: bool) -> dict[str, int]:
    """`place` proves every level, and each is the best that there is: the best values."""
    verdict = place(cluster, Settings(time_limit=30, workers=1, preempt=preempt))
    assert isinstance(verdict, VerifiedPlan), verdict
    assert verdict.plan.status is Status.OPTIMAL
    best = best_values(cluster, preempt=preempt)
    for level in verdict.plan.levels:
        assert level.value == best[level.name], level.name
    return best


def assert_bounded(cluster: Snapshot, best: dict[str, int], *, preempt: bool) -> None:
    """No level's linear bound is beyond the best that there is."""
    _, problem = compile_problem(cluster, preempt=preempt)
    values = [best[level.name] for level in problem.levels]
    assert level_bound(problem, len(values) - 1, values[:-1]) <= values[-1]


@pytest.mark.slow
@EVERY_SCORE
def test_place_equals_exhaustive_search_on_hundreds_of_clusters(name: ScoreName) -> None:
    for seed in range(200):
        with named(seed):
            assert_optimal(judged_by(Random(seed), name), preempt=False)
            assert_optimal(judged_by(Random(seed), name, crowded), preempt=True)
