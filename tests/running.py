"""Random tiny clusters in which everybody runs: mostly where the rules let them in, some where they do not."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from placewright.models.agent import Agent, OwnerReference, Phase
from placewright.models.filters import feasible
from placewright.models.policy import PodDisruptionBudget
from placewright.models.selector import match_labels
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.tests.builders import agent, node, node_affinity, requirement, snapshot
from placewright.tests.tiny import NAMESPACES, chance, tiny_cluster

OWNERS = (*("ReplicaSet",) * 9, *("StatefulSet",) * 2, "DaemonSet")


def running_cluster(rng: Random, *, lawful: bool = False) -> Snapshot:
    """A tiny cluster whose agents run, with owners, budgets and gangs. `lawful`: nobody breaks a rule."""
    cluster = tiny_cluster(rng)
    templates = [replace(a, node_name="", spec=replace(a.spec, devices=())) for a in cluster.agents]
    state = ClusterState(replace(cluster, agents=()))
    agents = []
    for i, template in enumerate(templates):
        one = replace(template, name=f"{template.name}{i}", admitted=True, terminating=False)
        open_nodes = feasible(state, replace(one, spec=replace(one.spec, pod_group="")))
        if not lawful and chance(rng, 10):
            open_nodes = list(cluster.nodes)
        if open_nodes:
            node = rng.choice(open_nodes)
            state.place(one, node)
            agents.append(_running(rng, one, node.name))
    rng.shuffle(agents)
    return replace(cluster, agents=tuple(agents), budgets=_budgets(rng))


def _running(rng: Random, agent: Agent, node: str) -> Agent:
    app = agent.labels["app"]
    return replace(
        agent,
        node_name=node,
        phase=Phase.RUNNING,
        uid=f"uid-{agent.name}",
        owner=OwnerReference(rng.choice(OWNERS), app),
        ready=chance(rng, 90),
        stays_because="asked for" if chance(rng, 5) else "",
        move_weight=rng.choice((1, 1, 1, 2)),
    )


def _budgets(rng: Random) -> tuple[PodDisruptionBudget, ...]:
    return tuple(
        PodDisruptionBudget(
            namespace,
            f"{app}-{i}",
            match_labels({"app": app}),
            **rng.choice(({"min_available": 1}, {"max_unavailable": 1}, {"disruptions_allowed": 1})),  # type: ignore[arg-type]
        )
        for namespace in NAMESPACES
        for app in ("web", "db", "job")
        for i in range(rng.choice((0, 0, 0, 0, 0, 0, 1, 1, 2)))
    )


def tight_cluster(rng: Random) -> Snapshot:
    """Three or four nodes that are nearly full, agents that may only use some of them: chains, and circles."""
    count = rng.choice((3, 4))
    disks = [rng.choice(("a", "b", "c")) for _ in range(count)]
    nodes = [node(f"n{i}", cpu=1000 * rng.randint(2, 4), labels={"disk": disks[i]}) for i in range(count)]
    agents: list[Agent] = []
    for n in nodes:
        room = n.allocatable["cpu"] - 500 * rng.randint(0, 2)
        while room >= 500 and len(agents) < 7:
            cpu = min(room, rng.choice((500, 1000, 1000, 1500)))
            room -= cpu
            values = {n.labels["disk"], *rng.sample(("a", "b", "c"), rng.choice((0, 1, 1, 2)))}
            agents.append(
                agent(
                    f"a{len(agents)}",
                    on=n.name,
                    cpu=cpu,
                    uid=f"uid-{len(agents)}",
                    labels={"app": rng.choice(("web", "db"))},
                    node_affinity=node_affinity([requirement("disk", "In", *sorted(values))]),
                    owner=OwnerReference("ReplicaSet", "web"),
                    phase=Phase.RUNNING,
                )
            )
    return snapshot(nodes, agents)
