"""The table for people: what happened, how good it is, what did not fit and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from placewright.models.node import Node
from placewright.models.plan import Level, Plan, Status, Unplaced
from placewright.models.quantity import format_amount
from placewright.models.rules.base import Reason, Violation
from placewright.models.rules.resources import UsageIndex
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.solver.verify import Refused, VerifiedPlan

MOST_NODES = 20
"""A node table longer than this says nothing at a glance."""
MOST_GROUPS = 15
_STYLES = {
    Status.OPTIMAL: "green",
    Status.FEASIBLE: "yellow",
    Status.INFEASIBLE: "red",
    Status.TIMEOUT: "red",
    Status.INVALID: "red",
}


def print_plan(console: Console, verified: VerifiedPlan) -> None:
    """The whole report for a verified plan."""
    plan, snapshot = verified.plan, verified.snapshot
    console.print(_headline(plan))
    console.print()
    console.print(_placed_table(snapshot, plan))
    if plan.levels:
        console.print(_level_table(plan.levels))
    if 0 < len(snapshot.nodes) <= MOST_NODES:
        console.print(_node_table(verified.state))
    _print_unplaced(console, plan.unplaced)
    _print_lines(console, "warning", plan.warnings, "yellow")
    _print_lines(console, "note", plan.notes, "dim")
    if plan.timing:
        times = ", ".join(f"{name} {seconds:.2f}s" for name, seconds in plan.timing.items())
        console.print(Text(f"time: {times}", style="dim"))


def _headline(plan: Plan) -> Text:
    placed, left = len(plan.bindings), len(plan.unplaced)
    match plan.status:
        case Status.OPTIMAL:
            said = "proven: no placement is better"
        case Status.FEASIBLE:
            said = _distance(plan.levels)
        case Status.INFEASIBLE:
            said = "all are required, and it is proven that not all can be"
        case Status.TIMEOUT:
            said = "time ran out before anything was found"
        case _:
            said = "not usable"
    text = Text(f"{plan.status.value}", style=f"bold {_STYLES[plan.status]}")
    return text.append(f": {placed} of {placed + left} agents placed, {said}", style="default")


def _distance(levels: Sequence[Level]) -> str:
    """Which level is not proven, by how much, and that those above it are."""
    open_level = next((level for level in levels if not level.proven), None)
    if open_level is None:
        return "verified"
    distance = f"{open_level.name} within {_percent(open_level.gap)} of its bound"
    if open_level.sense == "minimize" and any(level.sense == "maximize" for level in levels):
        return f"verified; proven that no more can be, {distance}"
    return f"verified; {distance}"


def _percent(gap: float) -> str:
    return f"{100 * gap:.2g} %" if gap else "0 %"


def _table(*columns: str, title: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for i, column in enumerate(columns):
        table.add_column(column, justify="left" if i == 0 else "right", header_style="dim")
    return table


def _placed_table(snapshot: Snapshot, plan: Plan) -> Table:
    priority = {agent.key: agent.spec.priority for agent in snapshot.pending}
    placed = Counter((b.namespace, priority.get(b.key, 0)) for b in plan.bindings)
    left = Counter((u.namespace, u.priority) for u in plan.unplaced)
    table = _table("namespace", "priority", "placed", "unplaced", title="Agents")
    for namespace, level in sorted({*placed, *left}, key=lambda key: (-key[1], key[0])):
        missing = left[namespace, level]
        style = "red" if missing else ""
        table.add_row(namespace, str(level), str(placed[namespace, level]), Text(str(missing), style=style))
    if not table.rows:
        table.add_row("(none pending)", "", "", "")
    return table


def _level_table(levels: Sequence[Level]) -> Table:
    table = _table("level", "value", "bound", "gap", title="\nObjective, in order of importance")
    for level in levels:
        gap = "proven" if level.proven else _percent(level.gap)
        aim = "most" if level.sense == "maximize" else "least"
        table.add_row(f"{level.name} ({aim})", str(level.value), str(level.bound), gap)
    return table


def _node_table(state: ClusterState) -> Table:
    table = _table("node", "agents", "new", "cpu", "memory", title="\nNodes, share requested before → after")
    before, after = state.before().index(UsageIndex), state.index(UsageIndex)
    new = Counter(state.new.values())
    for node in state.snapshot.nodes:
        shares = [
            _share(before.used(node.name).get(name, 0), after.used(node.name).get(name, 0), node, name)
            for name in ("cpu", "memory")
        ]
        table.add_row(node.name, str(len(state.agents_on(node.name))), str(new[node.name] or ""), *shares)
    return table


def _share(before: int, after: int, node: Node, name: str) -> str:
    whole = node.allocatable.get(name, 0)
    if not whole:
        return "-"
    one, two = (f"{100 * used // whole} %" for used in (before, after))
    return two if one == two else f"{one} → {two}"


def _print_unplaced(console: Console, unplaced: Sequence[Unplaced]) -> None:
    if not unplaced:
        return
    groups: dict[tuple[object, ...], list[Unplaced]] = {}
    for item in unplaced:
        reasons = tuple((reason.rule, reason.message) for reason in item.reasons)
        groups.setdefault((item.namespace, item.priority, item.message, reasons), []).append(item)
    console.print()
    console.print(Text("Not placed", style="bold"))
    for members in list(groups.values())[:MOST_GROUPS]:
        first = members[0]
        names = f"{first.namespace}/{first.agent}"
        if len(members) > 1:
            names += f" and {len(members) - 1} more like it"
        console.print(Text(f"  {names} (priority {first.priority})", style="red"))
        console.print(Text(f"    {first.message}"), soft_wrap=True)
        for reason in first.reasons:
            if reason.message not in first.message:
                console.print(Text(f"    {reason.rule}: {reason.message}"), soft_wrap=True)
    if len(groups) > MOST_GROUPS:
        console.print(f"  and {len(groups) - MOST_GROUPS} more kinds; -o json lists all")


def _print_lines(console: Console, what: str, lines: Sequence[str], style: str) -> None:
    if lines:
        console.print()
    for line in lines:
        console.print(Text(f"{what}: ", style=style).append(line, style="default"), soft_wrap=True)


def print_refused(console: Console, refused: Refused) -> None:
    """Everything that is wrong with a plan, one line each."""
    console.print(Text(f"not valid: {len(refused.violations)} violations", style="bold red"))
    for violation in refused.violations:
        console.print(Text(f"  {violation_line(violation)}"), soft_wrap=True)


def violation_line(violation: Violation) -> str:
    """`rule: agent on node: what is wrong, with the numbers`."""
    where = " on ".join(part for part in (violation.agent, violation.node) if part)
    return ": ".join(part for part in (violation.rule, where, violation.message) if part)


def print_explanation(
    console: Console, state: ClusterState, key: str, reasons: Iterable[tuple[Node, list[Reason]]]
) -> None:
    """One agent: what it asks for, and what each rule says of each node."""
    agent = state.snapshot.agent_by_key[key]
    asked = ", ".join(f"{name} {format_amount(name, n)}" for name, n in agent.spec.requests.items())
    console.print(Text(key, style="bold"))
    console.print(
        f"  {state.snapshot.classify(agent).value}, priority {agent.spec.priority}, {agent.spec.qos}"
    )
    console.print(f"  requests: {asked or 'nothing'}")
    if agent.node_name:
        console.print(f"  runs on {agent.node_name}")
    table = _table("node", "verdict", title="\nNode by node, rule by rule")
    table.columns[1].justify = "left"
    for node, found in reasons:
        if not found:
            table.add_row(node.name, Text("fits", style="green"))
        for i, reason in enumerate(found):
            said = f"{reason.rule}: {reason.message}"
            table.add_row(node.name if i == 0 else "", said)
    console.print(table)
