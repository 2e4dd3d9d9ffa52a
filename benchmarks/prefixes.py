"""Karpenter's method of consolidation, as its design documents tell it, for comparison.

Candidates are nodes that hold only agents that may be disrupted, sorted by what disrupting them costs: here
the sum of the move costs of their agents. Several nodes are emptied at once by searching the prefixes of that
list by halving: a prefix will do if its agents fit on the nodes that stay, together with at most one new node
that is cheaper than the prefix. Each simulation is one agent after the other, first fit, by kube-scheduler's
filters. Where no prefix of two or more will do, candidates are tried one by one. This is repeated until
nothing is found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from placewright.models.agent import Agent
from placewright.models.audit import unassigned
from placewright.models.filters import rejection
from placewright.models.movable import MovePolicy, pinned
from placewright.models.move_cost import MoveCosts
from placewright.models.node import Node
from placewright.models.rules.resources import UsageIndex
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState

NEW = "new"
MOST_AT_ONCE = 100
"""Candidates that are looked at together at most."""


@dataclass(frozen=True)
class Consolidated:
    """What was saved per hour in millionths, how many nodes are gone, how many moves that took."""

    saved: int
    emptied: int
    moved: int


def prefix_search(snapshot: Snapshot) -> Consolidated:
    """Consolidate a snapshot until nothing more is found."""
    work = _Cluster(snapshot)
    price, count = work.price(), work.in_use()
    while work.several() or work.one():
        pass
    return Consolidated(price - work.price(), count - work.in_use(), work.moved)


class _Cluster:
    """The nodes that are left, and who is on them."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        policy = MovePolicy()
        self._stays = {key for key, why in pinned(snapshot, policy).items() if why}
        self._costs = MoveCosts(snapshot, policy)
        self._where = {agent.key: agent.node_name for agent in snapshot.residents}
        # Empty nodes are gone at once: that costs nobody anything.
        used = set(self._where.values())
        self._nodes = {node.name: node for node in snapshot.nodes if node.name in used}
        self._kinds = list({(n.labels.get("pool"), n.price): n for n in snapshot.nodes}.values())
        self._made = 0
        self.moved = 0

    def price(self) -> int:
        return sum(node.price for node in self._nodes.values())

    def in_use(self) -> int:
        return len(self._nodes)

    def candidates(self) -> list[str]:
        """Names of nodes that could go, those first that cost least to disrupt."""
        cost = dict.fromkeys(self._nodes, 0)
        for key, name in self._where.items():
            cost[name] += self._costs.of(self._snapshot.agent_by_key[key])
        kept = {self._where[key] for key in self._stays}
        return sorted((name for name in cost if name not in kept), key=lambda name: (cost[name], name))

    def several(self) -> bool:
        """The longest prefix of candidates that halving finds; False where none of two or more will do."""
        names = self.candidates()[:MOST_AT_ONCE]
        low, high = 2, len(names)
        best: tuple[list[str], dict[str, str], Node | None] | None = None
        while low <= high:
            middle = (low + high) // 2
            found = self._simulate(names[:middle])
            if found is None:
                high = middle - 1
            else:
                best = (names[:middle], *found)
                low = middle + 1
        return self._take(best)

    def one(self) -> bool:
        """The first candidate that can go alone."""
        for name in self.candidates():
            found = self._simulate([name])
            if found is not None:
                return self._take(([name], *found))
        return False

    def _take(self, best: tuple[list[str], dict[str, str], Node | None] | None) -> bool:
        if best is None:
            return False
        names, where, new = best
        for name in names:
            del self._nodes[name]
        if new is not None:
            self._nodes[new.name] = new
        self._where.update(where)
        self.moved += len(where)
        return True

    def _simulate(self, names: Sequence[str]) -> tuple[dict[str, str], Node | None] | None:
        """Where everybody from these nodes goes, and the new node if one is needed; None: no gain."""
        gone = set(names)
        going = [self._snapshot.agent_by_key[key] for key, name in self._where.items() if name in gone]
        stay = [node for name, node in self._nodes.items() if name not in gone]
        found = self._fit(going, gone, stay)
        if found is not None:
            return found, None
        budget = sum(self._nodes[name].price for name in names)
        cheaper = sorted((n for n in self._kinds if n.price < budget), key=lambda n: (n.price, n.name))
        # The largest that still saves something is tried: if that will not do none will.
        for kind in cheaper[-1:]:
            self._made += 1
            new = replace(
                kind, name=f"{NEW}-{self._made}", labels={**kind.labels, HOST: f"{NEW}-{self._made}"}
            )
            found = self._fit(going, gone, [*stay, new])
            if found is not None:
                return found, new
        return None

    def _fit(self, going: Sequence[Agent], gone: set[str], nodes: Sequence[Node]) -> dict[str, str] | None:
        """One agent after the other, first fit; None where one finds no place."""
        there = tuple(
            replace(self._snapshot.agent_by_key[key], node_name=name)
            for key, name in self._where.items()
            if name not in gone
        )
        state = ClusterState(replace(self._snapshot, nodes=tuple(nodes), agents=there))
        where = {}
        for agent in sorted(going, key=lambda agent: (-agent.spec.requests.get("cpu", 0), agent.key)):
            pending = unassigned(agent)
            node = next(
                (n for n in nodes if _may_fit(state, agent, n) and rejection(state, pending, n) is None), None
            )
            if node is None:
                return None
            state.place(pending, node)
            where[agent.key] = node.name
        return where


def _may_fit(state: ClusterState, agent: Agent, node: Node) -> bool:
    """Whether amounts allow it: asked first, as it is quick."""
    used = state.index(UsageIndex).used(node.name)
    return all(node.allocatable.get(r, 0) - used.get(r, 0) >= n for r, n in agent.spec.requests.items())


HOST = "kubernetes.io/hostname"
