"""The command that explains one agent: what each rule says of it, and what would let it in."""

from __future__ import annotations

from typing import Annotated

from placewright.cli_options import (
    SOLVING,
    Deterministic,
    Inputs,
    Out,
    Quiet,
    Reading,
    Seed,
    TimeLimit,
    flag,
    option,
    reads_cluster,
)
from placewright.cli_output import Output, solved, write
from placewright.models.errors import InputError, UsageError
from placewright.models.ingest.catalog import load_catalog
from placewright.models.plan_file import read_plan
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.scenarios.explanation import explanation
from placewright.scenarios.repair import repair as repair_of
from placewright.scenarios.report_repair import print_repair
from placewright.solver.emit import ReportFormat, as_text
from placewright.solver.explain import find_agent, node_reasons, without
from placewright.solver.place import place
from placewright.solver.report import make_console, violation_line
from placewright.solver.report_agent import print_explanation
from placewright.solver.settings import Settings, parse_seconds
from placewright.solver.verify import Refused, VerifiedPlan, verify

Explained = Annotated[str, option("--agent", None, "The agent to explain.", metavar="NS/NAME")]
PlanIn = Annotated[
    str | None, option("--plan", None, "Explain with this plan's bindings in place.", metavar="FILE")
]
Repair = Annotated[
    bool,
    flag("--repair", SOLVING, "Why a plan leaves it out, and what would let it in; places without --plan."),
]
Catalog = Annotated[
    str | None,
    option(
        "--catalog",
        SOLVING,
        "For --repair: what can be bought; else nodes like those of the cluster.",
        metavar="FILE",
        show_default=False,
    ),
]


@reads_cluster
def explain(
    inputs: Inputs,
    reading: Reading,
    agent: Explained,
    plan: PlanIn = None,
    repair: Repair = False,
    catalog: Catalog = None,
    output: Output = ReportFormat.TABLE,
    out: Out = None,
    time_limit: TimeLimit = "20s",
    seed: Seed = 0,
    deterministic: Deterministic = False,
    quiet: Quiet = False,
) -> None:
    """What each rule says of one agent on each node, as things stand or as a plan would have them."""
    if catalog is not None and not repair:
        raise UsageError("is for --repair, which says what to buy", field="--catalog")
    settings = Settings(parse_seconds(time_limit, "--time-limit"), seed=seed, deterministic=deterministic)
    offers = load_catalog(catalog) if catalog is not None else None
    snapshot = reading.load(inputs)
    found = find_agent(snapshot, agent)
    verified = _verified(snapshot, plan) if plan is not None else None
    if repair and verified is None:
        verified = solved(lambda say: place(snapshot, settings, progress=say), quiet=quiet)
    state = without(verified.state if verified else ClusterState(snapshot), found)
    reasons = node_reasons(state, found)
    planned = verified.plan if verified else None
    if output is ReportFormat.TABLE and not quiet:
        print_explanation(make_console(), state, found, reasons, planned)
    ways = repair_of(verified, found, settings, offers) if repair and verified is not None else None
    if ways is not None and output is ReportFormat.TABLE and not quiet:
        print_repair(make_console(), ways)
    write(
        output.value,
        out,
        lambda fmt: as_text(explanation(state, found, reasons, planned, ways), ReportFormat(fmt)),
    )


def _verified(snapshot: Snapshot, path: str) -> VerifiedPlan:
    verdict = verify(snapshot, read_plan(path))
    if isinstance(verdict, Refused):
        raise InputError(f"does not verify: {violation_line(verdict.violations[0])}", source=path)
    return verdict
