"""A plan replayed wave by wave: what each wave spends, what it leaves, and where the replay ends."""

from __future__ import annotations

from typing import Any

import pytest

from placewright.models.goals import Goal, Goals
from placewright.models.movable import Discipline
from placewright.models.policy import PodGroup
from placewright.models.rebalance_plan import RebalancePlan
from placewright.models.snapshot import Snapshot
from placewright.solver.wave_checks.replay import Replay
from placewright.tests.builders import node, snapshot
from placewright.tests.moving import budget, move, plan_of, runs

EVICTS, SURGE = Discipline.EVICT_THEN_BIND, Discipline.SURGE


def cluster(gang: str = "", **fields: Any) -> Snapshot:
    """Agents x, y and z of one workload on a; b and c are free."""
    everyone = [runs(name, "a", cpu=100, pod_group=gang) for name in "xyz"]
    return snapshot([node("a"), node("b"), node("c")], everyone, **fields)


def planned(seen: Snapshot, *waves: str, to: str = "b", how: Discipline = EVICTS) -> RebalancePlan:
    """Waves of agents by their letters, all to one node."""
    return plan_of(
        seen, [[move(seen, name, to, how) for name in wave] for wave in waves], Goals((Goal.BALANCE,))
    )


def said(seen: Snapshot, plan: RebalancePlan) -> list[str]:
    return [f"{v.rule}: {v.message}" for v in Replay(seen, plan).run()]


def test_a_replay_ends_where_the_plan_leads() -> None:
    seen = cluster()
    replay = Replay(seen, planned(seen, "x", "yz"))
    assert list(replay.run()) == []
    assert replay.where == {f"default/{name}": "b" for name in "xyz"}
    assert sorted(replay.state.agents_on("b")) == ["default/x~wave1", "default/y~wave2", "default/z~wave2"]
    assert not replay.state.agents_on("a")


def test_an_agent_may_move_again_in_a_later_wave() -> None:
    seen = cluster()
    there = planned(seen, "x").waves[0].moves[0]
    back = there.model_copy(update={"from_node": "b", "to_node": "c"})
    replay = Replay(seen, plan_of(seen, [[there], [back]], Goals((Goal.BALANCE,))))
    assert list(replay.run()) == []
    assert replay.where["default/x"] == "c"


def test_nothing_is_said_of_the_waves_after_one_that_is_wrong() -> None:
    seen = cluster(budgets=(budget(max_unavailable=1),))
    plan = planned(seen, "xy", "z")
    assert said(seen, plan) == ["disruption budget: wave 1: default/web lets 1 go, 2 do at once"]


def test_waves_come_in_the_order_of_their_numbers() -> None:
    seen = cluster()
    plan = planned(seen, "x", "y")
    first = plan.waves[0].model_copy(update={"number": 2})
    assert said(seen, plan.model_copy(update={"waves": (first,)})) == [
        "plan: wave 2: wave 2 comes as number 1"
    ]


def test_a_wave_that_leaves_another_state_than_it_says_is_refused() -> None:
    seen = cluster()
    plan = planned(seen, "x")
    wrong = plan.waves[0].model_copy(update={"leaves": plan.before})
    assert said(seen, plan.model_copy(update={"waves": (wrong,)})) == [
        "plan: wave 1: leaves another state than it says"
    ]


@pytest.mark.parametrize(
    ("fields", "wave", "how", "fine"),
    [
        pytest.param({"max_unavailable": 2}, "xy", EVICTS, True, id="as many as may be unavailable"),
        pytest.param({"max_unavailable": 2}, "xyz", EVICTS, False, id="one more"),
        pytest.param({"min_available": 2}, "xy", EVICTS, False, id="fewer than must be available"),
        pytest.param({"min_available": 2}, "xy", SURGE, True, id="replacements make up for a number"),
        pytest.param({"min_available": "50%"}, "xy", SURGE, False, id="and not for a share"),
        pytest.param({"disruptions_allowed": 1}, "xy", EVICTS, False, id="the status allows one"),
        pytest.param({"disruptions_allowed": 3}, "xyz", EVICTS, True, id="the status allows all"),
    ],
)
def test_what_a_budget_lets_go_in_one_wave(
    fields: dict[str, Any], wave: str, how: Discipline, fine: bool
) -> None:
    seen = cluster(budgets=(budget(**fields),))
    found = said(seen, planned(seen, wave, how=how))
    assert [message.split(":")[0] for message in found] == ([] if fine else ["disruption budget"])


@pytest.mark.parametrize(
    ("minimum", "wave", "how", "fine"),
    [
        pytest.param(2, "x", EVICTS, True, id="two of three are left"),
        pytest.param(2, "xy", EVICTS, False, id="one is left"),
        pytest.param(2, "xy", SURGE, True, id="who surges is never away"),
    ],
)
def test_a_gang_keeps_its_minimum_within_a_wave(minimum: int, wave: str, how: Discipline, fine: bool) -> None:
    seen = cluster("g", pod_groups=(PodGroup("default", "g", minimum),))
    found = said(seen, planned(seen, wave, how=how))
    assert [message.split(":")[0] for message in found] == ([] if fine else ["gang"])
