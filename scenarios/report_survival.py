"""Whether a cluster survives, as a table: the verdict, the losses, and the counter-example."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from placewright.models.quantity import format_amount
from placewright.models.survival import Answer, Loss, Survival
from placewright.scenarios.report_whatif import print_left_out
from placewright.solver.report import print_lines
from placewright.solver.report_tables import MOST_ROWS, show, table

_STYLES = {Answer.SURVIVES: "green", Answer.FAILS: "red", Answer.UNKNOWN: "yellow"}


def print_survival(console: Console, survival: Survival) -> None:
    """The verdict first; then the losses, the worst first, and what is missing in the worst."""
    console.print(Text(survival.verdict, style=f"bold {_STYLES[survival.answer]}"), soft_wrap=True)
    if survival.outside:
        agents = "1 agent that is" if survival.outside == 1 else f"{survival.outside} agents that are"
        line = f"{agents} not placed to begin with: no part of the question"
        console.print(Text(line), soft_wrap=True)
    made = table("lost", "nodes", "displaced", "stranded", "fullest", "answer")
    for loss in survival.losses[:MOST_ROWS]:
        full = f"{loss.fullest.resource} {loss.fullest.permille // 10} %" if loss.fullest else "-"
        answer = Text(loss.answer.value, style=_STYLES[loss.answer])
        counts = (str(loss.nodes), str(loss.displaced), str(loss.stranded))
        more = f" and {len(loss.alike)} alike" if loss.alike else ""
        made.add_row(Text(", ".join(loss.domains) + more), *counts, full, answer)
    if len(survival.losses) > MOST_ROWS:
        made.add_row(f"({len(survival.losses) - MOST_ROWS} more)")
    show(console, f"Losses by {survival.topology_key}, the worst first", made)
    if survival.worst is not None and survival.worst.left_out:
        _print_worst(console, survival.worst)
    print_lines(console, "warning", survival.warnings, "yellow")
    print_lines(console, "note", survival.notes, "dim")


def _print_worst(console: Console, loss: Loss) -> None:
    print_left_out(console, f"without {', '.join(loss.domains)}", loss.left_out)
    made = table("resource", "asked by them", "free where they could go")
    for item in loss.missing:
        amounts = (format_amount(item.resource, amount) for amount in (item.asked, item.free))
        made.add_row(item.resource, *amounts)
    show(console, "What is missing", made)
