"""Nothing is like anything else: 200 nodes and 1,800 agents, each with amounts of its own, 90 % cpu load.

No group has more than one member, no class of nodes more than one node: nothing is gained by counting.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from random import Random
from typing import Any, BinaryIO

import orjson

from placewright.benchmarks.bench import Bench
from placewright.benchmarks.record import Record
from placewright.benchmarks.registry import Case, register

AGENTS_PER_NODE = 9
LOAD = 0.9
LIMIT = 30.0


def document(nodes: int, seed: int = 1) -> dict[str, Any]:
    """The cluster in the concise form; the same seed gives the same one."""
    rng = Random(seed)
    cpus = rng.sample(range(8_000, 32_000), nodes)
    weights = [rng.uniform(0.2, 1.8) for _ in range(AGENTS_PER_NODE * nodes)]
    unit = LOAD * sum(cpus) / sum(weights)
    return {
        "nodes": [
            {
                "name": f"node-{i}",
                "allocatable": {"cpu": f"{cpu}m", "memory": f"{cpu * 4 + rng.randrange(999)}Mi"},
            }
            for i, cpu in enumerate(cpus)
        ],
        "agents": [
            {
                "name": f"agent-{i}",
                "requests": {
                    "cpu": f"{int(unit * weight)}m",
                    "memory": f"{int(unit * weight * rng.uniform(2, 4))}Mi",
                },
            }
            for i, weight in enumerate(weights)
        ],
    }


def write(nodes: int, stream: BinaryIO) -> None:
    """The cluster as one file."""
    stream.write(orjson.dumps(document(nodes)))


def measure(bench: Bench, nodes: int) -> Iterator[Record]:
    """The whole command."""
    file = bench.file(f"heterogeneous-{nodes}.json", partial(write, nodes))
    yield bench.place("heterogeneous", nodes, [file], limit=LIMIT)


register(
    Case(
        name="heterogeneous",
        about="nodes and agents that all differ in what they have and ask for, nine agents a node",
        sizes=(50, 200),
        full=(500,),
        measure=measure,
    )
)
