"""Waves of whole plans: how much moves at once, in which order, by which discipline, and ways around."""

from __future__ import annotations

from dataclasses import replace

import pytest

from placewright.models.agent import ClaimUse
from placewright.models.movable import Discipline, MovePolicy
from placewright.models.plan import Status
from placewright.models.policy import PodGroup, ResourceQuota
from placewright.models.rebalance_options import Limits
from placewright.models.storage import (
    CsiNodeDriver,
    PersistentVolume,
    PersistentVolumeClaim,
    Storage,
)
from placewright.tests.builders import HOSTNAME, near, node, snapshot, spread
from placewright.tests.moving import budget, goes, plan_for, runs, waves_of

SURGE = MovePolicy(discipline=Discipline.SURGE)


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
