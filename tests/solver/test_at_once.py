"""Everybody in one step, what ways cost, what workloads ask for: found, and checked by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from placewright.models.goals import Goal, Goals
from placewright.models.movable import Discipline, MovePolicy
from placewright.models.move_cost import MoveCosts, Pricing, Surcharges
from placewright.models.profile import Profile, Rate, ScoreName
from placewright.models.rebalance_plan import PlannedMove
from placewright.models.selector import AffinityTerm, match_labels
from placewright.models.snapshot import Snapshot
from placewright.solver.verify_rebalance import RefusedRebalance, verify_rebalance
from placewright.tests.builders import HOSTNAME, ZONE, node, snapshot
from placewright.tests.moving import budget, goes, move, plan_for, plan_of, runs

AT_ONCE = MovePolicy(min_age=0, discipline=Discipline.AT_ONCE)
COPIED = replace(AT_ONCE, double=("cpu",))
HEADROOM = Goals((Goal.HEADROOM,))
SOFT = Profile(soft_capacity={"cpu": Rate()}, weights={ScoreName.SOFT_CAPACITY: 1})


def refusal(cluster: Snapshot, *waves: Sequence[PlannedMove], policy: MovePolicy = AT_ONCE) -> str:
    verdict = verify_rebalance(cluster, plan_of(cluster, waves, HEADROOM, policy))
    return str(verdict.violations[0].message) if isinstance(verdict, RefusedRebalance) else ""


def crossing() -> Snapshot:
    """Two nodes, each full with one agent: soft capacities say that they had better change places."""
    nodes = [
        replace(node("a", cpu=2000), soft_capacity={"cpu": 900}),
        replace(node("b", cpu=2000), soft_capacity={"cpu": 2000}),
    ]
    agents = [runs("big", "a", app="x", cpu=1900), runs("small", "b", app="y", cpu=900)]
    return snapshot(nodes, agents, profile=SOFT)


def change(cluster: Snapshot, how: Discipline = Discipline.AT_ONCE) -> list[PlannedMove]:
    return [move(cluster, "big", "b", how), move(cluster, "small", "a", how)]


def test_two_in_each_others_way_change_places() -> None:
    plan = plan_for(crossing(), "headroom", policy=AT_ONCE, min_gain=0)
    assert goes(plan) == {"big": "b", "small": "a"}
    assert len(plan.waves) == 1
    assert plan.levels[0].value == 0


def test_they_do_not_where_what_is_copied_is_in_use_on_both() -> None:
    assert refusal(crossing(), change(crossing())) == ""
    said = refusal(crossing(), change(crossing()), policy=COPIED)
    assert said == "wave 1: cpu: 2800 in use while moves go on, 2000 there"
    assert goes(plan_for(crossing(), "headroom", policy=COPIED, min_gain=0)) == {}


def test_what_is_copied_needs_room_only_where_somebody_comes() -> None:
    cluster = snapshot([node("a", cpu=1000), node("b", cpu=1000)], [runs("x", "a", cpu=1000)])
    assert refusal(cluster, [move(cluster, "x", "b", Discipline.AT_ONCE)], policy=COPIED) == ""


def test_there_is_one_step_and_all_moves_are_in_it() -> None:
    cluster = crossing()
    mixed = [move(cluster, "big", "b", Discipline.AT_ONCE), move(cluster, "small", "a")]
    assert refusal(cluster, mixed).endswith("all move at once or nobody does")
    assert refusal(cluster, change(cluster), policy=MovePolicy()).endswith("all move at once or nobody does")
    roomy = snapshot([node("a"), node("b")], [runs("x", "a"), runs("y", "a")])
    steps = [[move(roomy, name, "b", Discipline.AT_ONCE)] for name in "xy"]
    assert refusal(roomy, *steps).endswith("a second wave where all move at once")


def test_end_states_that_break_a_rule_are_refused() -> None:
    cluster = snapshot([node("a", cpu=1000), node("b", cpu=500)], [runs("x", "a", cpu=600)])
    assert "Insufficient cpu" in refusal(cluster, [move(cluster, "x", "b", Discipline.AT_ONCE)])


def test_agents_with_a_budget_stay() -> None:
    guarded = replace(crossing(), budgets=(budget("x", max_unavailable=1),))
    assert "may not move" in refusal(guarded, change(guarded))
    plan = plan_for(guarded, "headroom", policy=AT_ONCE, min_gain=0)
    assert [reason.agents for reason in plan.pinned if "budget" in reason.reason] == [1]


def test_ways_and_the_most_moves_of_one_workload_are_paid_for() -> None:
    nodes = [node("a", zone="one"), node("b", zone="one"), node("c", zone="two")]
    agents = [runs(f"w{i}", "a", move_weight=3) for i in range(3)] + [runs("v", "a", app="v", move_weight=3)]
    costs = MoveCosts(snapshot(nodes, agents), AT_ONCE, Pricing.OWN, Surcharges({ZONE: 50, HOSTNAME: 7}, 10))
    home = {agent.key: "a" for agent in agents}
    assert costs.fare(home) == 0
    assert costs.fare({**home, "default/w0": "b"}) == 3 + 7 + 10
    assert costs.fare({**home, "default/w0": "b", "default/v": "c"}) == 3 + 7 + 3 + 57 + 10
    assert costs.fare({**home, "default/w0": "b", "default/w1": "b"}) == 2 * (3 + 7) + 2 * 10


@pytest.mark.parametrize(("cost", "target"), [(0, "far"), (300, "near"), (5000, "")])
def test_nobody_goes_farther_than_it_is_worth(cost: int, target: str) -> None:
    nodes = [
        replace(node("home", zone="one"), soft_capacity={"cpu": 0}),
        replace(node("near", zone="one"), soft_capacity={"cpu": 800}),
        replace(node("far", zone="two"), soft_capacity={"cpu": 1000}),
    ]
    cluster = snapshot(nodes, [runs("x", "home", cpu=1000)], profile=SOFT)
    key = HOSTNAME if cost == 5000 else ZONE
    plan = plan_for(
        cluster, "headroom", policy=AT_ONCE, pricing=Pricing.OWN, surcharges=Surcharges({key: cost})
    )
    assert goes(plan) == ({"x": target} if target != "" else {})
    if target == "near":
        assert plan.levels[0].value == 200 + 1


def demanding(**fields: Any) -> Snapshot:
    """Two agents of a workload in two zones; by soft capacity both had better be in zone one."""
    nodes = [
        replace(node("a", zone="one"), soft_capacity={"cpu": 4000}),
        replace(node("b", zone="two"), soft_capacity={"cpu": 0}),
        replace(node("c", zone="two"), soft_capacity={"cpu": 0}),
    ]
    agents = [runs("w0", "a", cpu=1000, **fields), runs("w1", "b", cpu=1000, **fields)]
    return snapshot(nodes, [*agents, runs("cache", "c", app="cache", cpu=10)], profile=SOFT)


def test_a_workload_keeps_the_domains_that_it_asks_for() -> None:
    free, bound = demanding(), demanding(min_domains=((ZONE, 2),))
    assert goes(plan_for(free, "headroom", policy=AT_ONCE))["w1"] == "a"
    assert "w1" not in goes(plan_for(bound, "headroom", policy=AT_ONCE))
    assert "default/ReplicaSet/web is in 1 domains" in refusal(
        bound, [move(bound, "w1", "a", Discipline.AT_ONCE)]
    )


def test_nobody_leaves_the_company_that_it_asks_to_be_near() -> None:
    term = AffinityTerm(ZONE, match_labels({"app": "cache"}), frozenset({"default"}))
    cluster = demanding(near=(term,))
    plan = plan_for(cluster, "headroom", policy=AT_ONCE)
    # Only together: where the cache goes they can follow.
    ends = {**{a.name: a.node_name for a in cluster.agents}, **goes(plan)}
    assert ends["w1"] in ("b", "c") or ends["cache"] == "a"
    assert "nobody is whom it asks to be near" in refusal(
        cluster, [move(cluster, "w1", "a", Discipline.AT_ONCE)]
    )
