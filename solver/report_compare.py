"""A comparison as tables: who is better and where that is decided, then what else sets the plans apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from placewright.models.comparison import ComparedLevel, ComparedPlan, Comparison, Utilisation
from placewright.models.levels import BUDGETS, EVICTED
from placewright.models.quantity import format_price
from placewright.solver.report import print_lines
from placewright.solver.report_tables import (
    MOST_LEVELS,
    MOST_TERMS,
    is_one_term,
    percent,
    show,
    table,
    term_name,
)

MOST_VIOLATIONS = 1
"""Of a plan that is not valid: how many violations are spelled out. `verify` lists all."""


def print_comparison(console: Console, comparison: Comparison) -> None:
    """The verdict, plans that are not valid, and for the valid ones levels, terms, agents and nodes."""
    console.print(Text(comparison.verdict, style="bold"), soft_wrap=True)
    for plan in comparison.plans:
        if not plan.valid:
            _print_refused(console, plan)
    valid = [plan for plan in comparison.plans if plan.valid]
    if valid:
        if any(plan.levels for plan in valid):
            title = f"Levels of profile {comparison.profile}, in order of importance"
            show(
                console, title, levels_table(valid, best=comparison.best[0], decided_by=comparison.decided_by)
            )
        show(console, "Agents and nodes", facts_table(console, valid))
    print_lines(console, "warning", comparison.warnings, "yellow")
    print_lines(console, "note", comparison.notes, "dim")


def _print_refused(console: Console, plan: ComparedPlan) -> None:
    line = Text(f"{plan.name} is not valid: ", style="red")
    line.append("; ".join(plan.violations[:MOST_VIOLATIONS]), style="default")
    more = len(plan.violations) - MOST_VIOLATIONS
    console.print(line.append(f" (and {more} more)" if more > 0 else ""), soft_wrap=True)


def levels_table(plans: Sequence[ComparedPlan], *, best: str, decided_by: str) -> Table:
    """One row for each level, with each plan's value and its gap to what is proven, and terms below it.

    The bound is the one that holds for the plan named `best`; `decided_by` is the level that stands out.
    """
    proven = any(level.bound is not None for plan in plans for level in plan.levels)
    made = table(
        "level", *(title for plan in plans for title in ([plan.name, "gap"] if proven else [plan.name]))
    )
    if proven:
        made.add_column("bound", justify="right", header_style="dim")
    first_best = next((i for i, plan in enumerate(plans) if plan.name == best), 0)
    rows = [row for row in zip(*(plan.levels for plan in plans), strict=True) if not _is_idle(row)]
    shown = [row for i, row in enumerate(rows) if _matters(i, row, len(rows))]
    for row in shown:
        cells = [cell for level in row for cell in _cells(level, proven=proven)]
        bound = [_known(row[first_best].bound)] if proven else []
        aim = "most" if row[0].sense == "maximize" else "least"
        style = "bold" if row[0].name == decided_by else ""
        made.add_row(f"{row[0].name} ({aim})", *cells, *bound, style=style)
        for name, values in _terms(row):
            made.add_row(
                f"  {name}", *(cell for value in values for cell in ([value, ""] if proven else [value]))
            )
    if len(shown) < len(rows):
        made.add_row(f"({len(rows) - len(shown)} more)")
    return made


def _is_idle(row: Sequence[ComparedLevel]) -> bool:
    """Whether a level is about evictions, and nobody evicts."""
    return all(level.name.startswith((BUDGETS, EVICTED)) and level.value == 0 for level in row)


def _matters(index: int, row: Sequence[ComparedLevel], count: int) -> bool:
    """Whether a level is shown: of many the first, those that differ, and sums."""
    differs = len({level.value for level in row}) > 1
    return count <= MOST_LEVELS or index < MOST_LEVELS // 2 or differs or bool(row[0].terms)


def _cells(level: ComparedLevel, *, proven: bool) -> list[str]:
    if not proven:
        return [str(level.value)]
    gap = "" if level.gap is None else "proven" if level.gap == 0 else percent(level.gap)
    return [str(level.value), gap]


def _known(bound: int | None) -> str:
    return "" if bound is None else str(bound)


def _terms(row: Sequence[ComparedLevel]) -> Iterator[tuple[str, list[str]]]:
    """The terms of a weighted level that cost somebody anything, with each plan's value."""
    if is_one_term(row[0].terms):
        return
    found = [
        terms for terms in zip(*(level.terms for level in row), strict=True) if any(t.value for t in terms)
    ]
    for terms in found[:MOST_TERMS]:
        yield term_name(terms[0]), [str(term.value) for term in terms]
    if len(found) > MOST_TERMS:
        yield f"({len(found) - MOST_TERMS} more terms)", [""] * len(row)


def facts_table(console: Console, plans: Sequence[ComparedPlan], *, placed: str = "placed") -> Table:
    """Agents by priority, evictions, nodes and how evenly they are used."""
    made = table("", *(plan.name for plan in plans))
    sign = "±" if console.encoding.lower().startswith("utf") else "+-"

    def row(title: str, said: Callable[[ComparedPlan], str]) -> None:
        made.add_row(title, *(said(plan) for plan in plans))

    for i, count in enumerate(plans[0].agents):
        row(
            f"{placed}, priority {count.priority}",
            lambda plan, i=i: f"{plan.agents[i].placed} of {plan.agents[i].pending}",  # type: ignore[misc]
        )
    if any(plan.evicted for plan in plans):
        row("evicted", lambda plan: str(plan.evicted))
        row("  of them placed anew", lambda plan: str(plan.placed_anew))
    row("nodes in use", lambda plan: str(plan.nodes_in_use))
    if any(plan.price for plan in plans):
        row("price per hour", lambda plan: format_price(plan.price))
    for i, use in enumerate(plans[0].utilisation):
        row(
            f"{use.resource} min / mean / max of nodes",
            lambda plan, i=i: spread_line(plan.utilisation[i], sign),  # type: ignore[misc]
        )
    return made


def spread_line(use: Utilisation, sign: str) -> str:
    """Thousandths as percent: `0 / 43.2 / 62.5 % ± 12.1`, the last being the standard deviation."""
    shares = " / ".join(f"{share / 10:g}" for share in (use.min, use.mean, use.max))
    return f"{shares} % {sign} {use.deviation / 10:g}"
