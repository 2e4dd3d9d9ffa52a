"""Cordon: `spec.unschedulable` turns away whoever does not tolerate the taint it stands for (§2.2)."""

from __future__ import annotations

from placewright.models.agent import Agent, AgentSpec
from placewright.models.node import Node
from placewright.models.rules.base import Reason, Rule
from placewright.models.selector import Effect, Taint
from placewright.models.snapshot import Snapshot

UNSCHEDULABLE = Taint("node.kubernetes.io/unschedulable", Effect.NO_SCHEDULE)
"""The synthetic taint: what counts is the toleration, whether or not the node really carries it."""


class CordonRule(Rule):
    name = "cordon"
    plugin = "NodeUnschedulable"
    reads_templates = True
    summary = "A cordoned node takes only agents that tolerate node.kubernetes.io/unschedulable:NoSchedule."

    def concerns(self, snapshot: Snapshot, spec: AgentSpec) -> bool:
        return snapshot.any_cordoned

    def admits(self, snapshot: Snapshot, agent: Agent, node: Node) -> Reason | None:
        if not node.unschedulable:
            return None
        comparing = snapshot.options.taint_comparison_operators
        if any(t.tolerates(UNSCHEDULABLE, comparison_operators=comparing) for t in agent.spec.tolerations):
            return None
        return Reason(self.name, "node(s) were unschedulable", resolvable=False)


RULE = CordonRule()
