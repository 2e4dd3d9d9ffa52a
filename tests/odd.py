"""Random tiny clusters of what `tiny` never draws, a few features at a time so that these meet.

Selectors that are null, empty or negative, terms across namespaces, a third topology key and nodes without a
name for themselves, host ports by address, exclusive disks, volumes in more states, quotas with scopes, gangs
that are not there, agents that are gated, ending or on nodes that are gone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

from placewright.models.agent import (
    Agent,
    ClaimUse,
    DeviceRequest,
    Disk,
    HostPort,
    InclusionPolicy,
    Phase,
    QosClass,
    SpreadConstraint,
)
from placewright.models.node import DevicePool, Node
from placewright.models.options import Options
from placewright.models.policy import PodDisruptionBudget, PodGroup, ResourceQuota, Scope, ScopeRequirement
from placewright.models.selector import AffinityTerm, LabelSelector, match_labels
from placewright.models.snapshot import Snapshot
from placewright.models.storage import Storage
from placewright.tests.builders import (
    HOSTNAME,
    ZONE,
    agent,
    node,
    requirement,
    selector,
    taint,
    toleration,
)
from placewright.tests.odd_storage import odd_storage
from placewright.tests.tiny import APPS, GI, GPU, NAMESPACES, chance

RACK = "rack"
CSI = "csi.example.com"
EXTENDED = "example.com/x"
FEATURES = ("ports", "disks", "apart", "near", "spread", "claims", "gangs", "quotas", "devices")


def odd_cluster(rng: Random, most: int = 5) -> Snapshot:
    """A snapshot with some of the features; at most so many agents are pending."""
    features = frozenset(rng.sample(FEATURES, rng.choice((2, 2, 3, 4))))
    nodes = [_node(rng, i) for i in range(rng.choice((2, 3, 3, 4)))]
    everyone = [*_pending(rng, features, most), *_running(rng, features, nodes)]
    rng.shuffle(everyone)
    flags = ("assume_terminating_gone", "rwo_on_one_node", "quirk_namespace_selector")
    options: dict[str, Any] = {flag: True for flag in flags if chance(rng, 15)}
    return Snapshot(
        nodes=tuple(nodes),
        agents=tuple(everyone),
        namespaces={"default": {"kind": "shared"}, "team": {"kind": "own"}},
        storage=odd_storage(rng, everyone, len(nodes)) if "claims" in features else Storage(),
        quotas=tuple(_quota(rng, i) for i in range(rng.randint(1, 3))) if "quotas" in features else (),
        pod_groups=_gangs(rng),
        options=Options(**options),
    )


def odd_crowd(rng: Random) -> Snapshot:
    """The same where agents of several priorities run, of whom some may be evicted, with budgets."""
    cluster = odd_cluster(rng, most=4)
    pending = [a for a in cluster.agents if not a.node_name][:3]
    running = [a for a in cluster.agents if a.node_name]
    for i in range(rng.randint(0, 4 - len(running)) if pending else 0):
        like = rng.choice(pending)
        home = rng.choice(cluster.nodes).name
        there = replace(
            like, name=f"x{i}", node_name=home, admitted=True, scheduling_gates=(), terminating=False
        )
        running.append(replace(there, spec=replace(like.spec, claims=())))
    agents = [*(_at_some_priority(rng, a) for a in running), *(_preempting(rng, a) for a in pending)]
    rng.shuffle(agents)
    budgets = tuple(
        PodDisruptionBudget(
            namespace,
            app,
            match_labels({"app": app}),
            min_available=rng.choice((1, "50%")),
            disruptions_allowed=rng.choice((0, 1, None)),
            always_allow_unhealthy=chance(rng, 30),
        )
        for namespace in NAMESPACES
        for app in APPS[:2]
        if chance(rng, 40)
    )
    return replace(cluster, agents=tuple(agents), budgets=budgets)


def _at_some_priority(rng: Random, one: Agent) -> Agent:
    spec = replace(one.spec, devices=(), priority=rng.choice((-5, 0, 5)), qos=rng.choice(tuple(QosClass)))
    ready, recreated = chance(rng, 85), chance(rng, 80)
    return replace(one, spec=spec, preemptable=chance(rng, 90), recreated=recreated, ready=ready)


def _preempting(rng: Random, one: Agent) -> Agent:
    policy = "Never" if chance(rng, 25) else "PreemptLowerPriority"
    return replace(one, spec=replace(one.spec, preemption_policy=policy))


def _node(rng: Random, i: int) -> Node:
    labels = {"disk": "ssd"} if chance(rng, 40) else {}
    if chance(rng, 70):
        labels[RACK] = rng.choice(("r1", "r2"))
    effect = rng.choice(("NoSchedule", "NoExecute", "PreferNoSchedule"))
    made = node(
        f"n{i}",
        cpu=1000 * rng.randint(1, 4),
        memory=1024 * rng.randint(1, 4),
        pods=rng.choice((1, 2, 4, 6)),
        zone=rng.choice(("a", "a", "b", "b", "c", None)),
        labels=labels,
        taints=[taint("gpu", "yes", effect)] if chance(rng, 20) else [],
        extra={EXTENDED: rng.randint(0, 3)} if chance(rng, 60) else {},
        unschedulable=chance(rng, 4),
        devices=(DevicePool(GPU, rng.randint(1, 2), "T4"),) if chance(rng, 50) else (),
    )
    if chance(rng, 8):
        return replace(made, labels={k: v for k, v in made.labels.items() if k != HOSTNAME})
    return made


def _pending(rng: Random, features: frozenset[str], most: int) -> list[Agent]:
    made: list[Agent] = []
    left = rng.randint(2, most)
    while left > 0:
        count, fields = min(left, rng.choice((1, 2, 2, 3))), _template(rng, features)
        if chance(rng, 4):
            fields["scheduling_gates"] = ("gate",)
        elif chance(rng, 4):
            fields["terminating"] = True
        made += [agent(f"k{left}-{i}", **fields) for i in range(count)]
        left -= count
    # Somebody waits.
    return [*made, agent("last", cpu=rng.choice((0, 500)))] if chance(rng, 10) else made


def _running(rng: Random, features: frozenset[str], nodes: list[Node]) -> list[Agent]:
    made = []
    for i in range(rng.randint(0, 3)):
        fields = _template(rng, features)
        for name in ("devices", "admitted"):
            fields.pop(name, None)
        home = rng.choice(nodes).name if chance(rng, 95) else "gone"
        phase = Phase.RUNNING if chance(rng, 90) else Phase.SUCCEEDED
        made.append(agent(f"r{i}", on=home, terminating=chance(rng, 12), phase=phase, **fields))
    return made


def _template(rng: Random, features: frozenset[str]) -> dict[str, Any]:
    namespace, app = rng.choice(NAMESPACES), rng.choice(APPS)
    fields: dict[str, Any] = {
        "namespace": namespace,
        "labels": {"app": app, "tier": "x"} if chance(rng, 40) else {"app": app},
        "cpu": rng.choice((0, 500, 700, 1000, 1500)),
        "memory": 512 * rng.randint(0, 2),
        "extra": {EXTENDED: rng.choice((1, 2))} if chance(rng, 20) else {},
        "priority": rng.choice((0, 0, 5, 10)),
        "admitted": chance(rng, 50),
        "limits": {"cpu": 1500} if chance(rng, 30) else {},
        "tolerations": (toleration("gpu", operator="Exists"),) if chance(rng, 20) else (),
        "node_selector": {"disk": "ssd"} if chance(rng, 10) else {},
    }
    few = rng.choice((1, 1, 2))
    drawn: dict[str, tuple[str, Callable[[], Any]]] = {
        "ports": ("host_ports", lambda: tuple(dict.fromkeys(_port(rng) for _ in range(few)))),
        "disks": ("disks", lambda: tuple(dict.fromkeys(_disk(rng) for _ in range(few)))),
        "apart": ("anti_affinity", lambda: tuple(_term(rng, namespace, app) for _ in range(few))),
        "near": ("affinity", lambda: tuple(_term(rng, namespace, app) for _ in range(few))),
        "spread": ("spread", lambda: tuple(_spread(rng, app) for _ in range(few))),
        "claims": ("claims", lambda: tuple(map(ClaimUse, rng.sample(("c0", "c1", "c2", "c3"), few)))),
        "gangs": ("pod_group", lambda: rng.choice(("gang", "gang", "other", "ghost"))),
        "quotas": ("priority_class_name", lambda: "low"),
        "devices": ("devices", lambda: (DeviceRequest(GPU, 1, rng.choice((500, 1000))),)),
    }
    for feature, (name, draw) in drawn.items():
        if feature in features and chance(rng, 45):
            fields[name] = draw()
    if "quotas" in features:
        fields["qos"] = rng.choice((QosClass.BEST_EFFORT, QosClass.BURSTABLE))
        fields["has_deadline"] = chance(rng, 30)
        fields["unspecified"] = frozenset({"limits.cpu"} if chance(rng, 8) else ())
    return fields


def _port(rng: Random) -> HostPort:
    address = rng.choice(("0.0.0.0", "10.0.0.1", "127.0.0.1", "::"))  # noqa: S104
    return HostPort(rng.choice((80, 80, 443)), rng.choice(("TCP", "TCP", "UDP")), address)


def _disk(rng: Random) -> Disk:
    which = rng.choice(("d1", "d2"))
    monitors = frozenset(rng.sample(("m1", "m2", "m3"), rng.randint(1, 2)))
    return rng.choice(
        (
            Disk("gcePersistentDisk", (which,), read_only=chance(rng, 50)),
            Disk("awsElasticBlockStore", (which,), always_exclusive=True),
            Disk("rbd", ("p", which), read_only=chance(rng, 50), monitors=monitors),
        )
    )


def _selector(rng: Random, app: str) -> LabelSelector | None:
    if chance(rng, 50):
        return match_labels({"app": app if chance(rng, 60) else rng.choice(APPS)})
    return rng.choice(
        (
            None,
            LabelSelector(),
            selector(requirement("app", "NotIn", rng.choice(APPS))),
            selector(requirement("app", "In", "web", "db")),
            selector(requirement("tier", "Exists")),
            selector(requirement("tier", "DoesNotExist")),
        )
    )


def _term(rng: Random, namespace: str, app: str) -> AffinityTerm:
    names = rng.choice((frozenset({namespace}),) * 4 + (frozenset({"team"}), frozenset()))
    spaces = None
    if not names or chance(rng, 15):
        own = match_labels({"kind": "own"})
        spaces = rng.choice((LabelSelector(), own, selector(requirement("kind", "NotIn", "own"))))
    key = rng.choice((ZONE, ZONE, HOSTNAME, RACK))
    return AffinityTerm(key, _selector(rng, app), names, spaces)


def _spread(rng: Random, app: str) -> SpreadConstraint:
    hard = chance(rng, 75)
    return SpreadConstraint(
        topology_key=rng.choice((ZONE, HOSTNAME, RACK)),
        max_skew=rng.choice((1, 1, 2)),
        selector=_selector(rng, app),
        hard=hard,
        min_domains=rng.choice((1, 1, 2, 3)) if hard else 1,
        node_affinity_policy=rng.choice(tuple(InclusionPolicy)),
        node_taints_policy=rng.choice(tuple(InclusionPolicy)),
    )


def _gangs(rng: Random) -> tuple[PodGroup, ...]:
    least = {"cpu": rng.choice((1000, 3000))} if chance(rng, 25) else {}
    return (
        PodGroup("default", "gang", rng.randint(1, 3), least),
        PodGroup("team", "gang", rng.randint(1, 3)),
        PodGroup("default", "other", 2),
    )


SCOPES = (
    ScopeRequirement(Scope.TERMINATING),
    ScopeRequirement(Scope.NOT_TERMINATING),
    ScopeRequirement(Scope.BEST_EFFORT),
    ScopeRequirement(Scope.PRIORITY_CLASS, "In", ("low",)),
    ScopeRequirement(Scope.PRIORITY_CLASS, "NotIn", ("low",)),
    ScopeRequirement(Scope.VOLUME_ATTRIBUTES_CLASS, "In", ("gold",)),
)


def _quota(rng: Random, i: int) -> ResourceQuota:
    most = {
        "pods": rng.randint(0, 3),
        "count/pods": rng.randint(1, 4),
        "cpu": rng.choice((600, 1000, 2000)),
        "limits.cpu": rng.choice((1500, 3000)),
        f"requests.{EXTENDED}": rng.randint(0, 2),
        "requests.storage": GI * rng.randint(1, 3),
        "persistentvolumeclaims": rng.randint(0, 2),
    }
    hard = {key: most[key] for key in rng.sample(list(most), rng.randint(1, 3))}
    used = {key: rng.choice((0, amount // 2, amount + 1)) for key, amount in hard.items()}
    scopes = tuple(rng.sample(SCOPES, rng.choice((0, 0, 1, 1, 2))))
    return ResourceQuota(rng.choice(NAMESPACES), f"q{i}", hard, used if chance(rng, 50) else None, scopes)
