from __future__ import annotations

from placewright.benchmarks.cases.openb_arrivals import (
    arrivals,
    capacity,
    empty_nodes,
    in_batches,
    kind_of,
    online,
)
from placewright.models.agent import Agent, AgentSpec, DeviceRequest
from placewright.models.node import DevicePool, Node
from placewright.models.snapshot import Snapshot

GPU = "nvidia.com/gpu"
MIB = 2**20


def trace() -> Snapshot:
    have = {"cpu": 8_000, "memory": 64 * MIB, "pods": 100}
    nodes = tuple(Node(f"n{i}", have, devices=(DevicePool(GPU, 2),)) for i in range(3))
    asked = {"cpu": 1_000, "memory": 8 * MIB}
    shares = (DeviceRequest(GPU, 1, 400), DeviceRequest(GPU, 1, 600), DeviceRequest(GPU, 2, 1000))
    agents = [Agent("default", f"a{i}", AgentSpec(asked, devices=(share,))) for i, share in enumerate(shares)]
    return Snapshot(nodes=nodes, agents=tuple(agents))


def test_agents_arrive_until_130_percent_of_all_devices_is_asked_for() -> None:
    assert capacity(trace()) == 6_000
    drawn = arrivals(trace(), seed=1)
    asked = [kind_of(agent).shares for agent in drawn]
    assert sum(asked[:-1]) < 7_800 <= sum(asked)
    assert len({agent.key for agent in drawn}) == len(drawn)
    assert arrivals(trace(), seed=1) == drawn != arrivals(trace(), seed=2)


def test_batches_and_baselines_keep_the_same_account() -> None:
    drawn = arrivals(trace(), seed=1)
    for size in (1, 2, len(drawn)):
        outcome = in_batches(trace(), drawn, size, limit=1.0)
        assert outcome.placed <= len(drawn)
        assert 4_000 <= outcome.held <= 6_000
        assert len(outcome.seconds) == -(-len(drawn) // size)
    assert empty_nodes(trace()).devices.sum() == 6_000
    for policy in ("best fit", "least fragmentation"):
        assert 4_000 <= online(trace(), drawn, policy).held <= 6_000
