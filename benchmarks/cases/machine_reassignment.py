"""Google's machine reassignment (ROADEF/EURO challenge 2012), set A: beside the challenge's winner.

Each of the ten instances is a cluster that runs, rebalanced in one step for `headroom`; see
benchmarks/machine_snapshot.py. What a plan costs is counted by the official definition, from outside. The
size is the instance: 14 is a1_4.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from placewright.benchmarks import machine_snapshot
from placewright.benchmarks.bench import Bench, isolated
from placewright.benchmarks.machine_reassignment import cost, read, violations
from placewright.benchmarks.record import LevelRecord, Record
from placewright.benchmarks.registry import Case, register
from placewright.models.rebalance_plan import RebalancePlan
from placewright.solver.rebalance import rebalance
from placewright.solver.settings import Settings
from placewright.solver.verify_rebalance import RefusedRebalance

FOLDER = "roadef2012"
LIMIT = 300.0


@dataclass(frozen=True)
class Run:
    """A verified plan, its official cost, and what it took."""

    plan: RebalancePlan
    cost: int
    seconds: float
    cpu: float


def solve(folder: Path, name: str, limit: float) -> Run:
    """One instance from its files. Raises RuntimeError where the plan does not keep the definition."""
    start = time.perf_counter()
    instance = read(folder / f"model_{name}.txt", folder / f"assignment_{name}.txt")
    verdict = rebalance(
        machine_snapshot.snapshot(instance),
        machine_snapshot.GOALS,
        machine_snapshot.options(instance),
        Settings(time_limit=limit),
    )
    seconds = time.perf_counter() - start
    if isinstance(verdict, RefusedRebalance):
        raise RuntimeError(f"{name}: refused: {verdict.violations[0]}")
    where = machine_snapshot.assignment(instance, verdict.plan)
    broken = next(violations(instance, where), None)
    if broken is not None:
        raise RuntimeError(f"{name}: {broken}")
    return Run(verdict.plan, cost(instance, where), seconds, time.process_time())


def reference(folder: Path) -> dict[str, dict[str, int]]:
    """What is published of each instance, by name: the columns of `reference.csv`."""
    with (folder / "reference.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {row["instance"]: {key: int(row[key]) for key in row if key != "instance"} for row in rows}


def measure(bench: Bench, number: int) -> Iterator[Record]:
    """One instance."""
    folder, name, limit = bench.data / FOLDER, f"a{number // 10}_{number % 10}", bench.limit(LIMIT)
    known = reference(folder)[name]
    run, peak = isolated(solve, folder, name, limit)
    yield Record(
        case="machine-reassignment",
        size=number,
        variant=name,
        status=run.plan.status,
        seconds=run.seconds,
        peak_mib=peak,
        limit=limit,
        phases=run.plan.timing,
        levels=tuple(
            LevelRecord(level.name, "minimize", level.value, level.bound, level.gap)
            for level in run.plan.levels
        ),
        extra={
            "cpu seconds": run.cpu,
            "cost": f"{run.cost:,}",
            "winner in 300 s": f"{known['S41_300s']:,}",
            "beside the winner": f"{100 * (run.cost / known['S41_300s'] - 1):+.3f} %",
            "published bound": f"{known['aggregate_lower_bound']:,}",
            "moves": run.plan.moves,
        },
    )


register(
    Case(
        name="machine-reassignment",
        about="the ten instances of ROADEF 2012's set A (14: a1_4), beside the winner's costs",
        sizes=(11,),
        full=(11, 12, 13, 14, 15, 21, 22, 23, 24, 25),
        measure=measure,
        unit="instance",
    )
)
