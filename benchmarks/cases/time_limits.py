"""Whether time limits are kept: `kubernetes-max` with 1, 5 and 30 seconds.

The limit is for everything between reading and writing, so that is what is compared with it. A tenth of the
limit and a second more are allowed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from placewright.benchmarks.bench import OTHER, Bench
from placewright.benchmarks.cases.kubernetes_max import cluster_file
from placewright.benchmarks.record import Record
from placewright.benchmarks.registry import Case, register

LIMITS = (1.0, 5.0, 30.0)
OUTSIDE = ("read", OTHER)
"""Phases that the limit is not for."""


def measure(bench: Bench, nodes: int) -> Iterator[Record]:
    """One size at every limit."""
    for limit in LIMITS:
        record = bench.place(
            "time-limits",
            nodes,
            [cluster_file(bench, nodes)],
            ["--expand-workloads"],
            limit=limit,
            variant=f"{limit:g} s",
        )
        yield replace(record, extra={**record.extra, **judged(record)})


def judged(record: Record) -> dict[str, str | float]:
    """The time that the limit was for, and whether it was kept."""
    took = sum(seconds for name, seconds in record.phases.items() if name not in OUTSIDE)
    return {"took": took, "kept": "yes" if took <= 1.1 * record.limit + 1.0 else "no"}


register(
    Case(
        name="time-limits",
        about="whether limits of 1, 5 and 30 seconds are kept on kubernetes-max",
        sizes=(50, 500),
        full=(5_000, 20_000),
        measure=measure,
    )
)
