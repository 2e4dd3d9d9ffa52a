"""The commands that ask what would be: scenarios on a cluster, and every loss it might suffer."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from placewright.cli_ending import Exit
from placewright.cli_options import (
    OUTPUT,
    SOLVING,
    Deterministic,
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
    solving,
)
from placewright.cli_output import Output, refuse, report, solved, write
from placewright.models.errors import InputError, UsageError
from placewright.models.snapshot import Snapshot
from placewright.models.survival import Answer
from placewright.models.whatif import WhatIf, WhatIfCase
from placewright.scenarios.charts import chart as draw
from placewright.scenarios.charts import curves, picture
from placewright.scenarios.document import read_cases
from placewright.scenarios.executors import Executor
from placewright.scenarios.executors import executor as named_executor
from placewright.scenarios.headroom import headroom as measure_headroom
from placewright.scenarios.report_headroom import print_headroom
from placewright.scenarios.report_survival import print_survival
from placewright.scenarios.report_whatif import as_csv, print_whatif
from placewright.scenarios.run import Done, jobs, run, summary
from placewright.scenarios.survival import survives
from placewright.scenarios.templates import wanted
from placewright.solver.emit import ReportFormat, as_text, write_atomically
from placewright.solver.report import make_console
from placewright.solver.verify import Refused


class WhatIfFormat(StrEnum):
    """What a comparison of scenarios is written as. table is for people; csv has a line for each case."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"
    CSV = "csv"


AtOnce = Annotated[
    int, option("--processes", SOLVING, "Cases that are solved at once.", metavar="N", min=1, max=1024)
]
By = Annotated[
    str, option("--executor", SOLVING, "Who solves: processes, ray or ray:ADDRESS.", metavar="NAME")
]


Values = Annotated[
    list[str] | None,
    option(
        "--set",
        None,
        "A value for a parameter of the scenarios; may be repeated.",
        metavar="NAME=VALUE",
        show_default=False,
    ),
]
After = Annotated[
    str | None,
    option(
        "--scenario",
        None,
        "Ask it of the cluster after this scenario, which must be one case.",
        metavar="FILE",
        show_default=False,
    ),
]


@reads_cluster
def whatif(
    inputs: Inputs,
    reading: Reading,
    scenario: Annotated[
        list[str],
        option("--scenario", None, "Scenarios as YAML or JSON; may be repeated.", metavar="FILE"),
    ],
    set_: Values = None,
    output: Annotated[WhatIfFormat, option("--output -o", OUTPUT, "What to print.")] = WhatIfFormat.TABLE,
    out: Out = None,
    plans: Annotated[
        str | None,
        option("--plans", OUTPUT, "Write each case's verified plan here.", metavar="DIR", show_default=False),
    ] = None,
    chart: Annotated[
        str | None,
        option(
            "--chart", OUTPUT, "Draw the sweeps: .png, .svg or .html.", metavar="FILE", show_default=False
        ),
    ] = None,
    preempt: Preempt = False,
    processes: AtOnce = 1,
    executor: By = "processes",
    time_limit: TimeLimit = "20s",
    workers: Workers = 0,
    seed: Seed = 0,
    deterministic: Deterministic = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Try scenarios on a cluster: what would be placed, what not and why, how full, at what cost."""
    cases = read_cases(scenario, _assignments(set_ or ()))
    kind = None if chart is None else picture(chart)
    if kind is not None:
        curves(cases)
    who = named_executor(executor, processes, workers)
    settings = solving(
        time_limit, workers or _share_of_cores(who), seed, deterministic=deterministic, preempt=preempt
    )
    snapshot = reading.load(inputs)
    asked = jobs(snapshot, cases, settings, with_plans=plans is not None)
    done = solved(lambda say: run(asked, who, progress=say), quiet=quiet, verbose=verbose)
    results = _verified(done)
    if plans is not None:
        results = _write_plans(plans, results, [item.plan for item in done])
    told = summary(snapshot, results)
    if chart is not None and kind is not None:
        write_atomically(chart, draw(told, kind))
    if output is WhatIfFormat.TABLE and not quiet:
        print_whatif(make_console(), told)
    write(output.value, out, lambda fmt: _text(told, WhatIfFormat(fmt)))


Lose = Annotated[
    str,
    option(
        "--lose",
        None,
        "What is lost: zone, node, rack or any node label; zone:2 is any two of them at once.",
        metavar="LABEL[:K]",
    ),
]
Priority = Annotated[
    int | None,
    option(
        "--priority",
        None,
        "Agents of at least this priority must run again; all unless given.",
        metavar="P",
        show_default=False,
    ),
]
Rearrange = Annotated[
    bool,
    flag("--rearrange", SOLVING, "After a loss all running agents may move, not only those it hits."),
]


@reads_cluster
def survive(
    inputs: Inputs,
    reading: Reading,
    scenario: After = None,
    set_: Values = None,
    lose: Lose = "zone",
    priority: Priority = None,
    rearrange: Rearrange = False,
    output: Output = ReportFormat.TABLE,
    out: Out = None,
    preempt: Preempt = False,
    processes: AtOnce = 1,
    executor: By = "processes",
    time_limit: TimeLimit = "20s",
    workers: Workers = 0,
    seed: Seed = 0,
    deterministic: Deterministic = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Check that whatever zone, rack or node is lost, all important agents can run again."""
    who = named_executor(executor, processes, workers)
    settings = solving(
        time_limit, workers or _share_of_cores(who), seed, deterministic=deterministic, preempt=preempt
    )
    snapshot = _after(reading.load(inputs), scenario, set_)
    found = solved(
        lambda say: survives(
            snapshot,
            lose,
            priority=priority,
            settings=settings,
            rearrange=rearrange,
            executor=who,
            progress=say,
        ),
        quiet=quiet,
        verbose=verbose,
    )
    report(found, print_survival, output, out, quiet=quiet)
    raise typer.Exit(_EXITS[found.answer])


@reads_cluster
def headroom(
    inputs: Inputs,
    reading: Reading,
    agent: Annotated[
        list[str],
        option(
            "--agent",
            None,
            "Of what: NS/NAME, or a file with one kind of agent; =N: so many in a set. May be repeated.",
            metavar="TEMPLATE[=N]",
        ),
    ],
    scenario: After = None,
    set_: Values = None,
    output: Output = ReportFormat.TABLE,
    out: Out = None,
    time_limit: TimeLimit = "20s",
    workers: Workers = 0,
    seed: Seed = 0,
    deterministic: Deterministic = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """How many more agents of a kind, or of a mix, fit: exactly, and which rule stands in the way of more."""
    settings = solving(time_limit, workers, seed, deterministic=deterministic)
    snapshot = _after(reading.load(inputs), scenario, set_)
    mix = [wanted(snapshot, text) for text in agent]
    found = solved(
        lambda say: measure_headroom(snapshot, mix, settings, progress=say), quiet=quiet, verbose=verbose
    )
    report(found, print_headroom, output, out, quiet=quiet)


_EXITS = {Answer.SURVIVES: Exit.DONE, Answer.FAILS: Exit.UNPLACED, Answer.UNKNOWN: Exit.TIMEOUT}


def _share_of_cores(who: Executor) -> int:
    return max(1, (os.cpu_count() or 1) // who.at_once)


def _after(snapshot: Snapshot, scenario: str | None, values: Sequence[str] | None) -> Snapshot:
    """The cluster after a scenario, if there is one."""
    if scenario is None:
        if values:
            raise UsageError("is for the parameters of a --scenario", field="--set")
        return snapshot
    cases = read_cases([scenario], _assignments(values or ()))
    if len(cases) > 1:
        message = f"comes to {len(cases)} cases, and one is expected: --set gives a parameter one value"
        raise UsageError(message, field=f"--scenario {scenario}")
    return cases[0].applied(snapshot)


def _assignments(given: Sequence[str]) -> dict[str, str]:
    """`NAME=VALUE` as a mapping. Raises UsageError."""
    values = {}
    for item in given:
        name, equals, value = item.partition("=")
        if not name or not equals:
            raise UsageError(f"expected NAME=VALUE, found {item!r}", field="--set")
        values[name] = value
    return values


def _verified(done: Sequence[Done]) -> list[WhatIfCase]:
    """The results; one that did not verify ends it all."""
    results = []
    for item in done:
        if isinstance(item.result, Refused):
            refuse(item.result)
        results.append(item.result)
    return results


def _write_plans(folder: str, results: Sequence[WhatIfCase], texts: Sequence[str]) -> list[WhatIfCase]:
    """Each plan as JSON in a file of its own, named after its case; the results say which."""
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot be made: {error.strerror or error}", source=folder) from None
    named: list[WhatIfCase] = []
    taken: set[str] = set()
    for result, text in zip(results, texts, strict=True):
        path = str(Path(folder) / _file_name(result.name, taken))
        write_atomically(path, text)
        named.append(result.model_copy(update={"plan": path}))
    return named


def _file_name(name: str, taken: set[str]) -> str:
    """`growth-factor-1.5.json`; a number behind it where two cases would share a name."""
    stem = re.sub(r"[^A-Za-z0-9._]+", "-", name).strip("-.") or "case"
    unique, number = stem, 2
    while unique in taken:
        unique, number = f"{stem}-{number}", number + 1
    taken.add(unique)
    return f"{unique}.json"


def _text(told: WhatIf, fmt: WhatIfFormat) -> str:
    return as_csv(told) if fmt is WhatIfFormat.CSV else as_text(told, ReportFormat(fmt.value))
