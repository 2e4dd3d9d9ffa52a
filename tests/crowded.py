"""Random tiny clusters in which agents of lower priorities run: who is to make room for whom is the question."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from placewright.models.agent import Agent, ClaimUse, Disk, HostPort, QosClass
from placewright.models.policy import PodDisruptionBudget
from placewright.models.profile import Profile
from placewright.models.selector import match_labels
from placewright.models.snapshot import Snapshot
from placewright.models.storage import (
    CsiNodeDriver,
    PersistentVolume,
    PersistentVolumeClaim,
    Storage,
    VolumeAttachment,
)
from placewright.tests.builders import agent, node, snapshot
from placewright.tests.tiny import tiny_cluster


def crowded(rng: Random) -> Snapshot:
    """A tiny cluster in which some run at lower priorities, with budgets, and a few are pending."""
    cluster = tiny_cluster(rng)
    running = [agent for agent in cluster.agents if agent.node_name]
    pending = [agent for agent in cluster.agents if not agent.node_name][:4]
    for i in range(rng.randint(0, 4 - len(running))):
        # Of the same templates as what is pending, so that they meet each other's terms.
        template = rng.choice(pending)
        home = rng.choice(cluster.nodes).name
        running.append(replace(template, name=f"x{i}", node_name=home, admitted=True))
    agents = [*(_running(rng, a) for a in running), *(_pending(rng, a) for a in pending)]
    rng.shuffle(agents)
    budgets = tuple(
        PodDisruptionBudget(namespace, app, match_labels({"app": app}), disruptions_allowed=rng.randint(0, 1))
        for namespace in ("default", "team")
        for app in ("web", "db")
        if rng.random() < 0.4
    )
    return replace(cluster, agents=tuple(agents), budgets=budgets)


def _running(rng: Random, agent: Agent) -> Agent:
    spec = replace(
        agent.spec,
        priority=rng.choice((-5, 0, 5)),
        qos=rng.choice(tuple(QosClass)),
        devices=(),
        claims=(),
        pod_group="gang" if rng.random() < 0.2 and agent.namespace == "default" else "",
    )
    return replace(agent, preemptable=rng.random() < 0.9, recreated=rng.random() < 0.8, spec=spec)


def _pending(rng: Random, agent: Agent) -> Agent:
    policy = rng.choice(("PreemptLowerPriority", "PreemptLowerPriority", "PreemptLowerPriority", "Never"))
    return replace(agent, spec=replace(agent.spec, preemption_policy=policy))


MODES = ("ReadWriteOncePod", "ReadWriteOnce", "ReadWriteMany")
DISKS = (
    Disk("iscsi", ("d",)),
    Disk("iscsi", ("d",), read_only=True),
    Disk("rbd", ("p",), monitors=frozenset("m")),
)


def crowded_volumes(rng: Random) -> Snapshot:
    """Agents at several priorities that run or are pending, with bound claims, disks and ports, and no scores."""
    nodes = [node(f"n{i}", cpu=1000, pods=rng.choice((1, 2, 3))) for i in range(rng.randint(1, 3))]
    everyone = [_using(rng, f"r{i}", rng.choice(nodes).name) for i in range(rng.randint(1, 3))]
    everyone += [_using(rng, f"p{i}") for i in range(rng.randint(1, 3))]
    return snapshot(
        nodes,
        rng.sample(everyone, len(everyone)),
        storage=_attached(rng, [n.name for n in nodes]),
        rwo_on_one_node=rng.random() < 0.5,
        profile=Profile(weights={}),
    )


def _using(rng: Random, name: str, on: str = "") -> Agent:
    return agent(
        name,
        on=on,
        cpu=rng.choice((0, 300, 600)),
        claims=tuple(ClaimUse(f"c{i}") for i in rng.sample(range(4), rng.choice((0, 1, 1, 2)))),
        disks=tuple(rng.sample(DISKS, rng.choice((0, 0, 0, 1)))),
        host_ports=(HostPort(80),) if rng.random() < 0.2 else (),
        priority=rng.choice((0, 5)) if on else rng.choice((3, 10, 10)),
        preemption_policy=rng.choice(("PreemptLowerPriority",) * 3 + ("Never",)),
        recreated=rng.random() < 0.7,
    )


def _attached(rng: Random, nodes: list[str]) -> Storage:
    """Four claims bound to volumes, two of which may be the same one, and few attachments of two drivers."""
    claims = [
        PersistentVolumeClaim(
            "default",
            f"c{i}",
            volume_name=f"v{i}",
            bound=True,
            phase="Bound",
            access_modes=frozenset({rng.choice(MODES)}),
        )
        for i in range(4)
    ]
    volumes = [
        PersistentVolume(
            f"v{i}", driver=rng.choice(("x", "x", "y")), handle=rng.choice((f"h{i}", "same")), phase="Bound"
        )
        for i in range(4)
    ]
    limits = {n: [CsiNodeDriver(d, rng.choice((None, 0, 1, 1, 2))) for d in "xy"] for n in nodes}
    there = (
        VolumeAttachment(rng.choice(nodes), f"v{rng.randrange(4)}") for _ in range(rng.choice((0, 0, 1)))
    )
    return Storage(
        claims={claim.key: claim for claim in claims},
        volumes={volume.name: volume for volume in volumes},
        csi_nodes={name: tuple(drivers) for name, drivers in limits.items() if rng.random() < 0.8},
        attachments=tuple(there),
    )
