"""What commands that read a cluster share: their options, and how inputs become a snapshot by them."""

from __future__ import annotations

import gc
import inspect
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from placewright.cli_ending import InterruptError
from placewright.models.ingest.load import load_snapshot
from placewright.models.ingest.profiles import PRESETS, load_profiles
from placewright.models.options import Options
from placewright.models.snapshot import Snapshot
from placewright.solver.settings import Settings, parse_seconds

_MANY = 10_000
"""Agents from which on a snapshot is worth telling the garbage collector about."""
READING, SCORING, SOLVING, OUTPUT, RULES = "Reading", "What is best", "Solving", "Output", "Rules"


def option(name: str, panel: str | None, text: str, **more: Any) -> Any:
    """An option with its help, in a panel of the help page."""
    return typer.Option(*name.split(), help=text, rich_help_panel=panel, **more)


def flag(name: str, panel: str, text: str) -> Any:
    """An option that takes no value."""
    return option(name, panel, text, metavar="")


INPUT_HELP = (
    "Files, directories or archives: Kubernetes objects as JSON or YAML, a cluster dump, a support bundle, "
    "or the concise form. - is standard input."
)
Inputs = Annotated[list[str], typer.Argument(metavar="INPUT…", help=INPUT_HELP, show_default=False)]
Quiet = Annotated[bool, flag("--quiet -q", OUTPUT, "No progress, no table.")]
Verbose = Annotated[
    bool, flag("--verbose -v", OUTPUT, "Progress line by line; every binding; a traceback for a fault.")
]

Out = Annotated[
    str | None,
    option(
        "--out",
        OUTPUT,
        "Write to FILE, all or nothing. With -o table FILE gets JSON.",
        metavar="FILE",
        show_default=False,
    ),
]
TimeLimit = Annotated[
    str, option("--time-limit", SOLVING, "Wall-clock for the solve: 30, 30s, 2m.", metavar="TIME")
]
Gap = Annotated[
    str,
    option("--gap", SOLVING, "Good enough: proven to be so close to the best. 1%, 0.01.", metavar="GAP"),
]
Workers = Annotated[
    int, option("--workers", SOLVING, "Threads, or processes; 0: one per core.", metavar="N", min=0, max=1024)
]
Seed = Annotated[
    int, option("--seed", SOLVING, "Of the search's choices.", metavar="N", min=0, max=2**31 - 1)
]
Deterministic = Annotated[bool, flag("--deterministic", SOLVING, "Same input, same seed, same bytes.")]


Preempt = Annotated[
    bool, flag("--preempt", SOLVING, "Running agents may be evicted for pending ones of higher priority.")
]


def solving(
    time_limit: str, workers: int, seed: int, *, deterministic: bool, preempt: bool = False
) -> Settings:
    """The settings that these options stand for. Raises UsageError."""
    return Settings(
        time_limit=parse_seconds(time_limit, "--time-limit"),
        workers=workers,
        seed=seed,
        deterministic=deterministic,
        preempt=preempt,
    )


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
        if len(snapshot.agents) > _MANY:
            # It is there to stay: walking it again and again for what could be freed takes seconds.
            gc.freeze()
        return snapshot.saying(warnings=self.warnings)


ExpandWorkloads = Annotated[
    bool,
    flag("--expand-workloads", READING, "Deployments, Jobs … whose agents are not in the input: make them."),
]
Profile = Annotated[
    str,
    option(
        "--profile",
        SCORING,
        f"What is best: {', '.join(PRESETS)}, or a file: a profile, or kube-scheduler's configuration.",
        metavar="NAME|FILE",
    ),
]
SchedulerName = Annotated[
    list[str] | None,
    option(
        "--scheduler-name",
        READING,
        "Place agents of this schedulerName (the profile's if none is named); may be repeated.",
        metavar="NAME",
        show_default=False,
    ),
]
TaintsFromConditions = Annotated[
    bool,
    flag("--taints-from-conditions", READING, "Derive the node controller's taints from node conditions."),
]
AssumeTerminatingGone = Annotated[
    bool,
    flag("--assume-terminating-gone", READING, "Agents that are being deleted hold nothing any more."),
]
EnforceQuota = Annotated[
    bool,
    flag(
        "--enforce-quota/--no-enforce-quota",
        RULES,
        "Charge agents that are new to the cluster to its ResourceQuotas.",
    ),
]
RwoOnOneNode = Annotated[
    bool,
    flag("--rwo-on-one-node", RULES, "Stricter: agents that share a ReadWriteOnce claim share a node."),
]
QuirkNamespaceSelector = Annotated[
    bool,
    flag(
        "--quirk-namespace-selector",
        RULES,
        "As 1.35/1.36 do: an agent's own negative namespaceSelector means every namespace.",
    ),
]
QuirkFitScoring = Annotated[
    bool,
    flag(
        "--quirk-fit-scoring",
        RULES,
        "As 1.35/1.36 do: kube-scheduler's fit score does not see an agent's own pod-level resources.",
    ),
]
TaintComparisonOperators = Annotated[
    bool,
    flag(
        "--taint-comparison-operators",
        RULES,
        "Tolerations may use Gt and Lt (an alpha gate in Kubernetes).",
    ),
]


def reading_options(
    expand_workloads: ExpandWorkloads = False,
    profile: Profile = PRESETS[0],
    scheduler_name: SchedulerName = None,
    taints_from_conditions: TaintsFromConditions = False,
    assume_terminating_gone: AssumeTerminatingGone = False,
    enforce_quota: EnforceQuota = True,
    rwo_on_one_node: RwoOnOneNode = False,
    quirk_namespace_selector: QuirkNamespaceSelector = False,
    quirk_fit_scoring: QuirkFitScoring = False,
    taint_comparison_operators: TaintComparisonOperators = False,
) -> Reading:
    """How inputs are read, as these options say."""
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


Command = Callable[..., None]


def takes(**made_by: Callable[..., Any]) -> Callable[[Command], Command]:
    """Give a command the options of other functions; it gets what each makes of its own, by that argument."""

    def decorate(command: Command) -> Command:
        shared = {name: inspect.signature(make, eval_str=True).parameters for name, make in made_by.items()}

        def wrapped(**values: Any) -> None:
            given = {
                name: {option: values.pop(option) for option in options} for name, options in shared.items()
            }
            try:
                command(**values, **{name: made_by[name](**options) for name, options in given.items()})
            except KeyboardInterrupt:
                raise InterruptError from None

        wrapped.__name__, wrapped.__doc__ = command.__name__, command.__doc__
        own = inspect.signature(command, eval_str=True)
        parameters = [parameter for name, parameter in own.parameters.items() if name not in made_by]
        parameters += [parameter for options in shared.values() for parameter in options.values()]
        merged = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in parameters]
        wrapped.__signature__ = own.replace(parameters=merged)  # type: ignore[attr-defined]
        wrapped.__annotations__ = {parameter.name: parameter.annotation for parameter in merged}
        return wrapped

    return decorate


def reads_cluster(command: Command) -> Command:
    """Give a command the options of reading; it gets them resolved, as its argument `reading`."""
    return takes(reading=reading_options)(command)
