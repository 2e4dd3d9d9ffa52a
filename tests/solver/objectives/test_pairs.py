"""Wishes for company, for spread and for short ways, in the corners of the API: meaning, encoding and bound."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placewright.models.agent import Agent, InclusionPolicy, SpreadConstraint, Talk, WeightedAffinityTerm
from placewright.models.profile import DefaultSpread, Profile, ScoreName
from placewright.models.snapshot import Snapshot
from placewright.tests.builders import HOSTNAME, ZONE, agent, snapshot
from placewright.tests.solver.objectives.test_every_term import (
    assert_bounded,
    assert_optimal,
    assert_worth,
    judged_by,
)
from placewright.tests.solver.rules.corners import (
    NAMESPACES,
    random_labels,
    random_nodes,
    random_selector,
    random_term,
)

PAIRS = (ScoreName.INTER_POD_AFFINITY, ScoreName.POD_TOPOLOGY_SPREAD, ScoreName.TRAFFIC_LOCALITY)
SOFT_ZONES = SpreadConstraint(ZONE, 2, None, hard=False)


def wishful(rng: Random) -> Snapshot:
    """Three nodes and seven agents at most that wish much of each other, some that run, some on their way out."""
    nodes = list(random_nodes(rng))
    everyone = [_wishing(rng, f"p{i}") for i in range(rng.randint(1, 4))]
    everyone += [_wishing(rng, f"r{i}", rng.choice(nodes).name) for i in range(rng.randint(0, 3))]
    return snapshot(
        nodes,
        rng.sample(everyone, len(everyone)),
        namespaces=NAMESPACES,
        quirk_namespace_selector=rng.random() < 0.2,
        profile=Profile(
            hard_affinity_weight=rng.choice((0, 1, 100)),
            ignore_preferred_of_existing=rng.random() < 0.2,
            default_spread=rng.choice((DefaultSpread(), DefaultSpread(False, (SOFT_ZONES,)))),
        ),
    )


def _wishing(rng: Random, name: str, on: str = "") -> Agent:
    namespace = rng.choice(("default", "default", "team", "bare"))
    return agent(
        name,
        namespace=namespace,
        on=on,
        terminating=bool(on) and rng.random() < 0.2,
        labels=random_labels(rng),
        priority=rng.choice((0, 5)) if on else 9,
        affinity=(random_term(rng, namespace),) if rng.random() < 0.2 else (),
        preferred_affinity=tuple(
            WeightedAffinityTerm(rng.choice((100, 30, 1, -1, -50)), random_term(rng, namespace))
            for _ in range(rng.choice((0, 1, 1, 2)))
        ),
        spread=tuple(_soft(rng) for _ in range(rng.choice((0, 0, 1, 2)))),
        spread_selector=random_selector(rng) if rng.random() < 0.4 else None,
        talks_to=tuple(
            Talk(random_term(rng, namespace), rng.choice((1, 3))) for _ in range(rng.choice((0, 0, 1, 2)))
        ),
        node_selector={"rack": "x"} if rng.random() < 0.1 else {},
    )


def _soft(rng: Random) -> SpreadConstraint:
    return SpreadConstraint(
        topology_key=rng.choice((ZONE, HOSTNAME, "rack")),
        max_skew=rng.choice((1, 2, 3)),
        selector=random_selector(rng),
        hard=False,
        node_affinity_policy=rng.choice(list(InclusionPolicy)),
        node_taints_policy=rng.choice(list(InclusionPolicy)),
    )


@pytest.mark.parametrize("name", PAIRS, ids=str)
@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(rng=st.randoms(use_true_random=False))
def test_counts_are_worth_what_the_score_says_and_the_model_agrees(name: ScoreName, rng: Random) -> None:
    assert_worth(judged_by(rng, name, wishful), rng, name, preempt=True)


@pytest.mark.slow
@pytest.mark.parametrize("name", PAIRS, ids=str)
@pytest.mark.parametrize("start", range(0, 300, 100))
def test_place_equals_exhaustive_search_and_no_bound_is_beyond(name: ScoreName, start: int) -> None:
    for seed in range(start, start + 100):
        rng = Random(seed)
        cluster = judged_by(rng, name, wishful)
        assert_worth(cluster, rng, name, preempt=bool(seed % 2))
        best = assert_optimal(cluster, preempt=bool(seed % 2))
        assert_bounded(cluster, best, preempt=bool(seed % 2))
