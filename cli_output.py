"""What commands share on their way out: who solves, where reports go, an answer that is not emitted."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated, NoReturn, TypeVar

import typer
from pydantic import BaseModel
from rich.console import Console

from placewright.cli_ending import Exit
from placewright.cli_options import OUTPUT, option
from placewright.solver.emit import ReportFormat, as_text, write_atomically
from placewright.solver.progress import Progress
from placewright.solver.report import make_console, print_refused
from placewright.solver.report_rebalance import print_refused_rebalance
from placewright.solver.terminal import write_bytes
from placewright.solver.verify import Refused
from placewright.solver.verify_rebalance import RefusedRebalance

Output = Annotated[ReportFormat, option("--output -o", OUTPUT, "What to print.")]
Answer = TypeVar("Answer")
Found = TypeVar("Found", bound=BaseModel)


def solved(
    solve: Callable[[Callable[[str], None]], Answer | Refused | RefusedRebalance],
    *,
    quiet: bool,
    verbose: bool = False,
) -> Answer:
    """What `solve` finds, saying how it gets on; leaves where that did not verify."""
    with Progress(quiet=quiet, verbose=verbose) as progress:
        found = solve(progress.say)
    if isinstance(found, RefusedRebalance):
        print_refused_rebalance(make_console(stderr=True), found)
        _nothing_emitted()
    if isinstance(found, Refused):
        refuse(found)
    return found


def refuse(refused: Refused) -> NoReturn:
    """Say what did not verify, and leave."""
    print_refused(make_console(stderr=True), refused)
    _nothing_emitted()


def _nothing_emitted() -> NoReturn:
    sys.stderr.write("the answer did not verify, so nothing is emitted: this is a bug in placewright\n")
    raise typer.Exit(Exit.UNPLACED)


def write(output: str, out: str | None, made: Callable[[str], str]) -> None:
    """Into FILE if there is one, else to standard output, where the table already is if it was asked for."""
    if out is not None and out != "-":
        write_atomically(out, made("json" if output == "table" else output))
    elif output != "table":
        write_bytes(made(output).encode())


def report(
    found: Found,
    print_table: Callable[[Console, Found], None],
    output: ReportFormat,
    out: str | None,
    *,
    quiet: bool,
) -> None:
    """A report as it was asked for: the table for people, unless quiet, and the text for programs."""
    if output is ReportFormat.TABLE and not quiet:
        print_table(make_console(), found)
    write(output.value, out, lambda fmt: as_text(found, ReportFormat(fmt)))
