"""Resources: what agents request fits into what a node can give (§2.4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Self

from placewright.models.agent import Agent
from placewright.models.crowds import Crowd
from placewright.models.node import Node, Resources
from placewright.models.profile import FitArgs
from placewright.models.quantity import format_amount
from placewright.models.rules.base import Reason, Rule, Violation
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState, StateIndex

PODS = "pods"


class UsageIndex(StateIndex):
    """What the agents on each node request in all, with their number under `pods`."""

    def __init__(self) -> None:
        self._used: dict[str, dict[str, int]] = {}

    @classmethod
    def empty(cls, state: ClusterState) -> Self:
        return cls()

    def add(self, agent: Agent, node: Node) -> None:
        used = self._used.setdefault(node.name, {})
        used[PODS] = used.get(PODS, 0) + 1
        for name, amount in agent.spec.requests.items():
            used[name] = used.get(name, 0) + amount

    def add_crowd(self, crowd: Crowd, nodes: Mapping[str, Node]) -> None:
        requests = ((PODS, 1), *crowd.sample.spec.requests.items())
        for name, agents in crowd.on.items():
            used = self._used.setdefault(name, {})
            for resource, amount in requests:
                used[resource] = used.get(resource, 0) + amount * len(agents)

    def remove(self, agent: Agent, node: Node) -> None:
        used = self._used[node.name]
        used[PODS] -= 1
        for name, amount in agent.spec.requests.items():
            used[name] -= amount

    def used(self, node_name: str) -> Resources:
        """Amounts by resource name; a name is absent where nothing asks for it."""
        return self._used.get(node_name, {})


def checked_requests(snapshot: Snapshot, agent: Agent) -> Resources | None:
    """The requests that must fit: all but extended resources that the agent's profile leaves to others.

    None where its profile has no such filter: then it needs no pod slot either.
    """
    if not snapshot.filters(ResourcesRule.plugin, agent):
        return None
    fit = snapshot.profile_of(agent).fit
    if not fit.ignored_resources and not fit.ignored_groups:
        return agent.spec.requests
    return {name: amount for name, amount in agent.spec.requests.items() if not _is_ignored(fit, name)}


def checked_amounts(snapshot: Snapshot, agent: Agent) -> Resources:
    """The same with the pod slot that goes with them; nothing where nothing is checked."""
    requests = checked_requests(snapshot, agent)
    return {} if requests is None else {PODS: 1, **requests}


def _is_ignored(fit: FitArgs, name: str) -> bool:
    group, slash, _ = name.partition("/")
    extended = bool(slash) and "kubernetes.io/" not in name
    return extended and (name in fit.ignored_resources or group in fit.ignored_groups)


def shortages(snapshot: Snapshot, agent: Agent, node: Node, used: Resources) -> list[str]:
    """kube-scheduler's words for each resource that the node is short of, in a stable order.

    Only what the agent asks for is checked: one that asks for nothing passes on an overcommitted node.
    """
    requests = checked_requests(snapshot, agent)
    if requests is None:
        return []
    short = []
    if used.get(PODS, 0) + 1 > node.allocatable.get(PODS, 0):
        short.append("Too many pods")
    for name, amount in requests.items():
        if amount > 0 and amount > node.allocatable.get(name, 0) - used.get(name, 0):
            short.append(f"Insufficient {name}")
    return short


def _is_over(node: Node, used: Resources) -> bool:
    return any(amount > node.allocatable.get(name, 0) for name, amount in used.items())


class ResourcesRule(Rule):
    name = "resources"
    plugin = "NodeResourcesFit"
    summary = "Requests of all agents on a node stay within its allocatable amounts, pod slots included."

    def admits(self, snapshot: Snapshot, agent: Agent, node: Node) -> Reason | None:
        return self._reason(shortages(snapshot, agent, node, {}), resolvable=False)

    def rejects(self, state: ClusterState, agent: Agent, node: Node) -> Reason | None:
        snapshot = state.snapshot
        short = shortages(snapshot, agent, node, state.index(UsageIndex).used(node.name))
        return self._reason(short, resolvable=not (short and shortages(snapshot, agent, node, {})))

    def _reason(self, short: list[str], *, resolvable: bool) -> Reason | None:
        return Reason(self.name, ", ".join(short), resolvable) if short else None

    def violations(self, state: ClusterState) -> Iterator[Violation]:
        """Blames the placed agents that ask for what a node has too little of, never the ones before."""
        usage = state.index(UsageIndex)
        full = {node.name for node in state.snapshot.nodes if _is_over(node, usage.used(node.name))}
        for agent, node in state.placed() if full else ():
            if node.name not in full:
                continue
            used = usage.used(node.name)
            for name, asked in checked_amounts(state.snapshot, agent).items():
                have = node.allocatable.get(name, 0)
                if asked > 0 and used.get(name, 0) > have:
                    shown = [format_amount(name, amount) for amount in (used[name], have)]
                    message = f"{name}: {shown[0]} requested of {shown[1]} allocatable"
                    yield Violation(self.name, message, agent.key, node.name)


RULE = ResourcesRule()
