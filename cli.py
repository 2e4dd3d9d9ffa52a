"""The command line: parse, call, print. What it prints and what it means is decided elsewhere."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated, NoReturn

import typer
from typer._completion_classes import completion_init

from placewright import __version__
from placewright.cli_commands import Commands
from placewright.cli_completion import COMPLETE
from placewright.cli_ending import Exit, InterruptError
from placewright.models.errors import InputError
from placewright.solver.terminal import interruptible, prepare_streams

EPILOG = """
[bold]Examples[/bold]

  kubectl get nodes,pods,namespaces,pvc,pv,sc,resourcequotas,pdb,svc,rs,sts -A -o json > cluster.json

  placewright place cluster.json                          a table: what goes where, what does not, why

  placewright place cluster.json -o bindings > b.yaml     v1 Bindings, in an order that holds step by step

  placewright explain cluster.json --agent shop/cart-0    node by node, rule by rule

  placewright verify cluster.json --plan b.yaml           any plan, ours or another's

  placewright compare cluster.json --plan b.yaml --baseline greedy    which is better, and by how much

  placewright score cluster.json                          how far what runs is from the best possible

  placewright whatif cluster.json --scenario lose-a-zone.yaml     what would become of it, before it happens
  placewright rebalance cluster.json --goal drain=node-3  what should move, wave by wave, and nothing breaks

[bold]Exit codes[/bold]

  0 solved   1 unplaced remain with --require-all, a drain is blocked, or a plan does not verify   2 bad input

  3 the time limit came before anything was found   4 a fault in placewright itself   130 interrupted
"""


app = typer.Typer(
    name="placewright",
    cls=Commands,
    help="Places a whole cluster at once: solved, verified, explained, with a proof of how good it is.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"placewright {__version__}\n")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True, metavar=""
        ),
    ] = False,
) -> None:
    """Places a whole cluster at once: solved, verified, explained, with a proof of how good it is."""


def _fail(message: str, code: int) -> NoReturn:
    sys.stderr.write(f"error: {' '.join(message.split())}\n")
    sys.exit(code)


def main(arguments: Sequence[str] | None = None) -> None:
    """The console script: every way out has its exit code, and none of them a traceback."""
    prepare_streams()
    given = list(sys.argv[1:] if arguments is None else arguments)
    if COMPLETE in os.environ:
        completion_init()
    try:
        with interruptible(Exit.INTERRUPTED):
            app(given, prog_name="placewright")
    except InputError as error:
        _fail(str(error), Exit.INPUT)
    except (InterruptError, KeyboardInterrupt):
        _fail("interrupted", Exit.INTERRUPTED)
    except Exception as fault:
        if "--verbose" in given or "-v" in given or os.environ.get("PLACEWRIGHT_DEBUG"):
            traceback.print_exc()
        _fail(
            f"a fault in placewright: {type(fault).__name__}: {fault}; "
            "please report it with the input and --verbose",
            Exit.FAULT,
        )
