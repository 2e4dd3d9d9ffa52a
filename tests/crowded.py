"""Random tiny clusters in which agents of lower priorities run: who is to make room for whom is the question."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from placewright.models.agent import Agent, QosClass
from placewright.models.policy import PodDisruptionBudget
from placewright.models.selector import match_labels
from placewright.models.snapshot import Snapshot
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
