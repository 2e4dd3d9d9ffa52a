"""The command line: parse, call, print. What it prints and what it means is decided elsewhere."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Annotated, NoReturn

import orjson
import typer
from typer._completion_classes import completion_init
from typer._completion_shared import get_completion_script

from placewright import __version__
from placewright.cli_capacity import capacity
from placewright.cli_explain import explain
from placewright.cli_options import (
    OUTPUT,
    SOLVING,
    Deterministic,
    Gap,
    Inputs,
    InterruptError,
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
    solving,
)
from placewright.cli_output import Exit, refuse, report, write
from placewright.cli_rebalance import rebalance, shrink
from placewright.cli_whatif import headroom, survive, whatif
from placewright.models.errors import InputError, UsageError
from placewright.models.plan import Plan, Status
from placewright.models.plan_file import read_any_plan, read_plan
from placewright.models.rebalance_plan import RebalancePlan
from placewright.models.schema import catalog_json_schema, concise_json_schema, profile_json_schema
from placewright.models.snapshot import Snapshot
from placewright.scenarios.schema import scenario_json_schema
from placewright.solver.clock import Phases
from placewright.solver.compare import compare as compare_plans
from placewright.solver.compare import contenders
from placewright.solver.emit import Format, ReportFormat, dump
from placewright.solver.place import place as place_agents
from placewright.solver.previous import Previous, strangers
from placewright.solver.progress import Progress
from placewright.solver.report import make_console, print_plan, print_refused
from placewright.solver.report_compare import print_comparison
from placewright.solver.report_rebalance import print_refused_rebalance
from placewright.solver.report_standing import print_standing
from placewright.solver.settings import Settings, Strategy, parse_gap, parse_seconds
from placewright.solver.standing import standing
from placewright.solver.terminal import interruptible, prepare_streams, write_bytes
from placewright.solver.verify import Refused, VerifiedPlan
from placewright.solver.verify import verify as verify_plan
from placewright.solver.verify_rebalance import RefusedRebalance, verify_rebalance

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


COMPLETE = "_PLACEWRIGHT_COMPLETE"
"""The variable by which a shell asks for completions."""


app = typer.Typer(
    name="placewright",
    help="Places a whole cluster at once: solved, verified, explained, with a proof of how good it is.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command(no_args_is_help=True)
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
        snapshot = replace(snapshot, warnings=(*snapshot.warnings, *strangers(snapshot, before)))
    with Progress(quiet=quiet, verbose=verbose) as progress:
        verdict = place_agents(snapshot, settings, progress=progress.say, previous=round_before)
    if isinstance(verdict, Refused):
        refuse(verdict)
    if verdict.plan.timing:
        verdict = verdict.timed({**phases.rounded(), **verdict.plan.timing})
    if output is Format.TABLE and not quiet:
        print_plan(make_console(), verdict, bindings=verbose)
    _emit(verdict, output, out)
    raise typer.Exit(_exit_code(verdict.plan, require_all=require_all))


def _exit_code(plan: Plan, *, require_all: bool) -> int:
    if plan.status is Status.TIMEOUT:
        return Exit.TIMEOUT
    return Exit.UNPLACED if require_all and plan.unplaced else Exit.DONE


def _emit(verified: VerifiedPlan, output: Format, out: str | None) -> None:
    write(output.value, out, lambda fmt: dump(verified, Format(fmt)))


@app.command(no_args_is_help=True)
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
        said = f"{candidate.moves} moves in {len(candidate.waves)} waves"
        sys.stdout.write(f"valid: {said}, no rule is broken on the way\n")


class Baseline(StrEnum):
    """Whose plan is compared beside those in files."""

    GREEDY = "greedy"


@app.command(no_args_is_help=True)
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
    output: Annotated[ReportFormat, option("--output -o", OUTPUT, "What to print.")] = ReportFormat.TABLE,
    out: Out = None,
    quiet: Quiet = False,
) -> None:
    """Judge plans side by side: which is better, at which level, by how much, and how far from the best."""
    snapshot = reading.load(inputs)
    plans = contenders(snapshot, plan or (), baseline=baseline is not None, preempt=preempt)
    comparison = compare_plans(snapshot, plans, preempt=preempt)
    report(comparison, print_comparison, output, out, quiet=quiet)
    raise typer.Exit(Exit.DONE if comparison.all_valid else Exit.UNPLACED)


@app.command(no_args_is_help=True)
@reads_cluster
def score(
    inputs: Inputs,
    reading: Reading,
    output: Annotated[ReportFormat, option("--output -o", OUTPUT, "What to print.")] = ReportFormat.TABLE,
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
    with Progress(quiet=quiet, verbose=verbose) as progress:
        found = standing(snapshot, settings, progress=progress.say)
    if isinstance(found, Refused):
        refuse(found)
    report(found, print_standing, output, out, quiet=quiet)


app.command(no_args_is_help=True)(explain)
app.command(no_args_is_help=True)(whatif)
app.command(no_args_is_help=True)(survive)
app.command(no_args_is_help=True)(rebalance)
app.command(no_args_is_help=True)(shrink)
app.command(no_args_is_help=True)(headroom)
app.command(no_args_is_help=True)(capacity)


@app.command()
def schema(
    profile: Annotated[
        bool, option("--profile", None, "The schema of profiles instead.", metavar="")
    ] = False,
    scenario: Annotated[
        bool, option("--scenario", None, "The schema of what-if scenarios instead.", metavar="")
    ] = False,
    catalog: Annotated[
        bool, option("--catalog", None, "The schema of catalogs instead.", metavar="")
    ] = False,
) -> None:
    """Print the JSON schema of the concise input form, of profiles, of scenarios, or of catalogs."""
    chosen = [
        made
        for wanted, made in (
            (profile, profile_json_schema),
            (scenario, scenario_json_schema),
            (catalog, catalog_json_schema),
        )
        if wanted
    ]
    if len(chosen) > 1:
        raise UsageError("give one of them, not several", field="--profile, --scenario, --catalog")
    printed = chosen[0]() if chosen else concise_json_schema()
    write_bytes(orjson.dumps(printed, option=orjson.OPT_INDENT_2) + b"\n")


class Shell(StrEnum):
    """Shells that completion is known for."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


@app.command()
def completion(
    shell: Annotated[Shell, typer.Argument(help="The shell to make a completion script for.")] = Shell.BASH,
) -> None:
    """Print a completion script: source <(placewright completion bash)."""
    script = get_completion_script(prog_name="placewright", complete_var=COMPLETE, shell=shell.value)
    sys.stdout.write(script + "\n")


def _print_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"placewright {__version__}\n")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool,
        option("--version", None, "Print the version.", callback=_print_version, is_eager=True, metavar=""),
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
