"""Limit overcommit: limits on a node add up to no more than a share of what it has.

Not a rule of Kubernetes, which never adds up limits. It holds where the profile has `limit_caps`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Self

from placewright.models.agent import Agent, AgentSpec
from placewright.models.crowds import Crowd
from placewright.models.node import Node, Resources
from placewright.models.quantity import format_amount
from placewright.models.rules.base import Reason, Rule, Violation
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState, StateIndex


def limit_of(spec: AgentSpec, resource: str) -> int:
    """What an agent counts for: its limit, or its request where that is more.

    It is more where a container has no limit. Such an agent has no end to what it may use; it counts for
    what it is sure to get.
    """
    return max(spec.limits.get(resource, 0), spec.requests.get(resource, 0))


def ceiling(node: Node, resource: str, cap: int) -> int:
    """What limits may add up to, capped at `cap` thousandths of the node's allocatable amount."""
    return cap * node.allocatable.get(resource, 0) // 1000


class LimitIndex(StateIndex):
    """What the limits on each node add up to."""

    def __init__(self) -> None:
        self._limits: dict[str, Counter[str]] = {}

    @classmethod
    def empty(cls, state: ClusterState) -> Self:
        return cls()

    def add(self, agent: Agent, node: Node) -> None:
        self._change(agent, node, 1)

    def add_crowd(self, crowd: Crowd, nodes: Mapping[str, Node]) -> None:
        for name, agents in crowd.on.items():
            self._change(crowd.sample, nodes[name], len(agents))

    def remove(self, agent: Agent, node: Node) -> None:
        self._change(agent, node, -1)

    def total(self, node_name: str) -> Resources:
        """Amounts by resource name; a name is absent where nothing has a limit or asks for it."""
        return self._limits.get(node_name, {})

    def _change(self, agent: Agent, node: Node, step: int) -> None:
        total = self._limits.setdefault(node.name, Counter())
        for name in {*agent.spec.limits, *agent.spec.requests}:
            total[name] += step * limit_of(agent.spec, name)


def beyond(snapshot: Snapshot, agent: Agent, node: Node, total: Resources) -> list[str]:
    """The capped resources of which the node cannot take the agent's limit beside `total`."""
    return [
        name
        for name, cap in snapshot.options.profile.limit_caps.items()
        if 0 < limit_of(agent.spec, name) > ceiling(node, name, cap) - total.get(name, 0)
    ]


class LimitOvercommitRule(Rule):
    name = "limit_overcommit"
    plugin = ""
    summary = "Limits of all agents on a node stay within the profile's share of its allocatable amounts."

    def concerns(self, snapshot: Snapshot, spec: AgentSpec) -> bool:
        return bool(snapshot.options.profile.limit_caps)

    def admits(self, snapshot: Snapshot, agent: Agent, node: Node) -> Reason | None:
        return self._reason(beyond(snapshot, agent, node, {}), resolvable=False)

    def rejects(self, state: ClusterState, agent: Agent, node: Node) -> Reason | None:
        snapshot = state.snapshot
        if not snapshot.options.profile.limit_caps:
            return None
        total = state.index(LimitIndex).total(node.name)
        names = beyond(snapshot, agent, node, total)
        return self._reason(names, resolvable=not (names and beyond(snapshot, agent, node, {})))

    def _reason(self, names: list[str], *, resolvable: bool) -> Reason | None:
        if not names:
            return None
        return Reason(self.name, f"Limits of {', '.join(names)} beyond the profile's cap", resolvable)

    def violations(self, state: ClusterState) -> Iterator[Violation]:
        """Blames the placed agents that add to what is too much, never the ones before."""
        caps = state.snapshot.options.profile.limit_caps
        if not caps:
            return
        index = state.index(LimitIndex)
        for agent, node in self.concerned(state):
            total = index.total(node.name)
            for name, cap in caps.items():
                most = ceiling(node, name, cap)
                if limit_of(agent.spec, name) > 0 and total.get(name, 0) > most:
                    shown = [format_amount(name, amount) for amount in (total[name], most)]
                    message = f"{name}: limits of {shown[0]} where {shown[1]} is the cap"
                    yield Violation(self.name, message, agent.key, node.name)


RULE = LimitOvercommitRule()
