"""Counts -> names: who leaves, then who goes where, and the state that this leads to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from placewright.models.agent import Agent
from placewright.models.node import Node
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.solver.compilation import Compilation, IntArray

Step = tuple[Agent, Node]


@dataclass(frozen=True)
class Outcome:
    """`evicted` leave first; then each of `steps` goes to its node, evicted agents made anew among them."""

    evicted: tuple[Agent, ...]
    steps: tuple[Step, ...]

    @property
    def placed(self) -> int:
        """How many pending agents are placed."""
        gone = {agent.key for agent in self.evicted}
        return sum(agent.key not in gone for agent, _ in self.steps)

    def state(self, snapshot: Snapshot, devices: Mapping[str, tuple[int, ...]]) -> ClusterState:
        """The state it leads to, checking nothing."""
        state = ClusterState(snapshot)
        for agent in self.evicted:
            state.remove(agent, snapshot.node_by_name[agent.node_name])
        for agent, node in self.steps:
            state.place(agent, node, devices.get(agent.key, ()))
        return state


def outcome(compilation: Compilation, count: IntArray) -> Outcome:
    """Hand out each group's members, in their order, to the nodes in theirs."""
    count = settled_counts(compilation, count)
    steps = [step for g in compilation.pending for step in _handed(compilation, g, count[g])]
    evicted: list[Agent] = []
    for g in np.flatnonzero(compilation.standing).tolist():
        gone = list(_leaving(compilation, g, count[g]))
        evicted.extend(gone)
        back = compilation.running.returning.get(g)
        if back is not None:
            steps.extend(_handed(compilation, back, count[back], gone))
    return Outcome(tuple(evicted), tuple(steps))


def counts_of(compilation: Compilation, where: Mapping[str, str]) -> IntArray:
    """The counts of pending agents on the nodes that are named, by agent key; nobody leaves."""
    count = compilation.home.copy()
    for g in compilation.pending:
        for agent in compilation.groups[g].members:
            if agent.key in where:
                count[g, compilation.node_index[where[agent.key]]] += 1
    return count


def settled_counts(compilation: Compilation, count: IntArray) -> IntArray:
    """The same counts, but nobody is evicted and placed anew on the node it was on."""
    count = count.copy()
    for g, back in compilation.running.returning.items():
        stays = np.minimum(compilation.home[g] - count[g], count[back])
        count[g] += stays
        count[back] -= stays
    return count


def _handed(
    compilation: Compilation, g: int, row: IntArray, members: Sequence[Agent] | None = None
) -> Iterator[Step]:
    """The members of a group, or some of them, one by one to where `row` (N,) wants them."""
    agents = compilation.groups[g].members if members is None else members
    nodes = np.repeat(np.arange(len(row)), row).tolist()
    if compilation.seats:
        yield from _seated(compilation, agents, row)
        return
    for agent, n in zip(agents, nodes, strict=False):
        yield agent, compilation.nodes[n]


def _seated(compilation: Compilation, agents: Sequence[Agent], row: IntArray) -> Iterator[Step]:
    """The same, but whoever had a seat keeps it where one of them still goes there."""
    left = row.copy()
    seats: dict[str, int] = {}
    for agent in agents:
        n = compilation.node_index.get(compilation.seats.get(agent.key, ""), -1)
        if n >= 0 and left[n]:
            left[n] -= 1
            seats[agent.key] = n
    free = iter(np.repeat(np.arange(len(left)), left).tolist())
    for agent in agents:
        place = seats.get(agent.key)
        n = next(free, -1) if place is None else place
        if n >= 0:
            yield agent, compilation.nodes[n]


def _leaving(compilation: Compilation, g: int, row: IntArray) -> Iterator[Agent]:
    """Who of a standing group does not stay: on each node the youngest."""
    left = {compilation.nodes[n].name: int(row[n]) for n in np.flatnonzero(compilation.home[g])}
    for agent in compilation.groups[g].members:
        left[agent.node_name] -= 1
        if left[agent.node_name] < 0:
            yield agent


def unplaced(compilation: Compilation, count: IntArray, made: Outcome) -> list[Agent]:
    """The pending agents that go nowhere, in group order; `made` is the outcome of `count`."""
    left: list[Agent] = []
    keys: set[str] = set()
    for g in compilation.pending:
        group, placed = compilation.groups[g], int(count[g].sum())
        if not placed:
            left += group.members
        elif placed < group.size:
            keys = keys or {agent.key for agent, _ in made.steps}
            left += [agent for agent in group.members if agent.key not in keys]
    return left
