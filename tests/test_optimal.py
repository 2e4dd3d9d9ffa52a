"""The optimum is the optimum: on random tiny clusters `place` equals exhaustive search, level by level."""

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
from placewright.tests.odd import odd_cluster
from placewright.tests.seeds import named
from placewright.tests.tiny import tiny_cluster, two_profiles

CASES = settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


def assert_optimal(snapshot: Snapshot) -> None:
    """`place` proves every level, and each equals the best that exhaustive search finds."""
    verdict = place(snapshot, Settings(time_limit=30, workers=1))
    assert isinstance(verdict, VerifiedPlan), verdict
    assert verdict.plan.status is Status.OPTIMAL
    assert {level.name: level.value for level in verdict.plan.levels} == best_values(snapshot)


@settings(CASES, max_examples=60)
@given(st.randoms(use_true_random=False))
def test_place_equals_exhaustive_search(rng: Random) -> None:
    assert_optimal(tiny_cluster(rng))


@settings(CASES, max_examples=60)
@given(st.randoms(use_true_random=False))
def test_it_does_where_features_are_odd(rng: Random) -> None:
    assert_optimal(odd_cluster(rng))


@settings(CASES, max_examples=60)
@given(st.randoms(use_true_random=False))
def test_it_does_with_filters_switched_off(rng: Random) -> None:
    assert_optimal(two_profiles(rng))


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, 500, 100))
def test_it_does_with_filters_switched_off_on_five_hundred_clusters(start: int) -> None:
    for seed in range(start, start + 100):
        with named(seed):
            assert_optimal(two_profiles(Random(seed)))


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, 2000, 100))
def test_place_equals_exhaustive_search_on_two_thousand_clusters(start: int) -> None:
    for seed in range(start, start + 100):
        with named(seed):
            assert_optimal(tiny_cluster(Random(seed)))


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, 1000, 100))
def test_it_does_where_features_are_odd_on_a_thousand_clusters(start: int) -> None:
    for seed in range(start, start + 100):
        with named(seed):
            assert_optimal(odd_cluster(Random(seed)))
