"""Preemption: §10.2's examples, and what choosing all evictions together gains."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pytest

from placewright.models.agent import Agent, QosClass
from placewright.models.node import Node
from placewright.models.plan import Plan, Status
from placewright.models.policy import PodDisruptionBudget, PodGroup
from placewright.models.profile import Profile
from placewright.models.snapshot import Snapshot
from placewright.solver.compile import compile_problem
from placewright.solver.engine import Engine
from placewright.solver.place import place
from placewright.solver.settings import Settings
from placewright.solver.verify import VerifiedPlan
from placewright.tests.builders import agent, near, node, selector, snapshot, spread


def solved(cluster: Snapshot) -> Plan:
    shuffled = list(cluster.agents)
    Random(len(shuffled)).shuffle(shuffled)
    verdict = place(replace(cluster, agents=tuple(shuffled)), Settings(workers=1, preempt=True))
    assert isinstance(verdict, VerifiedPlan), verdict
    assert verdict.plan.status is Status.OPTIMAL
    return verdict.plan


def evicted(plan: Plan) -> list[str]:
    return sorted(eviction.agent for eviction in plan.evictions)


def nodes(*names: str, **fields: Any) -> list[Node]:
    return [node(name, **{"cpu": 2000, **fields}) for name in names]


def running(name: str, on: str, priority: int, cpu: int = 1000, **fields: Any) -> Agent:
    return agent(name, on=on, priority=priority, cpu=cpu, **{"recreated": False, **fields})


NEW = agent("new", cpu=2000, priority=100)

CASES: list[Any] = [
    pytest.param(
        nodes("n1", "n2"),
        [running("a", "n1", 50), running("b", "n1", 50), running("c", "n2", 60, 2000)],
        {},
        ["a", "b"],
        id="two of a low priority go rather than one of a higher one",
    ),
    pytest.param(
        nodes("n1", "n2"),
        [running("a", "n1", 50, 2000), running("b", "n2", 50), running("c", "n2", 10)],
        {},
        ["a"],
        id="one goes rather than one of the same priority and another",
    ),
    pytest.param(
        nodes("n1", "n2"),
        [running("a", "n1", 10, 2000, labels={"app": "a"}), running("b", "n2", 90, 2000)],
        {"budgets": (PodDisruptionBudget("default", "a", selector(app="a"), disruptions_allowed=0),)},
        ["b"],
        id="a budget is kept even at the price of a higher priority",
    ),
    pytest.param(
        nodes("n1"),
        [running("a", "n1", 10, 2000, labels={"app": "a"})],
        {"budgets": (PodDisruptionBudget("default", "a", selector(app="a"), disruptions_allowed=0),)},
        ["a"],
        id="a budget is a preference and not a bar",
    ),
    pytest.param(
        nodes("n1", cpu=4000),
        [running("a", "n1", 10, 2000), running("b", "n1", 20, 2000)],
        {},
        ["a"],
        id="the more important one is spared",
    ),
    pytest.param(nodes("n1"), [running("a", "n1", 100, 2000)], {}, [], id="equal priority is not preempted"),
    pytest.param(
        nodes("n1"),
        [running("a", "n1", 0, 2000, preemptable=False)],
        {},
        [],
        id="who is not preemptable stays",
    ),
    pytest.param(nodes("n1"), [running("a", "n1", 0, 2000, static=True)], {}, [], id="static agents stay"),
    pytest.param(
        nodes("n1", "n2"),
        [
            running("a", "n1", 0, 2000, qos=QosClass.GUARANTEED),
            running("b", "n2", 0, 2000, qos=QosClass.BEST_EFFORT),
        ],
        {},
        ["b"],
        id="among equals the one with the weakest promise goes",
    ),
    pytest.param(
        nodes("n1", "n2"),
        [running("g0", "n1", 0, 2000, pod_group="g"), running("g1", "n2", 0, 2000, pod_group="g")],
        {"pod_groups": (PodGroup("default", "g", 2),)},
        ["g0", "g1"],
        id="a gang goes whole",
    ),
    pytest.param(
        nodes("n1", "n2", "n3"),
        [running(f"g{i}", f"n{i + 1}", 0, 2000, pod_group="g") for i in range(3)],
        {"pod_groups": (PodGroup("default", "g", 2),)},
        ["g2"],
        id="a gang that keeps enough members goes on",
    ),
]


@pytest.mark.parametrize(("cluster", "agents", "fields", "expected"), CASES)
def test_who_goes(
    cluster: list[Node], agents: list[Agent], fields: dict[str, Any], expected: list[str]
) -> None:
    plan = solved(snapshot(cluster, [*agents, NEW], **fields))
    assert len(evicted(plan)) == len(expected)
    assert set(evicted(plan)) == set(expected) or expected == ["g2"]
    assert len(plan.bindings) == bool(expected)
    assert all(
        eviction.makes_room_for == ("default/new",)
        for eviction in plan.evictions
        if eviction.node == plan.bindings[0].node
    )


def test_without_preempt_nobody_is_evicted() -> None:
    verdict = place(snapshot(nodes("n1"), [running("a", "n1", 0, 2000), NEW]), Settings(workers=1))
    assert isinstance(verdict, VerifiedPlan)
    assert verdict.plan.evictions == ()


def test_an_evicted_agent_is_placed_elsewhere_where_it_fits() -> None:
    # n2 has room for the small one, but not for the new one.
    cluster = [node("n1", cpu=2000), node("n2", cpu=1000)]
    plan = solved(snapshot(cluster, [running("a", "n1", 0, 1000, recreated=True), NEW]))
    assert evicted(plan) == ["a"]
    assert {b.agent: b.node for b in plan.bindings} == {"new": "n1", "a": "n2"}


def test_who_may_not_preempt_takes_only_what_is_free() -> None:
    modest = agent("modest", cpu=2000, priority=100, preemption_policy="Never")
    plan = solved(
        snapshot(nodes("n1"), [running("a", "n1", 0), modest, agent("huge", cpu=9000, priority=100)])
    )
    assert evicted(plan) == []
    assert plan.bindings == ()


def test_no_agent_goes_for_one_that_is_not_more_important() -> None:
    # The first needs one victim; a second victim of priority 50 would let the one of priority 20 in.
    cluster = nodes("n1", "n2", cpu=1000)
    agents = [
        running("a", "n1", 50),
        running("b", "n2", 50),
        agent("high", cpu=1000, priority=100),
        agent("low", cpu=1000, priority=20),
    ]
    plan = solved(snapshot(cluster, agents))
    assert len(plan.evictions) == 1
    assert [binding.agent for binding in plan.bindings] == ["high"]


def test_whom_a_filter_spares_could_not_have_stayed_where_others_need_its_room() -> None:
    """Its own scheduler would let it back at any time; the one that comes is asked whether there is room."""
    spared = Profile(name="other", scheduler_name="other", off=frozenset({"NodeResourcesFit"}))
    there = running("low", "n1", 0, scheduler_name="other")
    cluster = snapshot(
        nodes("n1", pods=1),
        [there, agent("high", priority=10, cpu=1000)],
        profiles=(spared,),
        scheduler_names=frozenset({"default-scheduler", "other"}),
    )
    assert evicted(solved(cluster)) == ["low"]


def test_victims_on_another_node_of_the_zone_are_found() -> None:
    # kube-scheduler removes agents of one node only: it could never cure this.
    cluster = [node("n1", zone="a", cpu=1000), node("n2", zone="a", cpu=4000)]
    enemy = running("enemy", "n1", 0, labels={"app": "x"})
    loner = agent("loner", cpu=3000, priority=10, anti_affinity=(near(app="x"),))
    plan = solved(snapshot(cluster, [enemy, loner]))
    assert evicted(plan) == ["enemy"]
    assert plan.evictions[0].makes_room_for == ("default/loner",)


def test_a_skew_is_cured_by_evicting_where_there_are_too_many() -> None:
    cluster = [node("n1", zone="a"), node("n2", zone="b", cpu=1000)]
    full = running("full", "n2", 50, 1000)
    many = [running(f"m{i}", "n1", 0, 100, labels={"app": "w"}) for i in range(2)]
    new = agent(
        "new",
        cpu=100,
        priority=10,
        labels={"app": "w"},
        spread=(spread(app="w"),),
        node_selector={"kubernetes.io/hostname": "n1"},
    )
    plan = solved(snapshot(cluster, [full, *many, new]))
    assert [binding.agent for binding in plan.bindings] == ["new"]


def test_two_preemptors_share_what_one_node_would_not_give() -> None:
    # Node by node the first takes n1, where one victim is enough; the second then finds only the important one.
    cluster = [node("n1", cpu=2000), node("n2", cpu=1000)]
    agents = [
        running("a", "n1", 0, 2000),
        running("b", "n2", 90, 1000),
        agent("p0", cpu=1000, priority=100),
        agent("p1", cpu=1000, priority=100),
    ]
    plan = solved(snapshot(cluster, agents))
    assert evicted(plan) == ["a"]
    assert {binding.node for binding in plan.bindings} == {"n1"}


def test_in_a_part_nobody_stays_who_is_placed_elsewhere_by_what_is_fixed() -> None:
    cluster = snapshot(nodes("n1", "n2"), [running("a", "n1", 0, recreated=True), NEW])
    _, problem = compile_problem(cluster, preempt=True)
    fixed = np.zeros_like(problem.cap)
    fixed[2, 1] = 1  # evicted, and placed anew on the other node
    part = problem.fixing(fixed, np.array([0]))
    answer = Engine(part, Settings(workers=1)).optimise(0, np.zeros_like(fixed), 10.0)
    assert answer.count is not None
    assert (answer.count + fixed)[1:].sum() <= 1


def test_nobody_is_evicted_to_come_back_to_the_same_node() -> None:
    cluster = snapshot(nodes("n1", "n2"), [running("a", "n1", 0, recreated=True), NEW])
    _, problem = compile_problem(cluster, preempt=True)
    assert problem.cap[2].tolist() == [0, 1]
