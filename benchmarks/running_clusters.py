"""Clusters that run, for rebalances at size: crowded on some of their nodes, or in pools half full.

The same numbers make the same cluster, so that runs can be compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from placewright.models.agent import Agent, AgentSpec, OwnerReference, Phase, SpreadConstraint
from placewright.models.node import Node
from placewright.models.policy import PodDisruptionBudget
from placewright.models.selector import AffinityTerm, match_labels
from placewright.models.snapshot import Snapshot

ZONE, HOSTNAME = "topology.kubernetes.io/zone", "kubernetes.io/hostname"
MIB = 2**20
AGENTS_PER_NODE = 6
ZONES = 10
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
    made = list(_pool_nodes(rng, nodes))
    left = [
        [
            int(node.allocatable["cpu"] * rng.uniform(0.2, 0.9)),
            int(node.allocatable["memory"] // MIB * rng.uniform(0.3, 0.9)),
        ]
        for node in made
    ]
    agents: list[Agent] = []
    budgets: list[PodDisruptionBudget] = []
    full = 0
    while full < 60:
        name = f"w{len(budgets)}"
        kind = rng.choice(("spread", "apart", "free", "free", "free"))
        spec = _workload(rng, name, kind)
        wanted = rng.randint(3, 24)
        found = _homes(rng, kind, wanted, spec, left)
        full += len(found) < wanted
        agents += [_replica(name, i, f"n{n}", spec) for i, n in enumerate(found)]
        own = match_labels({"app": name})
        budgets.append(PodDisruptionBudget("default", name, own, max_unavailable="34%"))
    return Snapshot(
        nodes=tuple(made), agents=tuple(agents), namespaces={"default": {}}, budgets=tuple(budgets)
    )


def _pool_nodes(rng: Random, nodes: int) -> Iterator[Node]:
    kinds = []
    for p in range(POOLS):
        cpu = rng.choice((4, 8, 16, 32))
        memory = cpu * rng.choice((2, 4, 8))
        price = int(cpu * 20_000 + memory * 3_000 * rng.uniform(0.8, 1.3))
        kinds.append((f"pool-{p}", cpu * 1000, memory * 1024, price))
    for i in range(nodes):
        pool, cpu, memory, price = kinds[i % POOLS]
        yield Node(
            name=f"n{i}",
            allocatable={"cpu": cpu, "memory": memory * MIB, "pods": 110},
            labels={HOSTNAME: f"n{i}", ZONE: f"z{i % 3}", "pool": pool},
            price=price,
        )


def _workload(rng: Random, name: str, kind: str) -> AgentSpec:
    own = match_labels({"app": name})
    return AgentSpec(
        requests={
            "cpu": rng.choice((250, 500, 1000, 2000)),
            "memory": rng.choice((512, 1024, 2048, 4096)) * MIB,
        },
        spread=(SpreadConstraint(ZONE, 1, own),) if kind == "spread" else (),
        anti_affinity=(AffinityTerm(HOSTNAME, own, frozenset({"default"})),) if kind == "apart" else (),
    )


def _homes(rng: Random, kind: str, wanted: int, spec: AgentSpec, left: list[list[int]]) -> list[int]:
    """Nodes for the agents of a workload, as far as there is room, which is taken of `left` (cpu, MiB)."""
    cpu, memory = spec.requests["cpu"], spec.requests["memory"] // MIB
    found: list[int] = []
    for i in range(wanted):
        drawn = rng.sample(range(len(left)), 30)
        choices = [n for n in drawn if left[n][0] >= cpu and left[n][1] >= memory]
        if kind == "spread":
            choices = [n for n in choices if n % 3 == i % 3]
        if kind == "apart":
            choices = [n for n in choices if n not in found]
        if not choices:
            break
        left[choices[0]][0] -= cpu
        left[choices[0]][1] -= memory
        found.append(choices[0])
    return found


def _replica(name: str, i: int, on: str, spec: AgentSpec) -> Agent:
    return Agent(
        namespace="default",
        name=f"{name}-{i}",
        uid=f"{name}-{i}",
        spec=spec,
        labels={"app": name},
        node_name=on,
        phase=Phase.RUNNING,
        owner=OwnerReference("ReplicaSet", name),
    )
