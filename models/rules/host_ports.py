"""Host ports: no two agents on a node want the same port, protocol and address (§2.3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Self

from placewright.models.agent import Agent, AgentSpec, HostPort
from placewright.models.node import Node
from placewright.models.rules.base import Reason, Rule, Violation
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState, StateIndex

MESSAGE = "node(s) didn't have free ports for the requested pod ports"


class PortIndex(StateIndex):
    """Ports in use on each node, with how many agents use them."""

    def __init__(self) -> None:
        self._used: dict[str, Counter[HostPort]] = {}

    @classmethod
    def empty(cls, state: ClusterState) -> Self:
        return cls()

    def heeds(self, spec: AgentSpec) -> bool:
        return bool(spec.host_ports)

    def add(self, agent: Agent, node: Node) -> None:
        if agent.spec.host_ports:
            # A set: two containers of one agent do not conflict with each other.
            self._used.setdefault(node.name, Counter()).update(dict.fromkeys(agent.spec.host_ports, 1))

    def remove(self, agent: Agent, node: Node) -> None:
        if agent.spec.host_ports:
            used = self._used[node.name]
            used.subtract(dict.fromkeys(agent.spec.host_ports, 1))
            self._used[node.name] = +used

    def conflicting(self, agent: Agent, node: Node) -> HostPort | None:
        """A port that the agent wants and an agent on the node holds, or None."""
        used = self._used.get(node.name)
        if not used:
            return None
        return next((p for p in agent.spec.host_ports if any(p.conflicts(held) for held in used)), None)


class HostPortsRule(Rule):
    name = "host_ports"
    plugin = "NodePorts"
    summary = (
        "On one node a host port, protocol and address belong to one agent; 0.0.0.0 means every address."
    )

    def concerns(self, snapshot: Snapshot, spec: AgentSpec) -> bool:
        return bool(spec.host_ports)

    def rejects(self, state: ClusterState, agent: Agent, node: Node) -> Reason | None:
        if agent.spec.host_ports and state.index(PortIndex).conflicting(agent, node) is not None:
            return Reason(self.name, MESSAGE)
        return None

    def violations(self, state: ClusterState) -> Iterator[Violation]:
        for agent, node in self.concerned(state):
            for other in state.agents_on(node.name).values():
                port = None if other.key == agent.key else conflict(agent, other)
                if port is not None:
                    message = f"host port {port.port}/{port.protocol} is also wanted by {other.key}"
                    yield Violation(self.name, message, agent.key, node.name)
                    break


def conflict(one: Agent, other: Agent) -> HostPort | None:
    """A port of `one` that `other` wants as well, or None."""
    for port in one.spec.host_ports:
        if any(port.conflicts(held) for held in other.spec.host_ports):
            return port
    return None


RULE = HostPortsRule()
