"""Who stays on nodes to be drained: why, by which budget, and that what is said to help does."""

from __future__ import annotations

from dataclasses import replace

from placewright.models.audit import placed
from placewright.models.goals import parse_goals
from placewright.models.movable import Discipline, MovePolicy
from placewright.models.plan import Status
from placewright.models.rebalance_options import RebalanceOptions
from placewright.solver.clock import Deadline
from placewright.solver.moves.blocked import blocked
from placewright.solver.moves.question import ask
from placewright.solver.moves.task import Task
from placewright.tests.builders import node, snapshot
from placewright.tests.moving import QUICK, budget, plan_for, runs

DRAIN = parse_goals(("drain=a",))
SURGE = MovePolicy(discipline=Discipline.SURGE)


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


def test_agents_of_nobody_and_those_that_ask_to_be_left_alone_block_a_drain() -> None:
    loose = replace(runs("loose", "a"), recreated=False, owner=None)
    asked = runs("asked", "a", stays_because="placewright.io/do-not-disrupt: true")
    plan = plan_for(snapshot([node("a"), node("b")], [loose, asked]), "drain=a")
    assert {item.agent: item.reason for item in plan.blocked} == {
        "loose": "nothing would make it anew elsewhere",
        "asked": "is annotated placewright.io/do-not-disrupt: true",
    }


def test_what_the_moves_may_cost_in_all_keeps_agents_and_is_named() -> None:
    cluster = snapshot([node("a"), node("b")], [runs("x", "a"), runs("y", "a", app="db")])
    plan = plan_for(cluster, "drain=a", max_disruption=150)
    (item,) = plan.blocked
    assert item.reason == "its move costs 100, and 50 is left of what moves may cost"
    assert item.helps == "a larger --max-disruption"


def test_an_unready_agent_is_freed_by_a_budget_that_lets_those_go() -> None:
    cluster = snapshot(
        [node("a"), node("b")], [runs("x", "a", ready=False)], budgets=(budget(min_available=1),)
    )
    (item,) = plan_for(cluster, "drain=a").blocked
    assert item.helps.startswith("unhealthyPodEvictionPolicy AlwaysAllow")
    assert "minAvailable" not in item.helps


def test_without_time_who_stays_is_listed_and_not_looked_into() -> None:
    full = snapshot([node("a"), node("b", cpu=1000)], [runs("x", "a", cpu=2000), runs("y", "b", app="db")])
    task = Task(ask(full, DRAIN, MovePolicy()), DRAIN, RebalanceOptions(), QUICK, lambda _: None)
    state = placed(task.question.asked, task.question.home)
    late, early = (list(blocked(task, state, {}, [], Deadline(seconds))) for seconds in (0.0, 10.0))
    assert [item.reason for item in late] == ["no node takes it"]
    assert "Insufficient cpu" in early[0].reason
