"""Room as a table: how many more fit, what binds, and why not one more."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from placewright.models.headroom import Headroom
from placewright.solver.report import print_lines
from placewright.solver.report_tables import MOST_ROWS, show, table


def print_headroom(console: Console, headroom: Headroom) -> None:
    """The verdict first; then each kind of the mix, and what would make room for more."""
    console.print(Text(headroom.verdict, style="bold"), soft_wrap=True)
    if headroom.outside:
        agents = "1 agent that is" if headroom.outside == 1 else f"{headroom.outside} agents that are"
        console.print(Text(f"{agents} not placed to begin with: no part of the question"), soft_wrap=True)
    made = table("like", "in a set", "more that fit", "on nodes")
    for kind in headroom.mix:
        made.add_row(kind.template, str(kind.weight), str(kind.agents), str(len(kind.nodes)))
    show(console, "Room", made)
    if headroom.binding:
        made = table("without", "more sets" if len(headroom.mix) > 1 else "more")
        for item in headroom.binding[:MOST_ROWS]:
            made.add_row(item.rule, f"{item.more}" if item.proven else f"{item.more} or more")
        show(console, "What binds: room for more if one of these did not hold", made)
    console.print()
    console.print(Text("Not one more", style="bold"), soft_wrap=True)
    for kind in headroom.mix:
        console.print(Text(f"  {kind.template}: {kind.message}"), soft_wrap=True)
    print_lines(console, "warning", headroom.warnings, "yellow")
    print_lines(console, "note", headroom.notes, "dim")
