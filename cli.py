"""The command line: parse, call, print. What it prints and what it means is decided elsewhere."""

from __future__ import annotations

import inspect
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, Any, NoReturn

import orjson
import typer
from typer._completion_classes import completion_init
from typer._completion_shared import get_completion_script

from placewright import __version__
from placewright.models.errors import InputError
from placewright.models.ingest.load import load_snapshot
from placewright.models.ingest.profiles import PRESETS, load_profiles
from placewright.models.options import Options
from placewright.models.plan import Plan, Status
from placewright.models.plan_file import read_plan
from placewright.models.schema import concise_json_schema, profile_json_schema
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.solver.emit import Format, dump, write_atomically
from placewright.solver.explain import find_agent, node_reasons, without
from placewright.solver.place import place as place_agents
from placewright.solver.progress import Progress
from placewright.solver.report import make_console, print_plan, print_refused, violation_line
from placewright.solver.report_agent import print_explanation
from placewright.solver.settings import Settings, Strategy, parse_seconds
from placewright.solver.terminal import interruptible, prepare_streams, write_bytes
from placewright.solver.verify import Refused, VerifiedPlan
from placewright.solver.verify import verify as verify_plan

EPILOG = """
[bold]Examples[/bold]

  kubectl get nodes,pods,namespaces,pvc,pv,sc,resourcequotas,pdb,svc,rs,sts -A -o json > cluster.json

  placewright place cluster.json                          a table: what goes where, what does not, why

  placewright place cluster.json -o bindings > b.yaml     v1 Bindings, in an order that holds step by step

  placewright explain cluster.json --agent shop/cart-0    node by node, rule by rule

  placewright verify cluster.json --plan b.yaml           any plan, ours or another's

[bold]Exit codes[/bold]

  0 solved   1 unplaced remain with --require-all, or a plan does not verify   2 bad input or usage

  3 the time limit came before anything was found   4 a fault in placewright itself   130 interrupted
"""


COMPLETE = "_PLACEWRIGHT_COMPLETE"
"""The variable by which a shell asks for completions."""


class Exit:
    """Exit codes."""

    DONE = 0
    UNPLACED = 1
    INPUT = 2
    TIMEOUT = 3
    FAULT = 4
    INTERRUPTED = 130


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

READING, SCORING, SOLVING, OUTPUT, RULES = "Reading", "What is best", "Solving", "Output", "Rules"


def _option(name: str, panel: str | None, text: str, **more: Any) -> Any:
    return typer.Option(*name.split(), help=text, rich_help_panel=panel, **more)


def _flag(name: str, panel: str, text: str) -> Any:
    return _option(name, panel, text, metavar="")


INPUT_HELP = (
    "Files, directories or archives: Kubernetes objects as JSON or YAML, a cluster dump, a support bundle, "
    "or the concise form. - is standard input."
)
Inputs = Annotated[list[str], typer.Argument(metavar="INPUT…", help=INPUT_HELP, show_default=False)]
Quiet = Annotated[bool, _flag("--quiet -q", OUTPUT, "No progress, no table.")]
Verbose = Annotated[
    bool, _flag("--verbose -v", OUTPUT, "Progress line by line; every binding; a traceback for a fault.")
]


class InterruptError(Exception):
    """Ctrl-C, in a form that the command framework does not take for its own."""


@dataclass(frozen=True)
class Reading:
    """How the inputs are to be read: what every command that reads a cluster is told."""

    options: Options
    expand_workloads: bool
    warnings: tuple[str, ...] = ()

    def load(self, inputs: Sequence[str]) -> Snapshot:
        """The snapshot that the inputs hold; its warnings begin with those of the profile."""
        snapshot = load_snapshot(
            inputs, self.options, expand_workloads=self.expand_workloads, stdin=sys.stdin.buffer
        )
        return replace(snapshot, warnings=(*self.warnings, *snapshot.warnings))


def _reading(
    expand_workloads: Annotated[
        bool,
        _flag(
            "--expand-workloads", READING, "Deployments, Jobs … whose agents are not in the input: make them."
        ),
    ] = False,
    profile: Annotated[
        str,
        _option(
            "--profile",
            SCORING,
            f"What is best: {', '.join(PRESETS)}, or a file: a profile, or kube-scheduler's configuration.",
            metavar="NAME|FILE",
        ),
    ] = PRESETS[0],
    scheduler_name: Annotated[
        list[str] | None,
        _option(
            "--scheduler-name",
            READING,
            "Place agents of this schedulerName (the profile's if none is named); may be repeated.",
            metavar="NAME",
            show_default=False,
        ),
    ] = None,
    taints_from_conditions: Annotated[
        bool,
        _flag(
            "--taints-from-conditions", READING, "Derive the node controller's taints from node conditions."
        ),
    ] = False,
    assume_terminating_gone: Annotated[
        bool,
        _flag("--assume-terminating-gone", READING, "Agents that are being deleted hold nothing any more."),
    ] = False,
    enforce_quota: Annotated[
        bool,
        _flag(
            "--enforce-quota/--no-enforce-quota",
            RULES,
            "Charge agents that are new to the cluster to its ResourceQuotas.",
        ),
    ] = True,
    rwo_on_one_node: Annotated[
        bool,
        _flag("--rwo-on-one-node", RULES, "Stricter: agents that share a ReadWriteOnce claim share a node."),
    ] = False,
    quirk_namespace_selector: Annotated[
        bool,
        _flag(
            "--quirk-namespace-selector",
            RULES,
            "As 1.35/1.36 do: an agent's own negative namespaceSelector means every namespace.",
        ),
    ] = False,
    quirk_fit_scoring: Annotated[
        bool,
        _flag(
            "--quirk-fit-scoring",
            RULES,
            "As 1.35/1.36 do: kube-scheduler's fit score does not see an agent's own pod-level resources.",
        ),
    ] = False,
    taint_comparison_operators: Annotated[
        bool,
        _flag(
            "--taint-comparison-operators",
            RULES,
            "Tolerations may use Gt and Lt (an alpha gate in Kubernetes).",
        ),
    ] = False,
) -> Reading:
    profiles = load_profiles(profile)
    options = Options(
        enforce_quota=enforce_quota,
        taints_from_conditions=taints_from_conditions,
        assume_terminating_gone=assume_terminating_gone,
        rwo_on_one_node=rwo_on_one_node,
        taint_comparison_operators=taint_comparison_operators,
        quirk_namespace_selector=quirk_namespace_selector,
        quirk_fit_scoring=quirk_fit_scoring,
    )
    return Reading(profiles.applied(options, scheduler_name or ()), expand_workloads, profiles.warnings)


def reads_cluster(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of `_reading`; it gets them resolved, as its argument `reading`."""
    own = inspect.signature(command, eval_str=True)
    shared = inspect.signature(_reading, eval_str=True)

    def wrapped(**values: Any) -> None:
        given = {name: values.pop(name) for name in shared.parameters}
        try:
            command(**values, reading=_reading(**given))
        except KeyboardInterrupt:
            raise InterruptError from None

    wrapped.__name__, wrapped.__doc__ = command.__name__, command.__doc__
    parameters = [parameter for name, parameter in own.parameters.items() if name != "reading"]
    merged = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for parameter in (*parameters, *shared.parameters.values())
    ]
    wrapped.__signature__ = own.replace(parameters=merged)  # type: ignore[attr-defined]
    wrapped.__annotations__ = {parameter.name: parameter.annotation for parameter in merged}
    return wrapped


@app.command(no_args_is_help=True)
@reads_cluster
def place(
    inputs: Inputs,
    reading: Reading,
    output: Annotated[Format, _option("--output -o", OUTPUT, "What to print.")] = Format.TABLE,
    out: Annotated[
        str | None,
        _option(
            "--out",
            OUTPUT,
            "Write to FILE, all or nothing. With -o table FILE gets the plan as JSON.",
            metavar="FILE",
            show_default=False,
        ),
    ] = None,
    require_all: Annotated[
        bool, _flag("--require-all", OUTPUT, "Exit with 1 if an agent stays unplaced.")
    ] = False,
    preempt: Annotated[
        bool,
        _flag("--preempt", SOLVING, "Running agents may be evicted for pending ones of higher priority."),
    ] = False,
    time_limit: Annotated[
        str, _option("--time-limit", SOLVING, "Wall-clock for the solve: 30, 30s, 2m.", metavar="TIME")
    ] = "20s",
    workers: Annotated[
        int, _option("--workers", SOLVING, "Threads; 0: one per core.", metavar="N", min=0, max=1024)
    ] = 0,
    seed: Annotated[
        int, _option("--seed", SOLVING, "Of the search's choices.", metavar="N", min=0, max=2**31 - 1)
    ] = 0,
    deterministic: Annotated[
        bool, _flag("--deterministic", SOLVING, "Same input, same seed, same bytes.")
    ] = False,
    strategy: Annotated[
        Strategy, _option("--strategy", SOLVING, "One exact model, or part by part.")
    ] = Strategy.AUTO,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Place the pending agents and emit verified bindings, or the reason why not."""
    settings = Settings(
        time_limit=parse_seconds(time_limit, "--time-limit"),
        workers=workers,
        seed=seed,
        deterministic=deterministic,
        strategy=strategy,
        require_all=require_all,
        preempt=preempt,
    )
    snapshot = reading.load(inputs)
    with Progress(quiet=quiet, verbose=verbose) as progress:
        verdict = place_agents(snapshot, settings, progress=progress.say)
    if isinstance(verdict, Refused):
        print_refused(make_console(stderr=True), verdict)
        sys.stderr.write("the answer did not verify, so nothing is emitted: this is a bug in placewright\n")
        raise typer.Exit(Exit.UNPLACED)
    if output is Format.TABLE and not quiet:
        print_plan(make_console(), verdict, bindings=verbose)
    _emit(verdict, output, out)
    raise typer.Exit(_exit_code(verdict.plan, require_all=require_all))


def _exit_code(plan: Plan, *, require_all: bool) -> int:
    if plan.status is Status.TIMEOUT:
        return Exit.TIMEOUT
    return Exit.UNPLACED if require_all and plan.unplaced else Exit.DONE


def _emit(verified: VerifiedPlan, output: Format, out: str | None) -> None:
    """Into FILE if there is one, else to standard output, where the table already is if it was asked for."""
    if out is not None and out != "-":
        write_atomically(out, dump(verified, Format.JSON if output is Format.TABLE else output))
    elif output is not Format.TABLE:
        write_bytes(dump(verified, output).encode())


@app.command(no_args_is_help=True)
@reads_cluster
def verify(
    inputs: Inputs,
    reading: Reading,
    plan: Annotated[str, _option("--plan", None, "Our JSON or YAML plan, or v1 Bindings.", metavar="FILE")],
    quiet: Quiet = False,
) -> None:
    """Check any plan against a snapshot: every rule, every number, named where it fails."""
    snapshot = reading.load(inputs)
    candidate = read_plan(plan)
    verdict = verify_plan(snapshot, candidate)
    if isinstance(verdict, Refused):
        print_refused(make_console(), verdict)
        raise typer.Exit(Exit.UNPLACED)
    if not quiet:
        evictions = f" and {len(candidate.evictions)} evictions" if candidate.evictions else ""
        sys.stdout.write(f"valid: {len(candidate.bindings)} bindings{evictions}, no rule is broken\n")


@app.command(no_args_is_help=True)
@reads_cluster
def explain(
    inputs: Inputs,
    reading: Reading,
    agent: Annotated[str, _option("--agent", None, "The agent to explain.", metavar="NS/NAME")],
    plan: Annotated[
        str | None, _option("--plan", None, "Explain with this plan's bindings in place.", metavar="FILE")
    ] = None,
) -> None:
    """What each rule says of one agent on each node, as things stand or as a plan would have them."""
    snapshot = reading.load(inputs)
    found = find_agent(snapshot, agent)
    verified = _verified(snapshot, plan) if plan is not None else None
    state = without(verified.state if verified else ClusterState(snapshot), found)
    reasons = node_reasons(state, found)
    print_explanation(make_console(), state, found, reasons, verified.plan if verified else None)


def _verified(snapshot: Snapshot, path: str) -> VerifiedPlan:
    verdict = verify_plan(snapshot, read_plan(path))
    if isinstance(verdict, Refused):
        raise InputError(f"does not verify: {violation_line(verdict.violations[0])}", source=path)
    return verdict


@app.command()
def schema(
    profile: Annotated[
        bool, _option("--profile", None, "The schema of profiles instead.", metavar="")
    ] = False,
) -> None:
    """Print the JSON schema of the concise input form, or of profiles."""
    printed = profile_json_schema() if profile else concise_json_schema()
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
        _option("--version", None, "Print the version.", callback=_print_version, is_eager=True, metavar=""),
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
