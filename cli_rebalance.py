"""The command that says what should move, and in which order."""

from __future__ import annotations

from typing import Annotated

import typer

from placewright.cli_options import (
    OUTPUT,
    Deterministic,
    Inputs,
    Out,
    Quiet,
    Reading,
    Seed,
    TimeLimit,
    Verbose,
    Workers,
    flag,
    option,
    reads_cluster,
    solving,
)
from placewright.cli_output import Exit, nothing_emitted, write
from placewright.models.errors import UsageError
from placewright.models.goals import Goal, parse_goals
from placewright.models.movable import Discipline, MovePolicy, is_moment
from placewright.models.move_cost import Pricing
from placewright.models.plan import Status
from placewright.models.profile import Shape
from placewright.models.quantity import parse_amount
from placewright.models.rebalance_options import Limits, RebalanceOptions
from placewright.solver.emit import ReportFormat, as_text
from placewright.solver.progress import Progress
from placewright.solver.rebalance import rebalance as find_plan
from placewright.solver.report import make_console
from placewright.solver.report_rebalance import print_rebalance, print_refused_rebalance
from placewright.solver.settings import parse_seconds
from placewright.solver.verify_rebalance import RefusedRebalance

MOVING, WAVES = "What may move", "Waves"
GOALS = f"{', '.join(goal for goal in Goal if goal is not Goal.DRAIN)} or drain=NODE[,NODE…]"


@reads_cluster
def rebalance(
    inputs: Inputs,
    reading: Reading,
    goal: Annotated[
        list[str],
        option(
            "--goal", None, f"What for, the most important first: {GOALS}; may be repeated.", metavar="GOAL"
        ),
    ],
    shape: Annotated[
        list[str] | None,
        option(
            "--shape",
            None,
            "For defragment: room for this, as cpu=4,memory=16Gi,count=3; else for the pending agents.",
            metavar="SHAPE",
            show_default=False,
        ),
    ] = None,
    max_moves: Annotated[
        int | None,
        option("--max-moves", MOVING, "So many moves at most.", metavar="N", min=0, show_default=False),
    ] = None,
    max_disruption: Annotated[
        int | None,
        option(
            "--max-disruption",
            MOVING,
            "Moves cost so much at most; 100 is one small agent.",
            metavar="COST",
            min=0,
            show_default=False,
        ),
    ] = None,
    min_gain: Annotated[
        int,
        option(
            "--min-gain",
            MOVING,
            "Points that 100 of move cost must bring.",
            metavar="POINTS",
            min=0,
            max=1_000_000,
        ),
    ] = 1,
    move_cost: Annotated[
        Pricing, option("--move-cost", MOVING, "By size, state, priority and age; or all the same.")
    ] = Pricing.WEIGHTED,
    min_age: Annotated[
        str, option("--min-age", MOVING, "Agents that started more recently stay.", metavar="TIME")
    ] = "5m",
    now: Annotated[
        str,
        option(
            "--now",
            MOVING,
            "The moment that ages are counted to; else the latest in the input.",
            metavar="RFC3339",
            show_default=False,
        ),
    ] = "",
    move_local_storage: Annotated[
        bool,
        flag("--move-local-storage", MOVING, "Agents with an emptyDir or hostPath may move and lose it."),
    ] = False,
    repair: Annotated[
        bool, flag("--repair/--no-repair", MOVING, "First move agents that break a rule where they are.")
    ] = True,
    discipline: Annotated[
        Discipline, option("--discipline", WAVES, "surge: where it can be, the replacement runs first.")
    ] = Discipline.EVICT_THEN_BIND,
    max_parallel: Annotated[
        int, option("--max-parallel", WAVES, "Moves in one wave at most; 0: no limit.", metavar="N", min=0)
    ] = 0,
    max_per_node: Annotated[
        int, option("--max-per-node", WAVES, "The same for each node.", metavar="N", min=0)
    ] = 0,
    max_per_namespace: Annotated[
        int, option("--max-per-namespace", WAVES, "The same for each namespace.", metavar="N", min=0)
    ] = 0,
    max_per_zone: Annotated[
        int, option("--max-per-zone", WAVES, "The same for each zone.", metavar="N", min=0)
    ] = 0,
    max_per_workload: Annotated[
        int,
        option(
            "--max-per-workload",
            WAVES,
            "Percent of a controller's agents that may be away at once, one at least; 0: no limit.",
            metavar="PERCENT",
            min=0,
            max=100,
        ),
    ] = 25,
    pareto: Annotated[
        bool,
        flag("--pareto", OUTPUT, "What 1, 2, 5, 10, … moves would bring; takes as long again."),
    ] = False,
    output: Annotated[ReportFormat, option("--output -o", OUTPUT, "What to print.")] = ReportFormat.TABLE,
    out: Out = None,
    time_limit: TimeLimit = "30s",
    workers: Workers = 0,
    seed: Seed = 0,
    deterministic: Deterministic = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """What should move and in which order, so that nothing breaks on the way. Nothing is applied."""
    if now and not is_moment(now):
        raise UsageError(f"expected a moment such as 2026-01-31T12:00:00Z, found {now!r}", field="--now")
    goals = parse_goals(tuple(goal), tuple(_shape(text, i) for i, text in enumerate(shape or ())))
    options = RebalanceOptions(
        policy=MovePolicy(int(parse_seconds(min_age, "--min-age")), now, move_local_storage, discipline),
        pricing=move_cost,
        limits=Limits(max_parallel, max_per_node, max_per_namespace, max_per_zone, max_per_workload),
        max_moves=max_moves,
        max_disruption=max_disruption,
        min_gain=min_gain,
        repair=repair,
        pareto=pareto,
    )
    settings = solving(time_limit, workers, seed, deterministic=deterministic)
    snapshot = reading.load(inputs)
    with Progress(quiet=quiet, verbose=verbose) as progress:
        verdict = find_plan(snapshot, goals, options, settings, progress=progress.say)
    if isinstance(verdict, RefusedRebalance):
        print_refused_rebalance(make_console(stderr=True), verdict)
        nothing_emitted()
    if output is ReportFormat.TABLE and not quiet:
        print_rebalance(make_console(), verdict.plan, every=verbose)
    write(output.value, out, lambda fmt: as_text(verdict.plan, ReportFormat(fmt)))
    raise typer.Exit(Exit.UNPLACED if verdict.plan.status is Status.INFEASIBLE else Exit.DONE)


def _shape(text: str, index: int) -> Shape:
    """`cpu=4,memory=16Gi,count=3`. Raises UsageError."""
    amounts: dict[str, int] = {}
    count = 1
    for part in text.split(","):
        name, equals, amount = part.partition("=")
        if not name or not equals:
            raise UsageError(f"expected NAME=AMOUNT, found {part!r}", field="--shape")
        if name == "count":
            if not (amount.isascii() and amount.isdigit() and 0 < len(amount) < 8 and int(amount) > 0):
                raise UsageError(f"expected a positive number of copies, found {amount!r}", field="--shape")
            count = int(amount)
        else:
            amounts[name] = parse_amount(name, amount)
    return Shape(f"shape-{index}", amounts, count)
