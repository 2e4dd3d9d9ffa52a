"""The agents of the openb trace arriving in random order, until 130 % of all GPUs has been asked for.

As in FGD's evaluation, agents are drawn from the trace with replacement, nobody ever leaves, and what counts
is the share of all GPU milli-shares that is held in the end. There, each arrival was placed on its own. Here
placewright sees them in batches: whoever is not placed in his batch is dropped, so that a batch of one is the
same online problem. Its profile asks for as many GPU shares as possible (Allocation), so that a batch chooses
whom to leave out, and has Fragmentation keep room for the commonest agents of the trace, which FGD knows as
well. The baselines are ours, on the same arrivals and with the same accounting.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, BinaryIO

import numpy as np
import orjson

from placewright.benchmarks.bench import Bench, isolated
from placewright.benchmarks.cases.openb import PODS, SHARES, rows, write
from placewright.benchmarks.gpu_baselines import (
    DEVICES,
    MILLI,
    Kind,
    Nodes,
    best_fit,
    least_fragmentation,
)
from placewright.benchmarks.record import Record
from placewright.benchmarks.registry import Case, register
from placewright.models.agent import Agent, Phase
from placewright.models.ingest.load import load_snapshot
from placewright.models.ingest.profiles import load_profiles
from placewright.models.options import Options
from placewright.models.snapshot import Snapshot
from placewright.solver.place import place
from placewright.solver.settings import Settings
from placewright.solver.verify import Refused

ASKED = 1.3
ALL = 1_000_000
LIMITS = {1: 10.0, 50: 10.0, 500: 30.0, ALL: 300.0}
"""Seconds for a batch by its size; most are done much earlier, see `GAP`."""
SHAPES = 12
"""Kinds of agents, by cpu and shares, that room is kept for: more than half of the trace is of these."""
GAP = 0.01
"""A batch that is that close to its bounds is done; mostly everybody is placed."""
PLENTY = 100_000
"""More copies of a shape than there is room for: every one counts."""
MIB = 2**20


def profile(pods: Path) -> dict[str, Any]:
    """Shares before agents, then Fragmentation; a shape weighs what it is asked for, in shares."""
    kinds = Counter(
        (int(row["cpu_milli"]), int(row["num_gpu"]) * int(row["gpu_milli"]))
        for row in rows(pods)
        if int(row["num_gpu"])
    )
    common = kinds.most_common(SHAPES)
    most = max(number * shares for (_, shares), number in common)
    return {
        "apiVersion": "placewright.io/v1",
        "kind": "Profile",
        "name": "keep-room",
        "allocate": {SHARES: 1},
        "levels": ["Allocation", "placed", "disruption", "scores"],
        "scores": {"Fragmentation": 1},
        "keepRoomFor": [
            {
                "name": f"{cpu}m-{shares}",
                "requests": {"cpu": f"{cpu}m", SHARES: shares},
                "count": PLENTY,
                "weight": max(1, round(100 * number * shares / most)),
            }
            for (cpu, shares), number in common
        ],
        "defaultSpread": "none",
    }


def write_profile(pods: Path, stream: BinaryIO) -> None:
    """What is best, as a file."""
    stream.write(orjson.dumps(profile(pods)))


@dataclass
class Outcome:
    """Milli-shares held, agents placed and seconds for each batch."""

    held: int
    placed: int
    seconds: list[float]


def arrivals(trace: Snapshot, seed: int) -> list[Agent]:
    """Agents in the order in which they come, each with a name of its own."""
    rng = Random(seed)
    wanted = ASKED * capacity(trace)
    drawn: list[Agent] = []
    while wanted > 0:
        agent = rng.choice(trace.agents)
        wanted -= kind_of(agent).shares
        drawn.append(replace(agent, name=f"a{len(drawn)}"))
    return drawn


def capacity(trace: Snapshot) -> int:
    """All milli-shares there are."""
    return MILLI * sum(pool.count for node in trace.nodes for pool in node.devices)


def kind_of(agent: Agent) -> Kind:
    """What the baselines know of an agent."""
    requests, devices = agent.spec.requests, agent.spec.devices
    count, milli = (devices[0].count, devices[0].milli) if devices else (0, 0)
    return Kind(requests.get("cpu", 0), requests.get("memory", 0) // MIB, count, milli)


def empty_nodes(trace: Snapshot) -> Nodes:
    """The cluster as the baselines see it."""
    devices = np.zeros((len(trace.nodes), DEVICES), dtype=np.int64)
    for i, node in enumerate(trace.nodes):
        devices[i, : sum(pool.count for pool in node.devices)] = MILLI
    return Nodes(
        np.array([node.allocatable["cpu"] for node in trace.nodes], dtype=np.int64),
        np.array([node.allocatable["memory"] // MIB for node in trace.nodes], dtype=np.int64),
        devices,
    )


def in_batches(trace: Snapshot, drawn: Sequence[Agent], size: int, limit: float) -> Outcome:
    """placewright, batch after batch; what one has placed runs in the next."""
    running: list[Agent] = []
    seconds = []
    for first in range(0, len(drawn), size):
        batch = drawn[first : first + size]
        start = time.perf_counter()
        verdict = place(replace(trace, agents=(*running, *batch)), Settings(time_limit=limit, gap=GAP))
        seconds.append(time.perf_counter() - start)
        if isinstance(verdict, Refused):
            raise RuntimeError(f"the answer did not verify: {verdict.violations[0]}")
        by_key = {agent.key: agent for agent in batch}
        for binding in verdict.plan.bindings:
            ids = tuple(i for device in binding.devices for i in device.ids)
            agent = replace(by_key[binding.key], node_name=binding.node, device_ids=ids, phase=Phase.RUNNING)
            running.append(agent)
    return Outcome(sum(kind_of(agent).shares for agent in running), len(running), seconds)


def online(trace: Snapshot, drawn: Sequence[Agent], policy: str) -> Outcome:
    """One of the baselines."""
    kinds = [kind_of(agent) for agent in drawn]
    nodes = empty_nodes(trace)
    start = time.perf_counter()
    if policy == "best fit":
        placed = best_fit(nodes, kinds)
    else:
        placed = least_fragmentation(nodes, kinds, Counter(kind_of(agent) for agent in trace.agents))
    return Outcome(sum(kind.shares for kind in placed), len(placed), [time.perf_counter() - start])


def run(path: Path, seed: int, policy: str | int, limit: float, best: Path) -> tuple[int, float, Outcome]:
    """Arrivals, the share of all GPUs that is held, and how it came about; `best` is a profile."""
    options = load_profiles(str(best)).applied(Options(), ())
    trace = load_snapshot([str(path)], options)
    drawn = arrivals(trace, seed)
    if isinstance(policy, int):
        outcome = in_batches(trace, drawn, policy, limit)
    else:
        outcome = online(trace, drawn, policy)
    return len(drawn), outcome.held / capacity(trace), outcome


POLICIES: tuple[str | int, ...] = ("best fit", "least fragmentation", 500, ALL, 50, 1)
MOST_SEEDS = {50: 3, 1: 2}
"""Small batches take hours."""


def measure(bench: Bench, seeds: int) -> Iterator[Record]:
    """Every policy over so many seeds, or as many as there is patience for."""
    path = bench.file("openb.json", partial(write, bench.data / "openb"))
    best = bench.file("openb-profile.json", partial(write_profile, bench.data / "openb" / PODS))
    for policy in POLICIES:
        limit = bench.limit(LIMITS[policy]) if isinstance(policy, int) else 0.0
        number = seeds if isinstance(policy, str) else min(seeds, MOST_SEEDS.get(policy, seeds))
        runs = [isolated(run, path, seed, policy, limit, best) for seed in range(number)]
        shares = [100 * share for (_, share, _), _ in runs]
        batches = [seconds for (_, _, outcome), _ in runs for seconds in outcome.seconds]
        yield Record(
            case="openb-arrivals",
            size=number,
            variant=_title(policy),
            pending=sum(arrived for (arrived, _, _), _ in runs),
            placed=sum(outcome.placed for (_, _, outcome), _ in runs),
            seconds=sum(batches),
            peak_mib=max(peak for _, peak in runs),
            limit=limit,
            extra={
                "GPU allocated, mean": f"{sum(shares) / number:.2f} %",
                "least": f"{min(shares):.2f} %",
                "most": f"{max(shares):.2f} %",
                "slowest batch": max(batches),
            },
        )


def _title(policy: str | int) -> str:
    if isinstance(policy, str):
        return f"{policy}, ours"
    return "all at once" if policy == ALL else f"batches of {policy}"


register(
    Case(
        name="openb-arrivals",
        about="agents of the openb trace in random order up to 130 % of all GPUs, in batches and online",
        sizes=(),
        full=(10,),
        measure=measure,
        unit="seeds",
    )
)
