"""BalancedAllocation: what a node costs by the range of its utilisations."""

from __future__ import annotations

import pytest

from placewright.models.profile import Profile
from placewright.models.scores.balanced_allocation import SCORE
from placewright.models.state import ClusterState
from placewright.tests.builders import agent, node, snapshot


@pytest.mark.parametrize(
    ("cpu", "memory", "expected"),
    [
        pytest.param(0, 0, 0, id="nobody costs nothing"),
        pytest.param(2000, 4096, 0, id="both half used cost nothing"),
        pytest.param(4000, 0, 5000, id="all of one and nothing of the other is a deviation of a half"),
        pytest.param(2000, 2048, 1250, id="50 and 25 percent deviate by an eighth"),
        pytest.param(1, 0, 5, id="utilisation is rounded up to a permille"),
    ],
)
def test_what_a_node_costs(cpu: int, memory: int, expected: int) -> None:
    state = ClusterState(snapshot([node("n1")], [agent("a", cpu=cpu, memory=memory, on="n1")]))
    assert SCORE.value(state, Profile()) == expected


def test_a_node_with_one_of_the_resources_costs_nothing() -> None:
    state = ClusterState(snapshot([node("n1", memory=0)], [agent("a", cpu=4000, on="n1")]))
    assert SCORE.value(state, Profile()) == 0


def test_only_real_requests_count() -> None:
    idle = agent("a", scoring_requests={"cpu": 4000, "memory": 0}, on="n1")
    assert SCORE.value(ClusterState(snapshot([node("n1")], [idle])), Profile()) == 0


def test_of_several_resources_the_extremes_count() -> None:
    profile = Profile(balanced_resources=("cpu", "memory", "x"))
    user = agent("a", cpu=1000, memory=4096, extra={"x": 3}, on="n1")
    assert SCORE.value(ClusterState(snapshot([node("n1", extra={"x": 4})], [user])), profile) == 5 * 500
