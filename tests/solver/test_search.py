"""Exact or part by part: both answers are valid, and neither beats the other's bound."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from placewright.models.policy import PodGroup
from placewright.models.snapshot import Snapshot
from placewright.solver.place import place
from placewright.solver.settings import Settings, Strategy
from placewright.solver.verify import VerifiedPlan
from placewright.tests.tiny import tiny_cluster


def several(rng: Random, parts: int) -> Snapshot:
    """Tiny clusters side by side, in one: their agents may go anywhere."""
    clusters = [tiny_cluster(rng) for _ in range(parts)]
    nodes = [replace(n, name=f"{i}-{n.name}") for i, c in enumerate(clusters) for n in c.nodes]
    agents = [
        replace(a, name=f"{i}-{a.name}", node_name=a.node_name and f"{i}-{a.node_name}")
        for i, c in enumerate(clusters)
        for a in c.agents
        if not a.spec.claims
    ]
    return replace(
        clusters[0], nodes=tuple(nodes), agents=tuple(agents), pod_groups=(PodGroup("default", "gang", 2),)
    )


@pytest.mark.parametrize("seed", range(6))
def test_no_strategy_beats_the_others_bound(seed: int) -> None:
    cluster = several(Random(seed), 4)
    answers = {}
    for strategy in (Strategy.EXACT, Strategy.NEIGHBOURHOOD):
        verdict = place(cluster, Settings(time_limit=2.0, workers=1, strategy=strategy))
        assert isinstance(verdict, VerifiedPlan), verdict
        assert not [warning for warning in verdict.plan.warnings if "bug" in warning]
        answers[strategy] = verdict.plan.levels
    # Lower levels depend on the values above them: only the first one is comparable as it is.
    exact, parts = answers[Strategy.EXACT][0], answers[Strategy.NEIGHBOURHOOD][0]
    assert parts.value <= exact.bound
    assert exact.value <= parts.bound
