"""FewestNodes and Cost: which nodes are in use, and what they cost."""

from __future__ import annotations

import pytest

from placewright.models.agent import Agent, OwnerReference, Phase
from placewright.models.profile import Profile
from placewright.models.scores import cost, fewest_nodes
from placewright.models.scores.base import WORST
from placewright.models.state import ClusterState
from placewright.tests.builders import agent, node, snapshot
from placewright.tests.rule_checks import state_of

DAEMON = OwnerReference("DaemonSet", "logs")
NODES = [node("n1", price=100), node("n2", price=7), node("free")]


@pytest.mark.parametrize(
    ("running", "in_use", "price"),
    [
        pytest.param([], 0, 0, id="empty nodes are not in use"),
        pytest.param([agent("a", on="n1")], 1, 100, id="one agent keeps its node in use"),
        pytest.param([agent("a", on="n1"), agent("b", on="n1")], 1, 100, id="a node is paid once"),
        pytest.param([agent("a", on="n1"), agent("b", on="n2")], 2, 107, id="prices add up"),
        pytest.param([agent("a", on="free")], 1, 0, id="a node without a price is in use and costs nothing"),
        pytest.param([agent("a", on="n1", owner=DAEMON)], 0, 0, id="a DaemonSet's agent is no reason"),
        pytest.param([agent("a", on="n1", static=True)], 0, 0, id="a static agent is no reason"),
        pytest.param(
            [agent("a", on="n1", owner=DAEMON), agent("b", on="n1", owner=OwnerReference("Job", "j"))],
            1,
            100,
            id="an agent of a Job beside one of a DaemonSet is",
        ),
        pytest.param(
            [agent("a", on="n1", terminating=True)], 1, 100, id="one that is being deleted still is"
        ),
        pytest.param([agent("a", on="n1", phase=Phase.FAILED)], 0, 0, id="one that has ended is not"),
    ],
)
def test_nodes_in_use(running: list[Agent], in_use: int, price: int) -> None:
    state = ClusterState(snapshot(NODES, running))
    assert fewest_nodes.SCORE.value(state, Profile()) == in_use * WORST
    assert cost.SCORE.value(state, Profile()) == price


def test_placed_agents_count_and_moved_ones_no_longer_where_they_were() -> None:
    moved, new = agent("moved", on="n1"), agent("new")
    cluster = snapshot(NODES, [moved, new])
    state = state_of(cluster, {"new": "n2"})
    assert cost.SCORE.value(state, Profile()) == 107
    state.remove(moved, cluster.node_by_name["n1"])
    assert cost.SCORE.value(state, Profile()) == 7
