"""The commands that move what runs: what should move and in which order, and which nodes can go then."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Annotated

import typer

from placewright.cli_ending import Exit
from placewright.cli_moving import MOST, MOVING, lacking, moving_options, refuse_unknown, resources_of
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
    reading_options,
    solving,
    takes,
)
from placewright.cli_output import Output, report, solved, write
from placewright.models.errors import InputError, UsageError
from placewright.models.goals import Goal, Goals, parse_goals
from placewright.models.profile import Shape
from placewright.models.quantity import parse_amount
from placewright.models.rebalance_options import RebalanceOptions
from placewright.models.snapshot import Snapshot
from placewright.scenarios.node_selector import chosen_nodes
from placewright.scenarios.report_shrink import print_shrink
from placewright.scenarios.shrink import shrink as what_can_go
from placewright.solver.emit import ReportFormat, as_text, write_atomically
from placewright.solver.rebalance import rebalance as find_plan
from placewright.solver.report import make_console
from placewright.solver.report_rebalance import print_rebalance

NODES = "Which nodes may go"
GOALS = f"{', '.join(goal for goal in Goal if goal is not Goal.DRAIN)} or drain=NODE[,NODE…]"


GoalNames = Annotated[
    list[str],
    option("--goal", None, f"What for, the most important first: {GOALS}; may be repeated.", metavar="GOAL"),
]
Shapes = Annotated[
    list[str] | None,
    option(
        "--shape",
        None,
        "For defragment: room for this, as cpu=4,memory=16Gi,count=3; else for the pending agents.",
        metavar="SHAPE",
        show_default=False,
    ),
]
MinGain = Annotated[
    int,
    option(
        "--min-gain",
        MOVING,
        "Points that 100 of move cost must bring.",
        metavar="POINTS",
        min=0,
        max=1_000_000,
    ),
]
Repair = Annotated[
    bool, flag("--repair/--no-repair", MOVING, "First move agents that break a rule where they are.")
]
Pareto = Annotated[
    bool,
    flag("--pareto", OUTPUT, "What 1, 2, 5, 10, … moves would bring; takes as long again."),
]


@takes(reading=reading_options, moving=moving_options)
def rebalance(
    inputs: Inputs,
    reading: Reading,
    moving: RebalanceOptions,
    goal: GoalNames,
    shape: Shapes = None,
    min_gain: MinGain = 1,
    repair: Repair = True,
    pareto: Pareto = False,
    output: Output = ReportFormat.TABLE,
    out: Out = None,
    time_limit: TimeLimit = "30s",
    workers: Workers = 0,
    seed: Seed = 0,
    deterministic: Deterministic = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """What should move and in which order, so that nothing breaks on the way. Nothing is applied."""
    goals = parse_goals(tuple(goal), tuple(_shape(text, i) for i, text in enumerate(shape or ())))
    options = replace(moving, min_gain=min_gain, repair=repair, pareto=pareto)
    settings = solving(time_limit, workers, seed, deterministic=deterministic)
    snapshot = reading.load(inputs)
    _asked_for(goals, snapshot)
    refuse_unknown(options, snapshot)
    verdict = solved(
        lambda say: find_plan(snapshot, goals, options, settings, progress=say),
        quiet=quiet,
        verbose=verbose,
    )
    report(verdict.plan, partial(print_rebalance, every=verbose), output, out, quiet=quiet)
    raise typer.Exit(Exit.UNPLACED if verdict.plan.blocked else Exit.DONE)


Only = Annotated[
    list[str] | None,
    option(
        "--only",
        NODES,
        "Only these may go: a node, or labels such as pool=old,!gpu; may be repeated.",
        metavar="NODES",
        show_default=False,
    ),
]
Keep = Annotated[
    list[str] | None,
    option(
        "--keep",
        NODES,
        "These stay; may be repeated.",
        metavar="NODES",
        show_default=False,
    ),
]
MaxNodes = Annotated[
    int | None,
    option(
        "--max-nodes",
        NODES,
        "So many are emptied at most; those that are empty already go besides.",
        metavar="N",
        min=0,
        max=MOST,
        show_default=False,
    ),
]
PlanOut = Annotated[
    str | None,
    option(
        "--plan-out",
        OUTPUT,
        "Write the rebalance plan that empties them as JSON.",
        metavar="FILE",
        show_default=False,
    ),
]


@takes(reading=reading_options, moving=moving_options)
def shrink(
    inputs: Inputs,
    reading: Reading,
    moving: RebalanceOptions,
    only: Only = None,
    keep: Keep = None,
    max_nodes: MaxNodes = None,
    output: Output = ReportFormat.TABLE,
    out: Out = None,
    plan_out: PlanOut = None,
    time_limit: TimeLimit = "30s",
    workers: Workers = 0,
    seed: Seed = 0,
    deterministic: Deterministic = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Which nodes can go: the most expensive set, proven, and the waves of moves that empty them."""
    settings = solving(time_limit, workers, seed, deterministic=deterministic)
    snapshot = reading.load(inputs)
    refuse_unknown(moving, snapshot)
    names = chosen_nodes(snapshot, only, "--only") if only else set(snapshot.node_by_name)
    names -= chosen_nodes(snapshot, keep or (), "--keep")
    options = replace(moving, max_emptied=max_nodes)
    found = solved(
        lambda say: what_can_go(snapshot, names, options, settings, progress=say),
        quiet=quiet,
        verbose=verbose,
    )
    if output is ReportFormat.TABLE and not quiet:
        print_shrink(make_console(), found, every=verbose)
    if plan_out is not None:
        write_atomically(plan_out, as_text(found.plan, ReportFormat.JSON))
    write(output.value, out, lambda fmt: as_text(found, ReportFormat(fmt)))


def _shape(text: str, index: int) -> Shape:
    """`cpu=4,memory=16Gi,count=3`. Raises UsageError."""
    amounts: dict[str, int] = {}
    count: int | None = None
    for part in text.split(","):
        name, equals, amount = part.partition("=")
        if not name or not equals:
            raise UsageError(f"expected NAME=AMOUNT, found {part!r}", field="--shape")
        if name in amounts or (name == "count" and count is not None):
            raise UsageError(f"{name} is given twice", field="--shape")
        if name == "count":
            if not (amount.isascii() and amount.isdigit() and 0 < len(amount) < 8 and int(amount) > 0):
                raise UsageError(f"expected a positive number of copies, found {amount!r}", field="--shape")
            count = int(amount)
            continue
        try:
            amounts[name] = parse_amount(name, amount)
        except InputError as error:
            raise error.located(field=f"--shape: {name}") from None
    if not any(amounts.values()):
        raise UsageError(f"expected an amount to make room for, found {text!r}", field="--shape")
    return Shape(f"shape-{index}", amounts, count or 1)


def _asked_for(goals: Goals, snapshot: Snapshot) -> None:
    """Refuse shapes that would say nothing. Raises UsageError."""
    if goals.shapes and Goal.DEFRAGMENT not in goals.names:
        raise UsageError("what to make room for is asked for by --goal defragment", field="--shape")
    for shape in goals.shapes:
        for name in shape.requests:
            if not any(node.allocatable.get(name, 0) for node in snapshot.nodes):
                raise lacking(name, resources_of(snapshot), "--shape")
