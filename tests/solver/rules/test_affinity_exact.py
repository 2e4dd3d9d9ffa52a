"""Affinity alone, dense: several keys, several terms, groups that lean on each other, against every placement."""

from __future__ import annotations

from random import Random

import pytest

from placewright.models.agent import Agent
from placewright.models.rules import RULES
from placewright.models.selector import AffinityTerm, match_labels
from placewright.models.snapshot import Snapshot
from placewright.solver.rules import ENCODERS
from placewright.tests.builders import HOSTNAME, ZONE, agent, node, snapshot
from placewright.tests.solver.rules.test_encoders import RULE_OF, most_allowed
from placewright.tests.solving import solve_tiny

USED = [e for e in ENCODERS if e.rule in ("resources", "inter_agent_affinity")]


def dense(rng: Random) -> Snapshot:
    """Up to four nodes and five agents, most with required affinity to labels that many carry."""
    nodes = [
        node(
            f"n{i}",
            pods=rng.choice((1, 2, 5)),
            zone=rng.choice(("a", "b", None)),
            labels={"rack": rng.choice("xy")} if rng.random() < 0.7 else {},
        )
        for i in range(rng.randint(2, 4))
    ]
    pending: list[Agent] = []
    for kind in range(rng.randint(1, 4)):
        labels = {"app": rng.choice("ab"), "tier": rng.choice("12")}
        wanted = tuple(_term(rng) for _ in range(rng.choice((1, 1, 2)))) if rng.random() < 0.75 else ()
        kept_off = (_term(rng),) if rng.random() < 0.15 else ()
        count = min(rng.choice((1, 1, 2)), 5 - len(pending))
        pending += [
            agent(f"k{kind}-{i}", labels=labels, affinity=wanted, anti_affinity=kept_off)
            for i in range(count)
        ]
    running = [agent("r", on="n0", labels={"app": "a", "tier": "1"})] if rng.random() < 0.4 else []
    return snapshot(nodes, [*pending, *running])


def _term(rng: Random) -> AffinityTerm:
    labels = {"app": rng.choice("ab"), "tier": rng.choice("12")}
    chosen = {key: value for key, value in labels.items() if rng.random() < 0.6}
    return AffinityTerm(rng.choice((ZONE, HOSTNAME, "rack")), match_labels(chosen), frozenset({"default"}))


def check(seeds: range) -> None:
    for seed in seeds:
        seen = dense(Random(seed))
        allowed = most_allowed(seen, RULE_OF["inter_agent_affinity"])
        assert len(solve_tiny(seen, RULES, USED)) == allowed, f"seed {seed}"


def test_as_many_are_placed_as_some_order_allows() -> None:
    check(range(30))


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, 600, 100))
def test_as_many_are_placed_as_some_order_allows_on_many_clusters(start: int) -> None:
    check(range(start, start + 100))
