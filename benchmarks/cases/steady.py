"""An ordinary round of a large cluster: `kubernetes-max` with 80 % running, and one agent a node pending.

Where the running agents are was drawn at random among the nodes that were open to them, so that no two nodes
are alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from random import Random
from typing import BinaryIO

from placewright.benchmarks.bench import Bench
from placewright.benchmarks.cases.kubernetes_max import (
    POOLS,
    SHAPES,
    ZONES,
    Template,
    node_objects,
    policy_objects,
    templates,
)
from placewright.benchmarks.objects import Object, write_list
from placewright.benchmarks.record import Record
from placewright.benchmarks.registry import Case, register

RUNNING = 0.8
LIMIT = 6.0
"""The whole command is to take 15 seconds; reading and writing are outside the limit."""
TRIES = 200
"""Nodes that are drawn for an agent before it is given up."""


class Room:
    """Nodes by position with what is left of them; a node is open to whom `kubernetes-max`'s rules admit."""

    def __init__(self, nodes: int, rng: Random) -> None:
        self._rng = rng
        self._nodes = nodes
        shapes = [SHAPES[i // 3 % len(SHAPES)] for i in range(nodes)]
        self._left = [[cpus * 1000, gib * 1024, 110] for cpus, gib in shapes]
        self._zones: dict[int, Counter[int]] = {}
        self._hosts: set[tuple[int, int]] = set()

    def take(self, template: Template) -> int | None:
        """A node for one more replica."""
        zones = self._zones.setdefault(template.number, Counter())
        spread = "topologySpreadConstraints" in template.rules
        zone = min(range(len(ZONES)), key=lambda z: (zones[z], self._rng.random())) if spread else None
        for _ in range(TRIES):
            i = self._rng.randrange(self._nodes)
            if (zone is None or i % len(ZONES) == zone) and self._open(template, i):
                left = self._left[i]
                left[0], left[1], left[2] = left[0] - template.milli, left[1] - template.mebi, left[2] - 1
                zones[i % len(ZONES)] += 1
                self._hosts.add((template.number, i))
                return i
        return None

    def _open(self, template: Template, i: int) -> bool:
        milli, mebi, slots = self._left[i]
        rules = template.rules
        pool = rules.get("nodeSelector", {}).get("pool")
        alone = "podAntiAffinity" in rules.get("affinity", {})
        return (
            milli >= template.milli
            and mebi >= template.mebi
            and slots > 0
            and (pool is None or POOLS[i // 12 % len(POOLS)] == pool)
            and (i % 20 != 19 or "tolerations" in rules)
            and not (alone and (template.number, i) in self._hosts)
        )


def objects(nodes: int, seed: int = 1) -> Iterator[Object]:
    """All objects of the cluster, what runs first."""
    rng = Random(seed)
    workloads = templates(nodes, seed)
    yield from policy_objects(workloads)
    yield from node_objects(nodes)
    room = Room(nodes, rng)
    pending = []
    for template in workloads:
        for i in range(template.replicas):
            node = room.take(template) if i < int(RUNNING * template.replicas) else None
            if node is None:
                pending.append((template, i))
            else:
                yield template.pod(i, f"node-{node}")
    rng.shuffle(pending)
    yield from (template.pod(i) for template, i in islice(pending, nodes))


def write(nodes: int, stream: BinaryIO) -> None:
    """The cluster as one file."""
    write_list(objects(nodes), stream)


def cluster_file(bench: Bench, nodes: int) -> Path:
    """The file of a cluster of this many nodes."""
    return bench.file(f"steady-{nodes}.json", partial(write, nodes))


def measure(bench: Bench, nodes: int) -> Iterator[Record]:
    """The whole command, from the file to verified bindings."""
    yield bench.place("steady", nodes, [cluster_file(bench, nodes)], limit=LIMIT)


register(
    Case(
        name="steady",
        about="kubernetes-max with 80 % running, no two nodes alike, one agent a node pending",
        sizes=(50, 500),
        full=(5_000,),
        measure=measure,
    )
)
