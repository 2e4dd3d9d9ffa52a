"""Which nodes are in use: what FewestNodes and Cost share."""

from __future__ import annotations

from collections.abc import Iterator

from placewright.models.agent import Agent
from placewright.models.node import Node
from placewright.models.state import ClusterState


def keeps_in_use(agent: Agent) -> bool:
    """Whether this agent is a reason to keep its node.

    Not one of a DaemonSet nor a static one: those are wherever there is a node.
    """
    return not agent.static and not (agent.owner is not None and agent.owner.kind == "DaemonSet")


def used_nodes(state: ClusterState) -> Iterator[Node]:
    """The nodes that hold at least one agent that keeps them in use, in the snapshot's order."""
    for node in state.snapshot.nodes:
        if any(keeps_in_use(agent) for agent in state.agents_on(node.name).values()):
            yield node
