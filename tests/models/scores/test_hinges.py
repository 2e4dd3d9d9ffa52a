"""SoftCapacity and FreeRatio: what is charged for where nodes are beyond a line, and that `place` keeps to it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from placewright.models.agent import Agent
from placewright.models.errors import UsageError
from placewright.models.node import Node
from placewright.models.profile import FreeRatio, Profile, Rate, ScoreName
from placewright.models.scores import free_ratio, soft_capacity
from placewright.models.state import ClusterState
from placewright.solver.compile import compile_problem
from placewright.solver.place import place
from placewright.solver.settings import Settings
from placewright.solver.verify import VerifiedPlan
from placewright.tests.builders import MIB, agent, agents, node, snapshot


def target(name: str = "n", **amounts: int) -> Node:
    return replace(node(name), soft_capacity=amounts)


@pytest.mark.parametrize(
    ("there", "running", "rates", "cost"),
    [
        pytest.param(target(cpu=500), [agent("a", cpu=500, on="n")], {"cpu": Rate()}, 0, id="up to it"),
        pytest.param(target(cpu=500), [agent("a", cpu=501, on="n")], {"cpu": Rate(7)}, 7, id="beyond it"),
        pytest.param(
            target(cpu=500), [agent("a", cpu=700, on="n")], {"cpu": Rate(2, 90)}, 5, id="200 at 2 for 90"
        ),
        pytest.param(target(), [agent("a", cpu=700, on="n")], {"cpu": Rate()}, 0, id="no soft capacity"),
        pytest.param(target(cpu=0), [agent("a", cpu=700, on="n")], {}, 0, id="nothing is charged"),
        pytest.param(
            target(cpu=0, memory=0),
            [agent("a", cpu=10, memory=2, on="n")],
            {"cpu": Rate(), "memory": Rate(1, MIB)},
            12,
            id="each resource counts",
        ),
    ],
)
def test_use_beyond_a_soft_capacity_is_charged(
    there: Node, running: list[Agent], rates: dict[str, Rate], cost: int
) -> None:
    state = ClusterState(snapshot([there], running))
    assert soft_capacity.SCORE.value(state, Profile(soft_capacity=rates)) == cost


@pytest.mark.parametrize(
    ("cpu", "memory", "cost"),
    [
        pytest.param(1000, 4096, 0, id="as much as is wanted"),
        pytest.param(1000, 4000, 96, id="too little beside it"),
        pytest.param(1000, 9000, 0, id="more than is wanted"),
        pytest.param(0, 0, 0, id="nothing free"),
        pytest.param(1, 0, 5, id="4.096 MiB for a milli-core, rounded up"),
    ],
)
def test_what_lacks_beside_what_is_free_is_charged(cpu: int, memory: int, cost: int) -> None:
    # 4 GiB for a core: 2**29 bytes for 125 milli-cores.
    wish = FreeRatio("cpu", 125, "memory", 2**29, Rate(1, MIB))
    used = agent("a", cpu=2000 - cpu, memory=10000 - memory, on="n")
    state = ClusterState(snapshot([node("n", cpu=2000, memory=10000)], [used]))
    assert free_ratio.SCORE.value(state, Profile(free_ratios=(wish,))) == cost


def test_agents_go_where_no_soft_capacity_is_passed() -> None:
    nodes = [target("small", cpu=400), target("large", cpu=1600)]
    profile = Profile(weights={ScoreName.SOFT_CAPACITY: 1}, soft_capacity={"cpu": Rate(3)})
    verdict = place(snapshot(nodes, agents("a", 5, cpu=400), profile=profile), Settings(workers=1))
    assert isinstance(verdict, VerifiedPlan)
    assert sorted(b.node for b in verdict.plan.bindings) == ["large"] * 4 + ["small"]
    assert verdict.plan.levels[-1].value == 0


def test_prices_that_would_not_fit_64_bits_are_refused() -> None:
    wish = FreeRatio("cpu", 1, "memory", 2**50)
    profile = Profile(weights={ScoreName.FREE_RATIO: 1}, free_ratios=(wish,))
    with pytest.raises(UsageError, match="smaller prices"):
        compile_problem(snapshot([node("n")], agents("a", 1), profile=profile))
