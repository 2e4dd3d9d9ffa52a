"""Kubernetes' supported maximum as one batch: 5,000 nodes, 150,000 agents of 500 templates, 95 % cpu load.

Four node shapes in three zones and four pools, a twentieth of the nodes tainted. Of the templates 30 % spread
over the zones, 15 % keep their replicas on different hosts, 10 % follow another template into its zones, 20 %
select a pool, 5 % tolerate the taint; 20 % prefer company. Three priorities, 20 namespaces. Five of them have
a quota of 90 % of the cpu they ask for. As Pods that exist have been charged already, theirs are Deployments
whose Pods are not there yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import BinaryIO

from placewright.benchmarks.bench import Bench
from placewright.benchmarks.objects import (
    HOSTNAME,
    PREFERRED,
    REQUIRED,
    ZONE,
    Object,
    deployment_object,
    named,
    node_object,
    pod_object,
    pod_spec,
    requests,
    write_list,
)
from placewright.benchmarks.record import Record
from placewright.benchmarks.registry import Case, register

AGENTS_PER_NODE = 30
TEMPLATES = 500
LOAD = 0.95
SHAPES = ((8, 32), (16, 64), (32, 128), (64, 256))
"""Cpus and GiB of memory of a node."""
POOLS = ("general", "compute", "memory", "web")
ZONES = ("zone-a", "zone-b", "zone-c")
PRIORITIES = {"low": 0, "standard": 1_000, "critical": 100_000}
NAMESPACES, WITH_QUOTA = 20, 5
LIMIT = 40.0
"""The whole command is to take a minute; reading and writing are outside the limit."""


@dataclass(frozen=True)
class Template:
    """What the replicas of one workload have in common. Amounts are milli-cpus and MiB."""

    number: int
    replicas: int
    milli: int
    mebi: int
    priority_class: str
    rules: Object

    @property
    def name(self) -> str:
        return f"t{self.number}"

    @property
    def team(self) -> int:
        return self.number % NAMESPACES

    @property
    def namespace(self) -> str:
        return f"team-{self.team}"

    @property
    def spec(self) -> Object:
        named_class = {"priorityClassName": self.priority_class, **self.rules}
        priority = PRIORITIES[self.priority_class]
        return pod_spec(self.name, requests(self.milli, self.mebi), priority, named_class)

    def pod(self, index: int, node: str | None = None) -> Object:
        """One replica."""
        return pod_object(self.name, index, self.namespace, self.spec, node=node)


def templates(nodes: int, seed: int = 1) -> tuple[Template, ...]:
    """The workloads of a cluster of this many nodes; the same seed gives the same ones."""
    rng = Random(seed)
    count = min(TEMPLATES, nodes)
    replicas = nodes * AGENTS_PER_NODE // count
    weights = [rng.choice((1, 1, 2, 2, 4, 8)) for _ in range(count)]
    # Whole 5 milli, so that the sum comes to the load asked for however the weights fell.
    unit = LOAD * nodes * 1000 * sum(cpus for cpus, _ in SHAPES) / len(SHAPES) / (replicas * sum(weights))
    return tuple(
        Template(
            number=t,
            replicas=replicas,
            milli=max(5, int(unit * weights[t]) // 5 * 5),
            mebi=max(16, int(unit * weights[t] * rng.choice((2, 3, 3.5)))),
            priority_class=rng.choice(tuple(PRIORITIES)),
            rules=_rules(rng, t, count),
        )
        for t in range(count)
    )


def _rules(rng: Random, t: int, count: int) -> Object:
    own = {"matchLabels": {"app": f"t{t}"}}
    share = rng.random()
    spec: Object = {}
    affinity: Object = {}
    if share < 0.30:
        constraint = {"maxSkew": 1, "topologyKey": ZONE, "whenUnsatisfiable": "DoNotSchedule"}
        spec["topologySpreadConstraints"] = [{**constraint, "labelSelector": own}]
    elif share < 0.45:
        affinity["podAntiAffinity"] = {REQUIRED: [{"labelSelector": own, "topologyKey": HOSTNAME}]}
    elif share < 0.55 and t:
        affinity["podAffinity"] = {REQUIRED: [_near(t // 2)]}
    elif share < 0.75:
        spec["nodeSelector"] = {"pool": rng.choice(POOLS)}
    elif share < 0.80:
        spec["tolerations"] = [{"key": "dedicated", "operator": "Exists", "effect": "NoSchedule"}]
    if rng.random() < 0.20:
        wish = {"weight": rng.choice((10, 50, 100)), "podAffinityTerm": _near(rng.randrange(count))}
        affinity.setdefault("podAffinity", {})[PREFERRED] = [wish]
    return {**spec, "affinity": affinity} if affinity else spec


def _near(other: int) -> Object:
    """In a zone where another template is, in whichever namespace that may be."""
    selector = {"matchLabels": {"app": f"t{other}"}}
    return {"labelSelector": selector, "namespaceSelector": {}, "topologyKey": ZONE}


def node_objects(nodes: int) -> Iterator[Object]:
    """The Node objects. Number, shape, zone, pool and taint of a node follow from its position."""
    for i in range(nodes):
        cpus, gib = SHAPES[i // 3 % len(SHAPES)]
        labels = {
            ZONE: ZONES[i % len(ZONES)],
            "topology.kubernetes.io/region": "region-1",
            "node.kubernetes.io/instance-type": f"shape-{cpus}",
            "pool": POOLS[i // 12 % len(POOLS)],
        }
        taint = {"key": "dedicated", "value": "batch", "effect": "NoSchedule"}
        amounts = {"cpu": str(cpus), "memory": f"{gib * 2**20}Ki"}
        yield node_object(f"node-{i}", amounts, labels, (taint,) if i % 20 == 19 else ())


def policy_objects(workloads: Iterable[Template]) -> Iterator[Object]:
    """Namespaces, priority classes and quotas of 90 % of the cpu that is asked for."""
    asked = dict.fromkeys(range(NAMESPACES), 0)
    for template in workloads:
        asked[template.team] += template.milli * template.replicas
    for team in range(NAMESPACES):
        yield named("Namespace", f"team-{team}")
    for name, value in PRIORITIES.items():
        yield named("PriorityClass", name, version="scheduling.k8s.io/v1", value=value)
    for team in range(WITH_QUOTA):
        hard = {"requests.cpu": f"{asked[team] * 9 // 10}m"}
        yield {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": "compute", "namespace": f"team-{team}"},
            "spec": {"hard": hard},
            "status": {"hard": hard, "used": {"requests.cpu": "0"}},
        }


def objects(nodes: int, seed: int = 1) -> Iterator[Object]:
    """All objects of the cluster, pending agents in shuffled order."""
    workloads = templates(nodes, seed)
    yield from policy_objects(workloads)
    yield from node_objects(nodes)
    replicas = []
    for template in workloads:
        if template.team < WITH_QUOTA:
            yield deployment_object(template.name, template.namespace, template.replicas, template.spec)
        else:
            replicas += [(template, i) for i in range(template.replicas)]
    Random(seed).shuffle(replicas)
    yield from (template.pod(i) for template, i in replicas)


def write(nodes: int, stream: BinaryIO) -> None:
    """The cluster as one file."""
    write_list(objects(nodes), stream)


def cluster_file(bench: Bench, nodes: int) -> Path:
    """The file of a cluster of this many nodes."""
    return bench.file(f"kubernetes-max-{nodes}.json", partial(write, nodes))


def measure(bench: Bench, nodes: int) -> Iterator[Record]:
    """The whole command, from the file to verified bindings."""
    yield bench.place(
        "kubernetes-max", nodes, [cluster_file(bench, nodes)], ["--expand-workloads"], limit=LIMIT
    )


register(
    Case(
        name="kubernetes-max",
        about="Kubernetes' supported maximum as one batch: 30 agents a node, every rule, 95 % cpu load",
        sizes=(50, 500),
        full=(5_000, 20_000),
        measure=measure,
    )
)
