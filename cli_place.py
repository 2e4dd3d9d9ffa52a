"""The command that places: a snapshot in, verified bindings out."""

from __future__ import annotations

from typing import Annotated

import typer

from placewright.cli_ending import Exit
from placewright.cli_options import (
    OUTPUT,
    SOLVING,
    Deterministic,
    Gap,
    Inputs,
    Out,
    Preempt,
    Quiet,
    Reading,
    Seed,
    TimeLimit,
    Verbose,
    Workers,
    flag,
    option,
    reads_cluster,
)
from placewright.cli_output import solved, write
from placewright.models.plan import Plan, Status
from placewright.models.plan_file import read_plan
from placewright.solver.clock import Phases
from placewright.solver.emit import Format, dump
from placewright.solver.place import place as place_agents
from placewright.solver.previous import Previous, strangers
from placewright.solver.report import make_console, print_plan
from placewright.solver.settings import Settings, Strategy, parse_gap, parse_seconds


@reads_cluster
def place(
    inputs: Inputs,
    reading: Reading,
    output: Annotated[Format, option("--output -o", OUTPUT, "What to print.")] = Format.TABLE,
    out: Out = None,
    require_all: Annotated[
        bool, flag("--require-all", OUTPUT, "Exit with 1 if an agent stays unplaced.")
    ] = False,
    preempt: Preempt = False,
    previous: Annotated[
        str | None,
        option(
            "--previous",
            SOLVING,
            "Start from the plan of the round before: quicker, and few places change.",
            metavar="PLAN",
            show_default=False,
        ),
    ] = None,
    time_limit: TimeLimit = "20s",
    gap: Gap = "0",
    workers: Workers = 0,
    seed: Seed = 0,
    deterministic: Deterministic = False,
    strategy: Annotated[
        Strategy, option("--strategy", SOLVING, "One exact model, or part by part.")
    ] = Strategy.AUTO,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Place the pending agents and emit verified bindings, or the reason why not."""
    settings = Settings(
        time_limit=parse_seconds(time_limit, "--time-limit"),
        gap=parse_gap(gap, "--gap"),
        workers=workers,
        seed=seed,
        deterministic=deterministic,
        strategy=strategy,
        require_all=require_all,
        preempt=preempt,
    )
    phases = Phases()
    with phases("read"):
        before = None if previous is None else read_plan(previous)
        snapshot = reading.load(inputs)
    round_before = None
    if before is not None:
        round_before = Previous.of(snapshot, before)
        snapshot = snapshot.saying(warnings=strangers(snapshot, before))
    verdict = solved(
        lambda say: place_agents(snapshot, settings, progress=say, previous=round_before),
        quiet=quiet,
        verbose=verbose,
    )
    if verdict.plan.timing:
        verdict = verdict.timed({**phases.rounded(), **verdict.plan.timing})
    if output is Format.TABLE and not quiet:
        print_plan(make_console(), verdict, bindings=verbose)
    write(output.value, out, lambda fmt: dump(verdict, Format(fmt)))
    raise typer.Exit(_exit_code(verdict.plan, require_all=require_all))


def _exit_code(plan: Plan, *, require_all: bool) -> int:
    if plan.status is Status.TIMEOUT:
        return Exit.TIMEOUT
    return Exit.UNPLACED if require_all and plan.unplaced else Exit.DONE
