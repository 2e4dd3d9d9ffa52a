"""Random tiny clusters with every rule mixed in: at most 4 nodes and 6 pending agents.

`tiny_cluster` draws from a `random.Random`, which hypothesis supplies so that a failure shrinks.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import replace
from random import Random
from typing import Any

from placewright.models.agent import (
    Agent,
    ClaimUse,
    DeviceRequest,
    HostPort,
    InclusionPolicy,
    OwnerReference,
    SpreadConstraint,
    Talk,
    WeightedAffinityTerm,
)
from placewright.models.node import DevicePool, Node
from placewright.models.options import Options
from placewright.models.policy import PodGroup, ResourceQuota
from placewright.models.profile import DefaultSpread, FitArgs, Profile
from placewright.models.selector import (
    AffinityTerm,
    NodeSelectorTerm,
    PreferredNodeTerm,
    Taint,
    match_labels,
)
from placewright.models.snapshot import Snapshot
from placewright.models.storage import (
    CsiNodeDriver,
    PersistentVolume,
    PersistentVolumeClaim,
    Storage,
    StorageClass,
)
from placewright.tests.builders import (
    HOSTNAME,
    MIB,
    ZONE,
    agent,
    node,
    node_affinity,
    requirement,
    taint,
    toleration,
)

NAMESPACES = ("default", "team")
APPS = ("web", "db", "job")
GPU = "example.com/gpu"
GI = 1024 * MIB


def chance(rng: Random, percent: int) -> bool:
    return rng.randrange(100) < percent


def tiny_cluster(rng: Random) -> Snapshot:
    """A snapshot; every choice comes from `rng`."""
    nodes = [_node(rng, i) for i in range(rng.choice((1, 2, 3, 3, 4, 4)))]
    pending = list(_pending(rng, [n.name for n in nodes]))
    residents = [_resident(rng, i, nodes) for i in range(rng.randint(0, 2))]
    everyone = [*pending, *residents]
    rng.shuffle(everyone)
    return Snapshot(
        nodes=tuple(nodes),
        agents=tuple(everyone),
        namespaces={"default": {"kind": "shared"}, "team": {"kind": "own"}},
        storage=_storage(rng, everyone),
        quotas=_quotas(rng),
        pod_groups=(PodGroup("default", "gang", rng.randint(1, 3)),),
        options=Options(profile=Profile(limit_caps=_limit_caps(rng))),
    )


SWITCHABLE = (
    "NodeUnschedulable",
    "TaintToleration",
    "NodeAffinity",
    "NodePorts",
    "NodeResourcesFit",
    "PodTopologySpread",
    "InterPodAffinity",
)


def two_profiles(rng: Random) -> Snapshot:
    """A tiny cluster whose agents belong to two schedulers, with filters switched off, or added to."""
    cluster = tiny_cluster(rng)
    profiles = tuple(_profile(rng, name) for name in ("default-scheduler", "other"))
    schedulers: dict[Hashable, str] = {}
    agents = []
    for one in cluster.agents:
        name = schedulers.setdefault(
            (one.name[:2], one.node_name), rng.choice(("default-scheduler", "other"))
        )
        extra = {"example.com/x": rng.choice((1, 2))} if chance(rng, 20) else {}
        spec = replace(one.spec, scheduler_name=name, requests={**one.spec.requests, **extra}, claims=())
        deduced = match_labels(one.labels) if chance(rng, 50) else None
        agents.append(replace(one, spec=spec, spread_selector=deduced))
    options = Options(
        scheduler_names=frozenset(p.scheduler_name for p in profiles),
        profile=profiles[0],
        profiles=profiles[1:],
    )
    nodes = tuple(replace(n, allocatable={**n.allocatable, "example.com/x": 2}) for n in cluster.nodes)
    return replace(cluster, nodes=nodes, agents=tuple(agents), options=options)


def _profile(rng: Random, name: str) -> Profile:
    off = frozenset(plugin for plugin in SWITCHABLE if chance(rng, 25))
    hard = SpreadConstraint(rng.choice((ZONE, HOSTNAME)), rng.choice((1, 2)), None)
    return Profile(
        name=name,
        scheduler_name=name,
        off=off,
        fit=FitArgs(ignored_resources=frozenset({"example.com/x"} if chance(rng, 40) else ())),
        added_affinity=node_affinity([requirement("disk", "Exists")]) if chance(rng, 15) else None,
        default_spread=DefaultSpread(False, (hard,)) if chance(rng, 30) else DefaultSpread(),
    )


def _node(rng: Random, i: int) -> Node:
    zone = rng.choice(("a", "a", "b", "b", None))
    labels = {"disk": "ssd"} if chance(rng, 40) else {}
    taints: list[Taint] = [taint("gpu", "yes")] if chance(rng, 15) else []
    if chance(rng, 20):
        taints.append(taint(rng.choice(("gpu", "slow")), "yes", "PreferNoSchedule"))
    devices = (DevicePool(GPU, rng.randint(1, 2), rng.choice(("T4", "A10"))),) if chance(rng, 60) else ()
    return node(
        f"n{i}",
        cpu=1000 * rng.randint(1, 4),
        memory=1024 * rng.randint(2, 4),
        pods=rng.choice((2, 4, 6)),
        zone=zone,
        labels=labels,
        taints=taints,
        unschedulable=chance(rng, 5),
        devices=devices,
        price=1000 * rng.choice((0, 20, 30, 30, 45)),
        images={f"{name}:latest": 1024 * MIB for name in APPS if chance(rng, 30)},
        data=frozenset(name for name in ("weights", "corpus") if chance(rng, 30)),
    )


def _pending(rng: Random, node_names: list[str]) -> Iterable[Agent]:
    left = rng.randint(1, 6)
    kind = 0
    while left > 0:
        count = min(left, rng.choice((1, 2, 2, 3, 4)))
        fields = _template(rng)
        for i in range(count):
            yield agent(f"k{kind}-{i}", **fields)
        left -= count
        kind += 1


def _resident(rng: Random, i: int, nodes: list[Node]) -> Agent:
    fields = _template(rng)
    for key in ("claims", "devices", "pod_group", "admitted"):
        fields.pop(key, None)
    return agent(f"r{i}", on=rng.choice(nodes).name, terminating=chance(rng, 10), **fields)


def _template(rng: Random) -> dict[str, Any]:
    namespace, app = rng.choice(NAMESPACES), rng.choice(APPS)
    fields: dict[str, Any] = {
        "namespace": namespace,
        "labels": {"app": app},
        "cpu": rng.choice((0, 500, 500, 700, 1000, 1500)),
        "memory": 512 * rng.randint(0, 3),
        "priority": rng.choice((0, 0, 10)),
        "admitted": chance(rng, 60),
        "limits": _limits(rng),
    }
    if chance(rng, 10):
        fields["owner"] = OwnerReference("DaemonSet", app)
    if chance(rng, 20):
        fields["tolerations"] = (toleration("gpu", operator="Exists"),)
    if chance(rng, 10):
        fields["node_selector"] = {"disk": "ssd"}
    if chance(rng, 8):
        fields["node_affinity"] = node_affinity([requirement(ZONE, rng.choice(("In", "NotIn")), "a")])
    if chance(rng, 25):
        fields["anti_affinity"] = (_term(rng, namespace, app),)
    if chance(rng, 18):
        fields["affinity"] = tuple(_term(rng, namespace, app) for _ in range(rng.choice((1, 1, 1, 2))))
    if chance(rng, 35):
        fields["spread"] = tuple(_spread(rng, app) for _ in range(rng.choice((1, 1, 2))))
    if chance(rng, 10):
        fields["host_ports"] = (HostPort(80),)
    if chance(rng, 15):
        fields["devices"] = (_devices(rng),)
    if chance(rng, 15) and namespace == "default":
        fields["pod_group"] = "gang"
    if chance(rng, 15):
        fields["claims"] = tuple(ClaimUse(name) for name in rng.choice((("c0",), ("c1",), ("c0", "c1"))))
    return fields | _preferences(rng, namespace, app)


def _preferences(rng: Random, namespace: str, app: str) -> dict[str, Any]:
    """What an agent wishes of other agents without insisting on it."""
    fields: dict[str, Any] = {}
    if chance(rng, 30):
        fields["spread_selector"] = match_labels({"app": app})
    if chance(rng, 20):
        fields["preferred_affinity"] = tuple(
            WeightedAffinityTerm(rng.choice((100, 30, 1, -1, -50, -100)), _term(rng, namespace, app))
            for _ in range(rng.choice((1, 1, 2)))
        )
    if chance(rng, 20):
        talks = rng.choice((1, 1, 2))
        fields["talks_to"] = tuple(Talk(_term(rng, namespace, app), rng.randint(1, 3)) for _ in range(talks))
    return {**fields, **_wishes(rng, app)}


def _wishes(rng: Random, app: str) -> dict[str, Any]:
    """What an agent prefers of a node."""
    wishes: dict[str, Any] = {}
    if chance(rng, 20):
        wishes["preferred_nodes"] = tuple(_preferred(rng) for _ in range(rng.randint(1, 2)))
    if chance(rng, 40):
        wishes["images"] = (app,)
    if chance(rng, 20):
        wishes["needs_data"] = {"weights": 3, "corpus": rng.randint(1, 2)}
    return wishes


def _preferred(rng: Random) -> PreferredNodeTerm:
    wanted = rng.choice((requirement("disk", "Exists"), requirement(ZONE, "In", "a")))
    return PreferredNodeTerm(rng.choice((10, 50, 100)), NodeSelectorTerm(match_expressions=(wanted,)))


def _limits(rng: Random) -> dict[str, int]:
    if not chance(rng, 40):
        return {}
    return {"cpu": 500 * rng.randint(1, 5), "memory": 512 * MIB * rng.randint(1, 4)}


def _term(rng: Random, namespace: str, app: str) -> AffinityTerm:
    selector = match_labels({"app": app if chance(rng, 60) else rng.choice(APPS)})
    key = rng.choice((ZONE, ZONE, HOSTNAME))
    if chance(rng, 15):
        return AffinityTerm(key, selector, frozenset(), match_labels({"kind": "own"}))
    return AffinityTerm(key, selector, frozenset({namespace}))


def _spread(rng: Random, app: str) -> SpreadConstraint:
    hard = chance(rng, 60)
    return SpreadConstraint(
        topology_key=rng.choice((ZONE, HOSTNAME)),
        max_skew=rng.choice((1, 1, 2)),
        selector=match_labels({"app": app if chance(rng, 75) else rng.choice(APPS)}),
        hard=hard,
        min_domains=rng.choice((1, 1, 1, 2)) if hard else 1,
        node_affinity_policy=rng.choice(list(InclusionPolicy)),
        node_taints_policy=rng.choice(list(InclusionPolicy)),
    )


def _devices(rng: Random) -> DeviceRequest:
    models = ("T4",) if chance(rng, 30) else ()
    if chance(rng, 60):
        return DeviceRequest(GPU, 1, rng.choice((300, 500, 600)), models)
    return DeviceRequest(GPU, rng.randint(1, 2), 1000, models)


def _quotas(rng: Random) -> tuple[ResourceQuota, ...]:
    if not chance(rng, 60):
        return ()
    hard = {"requests.cpu": 500 * rng.randint(1, 5), "pods": rng.randint(1, 4)}
    return (ResourceQuota(rng.choice(NAMESPACES), "compute", hard, used={}),)


def _limit_caps(rng: Random) -> dict[str, int]:
    names = rng.choice(((), (), ("cpu",), ("memory",), ("cpu", "memory")))
    return {name: rng.choice((500, 800, 1200, 1500)) for name in names}


def _storage(rng: Random, everyone: list[Agent]) -> Storage:
    used = {(a.namespace, use.name) for a in everyone for use in a.spec.claims}
    claims = {
        (namespace, name): PersistentVolumeClaim(
            namespace,
            name,
            request=GI,
            storage_class=rng.choice(("local", "cloud")),
            access_modes=frozenset({rng.choice(("ReadWriteOnce", "ReadWriteOncePod"))}),
        )
        for namespace, name in sorted(used)
    }
    modes = frozenset({"ReadWriteOnce", "ReadWriteOncePod"})
    volumes = {
        f"pv{i}": PersistentVolume(
            f"pv{i}",
            capacity=GI * rng.randint(1, 2),
            storage_class="local",
            access_modes=modes,
            node_affinity=node_affinity([requirement(HOSTNAME, "In", f"n{i}")]),
        )
        for i in range(rng.randint(0, 2))
    }
    classes = {
        "local": StorageClass("local", wait_for_first_consumer=True),
        "cloud": StorageClass("cloud", provisioner="csi.example.com", wait_for_first_consumer=True),
    }
    limited = {f"n{i}": (CsiNodeDriver("csi.example.com", rng.randint(0, 1), (ZONE,)),) for i in range(2)}
    return Storage(
        claims=claims, volumes=volumes, classes=classes, csi_nodes=limited if chance(rng, 40) else {}
    )
