"""What a plan says of itself is judged like its waves: one field changed, and it does not verify."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from placewright.models.plan import Status
from placewright.models.rebalance_plan import RebalancePlan
from placewright.models.snapshot import Snapshot
from placewright.solver.verify_rebalance import RefusedRebalance, verify_rebalance
from placewright.tests.builders import node, snapshot
from placewright.tests.moving import plan_for, runs


def cluster() -> Snapshot:
    """Six small agents on one node of two, and one that may not move."""
    kept = runs("kept", "a", app="kept", stays_because="placewright.io/do-not-disrupt: true")
    agents = [runs(f"x{i}", "a", cpu=500, app=f"app{i}") for i in range(6)]
    return snapshot([node("a"), node("b")], [*agents, kept])


def said(changed: Callable[[dict[str, Any]], object], *goals: str) -> list[str]:
    """What is wrong with the plan for these goals once its document has been changed."""
    there = cluster()
    document = plan_for(there, *goals, pareto=True).model_dump(mode="json", by_alias=True)
    changed(document)
    verdict = verify_rebalance(there, RebalancePlan.model_validate(document))
    return [v.message for v in verdict.violations] if isinstance(verdict, RefusedRebalance) else []


def test_a_plan_that_nobody_has_changed_says_what_is_so() -> None:
    assert said(lambda _: None, "balance") == []
    assert said(lambda _: None, "drain=a", "balance") == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"movable": 3}, "6 agents may move, not 3", id="who may move"),
        pytest.param({"pinned": []}, "who stays, and why", id="who stays"),
        pytest.param({"gap": 0.5}, "its gap is not that", id="the gap"),
        pytest.param({"status": "infeasible"}, "says infeasible, but nobody", id="infeasible"),
        pytest.param({"status": "timeout"}, "says timeout", id="no status of such a plan"),
        pytest.param({"levels": []}, "not every level is at its bound", id="optimal without a level"),
    ],
)
def test_what_is_not_so_is_named(change: dict[str, Any], message: str) -> None:
    found = said(lambda document: document.update(change), "balance")
    assert any(message in line for line in found), found


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(lambda d: d["levels"][0].update(bound=0), "says optimal", id="optimal"),
        pytest.param(lambda d: d["levels"][0].update(gap=0.1), "its gap is 0.000000", id="a level's gap"),
        pytest.param(lambda d: d["terms"].update(maxMoves=1), "3 moves, 1 is the most", id="moves"),
        pytest.param(lambda d: d["terms"].update(maxDisruption=1), "moves cost 336, 1 is", id="disruption"),
        pytest.param(
            lambda d: d["pareto"][0].update(moves=1), "at 0 moves it moves 1", id="moves of a point"
        ),
        pytest.param(lambda d: d["pareto"][1].update(bound=0), "do not fit what is proven", id="proven"),
        pytest.param(lambda d: d["pareto"].reverse(), "moves are worse than", id="more is worse"),
        pytest.param(
            lambda d: d["waves"][0]["reservations"][0].update(requests={"cpu": 1}),
            "its reservation is not of what it requests",
            id="a reservation",
        ),
        pytest.param(
            lambda d: d["waves"][0]["bindings"][0].update(nodeSelector={"zone": "x"}),
            "its node selector means other nodes",
            id="a node selector",
        ),
        pytest.param(
            lambda d: d["waves"][0]["bindings"][0].update(owner="Job/other"), "its owner is", id="an owner"
        ),
    ],
)
def test_a_changed_field_is_named(change: Callable[[dict[str, Any]], object], message: str) -> None:
    found = said(change, "balance")
    assert any(message in line for line in found), found


def test_who_is_left_on_a_drained_node_is_listed_and_nobody_else() -> None:
    assert said(lambda d: d.update(blocked=[]), "drain=a") == [
        "blocked: is left on a drained node and not listed"
    ]
    other = {"namespace": "default", "agent": "x0", "node": "a", "reason": "likes it"}
    assert said(lambda d: d["blocked"].append(other), "drain=a") == ["blocked: is not left there"]


def test_a_drain_that_leaves_somebody_is_not_optimal() -> None:
    found = said(lambda d: d.update(status=Status.OPTIMAL.value), "drain=a")
    assert found == ["says optimal, but somebody is left on a drained node, or breaks a rule"]


def test_a_plan_from_elsewhere_may_leave_out_who_may_move_and_who_is_blocked() -> None:
    def strip(document: dict[str, Any]) -> None:
        for name in ("movable", "pinned", "blocked", "pareto"):
            del document[name]

    assert said(strip, "drain=a") == []
