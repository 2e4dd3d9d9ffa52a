"""The fewest GPU nodes that hold the whole openb trace, of the shapes that its cluster is made of.

On the trace's own 1,213 nodes not all 8,152 agents fit (see `openb`). So the question is asked from scratch:
any number of nodes of any shape that the cluster has, a node costs 1.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from placewright.benchmarks.bench import Bench, placewright
from placewright.benchmarks.cases.openb import NODES, PODS, agent, node, rows
from placewright.benchmarks.record import Record
from placewright.benchmarks.registry import Case, register

LIMIT = 120.0


def catalog(folder: Path) -> dict[str, Any]:
    """Every shape of node once, named by its model and size, for 1 each."""
    shapes: dict[str, dict[str, Any]] = {}
    for row in rows(folder / NODES):
        if not int(row["gpu"]):
            continue
        made = node(row)
        cores, gib = int(row["cpu_milli"]) // 1000, int(row["memory_mib"]) // 1024
        name = f"{row['model'].lower()}-{row['gpu']}x-{cores}c-{gib}g"
        shapes[name] = {
            "name": name,
            "price": 1,
            "allocatable": made["allocatable"],
            "devices": made["devices"],
        }
    return {
        "apiVersion": "placewright.io/v1",
        "kind": "Catalog",
        "types": [shapes[name] for name in sorted(shapes)],
    }


def write_agents(folder: Path, stream: BinaryIO) -> None:
    """The trace's agents without its nodes, as a file."""
    stream.write(orjson.dumps({"agents": [agent(row) for row in rows(folder / PODS)]}))


def write_catalog(folder: Path, stream: BinaryIO) -> None:
    """The shapes of its nodes, as a file."""
    stream.write(orjson.dumps(catalog(folder)))


def measure(bench: Bench, agents: int) -> Iterator[Record]:
    """`placewright capacity --from-scratch`."""
    folder = bench.data / "openb"
    cluster = bench.file("openb-agents.json", partial(write_agents, folder))
    types = bench.file("openb-catalog.json", partial(write_catalog, folder))
    limit = bench.limit(LIMIT)
    with tempfile.TemporaryDirectory() as kept:
        out = Path(kept) / "capacity.json"
        options = ("--from-scratch", "--time-limit", f"{limit:g}s", "-q", "--out", str(out))
        ran = placewright("capacity", str(cluster), "--catalog", str(types), *options)
        if ran.code or not out.exists():
            raise RuntimeError(f"openb-nodes: exit code {ran.code}: {ran.errors.strip()[-500:]}")
        told = json.loads(out.read_text(encoding="utf-8"))
    bought = {line["type"]: 0 for line in told["nodes"]}
    for line in told["nodes"]:
        bought[line["type"]] += line["count"]
    yield Record(
        case="openb-nodes",
        size=agents,
        status=told["status"],
        pending=told["wanted"],
        placed=told["placed"],
        seconds=ran.seconds,
        peak_mib=ran.peak_mib,
        limit=limit,
        phases=told["timing"],
        extra={
            "nodes": sum(bought.values()),
            "at least": float(told["bound"] or 0),
            "gap": f"{100 * (told['gap'] or 0):.2f} %",
            "of": ", ".join(f"{count} {name}" for name, count in sorted(bought.items())),
        },
    )


register(
    Case(
        name="openb-nodes",
        about="the fewest GPU nodes that hold a GPU cluster's whole trace",
        sizes=(),
        full=(8_152,),
        measure=measure,
        unit="agents",
    )
)
