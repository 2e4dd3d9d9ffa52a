"""The command line: parse, call, print. What it prints and what it means is decided elsewhere."""

from __future__ import annotations

import inspect
import os
import re
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, NoReturn

import orjson
import typer
from rich.console import Console
from typer._completion_classes import completion_init
from typer._completion_shared import get_completion_script

from placewright import __version__
from placewright.models.errors import InputError, UsageError
from placewright.models.ingest.load import load_snapshot
from placewright.models.options import Options
from placewright.models.plan import Plan, Status
from placewright.models.plan_file import read_plan
from placewright.models.schema import concise_json_schema
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.solver.emit import Format, dump, write_atomically
from placewright.solver.explain import node_reasons
from placewright.solver.place import place as place_agents
from placewright.solver.progress import Progress
from placewright.solver.report import print_explanation, print_plan, print_refused, violation_line
from placewright.solver.settings import Settings, Strategy
from placewright.solver.verify import Refused, VerifiedPlan, final_state
from placewright.solver.verify import verify as verify_plan

EPILOG = """
[bold]Examples[/bold]

  kubectl get nodes,pods,namespaces,pvc,pv,sc,resourcequotas,pdb -A -o json > cluster.json

  placewright place cluster.json                          a table: what goes where, what does not, why

  placewright place cluster.json -o bindings --out b.yaml v1 Bindings, in an order that holds step by step

  placewright explain cluster.json --agent shop/cart-0    node by node, rule by rule

  placewright verify cluster.json --plan b.yaml           any plan, ours or another's

[bold]Exit codes[/bold]

  0 solved   1 unplaced remain with --require-all, or a plan does not verify   2 bad input or usage

  3 the time limit came before anything was found   4 a fault in placewright itself
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

READING, SOLVING, OUTPUT, RULES = "Reading", "Solving", "Output", "Rules"

Inputs = Annotated[
    list[str],
    typer.Argument(
        metavar="INPUT…",
        help="Files, directories or archives: Kubernetes objects as JSON or YAML, a cluster dump, a support "
        "bundle, or the concise form. - is standard input.",
        show_default=False,
    ),
]
Expand = Annotated[
    bool,
    typer.Option(
        "--expand-workloads",
        help="Deployments, Jobs … whose agents are not in the input: make them.",
        rich_help_panel=READING,
    ),
]
SchedulerNames = Annotated[
    list[str] | None,
    typer.Option(
        "--scheduler-name",
        metavar="NAME",
        help="Place agents of this schedulerName; may be repeated. [default: default-scheduler]",
        show_default=False,
        rich_help_panel=READING,
    ),
]
ConditionTaints = Annotated[
    bool,
    typer.Option(
        "--taints-from-conditions",
        help="Derive the node controller's taints from node conditions (for snapshots made by hand).",
        rich_help_panel=READING,
    ),
]
AssumeGone = Annotated[
    bool,
    typer.Option(
        "--assume-terminating-gone",
        help="Agents that are being deleted hold nothing any more.",
        rich_help_panel=READING,
    ),
]
EnforceQuota = Annotated[
    bool,
    typer.Option(
        "--enforce-quota/--no-enforce-quota",
        help="Charge agents that are new to the cluster to its ResourceQuotas.",
        rich_help_panel=RULES,
    ),
]
OneNodeClaims = Annotated[
    bool,
    typer.Option(
        "--rwo-on-one-node",
        help="Stricter than kube-scheduler: agents that share a ReadWriteOnce claim share a node.",
        rich_help_panel=RULES,
    ),
]
QuirkNamespaces = Annotated[
    bool,
    typer.Option(
        "--quirk-namespace-selector",
        help="As 1.35/1.36 do: an agent's own negative namespaceSelector means every namespace.",
        rich_help_panel=RULES,
    ),
]
ComparisonTaints = Annotated[
    bool,
    typer.Option(
        "--taint-comparison-operators",
        help="Tolerations may use Gt and Lt (an alpha gate in Kubernetes).",
        rich_help_panel=RULES,
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no table.", rich_help_panel=OUTPUT)]
Verbose = Annotated[
    bool,
    typer.Option(
        "--verbose", "-v", help="Progress line by line; a traceback for a fault.", rich_help_panel=OUTPUT
    ),
]


@dataclass(frozen=True)
class Reading:
    """How the inputs are to be read: what every command that reads a cluster is told."""

    options: Options
    expand_workloads: bool

    def load(self, inputs: Sequence[str]) -> Snapshot:
        """The snapshot that the inputs hold."""
        return load_snapshot(
            inputs, self.options, expand_workloads=self.expand_workloads, stdin=sys.stdin.buffer
        )


def _reading(
    expand_workloads: Expand = False,
    scheduler_name: SchedulerNames = None,
    taints_from_conditions: ConditionTaints = False,
    assume_terminating_gone: AssumeGone = False,
    enforce_quota: EnforceQuota = True,
    rwo_on_one_node: OneNodeClaims = False,
    quirk_namespace_selector: QuirkNamespaces = False,
    taint_comparison_operators: ComparisonTaints = False,
) -> Reading:
    options = Options(
        scheduler_names=frozenset(scheduler_name) if scheduler_name else Options().scheduler_names,
        enforce_quota=enforce_quota,
        taints_from_conditions=taints_from_conditions,
        assume_terminating_gone=assume_terminating_gone,
        rwo_on_one_node=rwo_on_one_node,
        taint_comparison_operators=taint_comparison_operators,
        quirk_namespace_selector=quirk_namespace_selector,
    )
    return Reading(options, expand_workloads)


def reads_cluster(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of `_reading`; it gets them resolved, as its argument `reading`."""
    own = inspect.signature(command, eval_str=True)
    shared = inspect.signature(_reading, eval_str=True)

    def wrapped(**values: Any) -> None:
        given = {name: values.pop(name) for name in shared.parameters}
        command(**values, reading=_reading(**given))

    wrapped.__name__, wrapped.__doc__ = command.__name__, command.__doc__
    parameters = [parameter for name, parameter in own.parameters.items() if name != "reading"]
    merged = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for parameter in (*parameters, *shared.parameters.values())
    ]
    wrapped.__signature__ = own.replace(parameters=merged)  # type: ignore[attr-defined]
    wrapped.__annotations__ = {parameter.name: parameter.annotation for parameter in merged}
    return wrapped


_SECONDS = re.compile(r"(?P<number>[0-9]+(\.[0-9]+)?)(?P<unit>ms|s|m|h)?")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def parse_seconds(text: str) -> float:
    """`30`, `30s`, `500ms`, `2m` or `1h` in seconds."""
    found = _SECONDS.fullmatch(text.strip())
    if found is None:
        raise typer.BadParameter(f"expected a time such as 30s or 2m, found {text!r}")
    return float(found["number"]) * _UNITS[found["unit"] or "s"]


@app.command(no_args_is_help=True)
@reads_cluster
def place(
    inputs: Inputs,
    reading: Reading,
    output: Annotated[
        Format, typer.Option("--output", "-o", help="What to print.", rich_help_panel=OUTPUT)
    ] = Format.TABLE,
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="Write to FILE, all or nothing. With -o table FILE gets the plan as JSON.",
            show_default=False,
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    require_all: Annotated[
        bool,
        typer.Option("--require-all", help="Exit with 1 if an agent stays unplaced.", rich_help_panel=OUTPUT),
    ] = False,
    time_limit: Annotated[
        str,
        typer.Option(help="Wall-clock for the solve: 30, 30s, 2m.", rich_help_panel=SOLVING),
    ] = "20s",
    workers: Annotated[
        int, typer.Option(min=0, max=1024, help="Threads; 0: one per core.", rich_help_panel=SOLVING)
    ] = 0,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, rich_help_panel=SOLVING)] = 0,
    deterministic: Annotated[
        bool,
        typer.Option("--deterministic", help="Same input, same seed, same bytes.", rich_help_panel=SOLVING),
    ] = False,
    strategy: Annotated[
        Strategy, typer.Option(help="One exact model, or part by part.", rich_help_panel=SOLVING)
    ] = Strategy.AUTO,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Place the pending agents and emit verified bindings, or the reason why not."""
    settings = Settings(
        time_limit=parse_seconds(time_limit),
        workers=workers,
        seed=seed,
        deterministic=deterministic,
        strategy=strategy,
        require_all=require_all,
    )
    snapshot = reading.load(inputs)
    with Progress(quiet=quiet, verbose=verbose) as progress:
        verdict = place_agents(snapshot, settings, progress=progress.say)
    if isinstance(verdict, Refused):
        print_refused(_stderr(), verdict)
        _stderr().print("the answer did not verify, so nothing is emitted: this is a bug in placewright")
        raise typer.Exit(Exit.UNPLACED)
    _emit(verdict, output, out, quiet=quiet)
    raise typer.Exit(_exit_code(verdict.plan, require_all=require_all))


def _exit_code(plan: Plan, *, require_all: bool) -> int:
    if plan.status is Status.TIMEOUT:
        return Exit.TIMEOUT
    return Exit.UNPLACED if require_all and plan.unplaced else Exit.DONE


def _emit(verified: VerifiedPlan, output: Format, out: str | None, *, quiet: bool) -> None:
    """The table goes to standard output; anything else goes to FILE if there is one, else there too."""
    if output is Format.TABLE:
        if not quiet:
            print_plan(_stdout(), verified)
        if out is not None:
            write_atomically(out, dump(verified, Format.JSON))
        return
    text = dump(verified, output)
    if out is not None:
        write_atomically(out, text)
    else:
        sys.stdout.write(text)


@app.command(no_args_is_help=True)
@reads_cluster
def verify(
    inputs: Inputs,
    reading: Reading,
    plan: Annotated[
        str, typer.Option("--plan", metavar="FILE", help="Our JSON or YAML plan, or v1 Bindings.")
    ],
    quiet: Quiet = False,
) -> None:
    """Check any plan against a snapshot: every rule, every number, named where it fails."""
    snapshot = reading.load(inputs)
    candidate = read_plan(plan)
    verdict = verify_plan(snapshot, candidate)
    if isinstance(verdict, Refused):
        for violation in verdict.violations:
            sys.stdout.write(violation_line(violation) + "\n")
        raise typer.Exit(Exit.UNPLACED)
    if not quiet:
        sys.stdout.write(f"valid: {len(candidate.bindings)} bindings, no rule is broken\n")


@app.command(no_args_is_help=True)
@reads_cluster
def explain(
    inputs: Inputs,
    reading: Reading,
    agent: Annotated[str, typer.Option("--agent", metavar="NS/NAME", help="The agent to explain.")],
    plan: Annotated[
        str | None,
        typer.Option("--plan", metavar="FILE", help="Explain with this plan's bindings in place."),
    ] = None,
) -> None:
    """What each rule says of one agent on each node, as things stand."""
    snapshot = reading.load(inputs)
    key = agent if "/" in agent else f"default/{agent}"
    found = snapshot.agent_by_key.get(key)
    if found is None:
        raise UsageError(f"no agent {key} in the snapshot", field="--agent")
    state = _state(snapshot, plan, key)
    print_explanation(_stdout(), state, key, node_reasons(state, found))


def _state(snapshot: Snapshot, plan: str | None, key: str) -> ClusterState:
    """Where everybody else is: as read, or as a plan would have it. The agent itself is taken off."""
    state = ClusterState(snapshot)
    if plan is not None:
        candidate = read_plan(plan)
        verdict = verify_plan(snapshot, candidate)
        if isinstance(verdict, Refused):
            raise InputError(f"does not verify: {violation_line(verdict.violations[0])}", source=plan)
        state = final_state(snapshot, candidate)
    for other, node in list(state.assignments()):
        if other.key == key:
            state.remove(other, node)
    return state


@app.command()
def schema() -> None:
    """Print the JSON schema of the concise input form."""
    text = orjson.dumps(concise_json_schema(), option=orjson.OPT_INDENT_2).decode()
    sys.stdout.write(text + "\n")


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
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Places a whole cluster at once: solved, verified, explained, with a proof of how good it is."""


def _stdout() -> Console:
    return Console(highlight=False, soft_wrap=False)


def _stderr() -> Console:
    return Console(stderr=True, highlight=False, soft_wrap=True)


def _fail(message: str, code: int) -> NoReturn:
    sys.stderr.write(f"error: {' '.join(message.split())}\n")
    sys.exit(code)


def main(arguments: Sequence[str] | None = None) -> None:
    """The console script: every way out has its exit code, and none of them a traceback."""
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    given = list(sys.argv[1:] if arguments is None else arguments)
    if COMPLETE in os.environ:
        completion_init()
    try:
        app(given, prog_name="placewright")
    except InputError as error:
        _fail(str(error), Exit.INPUT)
    except KeyboardInterrupt:
        _fail("interrupted", Exit.INTERRUPTED)
    except Exception as fault:
        if "--verbose" in given or "-v" in given or os.environ.get("PLACEWRIGHT_DEBUG"):
            traceback.print_exc()
        _fail(
            f"a fault in placewright: {type(fault).__name__}: {fault}; "
            "please report it with the input and --verbose",
            Exit.FAULT,
        )
