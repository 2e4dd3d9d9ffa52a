"""Devices for placed agents: all of them, or as many as a node can serve."""

from __future__ import annotations

from placewright.models.agent import Agent, AgentSpec, DeviceRequest
from placewright.models.node import DevicePool, Node
from placewright.models.snapshot import Snapshot
from placewright.solver.hand_out import hand_out_devices, hand_out_most

GPU = "nvidia.com/gpu"


def sharing(name: str, milli: int, count: int = 1) -> Agent:
    return Agent("default", name, AgentSpec({"cpu": 1}, devices=(DeviceRequest(GPU, count, milli),)))


def cluster(*agents: Agent) -> tuple[Snapshot, list[tuple[Agent, Node]]]:
    """Two nodes with two devices each; everybody is wanted on the first."""
    nodes = tuple(
        Node(name, {"cpu": 1000, "pods": 100}, devices=(DevicePool(GPU, 2),)) for name in ("n1", "n2")
    )
    return Snapshot(nodes=nodes, agents=agents), [(agent, nodes[0]) for agent in agents]


def test_where_a_node_can_serve_all_everybody_has_devices() -> None:
    snapshot, steps = cluster(sharing("a", 600), sharing("b", 600), sharing("c", 400))
    assert hand_out_most(snapshot, steps) == (hand_out_devices(snapshot, steps), frozenset())


def test_where_it_cannot_those_that_ask_for_least_have_none() -> None:
    """Shares add up to no more than two devices, and three of them need three."""
    snapshot, steps = cluster(sharing("a", 600), sharing("b", 600), sharing("c", 550), sharing("d", 100))
    assert hand_out_devices(snapshot, steps) is None
    devices, turned_away = hand_out_most(snapshot, steps)
    assert turned_away == {"default/c"}
    assert sorted(devices) == ["default/a", "default/b", "default/d"]


def test_one_node_that_cannot_serve_all_takes_nothing_from_the_others() -> None:
    snapshot, steps = cluster(sharing("a", 1000, 2), sharing("b", 1000), sharing("c", 1000, 2))
    elsewhere = [(agent, snapshot.nodes[1] if agent.name == "c" else node) for agent, node in steps]
    devices, turned_away = hand_out_most(snapshot, elsewhere)
    assert turned_away == {"default/b"}
    assert devices == {"default/a": (0, 1), "default/c": (0, 1)}
