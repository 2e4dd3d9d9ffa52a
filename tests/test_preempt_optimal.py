"""Evictions are chosen together, and no choice is better: `place` with preemption equals exhaustive search."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placewright.models.agent import Agent, QosClass
from placewright.models.plan import Status
from placewright.models.policy import PodDisruptionBudget
from placewright.models.selector import match_labels
from placewright.models.snapshot import Snapshot
from placewright.solver.place import place
from placewright.solver.settings import Settings
from placewright.solver.verify import VerifiedPlan
from placewright.tests.brute_force import best_values
from placewright.tests.tiny import tiny_cluster

CASES = settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


def crowded(rng: Random) -> Snapshot:
    """A tiny cluster in which some run at lower priorities, with budgets, and a few are pending."""
    cluster = tiny_cluster(rng)
    running = [agent for agent in cluster.agents if agent.node_name]
    pending = [agent for agent in cluster.agents if not agent.node_name][:4]
    for i in range(rng.randint(0, 4 - len(running))):
        # Of the same templates as what is pending, so that they meet each other's terms.
        template = rng.choice(pending)
        home = rng.choice(cluster.nodes).name
        running.append(replace(template, name=f"x{i}", node_name=home, admitted=True))
    agents = [*(_running(rng, a) for a in running), *(_pending(rng, a) for a in pending)]
    rng.shuffle(agents)
    budgets = tuple(
        PodDisruptionBudget(namespace, app, match_labels({"app": app}), disruptions_allowed=rng.randint(0, 1))
        for namespace in ("default", "team")
        for app in ("web", "db")
        if rng.random() < 0.4
    )
    return replace(cluster, agents=tuple(agents), budgets=budgets)


def _running(rng: Random, agent: Agent) -> Agent:
    spec = replace(
        agent.spec,
        priority=rng.choice((-5, 0, 5)),
        qos=rng.choice(tuple(QosClass)),
        devices=(),
        claims=(),
        pod_group="gang" if rng.random() < 0.2 and agent.namespace == "default" else "",
    )
    return replace(agent, preemptable=rng.random() < 0.9, recreated=rng.random() < 0.8, spec=spec)


def _pending(rng: Random, agent: Agent) -> Agent:
    policy = rng.choice(("PreemptLowerPriority", "PreemptLowerPriority", "PreemptLowerPriority", "Never"))
    return replace(agent, spec=replace(agent.spec, preemption_policy=policy))


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


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, 2000, 100))
def test_preemption_equals_exhaustive_search_on_two_thousand_clusters(start: int) -> None:
    for seed in range(start, start + 100):
        try:
            assert_optimal(crowded(Random(seed)))
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error
