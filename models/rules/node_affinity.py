"""Node affinity: nodeSelector and required node affinity, ANDed (§4.1)."""

from __future__ import annotations

from placewright.models.agent import Agent, AgentSpec
from placewright.models.node import Node
from placewright.models.rules.base import Reason, Rule
from placewright.models.snapshot import Snapshot


def selects(spec: AgentSpec, node: Node) -> bool:
    """Whether the node carries all nodeSelector pairs and some required term matches it."""
    if any(node.labels.get(key) != value for key, value in spec.node_selector.items()):
        return False
    return spec.node_affinity is None or spec.node_affinity.matches(node.labels, node.name)


class NodeAffinityRule(Rule):
    name = "node_affinity"
    plugin = "NodeAffinity"
    summary = "The node has all nodeSelector labels and matches some term of the required node affinity."

    def admits(self, snapshot: Snapshot, agent: Agent, node: Node) -> Reason | None:
        if selects(agent.spec, node):
            return None
        return Reason(self.name, "node(s) didn't match Pod's node affinity/selector", resolvable=False)

    def reads_node_identity(self, agent: Agent) -> bool:
        return agent.spec.node_affinity is not None and agent.spec.node_affinity.reads_name


RULE = NodeAffinityRule()
