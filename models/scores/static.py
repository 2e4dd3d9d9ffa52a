"""Scores of an agent on a node, whoever else is there: they add up, agent by agent.

    cost = sum over the agents on nodes of
           POINT * (best score of the agent on a node open to it - score of the agent on its node)

with kube-scheduler's score of 0 to 100. Where kube-scheduler scales it to the nodes that are open to an agent
as it comes, a batch scales it to the nodes that cordon, taints and node affinity leave open to it, which
depends on nothing that is decided. What an agent cannot have anywhere it does not lose: the cost is what
could be better, not a constant that hides it. On a node that is not open (an agent may run there all the
same) the agent costs what it would if that node were open, too. Without any preference it costs nothing.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable, Sequence
from typing import cast

from placewright.models.agent import Agent
from placewright.models.node import Node
from placewright.models.profile import Profile
from placewright.models.rules import cordon, node_affinity, taints
from placewright.models.scores.base import POINT, Score, judges
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState

_OPENING = (cordon.RULE, taints.RULE, node_affinity.RULE)


class StaticScore(Score):
    """A score that depends on the agent and the node alone."""

    per_agent = True

    @abstractmethod
    def points(
        self, snapshot: Snapshot, agent: Agent, nodes: Sequence[Node], profile: Profile
    ) -> list[int] | None:
        """0 to 100 for each of `nodes`, scaled to them; None for an agent without preference."""

    @abstractmethod
    def matters(self, snapshot: Snapshot, agent: Agent, profile: Profile) -> bool:
        """Whether the agent may have a preference at all: cheap, and asked before anything else."""

    def cost(self, snapshot: Snapshot, agent: Agent, node: Node, profile: Profile) -> int:
        """What the agent costs on the node; agents of one spec share the answer."""
        # The snapshot and its options keep specs and profiles alive, so ids stay their own.
        key: Hashable = (self.name, id(agent.spec), id(profile))
        known = snapshot.memo.get(key)
        if known is None:
            known = snapshot.memo[key] = self._costs(snapshot, agent, profile)
        costs = cast(dict[str, int] | None, known) if known != () else None
        if costs is None:
            return 0
        if node.name not in costs:
            points = self.points(snapshot, agent, [*open_nodes(snapshot, agent), node], profile) or [0]
            costs[node.name] = POINT * (max(points) - points[-1])
        return costs[node.name]

    def _costs(self, snapshot: Snapshot, agent: Agent, profile: Profile) -> dict[str, int] | tuple[()]:
        """By node name, for the open ones; () where there is no preference."""
        if not self.matters(snapshot, agent, profile):
            return ()
        nodes = open_nodes(snapshot, agent)
        points = self.points(snapshot, agent, nodes, profile)
        if points is None:
            return ()
        best = max(points, default=0)
        return {n.name: POINT * (best - p) for n, p in zip(nodes, points, strict=True)}

    def value(self, state: ClusterState, profile: Profile) -> int:
        snapshot = state.snapshot
        return sum(
            len(agents) * self.cost(snapshot, crowd.sample, snapshot.node_by_name[name], profile)
            for crowd in state.crowds()
            if judges(snapshot, profile, crowd.sample) and self.matters(snapshot, crowd.sample, profile)
            for name, agents in crowd.on.items()
        )


def open_nodes(snapshot: Snapshot, agent: Agent) -> tuple[Node, ...]:
    """The nodes that cordon, taints and node affinity leave open to the agent."""
    key: Hashable = (__name__, id(agent.spec))
    known = snapshot.memo.get(key)
    if known is None:
        known = snapshot.memo[key] = tuple(
            node
            for node in snapshot.nodes
            if all(rule.admits(snapshot, agent, node) is None for rule in _OPENING)
        )
    return cast(tuple[Node, ...], known)


def bare_state(snapshot: Snapshot) -> ClusterState:
    """A state for scorers that read nothing of it but the snapshot."""
    known = snapshot.memo.get((__name__, "state"))
    if known is None:
        known = snapshot.memo[__name__, "state"] = ClusterState(snapshot)
    return cast(ClusterState, known)
