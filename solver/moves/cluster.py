"""The cluster between the waves of a rebalance, and moves from one of its nodes to another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, replace

from placewright.models.agent import Agent
from placewright.models.audit import unassigned
from placewright.models.movable import Discipline
from placewright.models.node import Node
from placewright.models.rules.topology_spread import counted_nodes, hard_constraints
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState

ALONE = "~"
"""Replacements are named after the agent that they replace, with this and a number."""


@dataclass(frozen=True)
class Move:
    """`agent`, by the key that it had at first, goes from a node to another. why: what for."""

    key: str
    source: str
    target: str
    discipline: Discipline
    why: str


class Cluster:
    """The cluster between waves, as two states that are equal then: `most`, where those that leave in
    the next wave go on being, and `least`, where those that come are not yet (solver/moves/passage.py).

    now: agent key -> the agent as it is there now, itself or its latest replacement.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.most = ClusterState(snapshot)
        self.least = ClusterState(snapshot)
        self.now: dict[str, Agent] = {}
        self._made = 0
        self.workloads = Counter(workload(agent) for agent in snapshot.residents)
        self.gangs = Counter(gang_of(a) for a in snapshot.residents if a.spec.pod_group)
        self._counted: dict[tuple[object, ...], tuple[frozenset[str], frozenset[str]]] = {}
        self._domains: dict[tuple[str, frozenset[str]], frozenset[str]] = {}

    def current(self, key: str) -> Agent:
        """The agent as it is there now."""
        return self.now.get(key) or self.snapshot.agent_by_key[key]

    def replacement(self, key: str, discipline: Discipline) -> Agent:
        """An agent like it that is not there yet; one that comes beside it is charged to quotas."""
        self._made += 1
        made = unassigned(self.snapshot.agent_by_key[key])
        admitted = discipline is Discipline.EVICT_THEN_BIND
        return replace(made, name=f"{made.name}{ALONE}{self._made}", admitted=admitted)

    def node(self, name: str) -> Node:
        return self.snapshot.node_by_name[name]

    def counted(self, agent: Agent, index: int) -> tuple[frozenset[str], frozenset[str]]:
        """The nodes that count for the agent's hard spread constraint at `index`, and their domains."""
        key = (id(agent.spec), id(agent.spread_selector), agent.namespace, index)
        if key not in self._counted:
            constraint = hard_constraints(self.snapshot, agent)[index]
            within = counted_nodes(self.snapshot, agent, constraint)
            self._counted[key] = (within, self._domains_of(constraint.topology_key, within))
        return self._counted[key]

    def _domains_of(self, key: str, within: frozenset[str]) -> frozenset[str]:
        """The domains of a topology key among some nodes."""
        if (key, within) not in self._domains:
            self._domains[key, within] = frozenset(self.node(name).labels[key] for name in within)
        return self._domains[key, within]

    def take_back(self, key: str, there: str, home: str, before: Agent | None) -> None:
        """Undo the latest move of an agent, from `home`, where it was `before` (None: itself), to `there`."""
        came = self.now.pop(key)
        if before is not None:
            self.now[key] = before
        for state in (self.most, self.least):
            state.remove(came, self.node(there))
            put_back(state, before or self.snapshot.agent_by_key[key], self.node(home))


def put_back(state: ClusterState, agent: Agent, node: Node) -> None:
    """Undo a removal of an agent that ran from the start, or came later."""
    if agent.node_name:
        state.restore(agent)
    else:
        state.place(agent, node)


def workload(agent: Agent) -> Hashable:
    """What agents of one controller have in common; an agent without one is its own."""
    owner = agent.owner
    return (agent.namespace, owner.kind, owner.name) if owner is not None else agent.key


def gang_of(agent: Agent) -> tuple[str, str]:
    """The key of the agent's gang, whether or not there is one of that name."""
    return (agent.namespace, agent.spec.pod_group)
