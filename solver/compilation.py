"""What encoders read while a snapshot becomes integers: groups, nodes and dense indices between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from placewright.models.agent import Agent, AgentSpec
from placewright.models.rules.topology import KindIndex, Matcher
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.solver.groups import Group
from placewright.solver.settled import Settled
from placewright.solver.settled import loads as settled_loads

IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]
FloatArray: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class Domains:
    """The values of one topology key. `of_node[n]` indexes `values`; -1: the node has no such label."""

    values: tuple[str, ...]
    of_node: IntArray

    @cached_property
    def by_node(self) -> bool:
        """Whether no two nodes share a domain."""
        inside = self.of_node[self.of_node >= 0]
        return len(np.unique(inside)) == len(inside)

    def nodes(self, domain: int) -> IntArray:
        """Indices of the nodes in a domain."""
        return np.flatnonzero(self.of_node == domain)


@dataclass(frozen=True)
class Amounts:
    """Resources as integers.

    names:   R resource names, `pods` among them.
    request: int64 (G, R), what one agent of each group asks for and must find.
    asked:   int64 (G, R), what it takes from others, too: what its profile does not check included.
    free:    int64 (N, R), what each node has left; never negative.
    whole:   int64 (N, R), what each node has in all.
    They are divided by the common divisor of the requests of a resource, which keeps them exact and small.
    """

    names: tuple[str, ...]
    request: IntArray
    asked: IntArray
    free: IntArray
    whole: IntArray


@dataclass(frozen=True)
class Running:
    """The running agents that may be evicted, as groups among the others.

    home:      int64 (G, N): how many of a standing group run on each node; 0 for every other group.
    returning: standing group -> the group of the same agents once evicted, placed anew like pending ones.
    A *standing* group's counts are its agents that stay. No rule asks whether they may be where they are;
    for everybody else's rules they are there.
    """

    home: IntArray
    returning: Mapping[int, int]

    @cached_property
    def standing(self) -> BoolArray:
        """bool (G,): which groups are standing."""
        found: BoolArray = np.any(self.home, axis=1).astype(np.bool_)
        return found

    @cached_property
    def theirs(self) -> BoolArray:
        """bool (G,): which groups are of running agents, whether they stand or return."""
        found = self.standing.copy()
        found[list(self.returning.values())] = True
        return found


class Compilation:
    """Indices and lookups over one snapshot with G groups of agents and N nodes, in its order.

    Groups are those of the pending agents and, where agents may be evicted, those of `running`.
    eligible: bool (G, N): every rule's `admits` agrees.
    cap:      int64 (G, N): how many of a group the node could hold alone; 0 where not eligible.
    settled:  the running agents that are in no group: they stay where they are, whatever happens.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        groups: tuple[Group, ...],
        amounts: Amounts,
        eligible: BoolArray,
        running: Running,
        settled: tuple[Settled, ...],
    ) -> None:
        self.snapshot = snapshot
        self.groups = groups
        self.running = running
        self.settled = settled
        self.nodes = snapshot.nodes
        self.amounts = amounts
        self.eligible = eligible
        self.size: IntArray = np.array([group.size for group in groups], dtype=np.int64)
        self.cap = self.staying(fitting(amounts.request, amounts.free, self.size, eligible))
        self.seats: Mapping[str, str] = {}
        """Agent key -> node name: who gets which place where several of a group are placed."""
        self._domains: dict[str, Domains] = {}
        self._group_matches: dict[Matcher, IntArray] = {}
        self._named: dict[frozenset[str] | None, BoolArray] = {}

    @property
    def standing(self) -> BoolArray:
        """bool (G,): groups of running agents that may leave where they are."""
        return self.running.standing

    def unchecked(self, plugin: str) -> BoolArray:
        """bool (G,): groups that a rule leaves alone: standing ones, and those whose profile has it off.

        They are there for everybody else.
        """
        off = [not self.snapshot.filters(plugin, group.agent) for group in self.groups]
        unchecked: BoolArray = self.standing | np.array(off, dtype=np.bool_)
        return unchecked

    def staying(self, cap: IntArray) -> IntArray:
        """`cap` (G, N) for those who are to come; who stands may stay where they are, and come nowhere."""
        return np.where(self.standing[:, None], self.home, cap) if self.standing.any() else cap

    @property
    def home(self) -> IntArray:
        """int64 (G, N): how many agents of a standing group run on each node."""
        return self.running.home

    @cached_property
    def pending(self) -> tuple[int, ...]:
        """The groups of pending agents."""
        return tuple(np.flatnonzero(~self.running.theirs).tolist())

    @cached_property
    def group_of(self) -> Mapping[str, int]:
        """The group of each pending agent, by its key."""
        return {agent.key: g for g in self.pending for agent in self.groups[g].members}

    @cached_property
    def fixed_residents(self) -> tuple[Agent, ...]:
        """The running agents that stay where they are, whatever happens."""
        leaving = {a.key for g in np.flatnonzero(self.standing) for a in self.groups[g].members}
        return tuple(agent for agent in self.snapshot.residents if agent.key not in leaving)

    @cached_property
    def emptied(self) -> ClusterState:
        """The state with only `fixed_residents` on the nodes. Not to be changed."""
        state = ClusterState(self.snapshot)
        for g in np.flatnonzero(self.standing):
            for agent in self.groups[g].members:
                state.remove(agent, self.snapshot.node_by_name[agent.node_name])
        return state

    @property
    def resources(self) -> tuple[str, ...]:
        return self.amounts.names

    @property
    def request(self) -> IntArray:
        return self.amounts.request

    @property
    def free(self) -> IntArray:
        return self.amounts.free

    @cached_property
    def node_index(self) -> dict[str, int]:
        return {node.name: n for n, node in enumerate(self.nodes)}

    def domains(self, key: str) -> Domains:
        """The domains of a topology key over all nodes."""
        if key not in self._domains:
            values = tuple(dict.fromkeys(n.labels[key] for n in self.nodes if key in n.labels))
            position = {value: i for i, value in enumerate(values)}
            of_node = [position[n.labels[key]] if key in n.labels else -1 for n in self.nodes]
            self._domains[key] = Domains(values, np.array(of_node, dtype=np.int64))
        return self._domains[key]

    def groups_matching(self, matcher: Matcher) -> IntArray:
        """Indices of the groups whose agents `matcher` means."""
        if matcher not in self._group_matches:
            found = sorted(self._groups_by_kind.meant(matcher))
            self._group_matches[matcher] = np.array(found, dtype=np.int64)
        return self._group_matches[matcher]

    @cached_property
    def _groups_by_kind(self) -> KindIndex[int]:
        index: KindIndex[int] = KindIndex(self.snapshot)
        for g, group in enumerate(self.groups):
            index.add(group.agent, g)
        return index

    def named(self, names: frozenset[str] | None) -> BoolArray:
        """bool (N,): which nodes have one of these names; None: all."""
        if names not in self._named:
            found = [names is None or node.name in names for node in self.nodes]
            self._named[names] = np.array(found, dtype=np.bool_)
        return self._named[names]

    def residents_matching(self, matcher: Matcher) -> IntArray:
        """int64 (N,): how many of the fixed residents `matcher` means, per node."""
        counts = np.zeros(len(self.nodes), dtype=np.int64)
        for those in self._residents_by_kind.meant(matcher):
            counts[those.nodes] += those.number
        return counts

    @cached_property
    def _residents_by_kind(self) -> KindIndex[Settled]:
        index: KindIndex[Settled] = KindIndex(self.snapshot)
        for those in self.settled:
            index.add(those.sample, those)
        return index

    def residents_loads(self, names: Sequence[str], asks: Callable[[AgentSpec, str], int]) -> IntArray:
        """int64 (N, K): what the fixed residents of each node add up to; `asks`: one agent, by resource."""
        return settled_loads(self.settled, len(self.nodes), names, asks)

    @cached_property
    def residents_on(self) -> list[list[Agent]]:
        """The fixed residents on each node."""
        on: list[list[Agent]] = [[] for _ in self.nodes]
        for agent in self.fixed_residents:
            on[self.node_index[agent.node_name]].append(agent)
        return on


EXACT_IN_DOUBLES = 2**53
"""Integers below this, and their sums that stay below, are exact as doubles."""


def loads(count: IntArray, amounts: IntArray) -> IntArray:
    """int64 (N, R): what counts (G, N) add up to of amounts (G, R), on each node.

    As doubles wherever that is exact: integer products of matrices are many times slower.
    """
    there = np.flatnonzero(count.any(axis=1))
    if 2 * len(there) < len(count):
        # Where few are placed most of a large matrix is nothing.
        count, amounts = count[there], amounts[there]
    most = float(np.abs(amounts).max(initial=0)) * float(np.abs(count).sum(axis=0).max(initial=0))
    if most >= EXACT_IN_DOUBLES:
        return count.T @ amounts
    product: IntArray = (count.T.astype(np.float64) @ amounts.astype(np.float64)).astype(np.int64)
    return product


def fitting(request: IntArray, free: IntArray, size: IntArray, eligible: BoolArray) -> IntArray:
    """int64 (G, N): how many agents of each group an otherwise empty-handed node could take."""
    cap = np.where(eligible, size[:, None], 0)
    for r in range(request.shape[1]):
        # Far fewer amounts are asked for than there are groups.
        amounts, which = np.unique(request[:, r], return_inverse=True)
        room = free[None, :, r] // np.maximum(amounts, 1)[:, None]
        room[amounts == 0] = np.iinfo(np.int64).max
        np.minimum(cap, room[which.reshape(-1)], out=cap)
    return cap


def alike_columns(of: BoolArray) -> IntArray:
    """(N,): the same number for equal columns of (G, N), in the order that they have as numbers."""
    if not len(of):
        return np.zeros(of.shape[1], dtype=np.int64)
    # Eight rows to a byte, and each column compared as one run of bytes.
    packed = np.ascontiguousarray(np.packbits(of, axis=0).T)
    runs = packed.view(np.dtype((np.void, packed.shape[1]))).reshape(-1)
    _, number = np.unique(runs, return_inverse=True)
    return number.reshape(-1).astype(np.int64)
