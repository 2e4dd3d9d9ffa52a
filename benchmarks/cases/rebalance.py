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
from placewright.models.agent import Agent, AgentSpec, OwnerReference, Phase, SpreadConstraint
from placewright.models.goals import Goal, Goals
from placewright.models.node import Node
from placewright.models.policy import PodDisruptionBudget
from placewright.models.rebalance_options import RebalanceOptions
from placewright.models.rebalance_plan import RebalancePlan
from placewright.models.selector import AffinityTerm, match_labels
from placewright.models.snapshot import Snapshot
from placewright.solver.rebalance import rebalance
from placewright.solver.settings import Settings
from placewright.solver.verify_rebalance import RefusedRebalance

ZONE, HOSTNAME = "topology.kubernetes.io/zone", "kubernetes.io/hostname"
MIB = 2**20
LIMIT = 60.0
AGENTS_PER_NODE = 6
ZONES = 10
DRAINED = 0.05
POOLS = 20


def crowded(nodes: int, seed: int = 1) -> Snapshot:
    """Nodes in ten zones, six agents for each, in workloads of 3 to 40, unevenly placed as rules allow."""
    rng = Random(f"drain-{nodes}-{seed}")
    made = [
        Node(
            name=f"n{i}",
            allocatable={"cpu": 8000, "memory": 32768 * MIB, "pods": 110},
            labels={HOSTNAME: f"n{i}", ZONE: f"z{i % ZONES}", "pool": "pqrs"[(i // ZONES) % 4]},
        )
        for i in range(nodes)
    ]
    left = [[8000, 32768] for _ in made]
    agents: list[Agent] = []
    budgets: list[PodDisruptionBudget] = []
    workload = 0
    while len(agents) < nodes * AGENTS_PER_NODE:
        name, namespace = f"w{workload}", f"team-{workload % 100}"
        spec, kind = _template(rng, name, namespace)
        size = rng.randint(3, 40)
        where = _nodes_for(rng, kind, size, spec, left)
        for i, n in enumerate(where):
            left[n][0] -= spec.requests["cpu"]
            left[n][1] -= spec.requests["memory"] // MIB
            agents.append(
                Agent(
                    namespace=namespace,
                    name=f"{name}-{i}",
                    uid=f"{name}-{i}",
                    spec=spec,
                    labels={"app": name},
                    node_name=f"n{n}",
                    phase=Phase.RUNNING,
                    owner=OwnerReference("ReplicaSet", name),
                )
            )
        budgets.append(
            PodDisruptionBudget(namespace, name, match_labels({"app": name}), max_unavailable="25%")
        )
        workload += 1
    return Snapshot(
        nodes=tuple(made),
        agents=tuple(agents),
        namespaces={f"team-{i}": {} for i in range(100)},
        budgets=tuple(budgets),
    )


def _template(rng: Random, name: str, namespace: str) -> tuple[AgentSpec, str]:
    """What one workload's agents ask for, and by what they are kept apart."""
    own = match_labels({"app": name})
    kind = rng.choice(("spread", "spread", "apart", "pool", "free", "free"))
    return AgentSpec(
        requests={
            "cpu": rng.choice((250, 500, 1000, 1500)),
            "memory": rng.choice((512, 1024, 2048, 4096)) * MIB,
        },
        priority=rng.choice((0, 0, 100)),
        spread=(SpreadConstraint(ZONE, 1, own),) if kind == "spread" else (),
        anti_affinity=(AffinityTerm(HOSTNAME, own, frozenset({namespace})),) if kind == "apart" else (),
        node_selector={"pool": rng.choice("pqrs")} if kind == "pool" else {},
    ), kind


def _nodes_for(rng: Random, kind: str, size: int, spec: AgentSpec, left: list[list[int]]) -> list[int]:
    """Node indices for a workload: half of the nodes are more popular than the others."""
    nodes = len(left)
    cpu, memory = spec.requests["cpu"], spec.requests["memory"] // MIB
    found: list[int] = []
    for i in range(size):
        for _ in range(40):
            n = rng.randrange(nodes // 2) if rng.random() < 0.7 else rng.randrange(nodes)
            if kind == "spread":
                n = n - n % ZONES + i % ZONES
            if kind == "pool" and spec.node_selector["pool"] != "pqrs"[(n // ZONES) % 4]:
                continue
            if n >= nodes or (kind == "apart" and n in found):
                continue
            taken = found.count(n)
            if left[n][0] - taken * cpu >= cpu and left[n][1] - taken * memory >= memory:
                found.append(n)
                break
        else:
            break
    return found


def pools(nodes: int, seed: int = 1) -> Snapshot:
    """Nodes in 20 pools of their own size and price, about half full."""
    rng = Random(f"pools-{nodes}-{seed}")
    kinds = []
    for p in range(POOLS):
        cpu = rng.choice((4, 8, 16, 32))
        memory = cpu * rng.choice((2, 4, 8))
        price = int(cpu * 20_000 + memory * 3_000 * rng.uniform(0.8, 1.3))
        kinds.append((f"pool-{p}", cpu * 1000, memory * 1024, price))
    made, left = [], []
    for i in range(nodes):
        pool, cpu, memory, price = kinds[i % POOLS]
        made.append(
            Node(
                name=f"n{i}",
                allocatable={"cpu": cpu, "memory": memory * MIB, "pods": 110},
                labels={HOSTNAME: f"n{i}", ZONE: f"z{i % 3}", "pool": pool},
                price=price,
            )
        )
        left.append([int(cpu * rng.uniform(0.2, 0.9)), int(memory * rng.uniform(0.3, 0.9))])
    agents: list[Agent] = []
    budgets: list[PodDisruptionBudget] = []
    full = 0
    while full < 60:
        name, namespace = f"w{len(budgets)}", "default"
        own = match_labels({"app": name})
        kind = rng.choice(("spread", "apart", "free", "free", "free"))
        spec = AgentSpec(
            requests={
                "cpu": rng.choice((250, 500, 1000, 2000)),
                "memory": rng.choice((512, 1024, 2048, 4096)) * MIB,
            },
            spread=(SpreadConstraint(ZONE, 1, own),) if kind == "spread" else (),
            anti_affinity=(AffinityTerm(HOSTNAME, own, frozenset({namespace})),) if kind == "apart" else (),
        )
        cpu, memory = spec.requests["cpu"], spec.requests["memory"] // MIB
        found: list[int] = []
        for i in range(rng.randint(3, 24)):
            choices = [n for n in rng.sample(range(nodes), 30) if left[n][0] >= cpu and left[n][1] >= memory]
            if kind == "spread":
                choices = [n for n in choices if n % 3 == i % 3]
            if kind == "apart":
                choices = [n for n in choices if n not in found]
            if not choices:
                full += 1
                break
            n = choices[0]
            left[n][0] -= cpu
            left[n][1] -= memory
            found.append(n)
        for i, n in enumerate(found):
            agents.append(
                Agent(
                    namespace=namespace,
                    name=f"{name}-{i}",
                    uid=f"{name}-{i}",
                    spec=spec,
                    labels={"app": name},
                    node_name=f"n{n}",
                    phase=Phase.RUNNING,
                    owner=OwnerReference("ReplicaSet", name),
                )
            )
        budgets.append(PodDisruptionBudget(namespace, name, own, max_unavailable="34%"))
    return Snapshot(
        nodes=tuple(made), agents=tuple(agents), namespaces={"default": {}}, budgets=tuple(budgets)
    )


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
