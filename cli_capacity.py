"""The command that says what to buy."""

from __future__ import annotations

from typing import Annotated

import typer

from placewright.cli_ending import Exit
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
from placewright.cli_output import Output, solved, write
from placewright.models.ingest.catalog import load_catalog
from placewright.scenarios.buy_surviving import buy_surviving
from placewright.solver.capacity.answer import answer
from placewright.solver.capacity.files import bought_objects
from placewright.solver.capacity.question import ask
from placewright.solver.emit import Format, ReportFormat, as_text, dump, write_atomically
from placewright.solver.report import make_console
from placewright.solver.report_capacity import print_capacity

BUYING = "What to buy"


Catalog = Annotated[
    str, option("--catalog", BUYING, "What can be bought: types, prices, zones.", metavar="FILE")
]
FromScratch = Annotated[
    bool,
    flag("--from-scratch", BUYING, "The cheapest whole cluster: no node that is there stays."),
]
Priority = Annotated[
    int | None,
    option(
        "--priority",
        BUYING,
        "Only agents of at least this priority have to be placed.",
        metavar="N",
        show_default=False,
    ),
]
Survive = Annotated[
    str | None,
    option(
        "--survive",
        BUYING,
        "Whatever zone, node, rack or label is lost, all can run again; zone:2 is any two at once.",
        metavar="LABEL[:K]",
        show_default=False,
    ),
]
NodesOut = Annotated[
    str | None,
    option(
        "--nodes-out",
        OUTPUT,
        "Write the nodes bought as Kubernetes objects, to be read beside the cluster.",
        metavar="FILE",
        show_default=False,
    ),
]
PlanOut = Annotated[
    str | None,
    option(
        "--plan-out",
        OUTPUT,
        "Write the verified plan for the cluster with them as JSON.",
        metavar="FILE",
        show_default=False,
    ),
]
RequireAll = Annotated[bool, flag("--require-all", OUTPUT, "Exit with 1 if an agent stays unplaced.")]


@reads_cluster
def capacity(
    inputs: Inputs,
    reading: Reading,
    catalog: Catalog,
    from_scratch: FromScratch = False,
    priority: Priority = None,
    survive: Survive = None,
    output: Output = ReportFormat.TABLE,
    out: Out = None,
    nodes_out: NodesOut = None,
    plan_out: PlanOut = None,
    require_all: RequireAll = False,
    time_limit: TimeLimit = "60s",
    workers: Workers = 0,
    seed: Seed = 0,
    deterministic: Deterministic = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """The cheapest nodes to buy so that all agents are placed under every rule, with a proof."""
    settings = solving(time_limit, workers, seed, deterministic=deterministic)
    offers = load_catalog(catalog)
    snapshot = reading.load(inputs)
    question = ask(
        snapshot,
        offers.catalog,
        from_scratch=from_scratch,
        priority=priority,
        daemons=offers.catalog.daemons if offers.daemons_given else None,
    )
    survived = True
    if survive is None:
        found = solved(
            lambda say: answer(question, settings, from_scratch=from_scratch, progress=say),
            quiet=quiet,
            verbose=verbose,
        )
    else:
        bought = solved(
            lambda say: buy_surviving(
                question, settings, survive, priority=priority, from_scratch=from_scratch, progress=say
            ),
            quiet=quiet,
            verbose=verbose,
        )
        found, survived = bought.answer, bought.survival.survives
    if output is ReportFormat.TABLE and not quiet:
        print_capacity(make_console(), found.document)
    if nodes_out is not None:
        write_atomically(nodes_out, bought_objects(question, found.nodes))
    if plan_out is not None:
        write_atomically(plan_out, dump(found.verified, Format.JSON))
    write(output.value, out, lambda fmt: as_text(found.document, ReportFormat(fmt)))
    short = (require_all and found.document.unplaced) or not survived
    raise typer.Exit(Exit.UNPLACED if short else Exit.DONE)
