"""Synthetic clusters in which every rule of placement has work, at several sizes.

    python benchmarks/mixed.py 100 300 1000 --time-limit 20

Twelve agents to a node in 200 templates at most: zone spread 30 %, hostname anti-affinity 15 %, zone affinity
to another template 10 %, node selectors 20 %, tolerations 5 %; three priorities, about 60 % cpu load.
With --preferences: preferred affinity or anti-affinity 20 %, soft spread by zone and hostname 30 %.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Iterator
from random import Random
from typing import Any

from placewright.models.agent import Agent, AgentSpec, SpreadConstraint, WeightedAffinityTerm
from placewright.models.node import Node
from placewright.models.selector import AffinityTerm, Effect, Taint, Toleration, match_labels
from placewright.models.snapshot import Snapshot
from placewright.solver.place import place
from placewright.solver.settings import Settings
from placewright.solver.verify import Refused

ZONE, HOSTNAME = "topology.kubernetes.io/zone", "kubernetes.io/hostname"
MIB = 2**20
AGENTS_PER_NODE = 12
BATCH = Taint("batch", Effect.NO_SCHEDULE)


def cluster(nodes: int, seed: int = 1, *, preferences: bool = False) -> Snapshot:
    """A cluster of this many nodes; the same seed gives the same cluster."""
    rng = Random(seed)
    wishing = Random(seed) if preferences else None
    templates = min(200, nodes)
    return Snapshot(
        nodes=tuple(_node(rng, i) for i in range(nodes)),
        agents=tuple(a for t in range(templates) for a in _replicas(rng, t, nodes, templates, wishing)),
    )


def _node(rng: Random, i: int) -> Node:
    return Node(
        name=f"n{i}",
        allocatable={
            "cpu": rng.choice((8000, 16000, 32000)),
            "memory": rng.choice((32768, 65536)) * MIB,
            "pods": 110,
        },
        labels={HOSTNAME: f"n{i}", ZONE: "abc"[i % 3], "pool": "pqrs"[i % 4]},
        taints=(BATCH,) if i % 20 == 0 else (),
    )


def _replicas(rng: Random, t: int, nodes: int, templates: int, wishing: Random | None) -> Iterator[Agent]:
    labels = {"app": f"t{t}"}
    rules, alone = _rules(rng, t)
    if wishing is not None:
        wishes = _wishes(wishing, t)
        rules = {**rules, **wishes, "spread": rules.get("spread", ()) + wishes.get("spread", ())}
    cpu, memory = rng.choice((250, 500, 1000, 2000)), rng.choice((256, 512, 1024, 2048)) * MIB
    spec = AgentSpec(
        requests={"cpu": cpu, "memory": memory},
        priority=rng.choice((0, 100, 1000)),
        **rules,
    )
    count = nodes * AGENTS_PER_NODE // templates
    for i in range(min(count, nodes // 2) if alone else count):
        yield Agent("default", f"t{t}-{i}", spec, labels=labels)


def _rules(rng: Random, t: int) -> tuple[dict[str, Any], bool]:
    """The rules of one template, and whether its replicas keep apart."""
    own = match_labels({"app": f"t{t}"})
    share = rng.random()
    if share < 0.30:
        return {"spread": (SpreadConstraint(ZONE, 1, own),)}, False
    if share < 0.45:
        return {"anti_affinity": (AffinityTerm(HOSTNAME, own, frozenset({"default"})),)}, True
    if share < 0.55 and t:
        leader = match_labels({"app": f"t{t // 2}"})
        return {"affinity": (AffinityTerm(ZONE, leader, frozenset({"default"})),)}, False
    if share < 0.75:
        return {"node_selector": {"pool": rng.choice("pqrs")}}, False
    if share < 0.80:
        return {"tolerations": (Toleration("batch", "Exists"),)}, False
    return {}, False


def _wishes(rng: Random, t: int) -> dict[str, Any]:
    """The preferences of one template about other agents."""
    own = match_labels({"app": f"t{t}"})
    wishes: dict[str, Any] = {}
    if rng.random() < 0.20:
        weight = rng.choice((100, 50, -50, -100))
        other = match_labels({"app": f"t{t if weight < 0 else max(0, t - 1)}"})
        term = AffinityTerm(rng.choice((ZONE, HOSTNAME)), other, frozenset({"default"}))
        wishes["preferred_affinity"] = (WeightedAffinityTerm(weight, term),)
    if rng.random() < 0.30:
        wishes["spread"] = tuple(SpreadConstraint(key, 1, own, hard=False) for key in (ZONE, HOSTNAME))
    return wishes


def row(nodes: int, limit: float, *, preferences: bool) -> str:
    """One line of the table."""
    snapshot = cluster(nodes, preferences=preferences)
    start = time.perf_counter()
    verdict = place(snapshot, Settings(time_limit=limit))
    seconds = time.perf_counter() - start
    if isinstance(verdict, Refused):
        raise SystemExit(f"the answer did not verify: {verdict.violations[0]}")
    plan = verdict.plan
    placed = [level for level in plan.levels if level.sense == "maximize"]
    largest = max((level.gap for level in placed), default=0.0)
    proven = f"{100 * largest:.2f} %" if largest else "proven"
    phases = ", ".join(f"{name} {value:.1f}" for name, value in plan.timing.items())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    count = f"{len(plan.bindings)}/{len(snapshot.pending)}"
    gap = 100 * plan.levels[-1].gap
    return f"| {nodes} | {count} | {proven} | {gap:.1f} % | {seconds:.1f} | {phases} | {peak:.0f} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("nodes", nargs="*", type=int, default=[100, 300, 1000])
    parser.add_argument("--time-limit", type=float, default=20.0, metavar="SECONDS")
    parser.add_argument("--preferences", action="store_true", help="templates prefer and avoid one another")
    arguments = parser.parse_args()
    print("| nodes | placed | placed levels | scores gap | seconds | by phase | peak MiB |")
    print("|---|---|---|---|---|---|---|")
    for nodes in arguments.nodes:
        print(row(nodes, arguments.time_limit, preferences=arguments.preferences), flush=True)


if __name__ == "__main__":
    main()
