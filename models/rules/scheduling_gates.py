"""Scheduling gates: an agent that is gated, assigned, ending or gone is not placed."""

from __future__ import annotations

from collections.abc import Iterator

from placewright.models.agent import Agent, Phase
from placewright.models.node import Node
from placewright.models.rules.base import Reason, Rule
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState


class SchedulingGatesRule(Rule):
    name = "scheduling_gates"
    plugin = "SchedulingGates"
    reads_nodes = False
    summary = "An agent with schedulingGates waits; one that is being deleted or has ended is never placed."

    def admits(self, snapshot: Snapshot, agent: Agent, node: Node) -> Reason | None:
        if agent.scheduling_gates:
            gates = ", ".join(agent.scheduling_gates)
            return Reason(self.name, f"waiting for scheduling gates: {gates}", resolvable=False)
        if agent.terminal:
            return Reason(self.name, f"agent has ended: {agent.phase}", resolvable=False)
        if agent.terminating and not agent.node_name:
            return Reason(self.name, "agent is being deleted", resolvable=False)
        return None

    def concerned(self, state: ClusterState) -> Iterator[tuple[Agent, Node]]:
        for agent, node in state.placed():
            if agent.scheduling_gates or agent.terminating or agent.phase is not Phase.PENDING:
                yield agent, node


RULE = SchedulingGatesRule()
