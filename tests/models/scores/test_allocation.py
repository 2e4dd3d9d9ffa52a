"""Allocation: what is left unserved of the resources that a profile names."""

from __future__ import annotations

from dataclasses import replace

import pytest

from placewright.models.agent import Agent, AgentSpec, DeviceRequest
from placewright.models.node import DevicePool, Node
from placewright.models.profile import Profile, ScoreName, Stage
from placewright.models.scores.allocation import SCORE
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.solver.place import place
from placewright.solver.settings import Settings
from placewright.solver.verify import VerifiedPlan
from placewright.tests.builders import MIB, agent, agents, node, snapshot

GPU = "nvidia.com/gpu"
FIRST = (Stage({"Allocation": 1}), Stage({"placed": 1}), Stage({"disruption": 1}), Stage({"scores": 1}))


def profile(**allocate: int) -> Profile:
    return Profile(weights={ScoreName.ALLOCATION: 1}, allocate=allocate)


def sharing(name: str, count: int, milli: int) -> Agent:
    return Agent("default", name, AgentSpec({"cpu": 100}, devices=(DeviceRequest(GPU, count, milli),)))


@pytest.mark.parametrize(
    ("allocate", "cost"),
    [
        pytest.param({}, 0, id="what is not named is worth nothing"),
        pytest.param({"cpu": 1}, 500 + 1200, id="what all that wait ask for"),
        pytest.param({"cpu": 2, "memory": 1}, 2 * 1700 + 64 * MIB, id="weights multiply, resources add up"),
        pytest.param({"x": 7}, 0, id="nobody asks for it"),
    ],
)
def test_who_waits_costs_what_he_asks_for(allocate: dict[str, int], cost: int) -> None:
    pending = [agent("a", cpu=500, memory=64), agent("b", cpu=1200, memory=0)]
    running = agent("c", cpu=900, on="n")
    state = ClusterState(snapshot([node("n")], [*pending, running]))
    assert SCORE.value(state, Profile(allocate=allocate)) == cost
    state.place(pending[0], state.snapshot.nodes[0], ())
    assert SCORE.value(state, profile(cpu=1)) == 1200


def test_shares_of_devices_count_in_thousandths() -> None:
    pending = (sharing("a", 1, 250), sharing("b", 2, 1000))
    state = ClusterState(Snapshot(nodes=(), agents=pending))
    assert SCORE.value(state, Profile(allocate={GPU: 3})) == 3 * 2250


def test_as_the_first_level_it_decides_who_stays_out() -> None:
    """Three small agents or one that asks for more than all of them."""
    few = [*agents("small", 3, cpu=1000), agent("large", cpu=3500)]
    cluster = snapshot([node("n", cpu=4000)], few, profile=replace(profile(cpu=1), weights={}, stages=FIRST))
    verdict = place(cluster, Settings(workers=1))
    assert isinstance(verdict, VerifiedPlan)
    assert [binding.agent for binding in verdict.plan.bindings] == ["large"]
    assert [(level.name, level.value, level.bound) for level in verdict.plan.levels[:2]] == [
        ("Allocation", 3000, 3000),
        ("placed/priority=0", 1, 1),
    ]


def test_devices_go_to_those_who_use_them_best() -> None:
    shape = Node("n", {"cpu": 8000, "memory": 1, "pods": 10}, devices=(DevicePool(GPU, 1),))
    pending = (sharing("a", 1, 400), sharing("b", 1, 400), sharing("c", 1, 900))
    cluster = Snapshot(nodes=(shape,), agents=pending)
    options = replace(cluster.options, profile=Profile(weights={}, allocate={GPU: 1}, stages=FIRST))
    verdict = place(replace(cluster, options=options), Settings(workers=1))
    assert isinstance(verdict, VerifiedPlan)
    assert [binding.agent for binding in verdict.plan.bindings] == ["c"]
