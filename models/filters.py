"""kube-scheduler's filters as things stand: which nodes are open to an agent, and why the others are not."""

from __future__ import annotations

from collections.abc import Sequence

from placewright.models.agent import Agent
from placewright.models.node import Node
from placewright.models.rules import RULES
from placewright.models.rules.base import Reason, Rule
from placewright.models.state import ClusterState


def rejection(state: ClusterState, agent: Agent, node: Node, rules: Sequence[Rule] = RULES) -> Reason | None:
    """The first rule that turns the agent away from the node now, or None."""
    for rule in rules:
        reason = rule.rejects(state, agent, node)
        if reason is not None:
            return reason
    return None


def feasible(state: ClusterState, agent: Agent, rules: Sequence[Rule] = RULES) -> list[Node]:
    """The nodes that every rule leaves open to an agent that is on none, in the snapshot's order."""
    return [node for node in state.snapshot.nodes if rejection(state, agent, node, rules) is None]
