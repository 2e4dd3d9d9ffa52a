"""Admission: an agent that does not exist yet, and that the API server would refuse to create."""

from __future__ import annotations

from placewright.models.agent import Agent
from placewright.models.node import Node
from placewright.models.rules.base import Reason, Rule
from placewright.models.snapshot import Snapshot


class AdmissionRule(Rule):
    name = "admission"
    plugin = ""
    reads_nodes = False
    summary = "A new agent must pass what the API server checks at creation: LimitRange, its priority class."

    def admits(self, snapshot: Snapshot, agent: Agent, node: Node) -> Reason | None:
        return Reason(self.name, agent.refusal, resolvable=False) if agent.refusal else None


RULE = AdmissionRule()
