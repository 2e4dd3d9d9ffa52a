"""The whole line: what comes out is verified, says how good it is, and never depends on luck."""

from __future__ import annotations

import gc
import time
from collections import Counter
from dataclasses import replace
from random import Random

import pytest

from placewright.models.plan import Plan, Status
from placewright.models.profile import Profile, ScoreName
from placewright.models.snapshot import Snapshot
from placewright.solver import orderly
from placewright.solver.place import place
from placewright.solver.rules import ENCODERS
from placewright.solver.settings import Settings, Strategy
from placewright.solver.verify import Refused, VerifiedPlan
from placewright.tests.builders import agent, agents, near, node, snapshot, spread, taint
from placewright.tests.tiny import tiny_cluster


def placed(cluster: Snapshot, **knobs: object) -> Plan:
    verdict = place(cluster, Settings(**{"time_limit": 20.0, "workers": 1, **knobs}))  # type: ignore[arg-type]
    assert isinstance(verdict, VerifiedPlan), verdict
    return verdict.plan


def where(plan: Plan) -> dict[str, str]:
    return {binding.agent: binding.node for binding in plan.bindings}


def test_higher_priority_is_never_traded_for_more_of_a_lower_one() -> None:
    small = agents("small", 4, cpu=1000)
    plan = placed(snapshot([node("n1", cpu=4000)], [*small, agent("big", cpu=4000, priority=1)]))
    assert where(plan) == {"big": "n1"}
    assert [(level.name, level.value, level.bound) for level in plan.levels[:2]] == [
        ("placed/priority=1", 1, 1),
        ("placed/priority=0", 0, 0),
    ]
    assert plan.status is Status.OPTIMAL


def test_greedy_order_does_not_decide_what_fits() -> None:
    # First-fit by size puts 3+2 and 3 on the two nodes and leaves out a 2 that an exact packing holds.
    pending = [*agents("three", 2, cpu=3000), *agents("two", 3, cpu=2000)]
    plan = placed(snapshot([node("n1", cpu=6000), node("n2", cpu=6000)], pending))
    assert len(plan.bindings) == 5


def test_agents_are_spread_evenly_where_nothing_else_decides() -> None:
    plan = placed(snapshot([node(f"n{i}") for i in range(4)], agents("a", 4, cpu=1000)))
    assert sorted(where(plan).values()) == ["n0", "n1", "n2", "n3"]


def test_an_agent_that_cannot_be_placed_is_left_out_with_reasons() -> None:
    plan = placed(snapshot([node("n1", cpu=1000)], [agent("fits", cpu=500), agent("huge", cpu=9000)]))
    assert where(plan) == {"fits": "n1"}
    [left] = plan.unplaced
    assert left.agent == "huge"
    assert "0/1 nodes are available: 1 Insufficient cpu" in left.message
    assert left.reasons


def test_no_pending_agents_is_an_optimal_plan_of_nothing() -> None:
    plan = placed(snapshot([node("n1")], [agent("r", on="n1")]))
    assert (plan.status, plan.bindings, list(plan.unplaced)) == (Status.OPTIMAL, (), [])


def test_no_nodes_at_all_leaves_everyone_out() -> None:
    plan = placed(snapshot([], agents("a", 2)))
    assert len(plan.unplaced) == 2
    assert plan.status is Status.OPTIMAL


def test_bindings_come_in_an_order_that_the_filters_accept() -> None:
    members = agents("a", 6, labels={"app": "a"}, spread=(spread(app="a"),), cpu=100)
    follower = agent("b", affinity=(near(app="a"),), priority=10)
    plan = placed(snapshot([node("n1", zone="x"), node("n2", zone="y")], [follower, *members]))
    assert plan.sequential
    assert len(plan.bindings) == 7


def test_a_node_that_prefers_to_be_without_an_agent_is_avoided() -> None:
    avoided = taint("old", effect="PreferNoSchedule")
    plan = placed(snapshot([node("n1", taints=[avoided]), node("n2")], [agent("a")]))
    assert [binding.node for binding in plan.bindings] == ["n2"]


def test_preferences_that_a_profile_gives_no_weight_are_no_surprise() -> None:
    relaxed = replace(spread(app="a"), hard=False)
    plan = placed(
        snapshot([node("n1")], [agent("a", spread=(relaxed,))], profile=Profile(weights={ScoreName.COST: 1}))
    )
    assert plan.warnings == ()


def test_the_same_seed_gives_the_same_bytes_whatever_order_the_input_came_in() -> None:
    cluster = tiny_cluster(Random(11))
    everyone = list(cluster.agents)
    Random(2).shuffle(everyone)
    other = replace(cluster, agents=tuple(everyone))
    one = placed(cluster, deterministic=True, seed=7)
    two = placed(other, deterministic=True, seed=7)
    assert one.model_dump_json() == two.model_dump_json()
    assert one.timing == {}


@pytest.mark.parametrize("strategy", [Strategy.EXACT, Strategy.NEIGHBOURHOOD])
def test_either_strategy_places_as_many(strategy: Strategy) -> None:
    rng = Random(5)
    nodes = [node(f"n{i}", cpu=8000, memory=16384) for i in range(12)]
    pending = [
        agent(f"a{i}", cpu=rng.choice((500, 1500, 2500)), memory=rng.choice((512, 3000))) for i in range(60)
    ]
    plan = placed(snapshot(nodes, pending), strategy=strategy, time_limit=3.0)
    assert len(plan.bindings) == 60


@pytest.mark.parametrize("limit", [0.5, 2.0])
def test_the_time_limit_is_kept_and_there_is_still_an_answer(limit: float) -> None:
    rng = Random(9)
    nodes = [node(f"n{i}", cpu=16000, memory=32768) for i in range(60)]
    pending = [agent(f"a{i}", cpu=rng.randint(300, 5000), memory=rng.randint(300, 9000)) for i in range(400)]
    start = time.monotonic()
    plan = placed(snapshot(nodes, pending), time_limit=limit)
    assert time.monotonic() - start < limit * 1.1 + 1.0
    assert plan.bindings
    assert plan.status in (Status.FEASIBLE, Status.OPTIMAL)


def test_a_limit_too_short_for_anything_is_a_timeout_and_not_an_answer() -> None:
    plan = placed(snapshot([node("n1")], agents("a", 3, cpu=100)), time_limit=0.0)
    assert plan.status is Status.TIMEOUT
    assert plan.bindings == ()
    assert len(plan.unplaced) == 3


def test_all_are_required_and_it_is_proven_that_not_all_can_be() -> None:
    cluster = snapshot([node("n1", cpu=1000)], [agent("fits", cpu=500), agent("huge", cpu=9000)])
    plan = placed(cluster, require_all=True)
    assert plan.status is Status.INFEASIBLE
    assert [u.agent for u in plan.unplaced] == ["huge"]
    assert placed(cluster).status is Status.OPTIMAL


def test_an_answer_that_does_not_verify_is_invalid() -> None:
    # Three that fit into the sum of two nodes, and into neither two at a time.
    cluster = snapshot(
        [node("n1", cpu=1000), node("n2", cpu=1000)], [agent(f"a{i}", cpu=600 + i) for i in range(3)]
    )
    without = tuple(encoder for encoder in ENCODERS if encoder.rule != "resources")
    verdict = place(cluster, Settings(workers=1), encoders=without)
    assert isinstance(verdict, Refused)
    assert verdict.plan.status is Status.INVALID


def test_without_time_an_answer_that_is_known_comes_out_as_it_is() -> None:
    cluster = snapshot([node("n1", cpu=2000), node("n2", cpu=2000)], agents("a", 3, cpu=500))
    known = {"default/a-0": "n2", "default/a-1": "n2", "default/a-2": "n1"}
    verdict = place(cluster, Settings(time_limit=0.0, workers=1), start=known)
    assert isinstance(verdict, VerifiedPlan)
    assert sorted(binding.node for binding in verdict.plan.bindings) == ["n1", "n2", "n2"]


def test_a_known_answer_that_breaks_a_rule_is_not_taken() -> None:
    cluster = snapshot([node("n1", cpu=1000), node("n2", cpu=1000)], agents("a", 3, cpu=500))
    verdict = place(
        cluster, Settings(workers=1), start=dict.fromkeys(("default/a-0", "default/a-1", "default/a-2"), "n1")
    )
    assert isinstance(verdict, VerifiedPlan)
    assert Counter(binding.node for binding in verdict.plan.bindings) in (
        {"n1": 2, "n2": 1},
        {"n1": 1, "n2": 2},
    )


def test_no_garbage_is_collected_while_an_answer_is_put_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    # With 150,000 agents that took more than the order itself, and 30 seconds became 37.
    order_of, collecting = orderly.order_of, []

    def watched(*args: object) -> object:
        collecting.append(gc.isenabled())
        return order_of(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(orderly, "order_of", watched)
    placed(snapshot([node("n1")], agents("a", 2, cpu=1000)), strategy=Strategy.NEIGHBOURHOOD)
    assert collecting == [False]
    assert gc.isenabled()
