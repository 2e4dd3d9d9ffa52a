"""Every score's encoding against its meaning, on random tiny clusters that are judged by that score alone."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placewright.models.plan import Status
from placewright.models.profile import ScoreName
from placewright.models.scores import SCORES
from placewright.models.snapshot import Snapshot
from placewright.solver.bound import level_bound
from placewright.solver.compilation import IntArray
from placewright.solver.compile import compile_problem
from placewright.solver.objectives import TERMS
from placewright.solver.outcome import outcome
from placewright.solver.place import place
from placewright.solver.problem import Problem
from placewright.solver.settings import Settings
from placewright.solver.verify import VerifiedPlan
from placewright.tests.brute_force import best_values
from placewright.tests.tiny import tiny_cluster

CASES = settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
EVERY_SCORE = pytest.mark.parametrize("name", list(TERMS), ids=str)


def judged_by(rng: Random, name: ScoreName) -> Snapshot:
    """A random cluster whose profile knows this one score."""
    cluster = tiny_cluster(rng)
    profile = replace(cluster.options.profile, weights={name: rng.randint(1, 3)})
    return replace(cluster, options=replace(cluster.options, profile=profile))


def random_counts(rng: Random, problem: Problem) -> IntArray:
    """Counts (G, N) within caps and sizes; whether the rules accept them does not matter to a score."""
    count = np.zeros_like(problem.cap)
    for g, n in rng.sample(np.argwhere(problem.cap > 0).tolist(), int(np.count_nonzero(problem.cap))):
        count[g, n] = rng.randint(0, min(problem.cap[g, n], problem.size[g] - count[g].sum()))
    return count


def test_every_score_has_a_term() -> None:
    assert set(TERMS) == {score.name for score in SCORES}


@EVERY_SCORE
@settings(CASES, max_examples=40)
@given(rng=st.randoms(use_true_random=False))
def test_counts_are_worth_what_the_score_says_of_the_state(name: ScoreName, rng: Random) -> None:
    cluster = judged_by(rng, name)
    compilation, problem = compile_problem(cluster)
    count = random_counts(rng, problem)
    state = outcome(compilation, count).state(cluster, {})
    score = next(score for score in SCORES if score.name == name)
    profile = cluster.options.profile
    value = problem.levels[-1].value(count)
    assert value == profile.weight(name) * score.value(state, profile)
    assert 0 <= problem.levels[-1].limit(problem.cap) <= value
    some = np.minimum(count, random_counts(rng, problem))
    fixed = problem.fixing(some, np.arange(len(cluster.nodes)))
    assert fixed.levels[-1].value(count - some) == value


@EVERY_SCORE
@settings(CASES, max_examples=15)
@given(rng=st.randoms(use_true_random=False))
def test_place_equals_exhaustive_search_and_no_bound_is_beyond(name: ScoreName, rng: Random) -> None:
    cluster = judged_by(rng, name)
    best = best_values(cluster)
    _, problem = compile_problem(cluster)
    values = [best[level.name] for level in problem.levels]
    assert level_bound(problem, len(values) - 1, values[:-1]) <= values[-1]
    verdict = place(cluster, Settings(time_limit=30, workers=1))
    assert isinstance(verdict, VerifiedPlan), verdict
    assert verdict.plan.status is Status.OPTIMAL
    assert {level.name: level.value for level in verdict.plan.levels} == best


@pytest.mark.slow
@EVERY_SCORE
def test_place_equals_exhaustive_search_on_hundreds_of_clusters(name: ScoreName) -> None:
    for seed in range(300):
        cluster = judged_by(Random(seed), name)
        verdict = place(cluster, Settings(time_limit=30, workers=1))
        assert isinstance(verdict, VerifiedPlan), (seed, verdict)
        assert {x.name: x.value for x in verdict.plan.levels} == best_values(cluster), f"seed {seed}"
