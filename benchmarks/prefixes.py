"""Karpenter's method of consolidation, as its documentation tells it, for comparison.

Candidates are nodes that hold only agents that may be disrupted, sorted by what disrupting them costs: here
the sum of the move costs of their agents. Empty ones go at once. Then several are emptied together: of the
first hundred, the longest prefix that halving finds will do if its agents find places on the nodes that stay
and on at most one new node, which has to be cheaper than the prefix, and than any node of its own kind in it.
Where no prefix of two or more will do, candidates are tried one by one. All is repeated while that finds any.

Each simulation takes one agent after the other, largest first, to the first node that kube-scheduler's rules
let it go to; those that fit nowhere go to the new node, the cheapest kind in any zone that takes all of them.
Pools have as many nodes as the snapshot has, those that are gone may come back; or they grow without limit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

import numpy as np

from placewright.models.agent import Agent
from placewright.models.audit import placed, to_be_placed
from placewright.models.filters import rejection
from placewright.models.movable import MovePolicy, pinned
from placewright.models.move_cost import MoveCosts
from placewright.models.node import Node
from placewright.models.scores.used_nodes import keeps_in_use
from placewright.models.snapshot import Snapshot

HOST, ZONE, POOL = "kubernetes.io/hostname", "topology.kubernetes.io/zone", "pool"
MOST_AT_ONCE = 100
"""Candidates that are looked at together at most."""


@dataclass(frozen=True)
class Consolidated:
    """What was saved per hour in millionths; how many nodes are fewer; moves, counted each time; rounds."""

    saved: int
    emptied: int
    moved: int
    rounds: int


@dataclass(frozen=True)
class _Step:
    """Nodes that go, where their agents go (key -> node name), and the node that is bought for them."""

    gone: Sequence[str]
    where: Mapping[str, str]
    new: Node | None = None


def prefix_search(
    snapshot: Snapshot, *, grows: bool = False, progress: Callable[[str], None] = lambda _: None
) -> Consolidated:
    """Consolidate a snapshot until nothing more is found. grows: pools may have more nodes than they have."""
    stays = pinned(snapshot, MovePolicy())
    home = {agent.key: agent.node_name for agent in snapshot.residents if not stays[agent.key]}
    price, used = _in_use(snapshot, home)
    world = _World(snapshot, home, grows=grows)
    moved = rounds = 0
    while (step := world.several() or world.one()) is not None:
        world = world.after(step)
        moved, rounds = moved + len(step.where), rounds + 1
        progress(f"{len(step.gone)} nodes gone, {len(step.where)} moves, {world.price() / 1e6:.2f} per hour")
    return Consolidated(price - world.price(), used - world.in_use, moved, rounds)


def _in_use(snapshot: Snapshot, home: Mapping[str, str]) -> tuple[int, int]:
    used = {agent.node_name for agent in snapshot.residents if agent.key in home or keeps_in_use(agent)}
    return sum(snapshot.node_by_name[name].price for name in used), len(used)


class _World:
    """The nodes that are in use, one to buy of each kind and zone, and who is where.

    where: agent key -> node name of the agents that may move. bought: nodes that the snapshot does not have.
    """

    def __init__(
        self, snapshot: Snapshot, where: Mapping[str, str], bought: Sequence[Node] = (), *, grows: bool
    ) -> None:
        self._snapshot = snapshot
        self._where = dict(where)
        self._all_bought = tuple(bought)
        self._grows = grows
        kept = {a.node_name for a in snapshot.residents if a.key not in where and keeps_in_use(a)}
        used = set(where.values()) | kept
        self._nodes = [node for node in (*snapshot.nodes, *bought) if node.name in used]
        spare = [node for node in snapshot.nodes if node.name not in used]
        self._catalog = _catalog(snapshot.nodes, len(bought)) if grows else _one_of_each(spare)
        costs = MoveCosts(snapshot, MovePolicy())
        cost = {node.name: 0 for node in self._nodes if node.name not in kept}
        for key, name in where.items():
            if name in cost:
                cost[name] += costs.of(snapshot.agent_by_key[key])
        self._candidates = sorted(cost, key=lambda name: (cost[name], name))
        there = tuple(a for a in snapshot.agents if a.node_name in used or a.key in where)
        nodes = (*self._nodes, *self._catalog)
        asked = to_be_placed(replace(snapshot, nodes=nodes, agents=there), where.keys())
        self._agents = {agent.key: agent for agent in asked.pending}
        self._state = placed(asked, self._where)
        self._by_name = asked.node_by_name
        self._resources = sorted({name for a in asked.agents for name in a.spec.requests})
        self._free = np.array([self._left(node) for node in self._nodes], dtype=np.int64)

    @property
    def in_use(self) -> int:
        return len(self._nodes)

    def price(self) -> int:
        """What the nodes in use cost per hour, in millionths."""
        return sum(node.price for node in self._nodes)

    def several(self) -> _Step | None:
        """The longest prefix of candidates that halving finds; None where none of two or more will do."""
        names = self._candidates[:MOST_AT_ONCE]
        low, high = 2, len(names)
        best: _Step | None = None
        while low <= high:
            middle = (low + high) // 2
            found = self._simulate(names[:middle])
            if found is None:
                high = middle - 1
            else:
                best, low = found, middle + 1
        return best

    def one(self) -> _Step | None:
        """The first candidate that can go alone."""
        return next((step for name in self._candidates if (step := self._simulate([name]))), None)

    def after(self, step: _Step) -> _World:
        """The world once a step has been taken."""
        bought = self._all_bought
        if self._grows and step.new is not None:
            bought = (*bought, step.new)
        return _World(self._snapshot, {**self._where, **step.where}, bought, grows=self._grows)

    def _left(self, node: Node) -> list[int]:
        """What a node has left of each resource, pod slots at the end."""
        on = self._state.agents_on(node.name).values()
        left = [
            node.allocatable.get(r, 0) - sum(a.spec.requests.get(r, 0) for a in on) for r in self._resources
        ]
        return [*left, node.allocatable.get("pods", 0) - len(on)]

    def _request(self, agent: Agent) -> list[int]:
        return [*(agent.spec.requests.get(r, 0) for r in self._resources), 1]

    def _simulate(self, names: Sequence[str]) -> _Step | None:
        """Where the agents of these nodes go; None where they cannot, or where that saves nothing."""
        gone = set(names)
        going = sorted(
            (self._agents[key] for key, name in self._where.items() if name in gone), key=_largest_first
        )
        for agent in going:
            self._state.remove(agent, self._by_name[self._where[agent.key]])
        where: dict[str, str] = {}
        left = self._first_fit(going, gone, where)
        new = self._bought(left, names, where) if left else None
        for key, name in where.items():
            self._state.remove(self._agents[key], self._by_name[name])
        for agent in going:
            self._state.place(agent, self._by_name[self._where[agent.key]])
        return _Step(names, where, new) if new is not None or not left else None

    def _first_fit(self, going: Iterable[Agent], gone: set[str], where: dict[str, str]) -> list[Agent]:
        """Agents to the first nodes that accept them, noted in `where`; those that none accepts."""
        free = self._free.copy()
        free[[i for i, node in enumerate(self._nodes) if node.name in gone]] = -1
        left = []
        for agent in going:
            request = self._request(agent)
            for n in np.flatnonzero((free >= request).all(axis=1)).tolist():
                if self._accepted(agent, self._nodes[n], where):
                    free[n] -= request
                    break
            else:
                left.append(agent)
        return left

    def _accepted(self, agent: Agent, node: Node, where: dict[str, str]) -> bool:
        if rejection(self._state, agent, node) is not None:
            return False
        self._state.place(agent, node)
        where[agent.key] = node.name
        return True

    def _bought(self, left: Sequence[Agent], names: Sequence[str], where: dict[str, str]) -> Node | None:
        """The cheapest new node that takes all of these and saves something, with them on it."""
        going = [self._by_name[name] for name in names]
        fitting = [node for node in self._cheaper(sum(n.price for n in going)) if self._takes(node, left)]
        if len(names) > 1:
            # One of the same kind need not be bought: that node could have stayed.
            kinds = {node.labels.get(POOL) for node in fitting}
            alike = [node.price for node in going if node.labels.get(POOL) in kinds]
            fitting = [node for node in fitting if node.price < min(alike, default=node.price + 1)]
        if not fitting:
            return None
        for agent in left:
            self._accepted(agent, fitting[0], where)
        return fitting[0]

    def _cheaper(self, price: int) -> Iterator[Node]:
        return (node for node in self._catalog if node.price < price)

    def _takes(self, node: Node, left: Sequence[Agent]) -> bool:
        there: dict[str, str] = {}
        room = np.array(self._left(node)) >= np.sum([self._request(agent) for agent in left], axis=0)
        takes = bool(room.all()) and all(self._accepted(agent, node, there) for agent in left)
        for key in there:
            self._state.remove(self._agents[key], node)
        return takes


def _largest_first(agent: Agent) -> tuple[int, int, str]:
    """The order in which agents are taken: by CPU, then memory."""
    return (-agent.spec.requests.get("cpu", 0), -agent.spec.requests.get("memory", 0), agent.key)


def _catalog(nodes: Iterable[Node], made: int) -> list[Node]:
    """New nodes, one of each kind and zone; `made`: how many have been bought before."""
    names = (f"new-{made}-{i}" for i in count())
    return [
        replace(node, name=name, labels={**node.labels, HOST: name})
        for node, name in zip(_one_of_each(nodes), names, strict=False)
    ]


def _one_of_each(nodes: Iterable[Node]) -> list[Node]:
    """The first node of each kind in each zone, the cheapest kinds first."""
    kinds: dict[tuple[str, int, str], Node] = {}
    for node in nodes:
        kinds.setdefault((node.labels[POOL], node.price, node.labels[ZONE]), node)
    return sorted(kinds.values(), key=lambda node: (node.price, node.name))
