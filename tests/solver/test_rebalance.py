"""Rebalancing: what moves and what does not, in which waves, and that it ends there."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from placewright.models.agent import ClaimUse
from placewright.models.errors import UsageError
from placewright.models.goals import Goal, Goals
from placewright.models.movable import Discipline, MovePolicy
from placewright.models.move_cost import Pricing
from placewright.models.plan import Status
from placewright.models.policy import PodGroup, ResourceQuota
from placewright.models.profile import Shape
from placewright.models.rebalance_options import Limits, RebalanceOptions
from placewright.models.storage import (
    CsiNodeDriver,
    PersistentVolume,
    PersistentVolumeClaim,
    Storage,
)
from placewright.solver.rebalance import rebalance
from placewright.solver.verify_rebalance import VerifiedRebalance
from placewright.tests.builders import HOSTNAME, near, node, snapshot, spread, taint
from placewright.tests.moving import QUICK, after, budget, goes, plan_for, runs, waves_of

SURGE = MovePolicy(discipline=Discipline.SURGE)


def test_a_drain_moves_everybody_and_nobody_else() -> None:
    cluster = snapshot(
        [node("a"), node("b"), node("c")],
        [runs("x", "a", cpu=1000), runs("y", "a", cpu=1000, app="db"), runs("z", "b", cpu=1000, app="job")],
    )
    plan = plan_for(cluster, "drain=a")
    assert set(goes(plan)) == {"x", "y"}
    assert "a" not in goes(plan).values()
    assert plan.status is Status.OPTIMAL
    assert (plan.before.on_drained, plan.after.on_drained) == (2, 0)


def test_a_drained_node_keeps_its_daemons_and_is_empty_all_the_same() -> None:
    cluster = snapshot([node("a"), node("b")], [runs("log", "a", kind="DaemonSet"), runs("x", "a")])
    plan = plan_for(cluster, "drain=a")
    assert goes(plan) == {"x": "b"}
    assert plan.blocked == ()
    assert plan.status is Status.OPTIMAL


def test_a_node_that_is_not_there_cannot_be_drained() -> None:
    with pytest.raises(UsageError, match="no node 'nowhere'"):
        plan_for(snapshot([node("a")]), "drain=nowhere")


def test_a_budget_that_lets_nobody_go_blocks_a_drain_and_is_named() -> None:
    cluster = snapshot(
        [node("a"), node("b")],
        [runs("x", "a"), runs("y", "b")],
        budgets=(budget(min_available=2),),
    )
    plan = plan_for(cluster, "drain=a")
    assert plan.status is Status.INFEASIBLE
    (item,) = plan.blocked
    assert (item.agent, item.budgets) == ("x", ("web",))
    assert "lets nobody go" in item.reason
    assert "--discipline surge" in item.helps
    assert "1 more healthy agent (2 healthy, 2 wanted)" in item.helps
    assert "minAvailable 1" in item.helps


def test_surge_gets_past_a_budget_that_asks_for_a_number() -> None:
    cluster = snapshot(
        [node("a"), node("b")],
        [runs("x", "a"), runs("y", "b")],
        budgets=(budget(min_available=2),),
    )
    plan = plan_for(cluster, "drain=a", policy=SURGE)
    assert goes(plan) == {"x": "b"}
    assert plan.all_moves[0].discipline is Discipline.SURGE


def test_surge_does_not_get_past_max_unavailable_0() -> None:
    cluster = snapshot(
        [node("a"), node("b")],
        [runs("x", "a"), runs("y", "b")],
        budgets=(budget(max_unavailable=0),),
    )
    assert plan_for(cluster, "drain=a", policy=SURGE).status is Status.INFEASIBLE


def test_an_agent_with_two_budgets_is_never_evicted() -> None:
    cluster = snapshot(
        [node("a"), node("b")],
        [runs("x", "a"), runs("y", "b")],
        budgets=(budget(name="one", min_available=0), budget(name="two", min_available=0)),
    )
    plan = plan_for(cluster, "drain=a", policy=SURGE)
    (item,) = plan.blocked
    assert item.budgets == ("one", "two")
    assert "all but one of one, two" in item.helps


def test_a_budget_is_spent_wave_by_wave() -> None:
    cluster = snapshot(
        [node("a"), node("b")],
        [runs(f"x{i}", "a") for i in range(3)],
        budgets=(budget(max_unavailable=1),),
        scales={},
    )
    assert [len(wave) for wave in waves_of(plan_for(cluster, "drain=a", limits=Limits(per_workload=0)))] == [
        1,
        1,
        1,
    ]


def test_no_more_of_a_workload_leave_at_once_than_its_share() -> None:
    cluster = snapshot([node("a"), node("b")], [runs(f"x{i}", "a") for i in range(8)])
    assert [len(wave) for wave in waves_of(plan_for(cluster, "drain=a"))] == [2, 2, 2, 2]
    assert len(plan_for(cluster, "drain=a", limits=Limits(per_workload=0)).waves) == 1


@pytest.mark.parametrize(
    "limits", [Limits(total=2), Limits(per_node=2), Limits(per_namespace=2), Limits(per_zone=2)]
)
def test_limits_split_waves(limits: Limits) -> None:
    cluster = snapshot(
        [node("a", zone="z"), node("b", zone="z")],
        [runs(f"x{i}", "a", app=f"app{i}") for i in range(5)],
    )
    assert [len(wave) for wave in waves_of(plan_for(cluster, "drain=a", limits=limits))] == [2, 2, 1]


def test_who_needs_the_room_of_another_waits_until_it_is_gone() -> None:
    # b must go first: x fits on b only then.
    cluster = snapshot(
        [node("a", cpu=2000), node("b", cpu=2000), node("c", cpu=1000, labels={"small": "y"})],
        [runs("x", "a", cpu=2000), runs("y", "b", cpu=1000, app="db")],
    )
    plan = plan_for(cluster, "drain=a")
    assert waves_of(plan) == [["y"], ["x"]]
    assert goes(plan) == {"y": "c", "x": "b"}


def test_two_that_want_each_others_place_park_one_of_them() -> None:
    cluster = snapshot(
        [
            node("a", cpu=1000, data=frozenset({"right"})),
            node("b", cpu=1000, data=frozenset({"left"})),
            node("c", cpu=1000),
        ],
        [
            runs("x", "a", cpu=1000, needs_data={"left": 8}),
            runs("y", "b", cpu=1000, app="db", needs_data={"right": 8}),
        ],
    )
    plan = plan_for(cluster, "locality")
    assert goes(plan) == {"x": "b", "y": "a"}
    assert [move.why for move in plan.all_moves] == ["parking", "goal", "goal"]
    assert plan.moves == 3
    assert any("detour" in note for note in plan.notes)


def test_two_that_want_each_others_place_stay_where_nobody_can_park() -> None:
    cluster = snapshot(
        [node("a", cpu=1000, data=frozenset({"right"})), node("b", cpu=1000, data=frozenset({"left"}))],
        [
            runs("x", "a", cpu=1000, needs_data={"left": 8}),
            runs("y", "b", cpu=1000, app="db", needs_data={"right": 8}),
        ],
    )
    plan = plan_for(cluster, "locality")
    assert plan.moves == 0
    assert plan.status is not Status.OPTIMAL or plan.notes


def test_what_is_broken_is_repaired_first() -> None:
    cluster = snapshot(
        [node("a", taints=[taint("gone", "bad")]), node("b"), node("c")],
        [runs("x", "a"), runs("y", "b", app="db")],
    )
    plan = plan_for(cluster, "balance")
    assert plan.broken_before == 1
    assert plan.broken_after == 0
    assert plan.all_moves[0].why == "repair"


def test_an_overcommitted_node_is_cured_with_one_move() -> None:
    cluster = snapshot(
        [node("a", cpu=2000), node("b", cpu=2000)],
        [runs(f"x{i}", "a", cpu=1000, app=f"app{i}") for i in range(3)],
    )
    plan = plan_for(cluster, "consolidate")
    assert (plan.broken_before, plan.broken_after, plan.moves) == (3, 0, 1)


def test_skew_that_came_later_is_repaired() -> None:
    cluster = snapshot(
        [node("a", zone="a"), node("b", zone="b"), node("c", zone="c")],
        [runs(f"x{i}", "a", spread=(spread(app="web"),)) for i in range(3)],
    )
    plan = plan_for(cluster, "spread")
    assert plan.broken_before == 3
    assert plan.broken_after == 0
    assert sorted(goes(plan).values()) == ["b", "c"]


def test_without_repair_those_that_break_a_rule_stay() -> None:
    cluster = snapshot([node("a", taints=[taint("gone", "bad")]), node("b")], [runs("x", "a")])
    assert plan_for(cluster, "consolidate", repair=False).moves == 0


def test_a_cordoned_node_keeps_its_agents_and_takes_nobody() -> None:
    cluster = snapshot(
        [node("a", unschedulable=True), node("b"), node("c")],
        [runs("x", "a"), runs("y", "b", app="db")],
    )
    plan = plan_for(cluster, "drain=b")
    assert goes(plan) == {"y": "c"}
    assert plan.broken_before == 0


def test_spread_holds_in_every_order_of_a_wave() -> None:
    # One of zone a comes while the other is there: then no two of zone b may be away.
    even = (spread(app="web"),)
    cluster = snapshot(
        [node(f"{zone}{i}", zone=zone) for zone in "ab" for i in range(3)],
        [
            runs("stays", "a1", spread=even),
            runs("x", "a0", spread=even),
            runs("y", "b0", spread=even),
            runs("z", "b0", spread=even),
        ],
    )
    plan = plan_for(cluster, "drain=a0,b0", limits=Limits(per_workload=0))
    assert plan.after.on_drained == 0
    assert all(wave != ["x", "y", "z"] for wave in waves_of(plan))
    assert len(plan.waves) == 2


def test_anti_affinity_holds_while_others_are_still_there() -> None:
    apart = (near(HOSTNAME, app="web"),)
    cluster = snapshot(
        [node("a"), node("b"), node("c")],
        [runs("x", "a", anti_affinity=apart), runs("y", "b", anti_affinity=apart)],
    )
    plan = plan_for(cluster, "drain=a", limits=Limits(per_workload=0))
    assert goes(plan) == {"x": "c"}


def test_a_gang_keeps_its_minimum_at_every_moment() -> None:
    gang = PodGroup("default", "gang", 2)
    cluster = snapshot(
        [node("a"), node("b")],
        [runs(f"x{i}", "a", pod_group="gang") for i in range(3)],
        pod_groups=(gang,),
    )
    assert [len(w) for w in waves_of(plan_for(cluster, "drain=a", limits=Limits(per_workload=0)))] == [
        1,
        1,
        1,
    ]
    tight = replace(cluster, pod_groups=(PodGroup("default", "gang", 3),))
    plan = plan_for(tight, "drain=a")
    assert plan.moves == 0
    assert plan.after.on_drained == 3
    assert "gang needs 3" in plan.blocked[0].reason
    assert plan_for(tight, "drain=a", policy=SURGE).after.on_drained == 0


def test_surge_needs_room_in_quotas_for_both() -> None:
    def cluster(hard: int) -> object:
        return plan_for(
            snapshot(
                [node("a"), node("b")],
                [runs("x", "a", cpu=1000, admitted=True)],
                quotas=(
                    ResourceQuota("default", "cpu", {"requests.cpu": hard}, used={"requests.cpu": 1000}),
                ),
            ),
            "drain=a",
            policy=SURGE,
        ).moves

    assert cluster(2000) == 1
    assert cluster(1000) == 0


def test_a_volume_for_one_node_is_left_before_it_is_used_elsewhere() -> None:
    claim = PersistentVolumeClaim(
        "default",
        "data",
        request=1,
        access_modes=frozenset({"ReadWriteOnce"}),
        volume_name="pv",
        phase="Bound",
        bound=True,
    )
    storage = Storage(claims={claim.key: claim}, volumes={"pv": PersistentVolume("pv", capacity=1)})
    alone = snapshot([node("a"), node("b")], [runs("x", "a", claims=(ClaimUse("data"),))], storage=storage)
    plan = plan_for(alone, "drain=a", policy=SURGE)
    assert [move.discipline for move in plan.all_moves] == [Discipline.EVICT_THEN_BIND]
    shared = replace(alone, agents=(*alone.agents, runs("y", "a", app="db", claims=(ClaimUse("data"),))))
    assert plan_for(shared, "drain=a").moves == 0


def test_volumes_that_a_node_can_attach_are_counted_while_others_are_still_there() -> None:
    claims = {
        ("default", name): PersistentVolumeClaim(
            "default",
            name,
            request=1,
            access_modes=frozenset({"ReadWriteOnce"}),
            volume_name=name,
            bound=True,
        )
        for name in ("one", "two")
    }
    volumes = {name: PersistentVolume(name, capacity=1, driver="csi", handle=name) for name in ("one", "two")}
    limited = {name: (CsiNodeDriver("csi", 1),) for name in ("a", "b", "c")}
    cluster = snapshot(
        [node("a"), node("b"), node("c", labels={"for": "y"})],
        [
            runs("x", "a", claims=(ClaimUse("one"),)),
            runs("y", "b", app="db", claims=(ClaimUse("two"),)),
        ],
        storage=Storage(claims=claims, volumes=volumes, csi_nodes=limited),
    )
    assert goes(plan_for(cluster, "drain=a")) == {"x": "c"}


def test_money_is_saved_only_where_it_is_worth_the_moves() -> None:
    cluster = snapshot(
        [node("a", price=100_000), node("b", price=100_000)],
        [runs("x", "a", cpu=1000), runs("y", "b", cpu=1000, app="db")],
    )
    assert plan_for(cluster, "consolidate").moves == 1
    assert plan_for(cluster, "consolidate", min_gain=2000).moves == 0


def test_limits_on_moves_and_on_disruption_are_kept() -> None:
    agents = [runs(f"x{i}", "a", cpu=500, app=f"app{i}") for i in range(6)]
    cluster = snapshot([node("a"), node("b")], agents)
    assert plan_for(cluster, "balance").moves == 3
    assert plan_for(cluster, "balance", max_moves=2).moves == 2
    cost = plan_for(cluster, "balance", max_disruption=250)
    assert cost.moves == 2
    assert cost.cost <= 250


def test_what_more_moves_bring_is_told_with_its_bound() -> None:
    agents = [runs(f"x{i}", "a", cpu=500, app=f"app{i}") for i in range(6)]
    plan = plan_for(snapshot([node("a"), node("b")], agents), "balance", pareto=True)
    assert [point.max_moves for point in plan.pareto] == [0, 1, 2, 3]
    values = [point.value for point in plan.pareto]
    assert values == sorted(values, reverse=True)
    assert len(set(values)) == 4
    assert all(point.value >= point.bound for point in plan.pareto)


def test_room_is_made_for_a_shape() -> None:
    cluster = snapshot(
        [node("a", cpu=4000), node("b", cpu=4000)],
        [runs("x", "a", cpu=1500), runs("y", "b", cpu=1500, app="db")],
    )
    goals = Goals((Goal.DEFRAGMENT,), shapes=(Shape("big", {"cpu": 4000}),))
    verdict = rebalance(cluster, goals, RebalanceOptions(), QUICK)
    assert isinstance(verdict, VerifiedRebalance)
    assert verdict.plan.moves == 1
    assert verdict.plan.levels[0].terms[0].value == 0


def test_heavier_and_stateful_agents_stay_where_others_can_go() -> None:
    cluster = snapshot(
        [node("a"), node("b")],
        [
            runs("db", "a", cpu=1000, kind="StatefulSet", app="db"),
            runs("dear", "a", cpu=1000, app="dear", move_weight=5),
            runs("web", "a", cpu=1000),
        ],
    )
    assert set(goes(plan_for(cluster, "balance", max_moves=1))) == {"web"}


def test_the_result_of_a_rebalance_needs_no_rebalance() -> None:
    rng = Random(7)
    cluster = snapshot(
        [node(f"n{i}", cpu=8000, zone="ab"[i % 2]) for i in range(5)],
        [
            runs(f"x{i}", f"n{rng.randrange(3)}", cpu=rng.choice((300, 500, 900)), app=f"app{i % 6}")
            for i in range(18)
        ],
    )
    for goal in ("balance", "consolidate", "profile"):
        plan = plan_for(cluster, goal)
        assert plan.moves > 0
        assert plan_for(after(cluster, plan), goal).moves == 0


@pytest.mark.slow
def test_small_changes_of_load_do_not_make_agents_move_to_and_fro() -> None:
    rng = Random(3)
    cluster = snapshot(
        [node(f"n{i}", cpu=8000) for i in range(4)],
        [runs(f"x{i}", f"n{rng.randrange(4)}", cpu=500, app=f"app{i}") for i in range(24)],
    )
    cluster = after(cluster, plan_for(cluster, "balance"))
    moves = 0
    for _ in range(50):
        agents = list(cluster.agents)
        changed = rng.randrange(len(agents))
        one = agents[changed]
        cpu = max(400, min(600, one.spec.requests["cpu"] + rng.choice((-50, 50))))
        agents[changed] = replace(one, spec=replace(one.spec, requests={"cpu": cpu}))
        cluster = replace(cluster, agents=tuple(agents))
        plan = plan_for(cluster, "balance", settings=replace(QUICK, time_limit=1.0))
        moves += plan.moves
        cluster = after(cluster, plan)
    assert moves <= 2


def test_every_move_costs_the_same_where_that_is_asked_for() -> None:
    cluster = snapshot([node("a"), node("b")], [runs("x", "a", cpu=4000, kind="StatefulSet")])
    assert plan_for(cluster, "drain=a", pricing=Pricing.EVEN).cost == 100
    assert plan_for(cluster, "drain=a").cost == 300


def test_agents_of_nobody_and_those_that_ask_to_be_left_alone_block_a_drain() -> None:
    loose = replace(runs("loose", "a"), recreated=False, owner=None)
    asked = runs("asked", "a", stays_because="placewright.io/do-not-disrupt: true")
    plan = plan_for(snapshot([node("a"), node("b")], [loose, asked]), "drain=a")
    assert {item.agent: item.reason for item in plan.blocked} == {
        "loose": "nothing would make it anew elsewhere",
        "asked": "is annotated placewright.io/do-not-disrupt: true",
    }


def test_objects_of_a_wave_are_what_the_api_takes() -> None:
    plan = plan_for(snapshot([node("a"), node("b")], [runs("x", "a", cpu=500)]), "drain=a")
    (wave,) = plan.waves
    dumped = wave.model_dump(mode="json", by_alias=True)
    assert dumped["evictions"] == [
        {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": "x", "namespace": "default"},
            "deleteOptions": {"preconditions": {"uid": "uid-x"}},
        }
    ]
    assert dumped["bindings"] == [
        {"namespace": "default", "replaces": "x", "owner": "ReplicaSet/web", "node": "b"}
    ]
    assert dumped["reservations"] == [
        {"node": "b", "namespace": "default", "replaces": "x", "requests": {"cpu": 500}}
    ]
    assert wave.leaves == plan.after


def test_equal_runs_say_the_same() -> None:
    cluster = snapshot(
        [node(f"n{i}", zone="ab"[i % 2]) for i in range(4)],
        [runs(f"x{i}", f"n{i % 2}", cpu=400, app=f"app{i % 3}") for i in range(10)],
    )
    assert plan_for(cluster, "balance") == plan_for(cluster, "balance")
