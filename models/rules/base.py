"""What a rule is: a name, a meaning for one agent and one node, and a meaning for a whole placement."""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from typing import Any, ClassVar

from placewright.models.agent import Agent, AgentSpec
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

    A profile may switch off the filter of `plugin` for its agents. Whatever a rule says then leaves them
    alone: `__init_subclass__` sees to that, for every rule alike. For everybody else they are there.
    """

    name: ClassVar[str]
    """The rule's name in plans, reasons and the tree."""
    plugin: ClassVar[str]
    """kube-scheduler's plugin, or "" for what it does not check."""
    summary: ClassVar[str]
    """One sentence for the table in docs/rules."""

    reads_nodes: ClassVar[bool] = True
    """Whether `admits` can differ between nodes at all."""

    reads_templates: ClassVar[bool] = False
    """Whether `admits` says the same of all agents of a crowd (models/crowds.py)."""

    def concerns(self, snapshot: Snapshot, spec: AgentSpec) -> bool:
        """False where the rule admits agents of this spec anywhere, and rejects them nowhere, come what may.

        Asked once per spec and not once per agent and node: it says no where a look at the spec, and at what
        nodes there are, is enough.
        """
        return True

    def may_open(self, snapshot: Snapshot, spec: AgentSpec) -> bool:
        """Whether it may let in later, once others are there, what it rejects of this spec now.

        Everything else only gets stricter while agents come: what a finished placement does not break,
        `rejects` accepts at each step to it, in whatever order.
        """
        return False

    def concerned(self, state: ClusterState) -> Iterator[tuple[Agent, Node]]:
        """What was placed and may break the rule, in order."""
        specs = {id(crowd.sample.spec): crowd.sample.spec for crowd in state.placed_crowds()}
        those = {key for key, spec in specs.items() if self.concerns(state.snapshot, spec)}
        if those:
            yield from (step for step in state.placed() if id(step[0].spec) in those)

    def admits(self, snapshot: Snapshot, agent: Agent, node: Node) -> Reason | None:
        """None, or why this agent can never be on this node, whoever else is there."""
        return None

    def rejects(self, state: ClusterState, agent: Agent, node: Node) -> Reason | None:
        """None, or why this agent cannot go to this node now."""
        return self.admits(state.snapshot, agent, node)

    def violations(self, state: ClusterState) -> Iterator[Violation]:
        """Everything that the placed agents break, in a stable order."""
        if self.reads_templates:
            yield from self._of_crowds(state)
            return
        for agent, node in self.concerned(state):
            reason = self.admits(state.snapshot, agent, node)
            if reason is not None:
                yield Violation(self.name, reason.message, agent.key, node.name)

    def _of_crowds(self, state: ClusterState) -> Iterator[Violation]:
        snapshot = state.snapshot
        for crowd in state.placed_crowds():
            for name, agents in crowd.on.items() if self.concerns(snapshot, crowd.sample.spec) else ():
                reason = self.admits(snapshot, crowd.sample, snapshot.node_by_name[name])
                if reason is not None:
                    yield from (Violation(self.name, reason.message, agent.key, name) for agent in agents)

    def holds(self, snapshot: Snapshot, agent: Agent) -> bool:
        """Whether the agent's profile has this rule's filter."""
        return not self.plugin or snapshot.filters(self.plugin, agent)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name, spared in (("admits", _admits), ("rejects", _rejects), ("violations", _violations)):
            if name in cls.__dict__:
                setattr(cls, name, spared(cls.__dict__[name]))

    def reads_node_identity(self, snapshot: Snapshot, agent: Agent) -> bool:
        """Whether `admits` can differ between two nodes with equal labels, taints and cordon."""
        return False


def _admits(said: Callable[[Rule, Snapshot, Agent, Node], Reason | None]) -> Callable[..., Reason | None]:
    @wraps(said)
    def admits(self: Rule, snapshot: Snapshot, agent: Agent, node: Node) -> Reason | None:
        off = snapshot.any_off and not self.holds(snapshot, agent)
        return None if off else said(self, snapshot, agent, node)

    return admits


def _rejects(
    said: Callable[[Rule, ClusterState, Agent, Node], Reason | None],
) -> Callable[..., Reason | None]:
    @wraps(said)
    def rejects(self: Rule, state: ClusterState, agent: Agent, node: Node) -> Reason | None:
        off = state.snapshot.any_off and not self.holds(state.snapshot, agent)
        return None if off else said(self, state, agent, node)

    return rejects


def _violations(
    said: Callable[[Rule, ClusterState], Iterator[Violation]],
) -> Callable[..., Iterator[Violation]]:
    @wraps(said)
    def violations(self: Rule, state: ClusterState) -> Iterator[Violation]:
        snapshot = state.snapshot
        for violation in said(self, state):
            agent = snapshot.agent_by_key.get(violation.agent) if snapshot.any_off else None
            if agent is None or self.holds(snapshot, agent):
                yield violation

    return violations
