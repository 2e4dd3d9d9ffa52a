"""OptaPlanner's cloud balancing: processes on computers, as cheaply as can be.

Each computer has cpu, memory, bandwidth and a price that is paid once it is used; every process needs some of
all three. Everybody is placed first, and then only the price of the computers in use counts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from placewright.benchmarks.bench import Bench
from placewright.benchmarks.record import Record
from placewright.benchmarks.registry import Case, register

BANDWIDTH = "example.com/bandwidth"
PROCESSES = 10_000
"""Computers have no limit of processes; this one never binds."""
PROBLEMS = {12: "4computers-12processes", 300: "100computers-300processes", 600: "200computers-600processes"}
PROFILE = {
    "apiVersion": "placewright.io/v1",
    "kind": "Profile",
    "name": "cloudbalancing",
    "scores": {},
    "levels": ["placed", "disruption", "Cost"],
}
LIMIT = 20.0


def convert(document: dict[str, Any]) -> dict[str, Any]:
    """A problem in the concise form; costs are taken as prices per hour in millionths."""
    return {
        "nodes": [
            {
                "name": f"computer-{computer['id']}",
                "price": f"{computer['cost'] / 1e6:.6f}",
                "allocatable": {
                    "cpu": computer["cpuPower"],
                    "memory": computer["memory"],
                    BANDWIDTH: computer["networkBandwidth"],
                    "pods": PROCESSES,
                },
            }
            for computer in document["computerList"]
        ],
        "agents": [
            {
                "name": f"process-{process['id']}",
                "requests": {
                    "cpu": process["requiredCpuPower"],
                    "memory": process["requiredMemory"],
                    BANDWIDTH: process["requiredNetworkBandwidth"],
                },
            }
            for process in document["processList"]
        ],
    }


def write_problem(source: Path, stream: BinaryIO) -> None:
    """One of the example's files as ours."""
    stream.write(orjson.dumps(convert(json.loads(source.read_text(encoding="utf-8")))))


def write_profile(stream: BinaryIO) -> None:
    """What is best."""
    stream.write(orjson.dumps(PROFILE))


def measure(bench: Bench, processes: int) -> Iterator[Record]:
    """The problem with so many processes."""
    name = PROBLEMS[processes]
    source = bench.data / "cloudbalancing" / f"{name}.json"
    problem = bench.file(f"{name}.json", partial(write_problem, source))
    profile = bench.file("cloudbalancing-profile.json", write_profile)
    yield bench.place("cloudbalancing", processes, [problem], ["--profile", str(profile)], limit=LIMIT)


register(
    Case(
        name="cloudbalancing",
        about="processes on computers that are paid for once they are used",
        sizes=(12, 300),
        full=(600,),
        measure=measure,
        unit="processes",
    )
)
