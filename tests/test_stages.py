"""The order of importance is the profile's: any order and any blend equals exhaustive search."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placewright.models.errors import UsageError
from placewright.models.plan import Status
from placewright.models.profile import DISRUPTION, PLACED, SCORES, ScoreName, Stage
from placewright.models.snapshot import Snapshot
from placewright.solver.compile import compile_problem
from placewright.solver.place import place
from placewright.solver.settings import Settings
from placewright.solver.verify import VerifiedPlan
from placewright.tests.brute_force import best_values
from placewright.tests.builders import agent, agents, node, snapshot
from placewright.tests.crowded import crowded
from placewright.tests.tiny import tiny_cluster

CASES = settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)

ORDERS = {
    "cost is a level of its own before the other scores": ({PLACED: 1}, {"Cost": 1}, {SCORES: 1}),
    "scores come before placing": ({SCORES: 1}, {PLACED: 1}, {DISRUPTION: 1}),
    "placing and scores are blended": ({PLACED: 3000, SCORES: 1},),
    "evictions are blended with scores": ({PLACED: 1}, {DISRUPTION: 5000, SCORES: 2}),
    "two scores are blended, the others follow": ({PLACED: 1}, {"Cost": 2, "FewestNodes": 1}, {SCORES: 1}),
}


def ordered(cluster: Snapshot, stages: tuple[dict[str, int], ...], rng: Random) -> Snapshot:
    weights = {
        ScoreName.LEAST_ALLOCATED: rng.randint(1, 3),
        ScoreName.COST: 1,
        ScoreName.FEWEST_NODES: rng.randint(0, 2),
    }
    profile = replace(cluster.options.profile, weights=weights, stages=tuple(map(Stage, stages)))
    priced = tuple(replace(n, price=rng.choice((0, 3000, 9000))) for n in cluster.nodes)
    return replace(cluster, nodes=priced, options=replace(cluster.options, profile=profile))


def assert_optimal(cluster: Snapshot, *, preempt: bool) -> None:
    verdict = place(cluster, Settings(time_limit=30, workers=1, preempt=preempt))
    assert isinstance(verdict, VerifiedPlan), verdict
    assert verdict.plan.status is Status.OPTIMAL
    best = best_values(cluster, preempt=preempt)
    assert {x.name: x.value for x in verdict.plan.levels} == {
        x.name: best[x.name] for x in verdict.plan.levels
    }


@pytest.mark.parametrize("stages", ORDERS.values(), ids=ORDERS.keys())
@settings(CASES, max_examples=15)
@given(rng=st.randoms(use_true_random=False))
def test_any_order_equals_exhaustive_search(stages: tuple[dict[str, int], ...], rng: Random) -> None:
    assert_optimal(ordered(tiny_cluster(rng), stages, rng), preempt=False)


@settings(CASES, max_examples=15)
@given(rng=st.randoms(use_true_random=False))
def test_blended_evictions_equal_exhaustive_search(rng: Random) -> None:
    stages = ORDERS["evictions are blended with scores"]
    assert_optimal(ordered(crowded(rng), stages, rng), preempt=True)


def test_a_blend_is_named_after_its_parts_and_shows_them() -> None:
    cluster = ordered(snapshot([node("n1")], agents("a", 2)), ({PLACED: 3000, SCORES: 1},), Random(1))
    verdict = place(cluster, Settings(workers=1))
    assert isinstance(verdict, VerifiedPlan)
    [level] = verdict.plan.levels
    assert level.name == "blend(3000*placed+scores)"
    assert level.terms[0].name == "unplaced"
    assert level.value == sum(term.weight * term.value for term in level.terms)


def test_weights_that_would_overflow_are_refused_with_the_level_and_the_number() -> None:
    cluster = snapshot([node("n1")], [agent("a", cpu=100)])
    heavy = replace(cluster.options.profile, weights={ScoreName.LEAST_ALLOCATED: 2**60})
    with pytest.raises(UsageError, match=r"level scores could reach .* use smaller weights"):
        compile_problem(replace(cluster, options=replace(cluster.options, profile=heavy)))
