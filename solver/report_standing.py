"""A cluster as it stands beside the best rearrangement, as tables."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from placewright.models.standing import Standing
from placewright.solver.report import print_lines, print_times
from placewright.solver.report_compare import facts_table, levels_table
from placewright.solver.report_tables import show


def print_standing(console: Console, standing: Standing) -> None:
    """The verdict, who was and was not part of the question, levels and terms, nodes."""
    console.print(Text(standing.verdict, style="bold"), soft_wrap=True)
    for line in _question(standing):
        console.print(Text(line), soft_wrap=True)
    plans = (standing.now, standing.best)
    if standing.movable:
        title = f"Levels of profile {standing.profile}, in order of importance"
        decided = "" if standing.now.levels == standing.best.levels else _first_difference(standing)
        show(console, title, levels_table(plans, best=standing.best.name, decided_by=decided))
        show(console, "Agents and nodes", facts_table(console, plans, placed="running"))
    print_lines(console, "warning", standing.warnings, "yellow")
    print_lines(console, "note", standing.notes, "dim")
    print_times(console, standing.timing)


def _question(standing: Standing) -> Iterator[str]:
    """Which agents may move, which stay and why, which are left out."""
    pinned = sum(item.agents for item in standing.pinned)
    yield f"agents: {standing.movable} may move, {pinned} stay, {standing.ignored} pending are left out"
    for item in standing.pinned:
        yield f"  {item.agents} {'stays' if item.agents == 1 else 'stay'}: {item.reason}"


def _first_difference(standing: Standing) -> str:
    pairs = zip(standing.now.levels, standing.best.levels, strict=True)
    return next((now.name for now, best in pairs if now.value != best.value), "")
