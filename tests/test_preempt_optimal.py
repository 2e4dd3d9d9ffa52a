"""Evictions are chosen together, and no choice is better: `place` with preemption equals exhaustive search."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placewright.models.plan import Status
from placewright.models.snapshot import Snapshot
from placewright.solver.place import place
from placewright.solver.settings import Settings
from placewright.solver.verify import VerifiedPlan
from placewright.tests.brute_force import best_values
from placewright.tests.crowded import crowded, crowded_volumes
from placewright.tests.odd import odd_crowd
from placewright.tests.seeds import named

CASES = settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


def assert_optimal(snapshot: Snapshot) -> None:
    """`place` proves every level, and each equals the best that exhaustive search finds."""
    verdict = place(snapshot, Settings(time_limit=30, workers=1, preempt=True))
    assert isinstance(verdict, VerifiedPlan), verdict
    assert verdict.plan.status is Status.OPTIMAL
    best = best_values(snapshot, preempt=True)
    assert {level.name: level.value for level in verdict.plan.levels} == {
        level.name: best[level.name] for level in verdict.plan.levels
    }


@settings(CASES, max_examples=60)
@given(st.randoms(use_true_random=False))
def test_preemption_equals_exhaustive_search(rng: Random) -> None:
    assert_optimal(crowded(rng))


@settings(CASES, max_examples=60)
@given(st.randoms(use_true_random=False))
def test_it_does_with_volumes_that_stay_attached(rng: Random) -> None:
    assert_optimal(crowded_volumes(rng))


@settings(CASES, max_examples=60)
@given(st.randoms(use_true_random=False))
def test_it_does_where_features_are_odd(rng: Random) -> None:
    assert_optimal(odd_crowd(rng))


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, 2000, 200))
def test_it_does_where_features_are_odd_on_two_thousand_clusters(start: int) -> None:
    for seed in range(start, start + 200):
        with named(seed):
            assert_optimal(odd_crowd(Random(seed)))


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, 2000, 500))
def test_it_does_with_volumes_on_two_thousand_clusters(start: int) -> None:
    for seed in range(start, start + 500):
        with named(seed):
            assert_optimal(crowded_volumes(Random(seed)))


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, 2000, 100))
def test_preemption_equals_exhaustive_search_on_two_thousand_clusters(start: int) -> None:
    for seed in range(start, start + 100):
        with named(seed):
            assert_optimal(crowded(Random(seed)))
