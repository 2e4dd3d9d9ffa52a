"""What commands share on their way out: exit codes, where reports go, an answer that is not emitted."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import NoReturn, TypeVar

import typer
from pydantic import BaseModel
from rich.console import Console

from placewright.solver.emit import ReportFormat, as_text, write_atomically
from placewright.solver.report import make_console, print_refused
from placewright.solver.terminal import write_bytes
from placewright.solver.verify import Refused

Found = TypeVar("Found", bound=BaseModel)


class Exit:
    """Exit codes."""

    DONE = 0
    UNPLACED = 1
    INPUT = 2
    TIMEOUT = 3
    FAULT = 4
    INTERRUPTED = 130


def refuse(refused: Refused) -> NoReturn:
    """Say what did not verify, and leave."""
    print_refused(make_console(stderr=True), refused)
    nothing_emitted()


def nothing_emitted() -> NoReturn:
    """Leave after what did not verify was said."""
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
