"""Node affinity: nodeSelector, required node affinity, and what the profile adds, ANDed (§4.1)."""

from __future__ import annotations

from placewright.models.agent import Agent, AgentSpec
from placewright.models.node import Node
from placewright.models.rules.base import Reason, Rule
from placewright.models.snapshot import Snapshot

OWN = "node(s) didn't match Pod's node affinity/selector"
ADDED = "node(s) didn't match scheduler-enforced node affinity"


def selects(spec: AgentSpec, node: Node) -> bool:
    """Whether the node carries all nodeSelector pairs and some required term of the agent matches it."""
    if any(node.labels.get(key) != value for key, value in spec.node_selector.items()):
        return False
    return spec.node_affinity is None or spec.node_affinity.matches(node.labels, node.name)


class NodeAffinityRule(Rule):
    name = "node_affinity"
    plugin = "NodeAffinity"
    reads_templates = True
    summary = (
        "The node has all nodeSelector labels and matches some term of the required node affinity, and of "
        "the profile's."
    )

    def concerns(self, snapshot: Snapshot, spec: AgentSpec) -> bool:
        added = snapshot.options.profile_of(spec.scheduler_name).added_affinity
        return bool(spec.node_selector) or spec.node_affinity is not None or added is not None

    def admits(self, snapshot: Snapshot, agent: Agent, node: Node) -> Reason | None:
        added = snapshot.profile_of(agent).added_affinity
        if added is not None and not added.matches(node.labels, node.name):
            return Reason(
                self.name, "node(s) didn't match scheduler-enforced node affinity", resolvable=False
            )
        if selects(agent.spec, node):
            return None
        return Reason(self.name, "node(s) didn't match Pod's node affinity/selector", resolvable=False)

    def reads_node_identity(self, snapshot: Snapshot, agent: Agent) -> bool:
        required = (agent.spec.node_affinity, snapshot.profile_of(agent).added_affinity)
        return any(selector is not None and selector.reads_name for selector in required)


RULE = NodeAffinityRule()
