"""The table for people: what happened, how good it is, what did not fit and why."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.text import Text

from placewright.models.plan import Binding, Level, Plan, Status
from placewright.models.rules.base import Violation
from placewright.models.unplaced import Unplaced
from placewright.solver.report_tables import (
    MOST_NODES,
    agent_table,
    cluster_table,
    eviction_table,
    level_table,
    node_table,
    percent,
    show,
)
from placewright.solver.verify import Refused, VerifiedPlan

MOST_GROUPS = 15
"""Kinds of unplaced agents that are spelled out."""
_UNLIMITED = 100_000
"""A width that nothing reaches: what is not for a screen is not broken into lines."""
_STYLES = {
    Status.OPTIMAL: "green",
    Status.FEASIBLE: "yellow",
    Status.INFEASIBLE: "red",
    Status.TIMEOUT: "red",
    Status.INVALID: "red",
}


def make_console(*, stderr: bool = False) -> Console:
    """A console that colours and wraps on a terminal only; NO_COLOR and COLUMNS are honoured."""
    console = Console(stderr=stderr, highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _UNLIMITED
    return console


def print_plan(console: Console, verified: VerifiedPlan, *, bindings: bool = False) -> None:
    """The whole report for a verified plan; with `bindings` each of them too."""
    plan, snapshot = verified.plan, verified.snapshot
    arrow = "→" if console.encoding.lower().startswith("utf") else "->"
    console.print(_headline(plan), soft_wrap=True)
    show(console, "Agents", agent_table(snapshot, plan))
    if bindings:
        _print_bindings(console, plan)
    if plan.evictions:
        show(console, "Evicted", eviction_table(snapshot, plan))
    if plan.levels:
        show(console, "Objective, in order of importance", level_table(plan.levels))
    if len(snapshot.nodes) > MOST_NODES:
        title = f"All {len(snapshot.nodes)} nodes, share requested"
        show(console, title, cluster_table(verified.state, arrow))
    elif snapshot.nodes:
        title = f"Nodes, share requested before {arrow} after"
        show(console, title, node_table(verified.state, arrow))
    print_unplaced(console, plan.unplaced)
    print_lines(console, "warning", plan.warnings, "yellow")
    print_lines(console, "note", plan.notes, "dim")
    print_times(console, plan.timing)


def _headline(plan: Plan) -> Text:
    evicted = {eviction.key for eviction in plan.evictions}
    again = sum(binding.key in evicted for binding in plan.bindings)
    placed, left = len(plan.bindings) - again, len(plan.unplaced)
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
    text.append(f": {placed} of {placed + left} agents placed, ", style="default")
    if evicted:
        text.append(f"{len(evicted)} evicted ({again} of them placed elsewhere), ", style="default")
    return text.append(said, style="default")


def _distance(levels: Sequence[Level]) -> str:
    """Which level is not proven, by how much, and that those above it are."""
    open_level = next((level for level in levels if not level.proven), None)
    if open_level is None:
        return "verified"
    distance = f"{open_level.name} within {percent(open_level.gap)} of its bound"
    if open_level.sense == "minimize" and any(level.sense == "maximize" for level in levels):
        return f"verified; proven that no more can be, {distance}"
    return f"verified; {distance}"


def _print_bindings(console: Console, plan: Plan) -> None:
    """A line for each. Not a table of rich's: it would take a minute for as many as there may be."""
    if not plan.bindings:
        return
    rows = [(binding.key, binding.node, _devices(binding)) for binding in plan.bindings]
    width = max(len("agent"), *(len(row[0]) for row in rows))
    wide = max(len("node"), *(len(row[1]) for row in rows))
    console.print()
    console.print(Text("Bindings, in order", style="bold"), soft_wrap=True)
    console.print(Text(f"{'agent':<{width}}  {'node':<{wide}}  devices", style="dim"), soft_wrap=True)
    console.file.writelines(f"{f'{a:<{width}}  {n:<{wide}}  {d}'.rstrip()}\n" for a, n, d in rows)


def _devices(binding: Binding) -> str:
    return "; ".join(f"{d.resource} {','.join(map(str, d.ids))}" for d in binding.devices)


def print_unplaced(console: Console, unplaced: Sequence[Unplaced]) -> None:
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
        console.print(Text(f"  {names} (priority {first.priority})", style="red"), soft_wrap=True)
        console.print(Text(f"    {first.message}"), soft_wrap=True)
        for reason in first.reasons:
            if reason.message not in first.message:
                console.print(Text(f"    {reason.rule}: {reason.message}"), soft_wrap=True)
    if len(groups) > MOST_GROUPS:
        console.print(f"  and {len(groups) - MOST_GROUPS} more kinds; -o json lists all", soft_wrap=True)


def print_times(console: Console, timing: Mapping[str, float]) -> None:
    """Seconds by phase, where they were taken."""
    if timing:
        times = ", ".join(f"{name} {seconds:.2f}s" for name, seconds in timing.items())
        console.print()
        console.print(Text(f"time: {times}", style="dim"), soft_wrap=True)


def print_lines(console: Console, what: str, lines: Sequence[str], style: str) -> None:
    """Each line after what it is: a warning, a note."""
    if lines:
        console.print()
    for line in lines:
        console.print(Text(f"{what}: ", style=style).append(line, style="default"), soft_wrap=True)


def print_refused(console: Console, refused: Refused) -> None:
    """Everything that is wrong with a plan, one line each."""
    number = len(refused.violations)
    said = f"not valid: {number} violation{'' if number == 1 else 's'}"
    console.print(Text(said, style="bold red"))
    for violation in refused.violations:
        console.print(Text(f"  {violation_line(violation)}"), soft_wrap=True)


def violation_line(violation: Violation) -> str:
    """`rule: agent on node: what is wrong, with the numbers`."""
    where = " on ".join(part for part in (violation.agent, violation.node) if part)
    return ": ".join(part for part in (violation.rule, where, violation.message) if part)
