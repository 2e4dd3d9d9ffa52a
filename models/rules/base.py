"""What a rule is: a name, a meaning for one agent and one node, and a meaning for a whole placement."""

from __future__ import annotations

from abc import ABC
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from placewright.models.agent import Agent
from placewright.models.node import Node
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an agent may not go to a node.

    `message` is worded as kube-scheduler words it and is the same for all nodes with the same cause,
    so that nodes can be counted by it. `resolvable`: taking other agents away could help.
    """

    rule: str
    message: str
    resolvable: bool = True


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that a placement breaks. `agent` is a key, `node` a name; "" where none is to blame alone."""

    rule: str
    message: str
    agent: str = ""
    node: str = ""


class Rule(ABC):
    """One hard rule. Stateless: everything it reads is in its arguments.

    `admits` is the part that depends on the agent and the node alone: `compile` prunes with it.
    `rejects` is kube-scheduler's filter: may `agent`, not yet on any node, go to `node` as things stand?
    `violations` judges a finished placement: only what the placement did (`state.new`) is blamed,
    never what was already broken before it.
    """

    name: ClassVar[str]
    """The rule's name in plans, reasons and the tree."""
    plugin: ClassVar[str]
    """kube-scheduler's plugin, or "" for what it does not check."""
    summary: ClassVar[str]
    """One sentence for the table in docs/rules."""

    def admits(self, snapshot: Snapshot, agent: Agent, node: Node) -> Reason | None:
        """None, or why this agent can never be on this node, whoever else is there."""
        return None

    def rejects(self, state: ClusterState, agent: Agent, node: Node) -> Reason | None:
        """None, or why this agent cannot go to this node now."""
        return self.admits(state.snapshot, agent, node)

    def violations(self, state: ClusterState) -> Iterator[Violation]:
        """Everything that the placed agents break, in a stable order."""
        for agent, node in state.placed():
            reason = self.admits(state.snapshot, agent, node)
            if reason is not None:
                yield Violation(self.name, reason.message, agent.key, node.name)

    def reads_node_identity(self, agent: Agent) -> bool:
        """Whether `admits` can differ between two nodes with equal labels, taints and cordon."""
        return False
