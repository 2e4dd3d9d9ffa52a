"""The table: what a person reads first is right, whatever came out."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console
from rich.table import Table

from placewright.models.agent import DeviceRequest, OwnerReference, QosClass
from placewright.models.node import DevicePool
from placewright.models.plan import Binding, Level, LevelTerm, Plan, Status
from placewright.models.policy import PodGroup
from placewright.models.rules.base import Violation
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.models.unplaced import Unplaced
from placewright.solver.explain import node_reasons, without
from placewright.solver.place import place
from placewright.solver.report import make_console, print_plan, print_refused, violation_line
from placewright.solver.report_agent import print_explanation
from placewright.solver.report_tables import agent_table, level_table, percent, show
from placewright.solver.settings import Settings
from placewright.solver.verify import Refused, VerifiedPlan, verify
from placewright.tests.builders import agent, agents, node, snapshot, taint


def printed(verified: VerifiedPlan) -> str:
    out = io.StringIO()
    print_plan(Console(file=out, width=100, color_system=None), verified)
    return out.getvalue()


def levels(placed_bound: int, scores_bound: int) -> tuple[Level, ...]:
    return (
        Level(name="placed/priority=0", sense="maximize", value=0, bound=placed_bound),
        Level(name="scores", sense="minimize", value=100, bound=scores_bound),
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
            "feasible: 0 of 0 agents placed, verified; proven that no more can be, scores within 20 % of its bound",
            id="only the scores are open",
        ),
        pytest.param(
            {"status": Status.FEASIBLE, "levels": levels(4, 80)},
            "feasible: 0 of 0 agents placed, verified; placed/priority=0 within 100 % of its bound",
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
    assert "n20" not in printed(many)
    assert "All 21 nodes, share requested" in printed(many)
    assert "nodes with agents       0      1" in printed(many)


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


def lines(table: Table, width: int = 100) -> list[str]:
    out = io.StringIO()
    show(Console(file=out, width=width, color_system=None), "title", table)
    blank, title, *rows = out.getvalue().splitlines()
    assert (blank, title) == ("", "title")
    return rows


def test_no_line_ends_with_blanks_and_nothing_is_framed() -> None:
    verdict = place(snapshot([node("n1")], agents("a", 2, cpu=3000)), Settings(workers=1))
    assert isinstance(verdict, VerifiedPlan)
    text = printed(verdict)
    assert [line for line in text.splitlines() if line != line.rstrip()] == []
    assert not set(text) & set("│─┌╭━|")


def test_devices_and_extended_resources_have_columns_once_somebody_asks_for_them() -> None:
    shared = node("n1", devices=(DevicePool("gpu", 2),), extra={"fpga": 4, "unused": 1})
    pending = [agent("d", devices=(DeviceRequest("gpu", 1, milli=500),)), agent("f", extra={"fpga": 1})]
    verdict = place(snapshot([shared], pending), Settings(workers=1))
    assert isinstance(verdict, VerifiedPlan)
    header, row = printed(verdict).split("Nodes, share requested before → after\n")[1].splitlines()[:2]
    assert header.split() == ["node", "agents", "new", "cpu", "memory", "fpga", "gpu"]
    assert row.split("  ")[-2:] == ["0 % → 25 %", "0 % → 25 %"]


def test_what_ran_before_is_in_both_shares_and_what_is_new_in_the_second() -> None:
    cluster = snapshot([node("n1", cpu=1000)], [agent("r", cpu=250, on="n1"), agent("a", cpu=500)])
    verdict = place(cluster, Settings(workers=1))
    assert isinstance(verdict, VerifiedPlan)
    assert "n1         2    1  25 % → 75 %     0 %" in printed(verdict)


def many_priorities(count: int) -> tuple[Snapshot, Plan]:
    pending = [agent(f"a{i}", priority=i) for i in range(count)]
    left = Unplaced(namespace="default", agent="a0", priority=0)
    bound = tuple(Binding(namespace="default", agent=a.name, node="n1") for a in pending[1:])
    return snapshot([node("n1")], pending), Plan(status=Status.OPTIMAL, bindings=bound, unplaced=(left,))


def test_many_rows_fold_into_one_that_sums_them_and_what_is_left_out_stays_visible() -> None:
    _, first, rest = lines(agent_table(*many_priorities(25)))
    assert first.split() == ["default", "0", "0", "1"]
    assert rest.split() == ["(24", "more)", "24", "0"]


def test_many_levels_fold_but_for_the_open_ones() -> None:
    closed = [Level(name=f"p{i}", sense="maximize", value=1, bound=1) for i in range(20)]
    rows = lines(level_table([*closed, Level(name="last", sense="minimize", value=3, bound=2)]))
    assert rows[-2].split() == ["last", "(least)", "3", "2", "33", "%"]
    assert rows[-1].split() == ["(14", "more)", "14", "proven"]


@pytest.mark.parametrize(
    ("gap", "shown"),
    [
        (0.0, "0 %"),
        (1.0, "100 %"),
        (0.1234, "12 %"),
        (0.0123, "1.2 %"),
        (3e-6, "0.0003 %"),
        (1e-9, "< 0.0001 %"),
    ],
)
def test_gaps_have_two_digits_that_matter(gap: float, shown: str) -> None:
    assert percent(gap) == shown


def test_where_nobody_watches_lines_are_not_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    long = "n" * 200
    verdict = place(snapshot([node(long)], [agent("a", cpu=1)]), Settings(workers=1))
    assert isinstance(verdict, VerifiedPlan)
    out = io.StringIO()
    console = make_console()
    console.file = out
    print_plan(console, verdict)
    assert any(line.startswith(long) for line in out.getvalue().splitlines())


def test_a_width_that_is_asked_for_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "77")
    assert make_console().width == 77


def test_warnings_and_notes_come_one_to_a_line() -> None:
    cluster = snapshot([node("n1")], [], warnings=("odd thing",), notes=("3 ConfigMaps ignored",))
    verdict = place(cluster, Settings(workers=1, deterministic=True))
    assert isinstance(verdict, VerifiedPlan)
    assert printed(verdict).splitlines()[-4:] == ["", "warning: odd thing", "", "note: 3 ConfigMaps ignored"]


def explained(cluster: Snapshot, name: str, plan: Plan | None = None) -> str:
    found = cluster.agent_by_key[f"default/{name}"]
    state = without(ClusterState(cluster), found)
    out = io.StringIO()
    console = Console(file=out, width=200, color_system=None)
    print_explanation(console, state, found, node_reasons(state, found), plan)
    return out.getvalue()


def test_an_explanation_says_what_the_agent_is_and_what_every_rule_says() -> None:
    asked = agent(
        "a",
        cpu=1500,
        memory=2048,
        priority=7,
        priority_class_name="high",
        qos=QosClass.BURSTABLE,
        limits={"cpu": 2000},
        devices=(DeviceRequest("gpu", 1, milli=250, models=("T4", "L4")),),
        owner=OwnerReference("Job", "nightly"),
        pod_group="g",
    )
    nodes = [
        node("n1", cpu=2000, devices=(DevicePool("gpu", 1, "T4"),)),
        node("n2", cpu=1000, taints=(taint("x"),), devices=(DevicePool("gpu", 1, "L4"),)),
    ]
    cluster = snapshot(
        nodes, [asked, agent("r", cpu=100, on="n2")], pod_groups=(PodGroup("default", "g", 1),)
    )
    assert explained(cluster, "a").splitlines() == [
        "default/a",
        "  pending, priority 7 (high), Burstable",
        "  requests: cpu 1500m, memory 2Gi",
        "  limits: cpu 2",
        "  devices: 250 milli of one gpu of T4 or L4",
        "  controlled by Job nightly",
        "  in gang g",
        "",
        "Node by node, rule by rule",
        "node  verdict",
        "n1    fits",
        "n2    taints: node(s) had untolerated taint {x: }",
        "      resources: Insufficient cpu (cpu: asks 1500m, 900m free of 1)",
        "",
        "fits on 1 of 2 nodes as things stand",
    ]


def test_a_running_agent_is_explained_as_if_it_were_not_there() -> None:
    text = explained(snapshot([node("n1", cpu=1000)], [agent("r", cpu=1000, on="n1")]), "r")
    assert "runs on n1; the verdicts are for the cluster without it" in text
    assert "fits on 1 of 1 nodes" in text


def test_many_nodes_that_say_the_same_are_one_entry() -> None:
    nodes = [node(f"n{i:02}", cpu=100) for i in range(30)] + [node("large")]
    text = explained(snapshot(nodes, [agent("a", cpu=500)]), "a")
    assert [line.split("  ")[0] for line in text.splitlines() if line.endswith("fits")] == ["large"]
    assert "n00, n01, n02 and 27 more  resources: Insufficient cpu\n" in text


def test_what_a_plan_says_of_the_agent_is_repeated() -> None:
    left = Unplaced(namespace="default", agent="a", message="no room")
    cluster = snapshot([node("n1")], [agent("a")])
    assert "the plan leaves it out: no room" in explained(
        cluster, "a", Plan(status=Status.OPTIMAL, unplaced=(left,))
    )


def weighted(*terms: tuple[int, str, int]) -> Level:
    parts = tuple(LevelTerm(name=name, weight=weight, value=value) for weight, name, value in terms)
    total = sum(term.weight * term.value for term in parts)
    return Level(name="scores", sense="minimize", value=total, bound=total, terms=parts)


@pytest.mark.parametrize(
    ("level", "below"),
    [
        pytest.param(
            weighted((2, "Cost", 10), (1, "NodeAffinity", 0), (1, "FewestNodes", 3)),
            ["2 x Cost 10", "1 x FewestNodes 3"],
            id="what costs nothing is not shown",
        ),
        pytest.param(weighted((1, "Cost", 10)), [], id="a level that is one score says it itself"),
        pytest.param(weighted((3, "Cost", 10)), ["3 x Cost 10"], id="unless it is multiplied"),
        pytest.param(
            weighted(*((1, f"s{i}", 1) for i in range(12))),
            [*(f"1 x s{i} 1" for i in range(10)), "(2 more terms)"],
            id="ten at most",
        ),
    ],
)
def test_a_weighted_level_says_what_it_is_made_of(level: Level, below: list[str]) -> None:
    _, _, *rows = lines(level_table([level]))
    assert [" ".join(row.split()) for row in rows] == below


def test_terms_of_several_profiles_are_told_apart() -> None:
    term = LevelTerm(name="NodeAffinity", profile="batch", weight=2, value=5)
    level = Level(name="scores", sense="minimize", value=10, bound=10, terms=(term,))
    assert lines(level_table([level]))[-1].split() == ["2", "x", "NodeAffinity", "(batch)", "5"]
