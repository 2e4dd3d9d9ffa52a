"""What to buy, as tables."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from placewright.models.capacity import BoughtNodes, Capacity, OneLess
from placewright.models.plan import Status
from placewright.solver.report import print_lines, print_times, print_unplaced
from placewright.solver.report_tables import percent, show, table

MOST_ROWS = 40


def print_capacity(console: Console, capacity: Capacity) -> None:
    """The verdict, what to buy, what one less would mean, who stays unplaced."""
    style = "green" if capacity.status is Status.OPTIMAL else "yellow"
    headline = Text(capacity.status.value, style=f"bold {style}")
    console.print(headline.append(f": {verdict(capacity)}", style="default"), soft_wrap=True)
    if capacity.left_out:
        some = "agent is" if capacity.left_out == 1 else "agents are"
        console.print(f"{capacity.left_out} {some} less important than asked for: no part of the question")
    if capacity.survives:
        console.print(Text(capacity.survival), soft_wrap=True)
    if capacity.nodes:
        show(console, "The whole cluster" if capacity.from_scratch else "To buy", _nodes_table(capacity))
    if capacity.losses:
        show(console, "When it is lost", _losses_table(capacity))
    if capacity.one_less:
        show(console, "With one less, or a smaller one", _less_table(capacity.one_less))
    print_unplaced(console, capacity.unplaced)
    print_lines(console, "warning", capacity.warnings, "yellow")
    print_lines(console, "note", capacity.notes, "dim")
    print_times(console, capacity.timing)


def verdict(capacity: Capacity) -> str:
    """In one line: what it costs, and how much cheaper it could be at best."""
    number = sum(line.count for line in capacity.nodes)
    nodes = f"{number} {'node' if number == 1 else 'nodes'}"
    placed = f"{capacity.placed} of {capacity.wanted} agents placed"
    if not number and not float(capacity.cost):
        return f"nothing to buy, {placed}"
    return f"{nodes} for {_money(capacity.cost, capacity)} an hour, {placed}, {_distance(capacity)}"


def _distance(capacity: Capacity) -> str:
    if capacity.status is Status.OPTIMAL:
        return "proven: nothing is cheaper"
    if capacity.bound is None or capacity.gap is None:
        return "how much cheaper it could be is not known"
    return f"at least {_money(capacity.bound, capacity)} is needed (gap {percent(capacity.gap)})"


def _money(amount: str, capacity: Capacity) -> str:
    return f"{amount} {capacity.currency}".rstrip()


def _nodes_table(capacity: Capacity) -> Table:
    zones = any(line.zone for line in capacity.nodes)
    spot = any(line.spot for line in capacity.nodes)
    heads = [
        "type",
        *(["zone"] if zones else []),
        *(["spot"] if spot else []),
        "nodes",
        "an hour",
        "all",
        "a month",
    ]
    rows = table(*heads)
    for line in capacity.nodes[:MOST_ROWS]:
        rows.add_row(*_cells(line, zones=zones, spot=spot))
    hidden = capacity.nodes[MOST_ROWS:]
    if hidden:
        rows.add_row(f"and {len(hidden)} more", *[""] * (len(heads) - 1))
    total = sum(line.count for line in capacity.nodes)
    blanks = [""] * (int(zones) + int(spot))
    rows.add_row("in all", *blanks, str(total), "", capacity.cost, capacity.cost_per_month)
    return rows


def _cells(line: BoughtNodes, *, zones: bool, spot: bool) -> Iterator[str]:
    yield line.type
    if zones:
        yield line.zone
    if spot:
        yield "spot" if line.spot else ""
    yield from (str(line.count), line.price, line.cost, "")


def _less_table(changes: tuple[OneLess, ...]) -> Table:
    rows = table("one of", "zone", "instead", "saves", "unplaced then", "at least")
    for change in changes[:MOST_ROWS]:
        instead = "nothing" if change.change == "remove" else change.change
        spot = " (spot)" if change.spot else ""
        rows.add_row(
            f"{change.type}{spot}",
            change.zone,
            instead,
            change.saves,
            str(change.unplaced),
            str(change.at_least),
        )
    if len(changes) > MOST_ROWS:
        rows.add_row(f"and {len(changes) - MOST_ROWS} more", *[""] * 5)
    return rows


def _losses_table(capacity: Capacity) -> Table:
    rows = table("lost", "nodes", "agents hit", "left without", "answer")
    for loss in capacity.losses[:MOST_ROWS]:
        rows.add_row(
            ", ".join(loss.domains) + (f" and {len(loss.alike)} alike" if loss.alike else ""),
            str(loss.nodes),
            str(loss.displaced),
            str(loss.stranded),
            loss.answer.value,
        )
    if len(capacity.losses) > MOST_ROWS:
        rows.add_row(f"and {len(capacity.losses) - MOST_ROWS} more", *[""] * 4)
    return rows
