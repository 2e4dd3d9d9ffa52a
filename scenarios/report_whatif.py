"""What comes of scenarios, as tables for people and as rows for other programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from placewright.models.quantity import format_price
from placewright.models.whatif import LeftOut, WhatIf, WhatIfCase
from placewright.solver.report import print_lines
from placewright.solver.report_tables import percent, show, table

MOST_PRIORITIES = 4
MOST_REASONS = 3
"""Reasons that are spelled out for each case."""
_STYLES = {"optimal": "green", "feasible": "yellow"}


def print_whatif(console: Console, whatif: WhatIf) -> None:
    """One row a case: agents on nodes by priority, who is left out, how full and how dear it is; then why."""
    priorities = _priorities(whatif.cases)
    resources = list(dict.fromkeys(r.resource for case in whatif.cases for r in case.requested if r.whole))
    names = ["agents", *(f"priority {priority}" for priority in priorities)]
    rest = bool(priorities) and len(_all(whatif.cases)) > len(priorities)
    names += ["others"] * rest
    made = table("scenario", *names, "unplaced", "moves", "nodes", *resources, "cost/h", "answer")
    for case in whatif.cases:
        counts = [_of_priority(case, priority) for priority in priorities]
        counts += [_of_others(case, priorities)] * rest
        shares = {r.resource: f"{r.permille // 10} %" for r in case.requested if r.whole}
        made.add_row(
            Text(case.name),
            f"{case.running}/{case.agents}",
            *counts,
            Text(str(case.unplaced), style="red" if case.unplaced else ""),
            str(case.moves),
            str(case.nodes),
            *(shares.get(name, "-") for name in resources),
            format_price(case.price),
            Text(answer(case), style=_STYLES.get(case.status, "red")),
        )
    show(console, "Scenarios: agents on nodes, of those that want to be", made)
    for case in whatif.cases:
        print_left_out(console, case.name, case.left_out)
    for case in whatif.cases:
        print_lines(console, f"warning: {case.name}", case.warnings, "yellow")
        print_lines(console, f"note: {case.name}", case.notes, "dim")
    print_lines(console, "warning", whatif.warnings, "yellow")
    print_lines(console, "note", whatif.notes, "dim")


def answer(case: WhatIfCase) -> str:
    """`proven`, or how far from it."""
    if case.status == "optimal":
        return "proven"
    return f"within {percent(case.gap)}" if case.status == "feasible" else case.status


def _all(cases: Sequence[WhatIfCase]) -> list[int]:
    return sorted({served.priority for case in cases for served in case.priorities}, reverse=True)


def _priorities(cases: Sequence[WhatIfCase]) -> list[int]:
    """The highest ones; a single one says nothing beside the sum of all."""
    found = _all(cases)
    return found[:MOST_PRIORITIES] if len(found) > 1 else []


def _of_priority(case: WhatIfCase, priority: int) -> str:
    return next((f"{s.running}/{s.agents}" for s in case.priorities if s.priority == priority), "-")


def _of_others(case: WhatIfCase, shown: Sequence[int]) -> str:
    rest = [served for served in case.priorities if served.priority not in shown]
    return f"{sum(s.running for s in rest)}/{sum(s.agents for s in rest)}"


def print_left_out(console: Console, title: str, items: Sequence[LeftOut]) -> None:
    """Who is not placed and why, the most important first; nothing where nobody is left out."""
    if not items:
        return
    console.print()
    console.print(Text(f"Not placed: {title}", style="bold"), soft_wrap=True)
    for item in items[:MOST_REASONS]:
        more = f" and {item.agents - 1} more" if item.agents > 1 else ""
        line = f"  {item.example}{more} (priority {item.priority}): {item.message}"
        console.print(Text(line), soft_wrap=True)
    left = items[MOST_REASONS:]
    if left:
        agents = sum(item.agents for item in left)
        console.print(Text(f"  {agents} more for {len(left)} other reasons"), soft_wrap=True)


def as_csv(whatif: WhatIf) -> str:
    """One line a case: its parameters, then its numbers; a curve where a parameter is swept."""
    parameters = list(dict.fromkeys(name for case in whatif.cases for name in case.parameters))
    priorities = _all(whatif.cases)
    resources = list(dict.fromkeys(r.resource for case in whatif.cases for r in case.requested))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        [
            "scenario",
            *parameters,
            *_NUMBERS,
            "cost_per_hour",
            "cost_in_use_per_hour",
            *(f"{kind}_priority_{p}" for p in priorities for kind in ("agents", "running")),
            *(f"{kind}_{name}" for name in resources for kind in ("used", "whole")),
            "status",
            "gap",
        ]
    )
    for case in whatif.cases:
        writer.writerow(_row(case, parameters, priorities, resources))
    return text.getvalue()


_NUMBERS = ("agents", "running", "unplaced", "pending", "moves", "stopped", "nodes", "nodes_in_use")


def _row(
    case: WhatIfCase, parameters: Sequence[str], priorities: Sequence[int], resources: Sequence[str]
) -> Iterator[object]:
    yield case.scenario
    yield from (case.parameters.get(name, "") for name in parameters)
    yield from (getattr(case, name) for name in _NUMBERS)
    yield format_price(case.price)
    yield format_price(case.price_in_use)
    served = {item.priority: item for item in case.priorities}
    for priority in priorities:
        item = served.get(priority)
        yield from ((item.agents, item.running) if item else (0, 0))
    amounts = {item.resource: item for item in case.requested}
    for name in resources:
        amount = amounts.get(name)
        yield from ((amount.used, amount.whole) if amount else (0, 0))
    yield case.status
    yield case.gap
