"""The table: what a person reads first is right, whatever came out."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from placewright.models.plan import Level, Plan, Status
from placewright.models.rules.base import Violation
from placewright.solver.place import place
from placewright.solver.report import print_plan, print_refused, violation_line
from placewright.solver.settings import Settings
from placewright.solver.verify import Refused, VerifiedPlan, verify
from placewright.tests.builders import agent, agents, node, snapshot


def printed(verified: VerifiedPlan) -> str:
    out = io.StringIO()
    print_plan(Console(file=out, width=100, color_system=None), verified)
    return out.getvalue()


def levels(placed_bound: int, balance_bound: int) -> tuple[Level, ...]:
    return (
        Level(name="placed/priority=0", sense="maximize", value=0, bound=placed_bound),
        Level(name="balance", sense="minimize", value=100, bound=balance_bound),
    )


@pytest.mark.parametrize(
    ("fields", "headline"),
    [
        pytest.param(
            {"status": Status.OPTIMAL},
            "optimal: 0 of 0 agents placed, proven: no placement is better",
            id="optimal",
        ),
        pytest.param(
            {"status": Status.FEASIBLE, "levels": levels(0, 80)},
            "feasible: 0 of 0 agents placed, verified; proven that no more can be, balance within 20 % of its bound",
            id="only the balance is open",
        ),
        pytest.param(
            {"status": Status.FEASIBLE, "levels": levels(4, 80)},
            "feasible: 0 of 0 agents placed, verified; placed/priority=0 within 1e+02 % of its bound",
            id="the number of placed agents is open",
        ),
        pytest.param(
            {"status": Status.TIMEOUT},
            "timeout: 0 of 0 agents placed, time ran out before anything was found",
            id="timeout",
        ),
        pytest.param(
            {"status": Status.INFEASIBLE},
            "infeasible: 0 of 0 agents placed, all are required, and it is proven that not all can be",
            id="infeasible",
        ),
    ],
)
def test_the_first_line_says_how_it_ended(fields: dict[str, Any], headline: str) -> None:
    cluster = snapshot([node("n1")], [])
    verified = verify(cluster, Plan(**{key: value for key, value in fields.items() if key != "levels"}))
    assert isinstance(verified, VerifiedPlan)
    shown = VerifiedPlanWith(verified, Plan(**fields))
    assert printed(shown).splitlines()[0].startswith(headline[:60])
    assert " ".join(printed(shown).split()).startswith(headline)


def VerifiedPlanWith(verified: VerifiedPlan, plan: Plan) -> VerifiedPlan:  # noqa: N802 - reads as what it makes
    """The same verified plan saying something else: only to see how it would be shown."""
    verified.plan = plan
    return verified


def test_agents_of_one_kind_that_are_left_out_are_one_entry() -> None:
    verdict = place(snapshot([node("n1", cpu=1000)], agents("big", 3, cpu=4000)), Settings(workers=1))
    assert isinstance(verdict, VerifiedPlan)
    assert "default/big-0 and 2 more like it (priority 0)" in printed(verdict)


def test_nodes_are_shown_before_and_after_while_there_are_few() -> None:
    few = place(snapshot([node("n1")], [agent("a", cpu=1000)]), Settings(workers=1))
    many = place(snapshot([node(f"n{i}") for i in range(21)], [agent("a", cpu=1000)]), Settings(workers=1))
    assert isinstance(few, VerifiedPlan)
    assert isinstance(many, VerifiedPlan)
    assert "0 % → 25 %" in printed(few)
    assert "share requested" not in printed(many)


def test_a_refused_plan_lists_every_violation() -> None:
    out = io.StringIO()
    found = (Violation("resources", "cpu: 5 requested of 4", "default/a", "n1"), Violation("plan", "odd"))
    print_refused(
        Console(file=out, width=100, color_system=None), Refused(Plan(status=Status.INVALID), found)
    )
    assert out.getvalue().splitlines() == [
        "not valid: 2 violations",
        "  resources: default/a on n1: cpu: 5 requested of 4",
        "  plan: odd",
    ]
    assert violation_line(found[1]) == "plan: odd"
