"""Who breaks a rule where they are, judged as if everybody had just been placed.

Kubernetes lets agents stay whatever changed around them. What moves others may not make more of them. That a
node is cordoned keeps agents from coming, and says nothing of those that are there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from placewright.models.agent import Agent, AgentClass, Phase
from placewright.models.node import Node
from placewright.models.rules import RULES, cordon
from placewright.models.rules.base import Rule
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState

UNSCHEDULABLE = "node.kubernetes.io/unschedulable"
"""The taint that the node controller gives to cordoned nodes."""

STAYING: tuple[Rule, ...] = tuple(rule for rule in RULES if rule is not cordon.RULE)
"""The rules that those who are on a node can break there."""


def to_be_placed(snapshot: Snapshot, movable: Collection[str]) -> Snapshot:
    """The agents of the keys `movable` pending, the others running; what is pending in truth is left out."""
    keys = frozenset(movable)
    agents = (
        unassigned(agent) if agent.key in keys else agent
        for agent in snapshot.agents
        if snapshot.classify(agent) is not AgentClass.PENDING
    )
    nodes = tuple(_without_cordon_taint(node) for node in snapshot.nodes)
    return replace(snapshot, agents=tuple(agents), nodes=nodes)


def unassigned(agent: Agent) -> Agent:
    """The same agent before it was bound; it has been admitted, so no quota is charged again."""
    return replace(agent, node_name="", nominated_node="", phase=Phase.PENDING, admitted=True, started="")


def is_cordoned(node: Node) -> bool:
    """By its field or by the taint that goes with it."""
    return node.unschedulable or any(taint.key == UNSCHEDULABLE for taint in node.taints)


def _without_cordon_taint(node: Node) -> Node:
    if not any(taint.key == UNSCHEDULABLE for taint in node.taints):
        return node
    taints = tuple(taint for taint in node.taints if taint.key != UNSCHEDULABLE)
    return replace(node, unschedulable=True, taints=taints)


def broken(asked: Snapshot, where: Mapping[str, str]) -> frozenset[str]:
    """Keys of the pending agents of `asked` that break a rule on the nodes that `where` names."""
    return broken_in(placed(asked, where))


def broken_in(state: ClusterState) -> frozenset[str]:
    """Keys of the agents placed in a state that break a rule there."""
    return frozenset(
        violation.agent
        for rule in STAYING
        for violation in rule.violations(state)
        if violation.agent in state.new
    )


def placed(asked: Snapshot, where: Mapping[str, str]) -> ClusterState:
    """The state with every pending agent of `asked` where `where` says, checking nothing."""
    state = ClusterState(asked)
    for agent in asked.pending:
        if agent.key in where:
            state.place(agent, asked.node_by_name[where[agent.key]])
    return state
