"""What a solve of one level leaves on the table: victims that can stay after all, agents that still fit.

A level is pushed without a thought for those below it. Taking up at once what costs the levels above nothing
gives every level that follows a good start, and a good answer where time ends first.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from placewright.models.agent import Agent
from placewright.models.filters import rejection
from placewright.models.node import Node
from placewright.models.rules import RULES
from placewright.models.rules.devices import choose_devices
from placewright.models.rules.victims import needless
from placewright.solver.clock import Deadline
from placewright.solver.compilation import Compilation, IntArray
from placewright.solver.hand_out import hand_out_devices
from placewright.solver.outcome import outcome

MOST_ROUNDS = 10
"""How often victims that were not needed are looked for: one that stays can make another one possible."""


def complete(compilation: Compilation, count: IntArray, deadline: Deadline) -> IntArray:
    """Counts (G, N) with victims back and further agents placed where every rule accepts that."""
    work = Work(compilation, count)
    work.bring_home()
    work.fill(deadline)
    return count if work.broken else work.count


def spare(compilation: Compilation, count: IntArray, deadline: Deadline) -> IntArray | None:
    """Counts (G, N) without victims that nobody of higher priority needed; None where that cannot be had.

    Who stands in their way and is not more important goes instead. Only an answer whose levels were not
    all pushed to the end has such victims.
    """
    work = Work(compilation, count)
    for _ in range(MOST_ROUNDS):
        victims = list(needless(work.state, RULES))
        if not victims:
            return None if work.broken else work.count
        if not [victim for victim in victims if work.make_way(victim)]:
            break
        work.fill(deadline)
    return None


class Work:
    """An answer as a state and as counts, kept together."""

    def __init__(self, compilation: Compilation, count: IntArray) -> None:
        self._compilation = compilation
        made = outcome(compilation, count)
        devices = hand_out_devices(compilation.snapshot, made.steps) or {}
        self.state = made.state(compilation.snapshot, devices)
        self.count = count.copy()
        groups = compilation.groups
        self._pending = compilation.group_of
        self._standing = {
            a.key: g for g in np.flatnonzero(compilation.standing).tolist() for a in groups[g].members
        }

    @property
    def broken(self) -> bool:
        """Whether what was added one by one does not hold together."""
        return any(True for rule in RULES for _ in rule.violations(self.state))

    def drop_violations(self) -> None:
        """Take off who is blamed until nobody is: each round removes at least one."""
        while (
            blamed := {v.agent for rule in RULES for v in rule.violations(self.state)} & self.state.new.keys()
        ):
            for key in sorted(blamed):
                self.take_off(self.state.snapshot.agent_by_key[key])

    def bring_home(self) -> None:
        """Victims back to where they were, the most important first, where nothing there objects."""
        for victim in sorted(self.state.evicted, key=_importance, reverse=True):
            placed = self.state.new.get(victim.key)
            if placed is not None:
                self.take_off(victim)
            if rejection(self.state, victim, self._home(victim)) is None:
                self._restore(victim)
            elif placed is not None:
                self._put(victim, self._compilation.snapshot.node_by_name[placed])

    def fill(self, deadline: Deadline) -> None:
        """Place who is not placed, the most important first; emptier nodes are asked first."""
        full: set[int] = set()
        for g, agent in self._waiting():
            if deadline.passed:
                return
            # What one of a group finds closed, the next one finds closed.
            if g not in full and not self._place(g, agent):
                full.add(g)

    def make_way(self, victim: Agent) -> bool:
        """Send away newcomers that are not more important until the victim can be back; False if it cannot.

        Those on its node go first, then those elsewhere in its domains.
        """
        home = self._home(victim)
        if self.state.has(victim) and victim.key not in self.state.new:
            return True
        if victim.key in self.state.new:
            self.take_off(victim)
        rivals = [
            (node is not home, _importance(agent), agent)
            for agent, node in self.state.placed()
            if agent.spec.priority <= victim.spec.priority
        ]
        for _, _, rival in sorted(rivals, key=lambda item: item[:2]):
            if rejection(self.state, victim, home) is None:
                break
            self.take_off(rival)
        if rejection(self.state, victim, home) is not None:
            return False
        self._restore(victim)
        return True

    def _waiting(self) -> Iterator[tuple[int, Agent]]:
        snapshot = self._compilation.snapshot
        gone = (agent for agent in self.state.evicted if agent.key not in self.state.new)
        pending = (agent for agent in snapshot.pending if agent.key not in self.state.new)
        for agent in sorted((*gone, *pending), key=_importance, reverse=True):
            g = self._group(agent)
            if g is not None:
                yield g, agent

    def _place(self, g: int, agent: Agent) -> bool:
        compilation = self._compilation
        nodes = np.flatnonzero(compilation.cap[g] > 0)
        left = compilation.free[nodes] - self.count[:, nodes].T @ compilation.request
        request = compilation.request[g]
        room = left - request
        fits = (room[:, request > 0] >= 0).all(axis=1)
        order = np.argsort(-(room[fits] / np.maximum(compilation.amounts.whole[nodes[fits]], 1)).sum(axis=1))
        for n in nodes[fits][order].tolist():
            node = compilation.nodes[n]
            if node.name != agent.node_name and rejection(self.state, agent, node) is None:
                self._put(agent, node)
                return True
        return False

    def _group(self, agent: Agent) -> int | None:
        """The group whose count says where the agent is placed; None for one that is not made anew."""
        if agent.key in self._pending:
            return self._pending[agent.key]
        return self._compilation.running.returning.get(self._standing[agent.key])

    def _home(self, agent: Agent) -> Node:
        return self._compilation.snapshot.node_by_name[agent.node_name]

    def _put(self, agent: Agent, node: Node) -> None:
        self.state.place(agent, node, choose_devices(self.state, agent, node) or ())
        self.count[self._group(agent), self._compilation.node_index[node.name]] += 1

    def take_off(self, agent: Agent) -> None:
        """Undo what was decided for an agent that is placed."""
        node = self._compilation.snapshot.node_by_name[self.state.new[agent.key]]
        self.state.remove(agent, node)
        self.count[self._group(agent), self._compilation.node_index[node.name]] -= 1

    def _restore(self, agent: Agent) -> None:
        self.state.restore(agent)
        self.count[self._standing[agent.key], self._compilation.node_index[agent.node_name]] += 1


def _importance(agent: Agent) -> tuple[int, bool, str]:
    return (agent.spec.priority, bool(agent.node_name), agent.key)
