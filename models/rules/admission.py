"""Admission: an agent that does not exist yet, and that the API server would refuse to create."""

from __future__ import annotations

from collections.abc import Iterator

from placewright.models.agent import Agent
from placewright.models.node import Node
from placewright.models.rules.base import Reason, Rule, Violation
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState


class AdmissionRule(Rule):
    name = "admission"
    plugin = ""
    reads_nodes = False
    summary = "A new agent must pass what the API server checks at creation: LimitRange, its priority class."

    def admits(self, snapshot: Snapshot, agent: Agent, node: Node) -> Reason | None:
        return Reason(self.name, agent.refusal, resolvable=False) if agent.refusal else None

    def violations(self, state: ClusterState) -> Iterator[Violation]:
        for agent, node in state.placed():
            if agent.refusal:
                yield Violation(self.name, agent.refusal, agent.key, node.name)


RULE = AdmissionRule()
