"""NodeResourcesBalancedAllocation in both formulas (§8.5)."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewright.models.kube_scores.balanced_allocation import balance, scores
from placewright.models.node import Node
from placewright.models.profile import BalancedFormula, Profile
from placewright.tests.builders import agent, node, snapshot
from placewright.tests.models.kube_scores.checks import points

GPU = "example.com/gpu"
OLD = Profile(balanced_formula=BalancedFormula.UNTIL_1_35)
NEW = Profile(balanced_formula=BalancedFormula.SINCE_1_36)


@pytest.mark.parametrize(
    ("used", "asked", "until_1_35", "since_1_36"),
    [
        pytest.param((0, 0), (1000, 1024), 93, 71, id="an empty node loses its balance"),
        pytest.param((2000, 1024), (1000, 1024), 75, 72, id="a tilted node tilts further"),
        pytest.param((1000, 4096), (2000, 0), 87, 75, id="a tilt that changes sides stays what it is"),
        pytest.param((2000, 0), (0, 4096), 100, 87, id="a tilt that is made good is an improvement"),
    ],
)
def test_the_examples_of_both_formulas(
    used: tuple[int, int], asked: tuple[int, int], until_1_35: int, since_1_36: int
) -> None:
    running = agent("r", cpu=used[0], memory=used[1], on="n1")
    seen = snapshot([node("n1")], [running, agent("p", cpu=asked[0], memory=asked[1])])
    assert points(scores, seen, profile=OLD) == [until_1_35]
    assert points(scores, seen, profile=NEW) == [since_1_36]


def test_an_agent_that_asks_for_nothing_is_skipped() -> None:
    idle = agent("p", scoring_requests={"cpu": 100, "memory": 200})
    assert points(scores, snapshot([node("n1")], [idle]), profile=NEW) is None


def test_real_requests_count_not_the_ones_that_scoring_fills_in() -> None:
    idle = agent("r", scoring_requests={"cpu": 4000, "memory": 0}, on="n1")
    seen = snapshot([node("n1")], [idle, agent("p", cpu=1000, memory=2048)])
    assert points(scores, seen, profile=OLD) == [100]


def test_an_extended_resource_counts_for_who_requests_it() -> None:
    profile = replace(OLD, balanced_resources=("cpu", "memory", GPU))
    nodes = [node("n1", extra={GPU: 4})]
    without = snapshot(nodes, [agent("p", cpu=2000, memory=4096)])
    assert points(scores, without, profile=profile) == [100]
    with_one = snapshot(nodes, [agent("p", cpu=2000, memory=4096, extra={GPU: 4})])
    # Fractions 1/2, 1/2, 1: mean 2/3, deviation sqrt(1/18).
    assert points(scores, with_one, profile=profile) == [int((1 - math.sqrt(1 / 18)) * 100)]


def test_one_resource_alone_is_always_balanced() -> None:
    seen = snapshot([node("n1", memory=0)], [agent("p", cpu=3000)])
    assert points(scores, seen, profile=OLD) == [100]


def test_more_than_there_is_counts_as_all_of_it() -> None:
    assert balance([(9000, 4000), (4, 4)]) == 100


@given(
    have=st.tuples(st.integers(0, 9000), st.integers(0, 2**34)),
    used=st.tuples(st.integers(0, 9000), st.integers(0, 2**34)),
    asked=st.tuples(st.integers(0, 5000), st.integers(1, 2**33)),
)
def test_any_node_scores_as_the_formulas_say(
    have: tuple[int, int], used: tuple[int, int], asked: tuple[int, int]
) -> None:
    running = agent("r", extra={"cpu": used[0], "memory": used[1]}, on="n1")
    coming = agent("p", extra={"cpu": asked[0], "memory": asked[1]})
    seen = snapshot([Node("n1", {"cpu": have[0], "memory": have[1]})], [running, coming])
    after = _b([u + a for u, a in zip(used, asked, strict=True)], have)
    before = _b(used, have)
    assert points(scores, seen, profile=OLD) == [after]
    assert points(scores, seen, profile=NEW) == [50 + (50 + after - before) // 2]
    assert 50 <= after <= 100


def _b(requested: tuple[int, ...] | list[int], have: tuple[int, int]) -> int:
    """B for at most two resources, word by word."""
    f = [min(1.0, r / h) for r, h in zip(requested, have, strict=True) if h]
    std = abs((f[0] - f[1]) / 2) if len(f) == 2 else 0.0
    return int((1.0 - std) * 100.0)
