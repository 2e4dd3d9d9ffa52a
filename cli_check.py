"""The commands that judge: plans, beside each other, and what runs."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from placewright.cli_ending import Exit
from placewright.cli_options import (
    SOLVING,
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
from placewright.cli_output import Output, report, solved
from placewright.models.plan_file import read_any_plan
from placewright.models.rebalance_plan import RebalancePlan
from placewright.models.snapshot import Snapshot
from placewright.solver.compare import compare as compare_plans
from placewright.solver.compare import contenders
from placewright.solver.emit import ReportFormat
from placewright.solver.report import make_console, print_refused
from placewright.solver.report_compare import print_comparison
from placewright.solver.report_rebalance import print_refused_rebalance
from placewright.solver.report_standing import print_standing
from placewright.solver.standing import standing
from placewright.solver.verify import Refused
from placewright.solver.verify import verify as verify_plan
from placewright.solver.verify_rebalance import RefusedRebalance, verify_rebalance


@reads_cluster
def verify(
    inputs: Inputs,
    reading: Reading,
    plan: Annotated[str, option("--plan", None, "Our JSON or YAML plan, or v1 Bindings.", metavar="FILE")],
    quiet: Quiet = False,
) -> None:
    """Check any plan against a snapshot: every rule, every number, named where it fails.

    A rebalance plan is replayed step by step, in the worst order that the steps of a wave can come in.
    """
    snapshot = reading.load(inputs)
    candidate = read_any_plan(plan)
    if isinstance(candidate, RebalancePlan):
        _verify_rebalance(snapshot, candidate, quiet=quiet)
        return
    verdict = verify_plan(snapshot, candidate)
    if isinstance(verdict, Refused):
        print_refused(make_console(), verdict)
        raise typer.Exit(Exit.UNPLACED)
    if not quiet:
        evictions = f" and {len(candidate.evictions)} evictions" if candidate.evictions else ""
        sys.stdout.write(f"valid: {len(candidate.bindings)} bindings{evictions}, no rule is broken\n")


def _verify_rebalance(snapshot: Snapshot, candidate: RebalancePlan, *, quiet: bool) -> None:
    verdict = verify_rebalance(snapshot, candidate)
    if isinstance(verdict, RefusedRebalance):
        print_refused_rebalance(make_console(), verdict)
        raise typer.Exit(Exit.UNPLACED)
    if not quiet:
        sys.stdout.write(f"valid: {candidate.extent}, no rule is broken on the way\n")


class Baseline(StrEnum):
    """Whose plan is compared beside those in files."""

    GREEDY = "greedy"


@reads_cluster
def compare(
    inputs: Inputs,
    reading: Reading,
    plan: Annotated[
        list[str] | None,
        option(
            "--plan",
            None,
            "Our JSON or YAML plan, or v1 Bindings; may be repeated.",
            metavar="FILE",
            show_default=False,
        ),
    ] = None,
    baseline: Annotated[
        Baseline | None,
        option(
            "--baseline",
            None,
            "Beside them: one agent after the other, as kube-scheduler.",
            show_default=False,
        ),
    ] = None,
    preempt: Annotated[
        bool, flag("--preempt", SOLVING, "The baseline may evict; evictions are levels in any case.")
    ] = False,
    output: Output = ReportFormat.TABLE,
    out: Out = None,
    quiet: Quiet = False,
) -> None:
    """Judge plans side by side: which is better, at which level, by how much, and how far from the best."""
    snapshot = reading.load(inputs)
    plans = contenders(snapshot, plan or (), baseline=baseline is not None, preempt=preempt)
    comparison = compare_plans(snapshot, plans, preempt=preempt)
    report(comparison, print_comparison, output, out, quiet=quiet)
    raise typer.Exit(Exit.DONE if comparison.all_valid else Exit.UNPLACED)


@reads_cluster
def score(
    inputs: Inputs,
    reading: Reading,
    output: Output = ReportFormat.TABLE,
    out: Out = None,
    time_limit: TimeLimit = "20s",
    workers: Workers = 0,
    seed: Seed = 0,
    deterministic: Deterministic = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """How far the cluster as it stands is from the best that moving its agents could make of it."""
    settings = solving(time_limit, workers, seed, deterministic=deterministic)
    snapshot = reading.load(inputs)
    found = solved(lambda say: standing(snapshot, settings, progress=say), quiet=quiet, verbose=verbose)
    report(found, print_standing, output, out, quiet=quiet)
