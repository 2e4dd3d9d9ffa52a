"""Nodes with agents on them: the mutable view that rules read, with indexes they define themselves."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Self, TypeVar, cast

from placewright.models.agent import Agent, AgentSpec
from placewright.models.crowds import Crowd, Step, crowds
from placewright.models.node import Node
from placewright.models.snapshot import Snapshot


class StateIndex(ABC):
    """Something that a rule keeps up to date as agents come and go, so that a check need not scan."""

    @classmethod
    @abstractmethod
    def empty(cls, state: ClusterState) -> Self:
        """As it is where nobody is on any node."""

    @abstractmethod
    def add(self, agent: Agent, node: Node) -> None:
        """An agent has come to a node."""

    @abstractmethod
    def remove(self, agent: Agent, node: Node) -> None:
        """An agent has left a node."""

    def heeds(self, spec: AgentSpec) -> bool:
        """Whether it makes any difference where agents of this spec are."""
        return True

    def add_crowd(self, crowd: Crowd, nodes: Mapping[str, Node]) -> None:
        """A crowd has come; `nodes` by name. The same as adding its agents one by one."""
        for name, agents in crowd.on.items():
            for agent in agents:
                self.add(agent, nodes[name])


T = TypeVar("T")
IndexT = TypeVar("IndexT", bound=StateIndex)
_BEFORE = "before"


class ClusterState:
    """A snapshot's residents plus what has been placed since.

    `new` holds the agents placed through `place`, in order, with the devices they were given.
    Agents that were running at the start are in `snapshot.residents`; `remove` takes either kind off.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.new: dict[str, str] = {}
        self.devices: dict[str, tuple[int, ...]] = dict(snapshot.resident_devices)
        self.cache: dict[Hashable, object] = {}
        self._on: dict[str, Mapping[str, Agent]] = dict(snapshot.residents_on)
        self._changed: dict[str, dict[str, Agent]] = {}
        """Those of `_on` that are this state's own; the others are the snapshot's."""
        self._indexes: dict[type[StateIndex], StateIndex] = {}
        self._derived: dict[Hashable, object] = {}
        self._left: set[str] = set()
        """Who ran at the start and was taken off."""

    def _own(self, name: str) -> dict[str, Agent]:
        """A node's agents, to be changed: few nodes are, of all there are."""
        own = self._changed.get(name)
        if own is None:
            own = self._on[name] = self._changed[name] = dict(self._on[name])
        return own

    def agents_on(self, node_name: str) -> Mapping[str, Agent]:
        """The agents on a node, by key."""
        return self._on[node_name]

    def has(self, agent: Agent) -> bool:
        """Whether the agent is on a node now."""
        name = self.new.get(agent.key, agent.node_name)
        return agent.key in self._on.get(name, {})

    def assignments(self) -> Iterator[tuple[Agent, Node]]:
        """Every agent on a node, node by node."""
        for name, agents in self._on.items():
            node = self.snapshot.node_by_name[name]
            for agent in agents.values():
                yield agent, node

    def placed(self) -> Iterator[tuple[Agent, Node]]:
        """What was placed since the start, in order."""
        yield from self.derived("placed", self._list_placed)

    def _list_placed(self) -> tuple[Step, ...]:
        nodes = self.snapshot.node_by_name
        return tuple((self._on[name][key], nodes[name]) for key, name in self.new.items())

    def crowds(self) -> tuple[Crowd, ...]:
        """Every agent on a node, by what rules and scores can tell apart."""
        return self.derived("crowds", self._list_crowds)

    def placed_crowds(self) -> tuple[Crowd, ...]:
        """The same of what was placed since the start."""
        return self.derived("placed crowds", lambda: crowds(self.placed()))

    def _list_crowds(self) -> tuple[Crowd, ...]:
        if self._left or any(agent.node_name for agent, _ in self.placed()):
            return crowds(self.assignments())
        # All who ran stay: they are the same in every state of the snapshot, and in crowds of their own.
        return (*self.snapshot.resident_crowds, *self.placed_crowds())

    def derived(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` says of the state as it is, worked out once until somebody comes or goes."""
        known = self._derived.get(key, self)
        if known is self:
            known = self._derived[key] = make()
        return cast(T, known)

    @property
    def evicted(self) -> tuple[Agent, ...]:
        """The agents that ran at the start and are no longer where they were, in the snapshot's order."""
        if not self._left and self.snapshot.resident_keys.isdisjoint(self.new):
            return ()
        return tuple(
            agent
            for agent in self.snapshot.residents
            if agent.key not in self._on[agent.node_name] or agent.key in self.new
        )

    def place(self, agent: Agent, node: Node, devices: tuple[int, ...] = ()) -> None:
        """Put `agent` on `node`, checking nothing: whether it may be there is for the rules to say."""
        key, name = agent.key, node.name
        if self._derived:
            self._derived.clear()
        # As `_own`, without a call for each of very many.
        (self._changed.get(name) or self._own(name))[key] = agent
        self.new[key] = name
        if devices:
            self.devices[key] = devices
        for index in self._indexes.values():
            index.add(agent, node)

    def restore(self, agent: Agent) -> None:
        """Put an agent that ran at the start back to where it was, as if it had never left."""
        self._derived.clear()
        self.cache.pop(_BEFORE, None)
        self._own(agent.node_name)[agent.key] = agent
        self._left.discard(agent.key)
        for index in self._indexes.values():
            index.add(agent, self.snapshot.node_by_name[agent.node_name])

    def remove(self, agent: Agent, node: Node) -> None:
        """Take `agent` off `node`."""
        self._derived.clear()
        self.cache.pop(_BEFORE, None)
        del self._own(node.name)[agent.key]
        if self.new.pop(agent.key, None) is None:
            self._left.add(agent.key)
        for index in self._indexes.values():
            index.remove(agent, node)
        self.devices.pop(agent.key, None)

    def before(self) -> ClusterState:
        """The state as it was before anything was placed, without what has been taken off since. Cached."""
        known = self.cache.get(_BEFORE)
        if not isinstance(known, ClusterState):
            known = ClusterState(self.snapshot)
            for agent in self.snapshot.residents if self._left else ():
                if agent.key not in self._on[agent.node_name]:
                    known.remove(agent, self.snapshot.node_by_name[agent.node_name])
            self.cache[_BEFORE] = known
        return known

    def index(self, kind: type[IndexT]) -> IndexT:
        """The index of this kind, built from everything present at its first use and kept current after."""
        known = self._indexes.get(kind)
        if known is None:
            known = kind.empty(self)
            for crowd in self.crowds():
                if known.heeds(crowd.sample.spec):
                    known.add_crowd(crowd, self.snapshot.node_by_name)
            self._indexes[kind] = known
        return cast(IndexT, known)
