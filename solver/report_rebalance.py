"""A rebalance plan as tables: what moves, in which waves, and what that is worth."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from placewright.models.plan import Status
from placewright.models.quantity import format_price
from placewright.models.rebalance_plan import Figures, RebalancePlan
from placewright.solver.report import print_lines, print_times, violation_line
from placewright.solver.report_compare import spread_line
from placewright.solver.report_tables import percent, show, table
from placewright.solver.verify_rebalance import RefusedRebalance

MOST_MOVES = 40
"""Moves that are listed one by one unless all are asked for."""
MOST_BLOCKED = 15
_STYLES = {Status.OPTIMAL: "green", Status.FEASIBLE: "yellow", Status.INFEASIBLE: "red"}


def print_rebalance(console: Console, plan: RebalancePlan, *, every: bool = False) -> None:
    """The verdict, who may move, levels, nodes, waves, who is in the way; `every` move, or the first ones."""
    headline = Text(plan.status.value, style=f"bold {_STYLES.get(plan.status, 'red')}")
    console.print(headline.append(f": {plan.verdict}", style="default"), soft_wrap=True)
    for line in _question(plan):
        console.print(Text(line), soft_wrap=True)
    if plan.levels:
        show(console, "Levels, in order of importance (less is better)", _levels(plan))
    show(console, "Nodes", _nodes(console, plan))
    if plan.waves:
        show(console, "Moves, wave by wave", moves_table(plan, every=every))
    if plan.pareto:
        show(console, f"What moves bring ({plan.pareto[0].level}, without their cost)", _pareto(plan))
    _print_blocked(console, plan)
    print_lines(console, "warning", plan.warnings, "yellow")
    print_lines(console, "note", plan.notes, "dim")
    print_times(console, plan.timing)


def print_refused_rebalance(console: Console, refused: RefusedRebalance) -> None:
    """Everything that is wrong with a plan, the first step that fails first."""
    number = len(refused.violations)
    said = f"not valid: {number} violation{'' if number == 1 else 's'}"
    console.print(Text(said, style="bold red"))
    for violation in refused.violations:
        console.print(Text(f"  {violation_line(violation)}"), soft_wrap=True)


def _question(plan: RebalancePlan) -> Iterator[str]:
    """Who may move, who stays and why, who breaks a rule."""
    yield f"agents: {plan.movable} may move, {sum(item.agents for item in plan.pinned)} stay"
    for item in plan.pinned:
        yield f"  {item.agents} {'stays' if item.agents == 1 else 'stay'}: {item.reason}"
    if plan.broken_before:
        yield f"  {plan.broken_before} break a rule where they are, {plan.broken_after} in the end"


def _levels(plan: RebalancePlan) -> Table:
    made = table("level", "before", "after", "bound", "gap")
    for level in plan.levels:
        gap = "proven" if level.value == level.bound else percent(level.gap)
        made.add_row(level.name, str(level.before), str(level.value), str(level.bound), gap)
        for term in level.terms:
            weight = f"{term.weight} x " if term.weight != 1 else ""
            made.add_row(f"  {weight}{term.name}", str(term.before), str(term.value), "", "")
    return made


def _nodes(console: Console, plan: RebalancePlan) -> Table:
    made = table("", "before", "after")
    sign = "±" if console.encoding.lower().startswith("utf") else "+-"

    def row(title: str, said: Callable[[Figures], str]) -> None:
        made.add_row(title, said(plan.before), said(plan.after))

    row("nodes in use", lambda figures: str(figures.nodes_in_use))
    if plan.before.price:
        row("price per hour", lambda figures: format_price(figures.price))
    if plan.goals.drained:
        row("agents on nodes to be drained", lambda figures: str(figures.on_drained))
    for i, use in enumerate(plan.before.utilisation):
        row(
            f"{use.resource} min / mean / max of nodes",
            lambda figures, i=i: spread_line(figures.utilisation[i], sign),  # type: ignore[misc]
        )
    return made


def moves_table(plan: RebalancePlan, *, every: bool) -> Table:
    """Wave by wave; `every` move, or the first ones."""
    made = table("wave", "agent", "from", "to", "how", "why", "cost")
    for column in made.columns[1:-1]:
        column.justify = "left"
    listed = 0
    for wave in plan.waves:
        if not every and listed >= MOST_MOVES:
            continue
        for move in wave.moves:
            if every or listed < MOST_MOVES:
                made.add_row(
                    str(wave.number),
                    move.key,
                    move.from_node,
                    move.to_node,
                    move.discipline.value,
                    move.why,
                    str(move.cost),
                )
            listed += 1
    if not every and plan.moves > MOST_MOVES:
        made.add_row("", f"({plan.moves - MOST_MOVES} more; --verbose lists all)", "", "", "", "", "")
    return made


def _pareto(plan: RebalancePlan) -> Table:
    made = table("moves at most", "moves", "their cost", "value", "bound", "gain a move")
    last: tuple[int, int] | None = None
    for point in plan.pareto:
        gain = ""
        if last is not None and point.moves > last[0]:
            gain = f"{(last[1] - point.value) / (point.moves - last[0]):.0f}"
        bound = "proven" if point.proven else str(point.bound)
        made.add_row(str(point.max_moves), str(point.moves), str(point.cost), str(point.value), bound, gain)
        last = (point.moves, point.value)
    return made


def _print_blocked(console: Console, plan: RebalancePlan) -> None:
    if not plan.blocked:
        return
    console.print()
    console.print(Text("Stay on nodes to be drained", style="bold"))
    for item in plan.blocked[:MOST_BLOCKED]:
        console.print(Text(f"  {item.namespace}/{item.agent} on {item.node}", style="red"), soft_wrap=True)
        console.print(Text(f"    {item.reason}"), soft_wrap=True)
        if item.helps:
            console.print(Text(f"    would free it: {item.helps}"), soft_wrap=True)
    if len(plan.blocked) > MOST_BLOCKED:
        console.print(f"  and {len(plan.blocked) - MOST_BLOCKED} more; -o json lists all", soft_wrap=True)
