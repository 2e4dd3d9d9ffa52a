"""The agents that may move, on their nodes: what a search by single moves changes, kept up to date.

Everybody starts where they run. A move keeps every rule that held before it: the newcomer is let in, and
nobody who stays is left in a domain that is too far ahead or without the company that it requires.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from placewright.models.agent import Agent
from placewright.models.audit import STAYING, broken_in, placed
from placewright.models.demands import Demands, has_demands
from placewright.models.filters import rejection
from placewright.models.move_cost import MoveCosts
from placewright.models.rules.affinity_order import found
from placewright.models.rules.own_terms import own_affinity, own_matcher
from placewright.models.rules.topology import Matcher, TopologyCounts, matches
from placewright.models.rules.topology_spread import counted_agents, hard_constraints, overhang
from placewright.solver.compilation import BoolArray, Compilation, IntArray
from placewright.solver.moves.fares import Fares
from placewright.solver.moves.question import Question
from placewright.solver.moves.restricted import restricted_groups
from placewright.solver.objectives.base import Tally

TRIES = 12
"""Nodes that are asked for an agent, the best ones first, before it is left where it is."""


@dataclass(frozen=True)
class _Watch:
    """Agents of one kind who would mind that somebody leaves: by their own spread or required affinity."""

    owner: Agent
    matchers: tuple[Matcher, ...]
    affinity: bool


class Board:
    """where: agent key -> node index, now; home: at the start. count (G, N) and free (N, R) go with it.

    `free` may be negative on nodes that are overcommitted. `closed` (N,): nodes that nobody may come to.
    `tallies` and `fares` are told of every move. `cost`: what each agent costs to move, however far.
    `careful`: moves keep to what workloads ask for (models/demands.py), too.
    """

    def __init__(
        self, question: Question, compilation: Compilation, costs: MoveCosts, tallies: Iterable[Tally] = ()
    ) -> None:
        self.question = question
        self.compilation = compilation
        index = compilation.node_index
        self.home = {key: index[name] for key, name in question.home.items()}
        self.where = dict(self.home)
        self.agents = {agent.key: agent for agent in question.asked.pending}
        self.group_of = compilation.group_of
        self.fares = Fares(compilation, costs, self.agents, self.home)
        self.cost = self.fares.leaving
        self.closed: BoolArray = np.array(
            [n.name in question.closed for n in compilation.nodes], dtype=np.bool_
        )
        self.state = placed(question.asked, question.home)
        self.count: IntArray = np.zeros((len(compilation.groups), len(compilation.nodes)), dtype=np.int64)
        for key, n in self.where.items():
            self.count[self.group_of[key], n] += 1
        self.free: IntArray = compilation.free - self.count.T @ compilation.request
        self.tallies = tuple(tallies)
        self.careful = False
        self._asked_for = Demands.of(self.state) if has_demands(question.asked) else None
        self._checked = restricted_groups(compilation)
        self._asked = [np.flatnonzero(row) for row in compilation.request]
        self._watchers: dict[int, tuple[_Watch, ...]] = {}
        self._watches = _watches(compilation)
        self._series = _series(compilation)
        for tally in self.tallies:
            for g in np.flatnonzero(self.count.any(axis=1)).tolist():
                there = np.flatnonzero(self.count[g])
                tally.add_many(g, there, self.count[g, there])

    @property
    def moved(self) -> list[str]:
        """The keys of those who are no longer at home."""
        return [key for key in self.where if self.away(key)]

    def away(self, key: str) -> bool:
        """Whether an agent is elsewhere than at home."""
        return self.where[key] != self.home[key]

    def spent(self, key: str) -> int:
        """What the way costs by which an agent is where it is now: nothing at home."""
        return self.trip(key, self.where[key])

    def trip(self, key: str, n: int) -> int:
        """What the way from home to a node costs an agent."""
        if n == self.home[key]:
            return 0
        return self.cost[key] if self.fares.plain else int(self.fares.trips(key)[n])

    def within(self, key: str, most: int | None) -> BoolArray:
        """bool (N,): nodes to which its way costs an agent no more than `most` beyond what it costs now."""
        if most is None or self.fares.plain:
            return np.ones(len(self.closed), dtype=np.bool_)
        found: BoolArray = self.fares.trips(key) - self.spent(key) <= max(0, most)
        return found

    def on(self, n: int) -> list[str]:
        """The keys of the movable agents on a node."""
        here = self.state.agents_on(self.compilation.nodes[n].name)
        return [key for key in here if key in self.where]

    def open(self, g: int) -> BoolArray:
        """bool (N,): nodes with room for one more of a group, as far as amounts and `admits` tell."""
        asked = self._asked[g]
        room = (self.free[:, asked] >= self.compilation.request[g, asked]).all(axis=1)
        found: BoolArray = room & self.compilation.eligible[g] & ~self.closed
        return found

    def broken(self) -> frozenset[str]:
        """The keys of those who break a rule where they are now."""
        return broken_in(self.state)

    def let_in(self, key: str) -> bool:
        """Whether every rule would let an agent in where it is."""
        agent, node = self.agents[key], self.compilation.nodes[self.where[key]]
        self.state.remove(agent, node)
        refused = rejection(self.state, agent, node, STAYING)
        self.state.place(agent, node)
        return refused is None

    def move(self, key: str, n: int) -> None:
        """Put an agent on another node, checking nothing."""
        g, before, agent = self.group_of[key], self.where[key], self.agents[key]
        nodes, request = self.compilation.nodes, self.compilation.request[g]
        self.state.remove(agent, nodes[before])
        self.state.place(agent, nodes[n])
        self.where[key] = n
        self.fares.tell(key, int(n != self.home[key]) - int(before != self.home[key]))
        self.count[g, before] -= 1
        self.count[g, n] += 1
        self.free[before] += request
        self.free[n] -= request
        for tally in self.tallies:
            tally.add(g, before, -1)
            tally.add(g, n, 1)

    def try_move(self, key: str, n: int) -> bool:
        """Move an agent if every rule that holds goes on holding; False, and nothing changed, if not."""
        g, before, agent = self.group_of[key], self.where[key], self.agents[key]
        node = self.compilation.nodes[n]
        if n == before or self.closed[n] or not self.compilation.eligible[g, n]:
            return False
        asked = self._asked[g]
        if (self.free[n, asked] < self.compilation.request[g, asked]).any():
            return False
        if self._checked[g]:
            self.state.remove(agent, self.compilation.nodes[before])
            refused = rejection(self.state, agent, node, STAYING)
            self.state.place(agent, self.compilation.nodes[before])
            if refused is not None:
                return False
        ahead = self._overhangs(g)
        self.move(key, n)
        worse = any(now > then for now, then in zip(self._overhangs(g), ahead, strict=True))
        alone = any(w.affinity and self._lonely(w, g, before) for w in self._watched(g))
        if worse or alone or self._asks_for_more():
            self.move(key, before)
            return False
        return True

    def _asks_for_more(self) -> bool:
        """Whether a workload has less of what it asks for than at the start; looked at if `careful` alone."""
        if not self.careful or self._asked_for is None:
            return False
        return any(Demands.of(self.state).beyond(self._asked_for))

    def watched(self, g: int) -> bool:
        """Whether anybody minds where agents of a group are, by spread or required affinity."""
        return bool(self._watched(g))

    def _watched(self, g: int) -> tuple[_Watch, ...]:
        """Who may mind when an agent of this group comes or goes."""
        if g not in self._watchers:
            snapshot, agent = self.question.asked, self.compilation.groups[g].agent
            self._watchers[g] = tuple(
                watch
                for watch in self._watches.get(agent.namespace, ()) + self._watches.get("", ())
                if any(matches(snapshot, matcher, agent) for matcher in watch.matchers)
            )
        return self._watchers[g]

    def _overhangs(self, g: int) -> list[int]:
        """How far domains are ahead, for each kind that counts agents of the group for its spread."""
        found = []
        for watch in self._watched(g):
            if not watch.affinity:
                there = np.flatnonzero(self.count[self.group_of[watch.owner.key]])
                nodes = [self.compilation.nodes[n] for n in there.tolist()]
                found.append(overhang(self.state, watch.owner, nodes))
        return found

    def _lonely(self, watch: _Watch, gone: int, before: int) -> bool:
        """Whether agents of this kind stay without company in a domain that one of group `gone` left."""
        node, company = self.compilation.nodes[before], watch.matchers[0]
        alike = self._series.get(company, [])
        g = self.group_of[watch.owner.key]
        for term in own_affinity(self.question.asked, watch.owner):
            value = node.labels.get(term.topology_key)
            if value is None:
                continue
            domains = self.compilation.domains(term.topology_key)
            there = domains.of_node == domains.values.index(value)
            if not self.count[g, there].any():
                continue
            left = self.state.index(TopologyCounts).counts(company, term.topology_key).get(value, 0)
            if left == 0:
                return True
            # Those who are company for each other alone need somebody to be the first of their series.
            if gone not in alike and left <= self.count[alike][:, there].sum():
                return any(self.group_of[agent.key] == g for agent, _ in found(self.state).unfounded)
        return False


def _series(compilation: Compilation) -> dict[Matcher, list[int]]:
    """The groups whose agents are company for each other, by whom they require."""
    snapshot = compilation.snapshot
    series: dict[Matcher, list[int]] = {}
    for g in compilation.pending:
        owner = compilation.groups[g].agent
        company = own_matcher(snapshot, owner)
        if company.terms and matches(snapshot, company, owner):
            series.setdefault(company, []).append(g)
    return series


def _watches(compilation: Compilation) -> dict[str, tuple[_Watch, ...]]:
    """By the namespace whose agents are meant; "": of several, or of any."""
    snapshot = compilation.snapshot
    found: dict[str, list[_Watch]] = {}
    for g in compilation.pending:
        owner = compilation.groups[g].agent
        if owner.spec.affinity:
            company = own_matcher(snapshot, owner)
            names = {name for term in company.terms for name in term.namespaces}
            single = len(names) == 1 and all(t.namespace_selector is None for t in company.terms)
            found.setdefault(names.pop() if single else "", []).append(_Watch(owner, (company,), True))
        counted = (counted_agents(owner, constraint) for constraint in hard_constraints(snapshot, owner))
        matchers = tuple(dict.fromkeys(matcher for matcher in counted if matcher is not None))
        if matchers:
            found.setdefault(owner.namespace, []).append(_Watch(owner, matchers, False))
    return {namespace: tuple(watches) for namespace, watches in found.items()}


def ranked(costs: Sequence[np.ndarray], nodes: IntArray) -> list[int]:
    """The best few of `nodes` by costs (N,) in their order of importance."""
    if len(nodes) > TRIES * 4 and len(costs) == 1:
        part = np.argpartition(costs[0][nodes], TRIES)[: TRIES * 2]
        nodes = nodes[part]
    order = np.lexsort([cost[nodes] for cost in reversed(costs)])
    return [int(n) for n in nodes[order[:TRIES]]]
