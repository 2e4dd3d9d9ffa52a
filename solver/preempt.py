"""A first answer with evictions: agents that found no room take it, node by node, from less important ones.

What kube-scheduler would do for each agent (§10.2), in priority order. It is where the search starts from,
which then chooses all evictions together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from placewright.models.agent import Agent
from placewright.models.disruption import BudgetKey, allowed, budgets_of, key_of
from placewright.models.filters import rejection
from placewright.models.rules import RULES
from placewright.models.rules.victims import QOS_COST, may_preempt
from placewright.solver.books import ANY
from placewright.solver.clock import Deadline
from placewright.solver.compilation import Compilation, IntArray
from placewright.solver.outcome import outcome

TRIES = 4
"""Nodes that are looked into for each agent, the ones that seem to cost least first."""

Cost = tuple[int, int, int, int]
"""Beyond budgets, highest victim priority, sum of priorities and number of victims: less is better."""


def make_room(
    compilation: Compilation, count: IntArray, deadline: Deadline, most: int | None = None
) -> IntArray:
    """Counts (G, N) with as many more agents placed as evictions make room for; `count` itself at worst.

    `most`: no more of the pending agents than that are placed, the most important ones.
    """
    room = _Room(compilation, count)
    left = ANY if most is None else most - int(count[list(compilation.pending)].sum())
    for g in sorted(compilation.pending, key=room.priority, reverse=True):
        missing = int(compilation.size[g] - count[g].sum())
        if missing and may_preempt(compilation.snapshot, compilation.groups[g].agent):
            for agent in [a for a in compilation.groups[g].members if a.key not in room.state.new]:
                if left <= 0 or deadline.passed or not room.place(g, agent):
                    break
                left -= 1
    room.bring_back(deadline)
    broken = any(True for rule in RULES for _ in rule.violations(room.state))
    return count if broken else room.count


class _Room:
    """The state, its counts and what is free, kept together."""

    def __init__(self, compilation: Compilation, count: IntArray) -> None:
        self._compilation = compilation
        self._snapshot = compilation.snapshot
        self.count = count.copy()
        self.state = outcome(compilation, count).state(self._snapshot, {})
        self._free = compilation.free - count.T @ compilation.request
        self._evicted: list[tuple[int, Agent]] = []
        self._spent: Counter[BudgetKey] = Counter()
        self._needed: dict[int, IntArray] = {}
        self._tier_list: dict[int, list[list[int]]] = {}
        self._group_of = {
            agent.key: g
            for g in np.flatnonzero(compilation.standing).tolist()
            for agent in compilation.groups[g].members
        }

    def priority(self, g: int) -> int:
        return self._compilation.groups[g].agent.spec.priority

    def place(self, g: int, agent: Agent) -> bool:
        """Place one agent where the evictions that it takes cost least; False where nothing helps."""
        best: tuple[Cost, int, list[Agent]] | None = None
        known: set[tuple[bytes, bytes]] = set()
        for n in self._candidates(g):
            victims = None if self._looks(n) in known else self._victims(agent, n)
            if victims is not None:
                known.add(self._looks(n))
                cost = self._cost(victims)
                if best is None or cost < best[0]:
                    best = (cost, n, victims)
        if best is None:
            return False
        _, n, victims = best
        for victim in victims:
            self._evict(victim, n)
        self._put(g, agent, n)
        self._changed(n)
        return True

    def bring_back(self, deadline: Deadline) -> None:
        """Place evicted agents anew where there is room for them as things are."""
        for g, agent in sorted(self._evicted, key=lambda item: -item[1].spec.priority):
            back = self._compilation.running.returning.get(g)
            if back is None or deadline.passed:
                continue
            request = self._compilation.request[back]
            fits = ((self._free >= request) | (request == 0)).all(axis=1) & (self._compilation.cap[back] > 0)
            for n in np.flatnonzero(fits).tolist():
                node = self._compilation.nodes[n]
                if node.name != agent.node_name and rejection(self.state, agent, node) is None:
                    self._put(back, agent, n)
                    break

    def _put(self, g: int, agent: Agent, n: int) -> None:
        self.state.place(agent, self._compilation.nodes[n])
        self._free[n] -= self._compilation.request[g]
        self.count[g, n] += 1

    def _evict(self, agent: Agent, n: int) -> None:
        g = self._group_of[agent.key]
        self.state.remove(agent, self._compilation.nodes[n])
        self._free[n] += self._compilation.request[g]
        self.count[g, n] -= 1
        self._evicted.append((g, agent))
        self._spent.update(key_of(budget) for budget in budgets_of(self._snapshot, agent))

    def _changed(self, n: int) -> None:
        """Who could come to a node has to be asked again."""
        for g, needed in self._needed.items():
            needed[n] = self._tiers_needed(g, np.array([n]))[0]

    def _candidates(self, g: int) -> list[int]:
        """Nodes that could hold one more if everybody less important left, the least important first."""
        if g not in self._needed:
            self._needed[g] = self._tiers_needed(g, np.arange(len(self._compilation.nodes)))
        needed = self._needed[g]
        found = np.flatnonzero(needed >= 0)
        return [int(n) for n in found[np.argsort(needed[found], kind="stable")][:TRIES]]

    def _looks(self, n: int) -> tuple[bytes, bytes]:
        """Equal for nodes with the same room and as many of every group: alike in what evictions cost."""
        return self._free[n].tobytes(), self.count[:, n].tobytes()

    def _tiers_needed(self, g: int, nodes: IntArray) -> IntArray:
        """By node: how many tiers, lowest first, must leave for one more of a group; -1: that is no help."""
        compilation, request = self._compilation, self._compilation.request[g]
        asked = np.flatnonzero(request)
        free = self._free[nodes][:, asked]
        needed = np.full(len(nodes), -1, dtype=np.int64)
        open_nodes = compilation.cap[g, nodes] > 0
        for position, groups in enumerate(([], *self._tiers(self.priority(g)))):
            free += self.count[groups][:, nodes].T @ compilation.request[groups][:, asked]
            fits = open_nodes & (needed < 0) & (free >= request[asked]).all(axis=1)
            needed[fits] = position
        return needed

    def _tiers(self, below: int) -> list[list[int]]:
        """Standing groups of each priority under `below`, lowest first."""
        if below not in self._tier_list:
            tiers: dict[int, list[int]] = {}
            for g in np.flatnonzero(self._compilation.standing).tolist():
                if self.priority(g) < below:
                    tiers.setdefault(self.priority(g), []).append(g)
            self._tier_list[below] = [tiers[priority] for priority in sorted(tiers)]
        return self._tier_list[below]

    def _victims(self, agent: Agent, n: int) -> list[Agent] | None:
        """Who must leave the node for the agent, None where nothing helps; the state stays as it is."""
        node = self._compilation.nodes[n]
        pool = [
            other
            for other in self.state.agents_on(node.name).values()
            if other.key in self._group_of and other.spec.priority < agent.spec.priority
        ]
        pool.sort(key=_importance)
        gone: list[Agent] = []
        while rejection(self.state, agent, node) is not None:
            if not pool:
                self._restore(gone)
                return None
            gone.append(pool.pop(0))
            self.state.remove(gone[-1], node)
        kept = self._reprieved(agent, n, gone)
        victims = [victim for victim in gone if victim.key not in kept]
        self._restore(victims)
        return victims

    def _reprieved(self, agent: Agent, n: int, gone: Sequence[Agent]) -> set[str]:
        """Keys of those that can stay after all, the most important asked first."""
        node, kept = self._compilation.nodes[n], set()
        for victim in reversed(gone):
            self.state.restore(victim)
            if rejection(self.state, agent, node) is None:
                kept.add(victim.key)
            else:
                self.state.remove(victim, node)
        return kept

    def _restore(self, agents: Sequence[Agent]) -> None:
        for agent in agents:
            self.state.restore(agent)

    def _cost(self, victims: Sequence[Agent]) -> Cost:
        priorities = [victim.spec.priority for victim in victims]
        return (
            self._beyond(victims),
            max(priorities, default=-(2**31)),
            sum(priorities) + 2**31 * len(victims),
            len(victims),
        )

    def _beyond(self, victims: Sequence[Agent]) -> int:
        """How much further than so far evicting these goes beyond what budgets allow."""
        covering = [budget for victim in victims for budget in budgets_of(self._snapshot, victim)]
        asked = Counter(key_of(budget) for budget in covering)
        beyond = 0
        for name, budget in {key_of(budget): budget for budget in covering}.items():
            left = allowed(self._snapshot, budget) - self._spent[name]
            beyond += max(0, asked[name] - left) - max(0, -left)
        return beyond


def _importance(agent: Agent) -> tuple[int, int, str]:
    """Least important first: priority, the promise made to it, then the youngest."""
    return (agent.spec.priority, QOS_COST[agent.spec.qos], _reversed(agent.created))


def _reversed(text: str) -> str:
    """Sorts in the opposite order of `text`, for texts of equal length."""
    return "".join(chr(0x10FFFF - ord(c)) for c in text)
