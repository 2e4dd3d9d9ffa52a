"""The agents of the openb trace arriving in random order, until 130 % of all GPUs has been asked for.

As in FGD's evaluation, agents are drawn from the trace with replacement, nobody ever leaves, and what counts
is the share of all GPU milli-shares that is held in the end. There, each arrival was placed on its own. Here
placewright sees them in batches: whoever is not placed in his batch is dropped, so that a batch of one is the
same online problem. The baselines are ours, on the same arrivals and with the same accounting.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from random import Random

import numpy as np

from placewright.benchmarks.bench import Bench, isolated
from placewright.benchmarks.cases.openb import write
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
LIMITS = {1: 2.0, 50: 3.0, 500: 8.0, ALL: 60.0}
"""Seconds for a batch by its size."""
MIB = 2**20


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
        verdict = place(replace(trace, agents=(*running, *batch)), Settings(time_limit=limit))
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
        held = best_fit(nodes, kinds)
    else:
        held = least_fragmentation(nodes, kinds, Counter(kind_of(agent) for agent in trace.agents))
    return Outcome(held, 0, [time.perf_counter() - start])


def run(path: Path, seed: int, policy: str | int, limit: float, profile: str) -> tuple[int, float, Outcome]:
    """Arrivals, the share of all GPUs that is held, and how it came about."""
    options = load_profiles(profile).applied(Options(), ())
    trace = load_snapshot([str(path)], options)
    drawn = arrivals(trace, seed)
    if isinstance(policy, int):
        outcome = in_batches(trace, drawn, policy, limit)
    else:
        outcome = online(trace, drawn, policy)
    return len(drawn), outcome.held / capacity(trace), outcome


POLICIES: tuple[str | int, ...] = ("best fit", "least fragmentation", ALL, 500, 50, 1)


def measure(bench: Bench, seeds: int, policies: Sequence[str | int] = POLICIES) -> Iterator[Record]:
    """Every policy over so many seeds; the mean is in the record of the last one."""
    path = bench.file("openb.json", partial(write, bench.data / "openb"))
    profile = "binpack"
    for policy in policies:
        limit = bench.limit(LIMITS[policy]) if isinstance(policy, int) else 0.0
        shares = []
        for seed in range(seeds):
            (number, share, outcome), peak = isolated(run, path, seed, policy, limit, profile)
            shares.append(share)
            yield Record(
                case="openb-arrivals",
                size=seed,
                variant=_title(policy),
                pending=number if outcome.placed else 0,
                placed=outcome.placed,
                seconds=sum(outcome.seconds),
                peak_mib=peak,
                limit=limit,
                extra={
                    "GPU allocated": f"{100 * share:.2f} %",
                    "mean so far": f"{100 * float(np.mean(shares)):.2f} %",
                    "slowest batch": max(outcome.seconds),
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
