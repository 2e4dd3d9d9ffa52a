"""Which nodes can go, for people: the verdict, the nodes, and the waves that empty them."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from placewright.models.plan import Status
from placewright.models.quantity import format_price
from placewright.models.shrink import Shrink
from placewright.solver.report import print_lines, print_times
from placewright.solver.report_rebalance import moves_table
from placewright.solver.report_tables import MOST_ROWS, show, table


def print_shrink(console: Console, shrink: Shrink, *, every: bool = False) -> None:
    """The verdict first; `every` node and move, or the first ones."""
    style = "green" if shrink.status is Status.OPTIMAL else "yellow"
    headline = Text(shrink.status.value, style=f"bold {style}")
    console.print(headline.append(f": {shrink.verdict}", style="default"), soft_wrap=True)
    most = len(shrink.going) + len(shrink.staying) if every else MOST_ROWS
    if shrink.going:
        show(console, "Nodes that can go, the most expensive first", _going(shrink, most))
    if shrink.staying:
        show(console, "Nodes that stay", _staying(shrink, most))
    if shrink.plan.waves:
        show(console, "Moves, wave by wave", moves_table(shrink.plan, every=every))
    print_lines(console, "warning", shrink.warnings, "yellow")
    print_lines(console, "note", shrink.notes, "dim")
    print_times(console, shrink.plan.timing)


def _going(shrink: Shrink, most: int) -> Table:
    made = table("node", *_price_column(shrink), "agents to move", "empty")
    for item in shrink.going[:most]:
        price = [format_price(item.price)] if shrink.priced else []
        empty = f"after wave {item.wave}" if item.wave else "already"
        made.add_row(item.node, *price, str(item.agents), empty)
    if len(shrink.going) > most:
        made.add_row(f"({len(shrink.going) - most} more; --verbose lists all)")
    return made


def _staying(shrink: Shrink, most: int) -> Table:
    made = table("node", *_price_column(shrink), "because")
    made.columns[-1].justify = "left"
    for item in shrink.staying[:most]:
        made.add_row(item.node, *([format_price(item.price)] if shrink.priced else []), Text(item.reason))
    if len(shrink.staying) > most:
        made.add_row(f"({len(shrink.staying) - most} more; --verbose lists all)")
    return made


def _price_column(shrink: Shrink) -> list[str]:
    return ["an hour"] if shrink.priced else []
