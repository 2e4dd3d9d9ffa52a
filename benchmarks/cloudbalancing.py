"""OptaPlanner's cloud balancing: processes on computers, as cheaply as can be.

Each computer has cpu, memory, bandwidth and a price that is paid once it is used; every process needs some of
all three. Reads the JSON files of that example, places all processes and prints what the computers in use
cost, the bound, the gap and the seconds:

    python benchmarks/cloudbalancing.py ../shared/data/cloudbalancing --time-limit 20
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from placewright.models.agent import Agent, AgentSpec
from placewright.models.node import Node
from placewright.models.options import Options
from placewright.models.profile import PLACED, Profile, ScoreName, Stage
from placewright.models.snapshot import Snapshot
from placewright.solver.place import place
from placewright.solver.settings import Settings
from placewright.solver.verify import Refused

BANDWIDTH = "example.com/bandwidth"
PROCESSES = 10_000
"""Computers have no limit of processes; this one never binds."""

PROFILE = Profile(
    name="cloudbalancing",
    weights={ScoreName.COST: 1},
    stages=(Stage({PLACED: 1}), Stage({str(ScoreName.COST): 1})),
)


def read(path: Path) -> Snapshot:
    """One problem as a snapshot; costs are taken as prices per hour in millionths."""
    document = json.loads(path.read_text(encoding="utf-8"))
    return Snapshot(
        nodes=tuple(_node(computer) for computer in document["computerList"]),
        agents=tuple(_agent(process) for process in document["processList"]),
        options=Options(profile=PROFILE),
    )


def _node(computer: dict[str, Any]) -> Node:
    cpu, memory, bandwidth = computer["cpuPower"], computer["memory"], computer["networkBandwidth"]
    return Node(
        name=f"computer-{computer['id']}",
        allocatable={"cpu": 1000 * cpu, "memory": memory, BANDWIDTH: bandwidth, "pods": PROCESSES},
        price=computer["cost"],
    )


def _agent(process: dict[str, Any]) -> Agent:
    requests = {
        "cpu": 1000 * process["requiredCpuPower"],
        "memory": process["requiredMemory"],
        BANDWIDTH: process["requiredNetworkBandwidth"],
    }
    return Agent("default", f"process-{process['id']}", AgentSpec(requests=requests))


def main() -> None:
    """Place each file's problem and print one row for it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("paths", nargs="+", type=Path, help="JSON files, or folders of them")
    parser.add_argument("--time-limit", type=float, default=20.0, metavar="SECONDS")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    files = [file for path in arguments.paths for file in (path.glob("*.json") if path.is_dir() else [path])]
    print("| problem | placed | cost | bound | gap | seconds |\n|---|---|---|---|---|---|")
    for file in sorted(files, key=lambda file: file.stat().st_size):
        snapshot = read(file)
        start = time.perf_counter()
        verdict = place(snapshot, Settings(time_limit=arguments.time_limit, seed=arguments.seed))
        seconds = time.perf_counter() - start
        if isinstance(verdict, Refused):
            sys.exit(f"{file.name}: the answer did not verify: {verdict.violations[0]}")
        cost = verdict.plan.levels[-1]
        gap = "proven" if cost.proven else f"{100 * cost.gap:.2f} %"
        placed = f"{len(verdict.plan.bindings)}/{len(snapshot.agents)}"
        print(
            f"| {file.stem} | {placed} | {cost.value:,} | {cost.bound:,} | {gap} | {seconds:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
