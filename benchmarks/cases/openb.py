"""The Alibaba GPU cluster trace of 2023 ("openb") as one batch: 1,213 nodes, 6,212 GPUs, 8,152 agents."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from placewright.benchmarks.bench import Bench
from placewright.benchmarks.record import Record
from placewright.benchmarks.registry import Case, register

GPU = "nvidia.com/gpu"
SHARES = "example.com/gpu-milli"
"""The milli-shares of all devices of a node in one sum, for scores: these see requests, not devices."""
NODES = "openb_node_list_gpu_node.csv"
PODS = "openb_pod_list_default.csv"
PODS_PER_NODE = 1000
"""The trace has no limit of agents per node; this one never binds."""
LIMIT = 60.0

CsvRow = Mapping[str, str]


def rows(path: Path) -> Iterator[CsvRow]:
    """The rows of a CSV file by column."""
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def convert(folder: Path) -> dict[str, Any]:
    """The trace as a concise document. The whole list of pods is one batch: creation times are not used."""
    return {
        "nodes": [node(row) for row in rows(folder / NODES)],
        "agents": [agent(row) for row in rows(folder / PODS)],
    }


def node(row: CsvRow) -> dict[str, Any]:
    """A node of the trace in the concise form."""
    devices = [{"resource": GPU, "count": int(row["gpu"]), "model": row["model"]}] if int(row["gpu"]) else []
    allocatable = {
        "cpu": f"{row['cpu_milli']}m",
        "memory": f"{row['memory_mib']}Mi",
        "pods": PODS_PER_NODE,
        SHARES: 1000 * int(row["gpu"]),
    }
    return {"name": row["sn"], "allocatable": allocatable, "devices": devices}


def agent(row: CsvRow) -> dict[str, Any]:
    """An agent of the trace in the concise form."""
    made: dict[str, Any] = {
        "name": row["name"],
        "requests": {"cpu": f"{row['cpu_milli']}m", "memory": f"{row['memory_mib']}Mi"},
    }
    if int(row["num_gpu"]):
        models = row["gpu_spec"].split("|") if row["gpu_spec"] else []
        count, milli = int(row["num_gpu"]), int(row["gpu_milli"])
        made["devices"] = [{"resource": GPU, "count": count, "milli": milli, "models": models}]
        made["requests"][SHARES] = count * milli
    return made


def write(folder: Path, stream: BinaryIO) -> None:
    """The trace as one concise file."""
    stream.write(orjson.dumps(convert(folder)))


def measure(bench: Bench, agents: int) -> Iterator[Record]:
    """The whole trace at once."""
    file = bench.file("openb.json", partial(write, bench.data / "openb"))
    yield bench.place("openb", agents, [file], limit=LIMIT)


register(
    Case(
        name="openb",
        about="a GPU cluster's whole trace as one batch",
        sizes=(),
        full=(8_152,),
        measure=measure,
        unit="agents",
    )
)
