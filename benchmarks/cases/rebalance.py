"""Rebalancing at size: nodes drained and balance repaired, and pools consolidated beside Karpenter's method.

drain        5 % of the nodes are drained, then balance is repaired, over thousands of constraints: every
             workload has a disruption budget, a third spread over zones, a sixth keep apart from their own
consolidate  nodes in 20 pools of different sizes and prices, half full; beside it the method that Karpenter
             documents: candidates sorted by what disrupting them costs, prefixes of that list searched by
             halving, each prefix simulated with what is left and at most one new node, of the pools as they
             are or of pools that grow without limit
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from placewright.benchmarks.bench import Bench, isolated
from placewright.benchmarks.prefixes import Consolidated, prefix_search
from placewright.benchmarks.record import LevelRecord, Record
from placewright.benchmarks.registry import Case, register
from placewright.benchmarks.running_clusters import crowded, pools
from placewright.models.goals import Goal, Goals
from placewright.models.rebalance_options import RebalanceOptions
from placewright.models.rebalance_plan import RebalancePlan
from placewright.models.snapshot import Snapshot
from placewright.solver.rebalance import rebalance
from placewright.solver.settings import Settings
from placewright.solver.verify_rebalance import RefusedRebalance

LIMIT = 60.0
DRAINED = 0.05


@dataclass(frozen=True)
class Run:
    """A plan and how long it took."""

    plan: RebalancePlan
    seconds: float
    saved: int = 0
    constraints: int = 0


def drain(nodes: int, limit: float) -> Run:
    """5 % of the nodes drained, then balance."""
    cluster = crowded(nodes)
    gone = Random(nodes).sample([node.name for node in cluster.nodes], int(nodes * DRAINED))
    return _run(cluster, Goals((Goal.DRAIN, Goal.BALANCE), tuple(gone)), limit)


def consolidate(nodes: int, limit: float) -> Run:
    """The pools, as cheap as can be."""
    return _run(pools(nodes), Goals((Goal.CONSOLIDATE,)), limit)


def _run(cluster: Snapshot, goals: Goals, limit: float) -> Run:
    start = time.perf_counter()
    verdict = rebalance(cluster, goals, RebalanceOptions(), Settings(time_limit=limit))
    seconds = time.perf_counter() - start
    if isinstance(verdict, RefusedRebalance):
        raise RuntimeError(f"refused: {verdict.violations[0]}")
    saved = verdict.plan.before.price - verdict.plan.after.price
    return Run(verdict.plan, seconds, saved, constraints(cluster))


def constraints(cluster: Snapshot) -> int:
    """Disruption budgets, and workloads' spread, anti-affinity and node selectors, each once."""
    specs = {id(agent.spec): agent.spec for agent in cluster.agents}.values()
    own = sum(len(s.spread) + len(s.anti_affinity) + bool(s.node_selector) for s in specs)
    return len(cluster.budgets) + own


def prefixes(nodes: int, grows: bool) -> tuple[Consolidated, float]:
    """What Karpenter's method makes of the pools, and seconds."""
    cluster = pools(nodes)
    start = time.perf_counter()
    return prefix_search(cluster, grows=grows), time.perf_counter() - start


def _record(case: str, size: int, run: Run, peak: float, limit: float, variant: str = "") -> Record:
    plan = run.plan
    return Record(
        case=case,
        size=size,
        variant=variant,
        status=plan.status,
        seconds=run.seconds,
        peak_mib=peak,
        limit=limit,
        phases=plan.timing,
        levels=tuple(LevelRecord(lv.name, "minimize", lv.value, lv.bound, lv.gap) for lv in plan.levels),
        extra={
            "agents": plan.movable,
            "constraints": run.constraints,
            "moves": plan.moves,
            "waves": len(plan.waves),
            "left": plan.after.on_drained,
            "saved": run.saved / 1e6,
        },
    )


def measure_drain(bench: Bench, nodes: int) -> Iterator[Record]:
    """Drain and balance."""
    limit = bench.limit(LIMIT)
    run, peak = isolated(drain, nodes, limit)
    yield _record("rebalance-drain", nodes, run, peak, limit)


def measure_pools(bench: Bench, nodes: int) -> Iterator[Record]:
    """Consolidation, and the baseline's."""
    limit = bench.limit(LIMIT)
    run, peak = isolated(consolidate, nodes, limit)
    yield _record("rebalance-pools", nodes, run, peak, limit, "placewright")
    for grows, variant in ((False, "prefix search"), (True, "prefix search, pools grow")):
        (found, seconds), peak = isolated(prefixes, nodes, grows)
        yield Record(
            case="rebalance-pools",
            size=nodes,
            variant=variant,
            seconds=seconds,
            peak_mib=peak,
            extra={
                "saved": found.saved / 1e6,
                "moves": found.moved,
                "emptied": found.emptied,
                "rounds": found.rounds,
            },
        )


register(
    Case("rebalance-drain", "5 % of the nodes drained, balance repaired", (500,), (1000, 5000), measure_drain)
)
register(Case("rebalance-pools", "20 pools consolidated", (100,), (300,), measure_pools))
