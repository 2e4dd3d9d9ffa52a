"""What encoders read while a snapshot becomes integers: groups, nodes and dense indices between them."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from placewright.models.agent import Agent
from placewright.models.rules.topology import Matcher, matches
from placewright.models.snapshot import Snapshot
from placewright.solver.groups import Group

IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True)
class Domains:
    """The values of one topology key. `of_node[n]` indexes `values`; -1: the node has no such label."""

    values: tuple[str, ...]
    of_node: IntArray

    def nodes(self, domain: int) -> IntArray:
        """Indices of the nodes in a domain."""
        return np.flatnonzero(self.of_node == domain)


@dataclass(frozen=True)
class Amounts:
    """Resources as integers.

    names:   R resource names, `pods` among them.
    request: int64 (G, R), what one agent of each group asks for.
    free:    int64 (N, R), what each node has left; never negative.
    whole:   int64 (N, R), what each node has in all.
    They are divided by the common divisor of the requests of a resource, which keeps them exact and small.
    """

    names: tuple[str, ...]
    request: IntArray
    free: IntArray
    whole: IntArray


class Compilation:
    """Indices and lookups over one snapshot with G groups of pending agents and N nodes, in its order.

    eligible: bool (G, N): every rule's `admits` agrees.
    cap:      int64 (G, N): how many of a group the node could hold alone; 0 where not eligible.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        groups: tuple[Group, ...],
        amounts: Amounts,
        eligible: BoolArray,
    ) -> None:
        self.snapshot = snapshot
        self.groups = groups
        self.nodes = snapshot.nodes
        self.amounts = amounts
        self.eligible = eligible
        self.size: IntArray = np.array([group.size for group in groups], dtype=np.int64)
        self.cap = fitting(amounts.request, amounts.free, self.size, eligible)
        self._domains: dict[str, Domains] = {}
        self._group_matches: dict[Matcher, IntArray] = {}

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
            found = [g for g, group in enumerate(self.groups) if matches(self.snapshot, matcher, group.agent)]
            self._group_matches[matcher] = np.array(found, dtype=np.int64)
        return self._group_matches[matcher]

    def residents_matching(self, matcher: Matcher) -> IntArray:
        """int64 (N,): how many running agents `matcher` means, per node."""
        counts = np.zeros(len(self.nodes), dtype=np.int64)
        for sample, on_nodes in self._resident_kinds:
            if matches(self.snapshot, matcher, sample):
                counts += on_nodes
        return counts

    @cached_property
    def _resident_kinds(self) -> list[tuple[Agent, IntArray]]:
        """Running agents by what a matcher can see of them: a sample, and its count per node."""
        kinds: dict[Hashable, tuple[Agent, IntArray]] = {}
        for agent in self.snapshot.residents:
            identity = (agent.namespace, agent.label_set, agent.terminating)
            if identity not in kinds:
                kinds[identity] = (agent, np.zeros(len(self.nodes), dtype=np.int64))
            kinds[identity][1][self.node_index[agent.node_name]] += 1
        return list(kinds.values())

    @cached_property
    def residents_on(self) -> list[list[Agent]]:
        """The running agents on each node."""
        on: list[list[Agent]] = [[] for _ in self.nodes]
        for agent in self.snapshot.residents:
            on[self.node_index[agent.node_name]].append(agent)
        return on


def fitting(request: IntArray, free: IntArray, size: IntArray, eligible: BoolArray) -> IntArray:
    """int64 (G, N): how many agents of each group an otherwise empty-handed node could take."""
    cap = np.where(eligible, size[:, None], 0)
    for r in range(request.shape[1]):
        asking = np.flatnonzero(request[:, r])
        room = free[None, :, r] // request[asking, r][:, None]
        cap[asking] = np.minimum(cap[asking], room)
    return cap
