"""Answers for which there is an order of bindings: the one that was found, or its like.

The model asks for what holds in the end (see `replay` for what an order asks on the way). Where an answer
has no order, those that no order takes go elsewhere, where the filters accept them after all the others, or
stay pending.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import networkx as nx
import numpy as np

from placewright.models.rules.own_terms import own_affinity, own_matcher
from placewright.models.rules.topology import Matcher
from placewright.models.rules.topology_spread import counted_agents, hard_constraints
from placewright.solver.clock import Deadline
from placewright.solver.compilation import Compilation, IntArray
from placewright.solver.complete import Work, spare
from placewright.solver.construct import construct
from placewright.solver.hand_out import hand_out_devices
from placewright.solver.outcome import outcome
from placewright.solver.problem import Problem
from placewright.solver.replay import Replayed, find_order
from placewright.solver.search import InOrder

FILLS = 3
"""How often others may come to where somebody was taken off; after that, agents are only taken off."""
LAST_RESORT = 2.0
"""Seconds for an answer without evictions, where the one that was found has some that nobody needed."""


def order_of(compilation: Compilation, count: IntArray) -> Replayed:
    """The steps of an answer (G, N) in order, as far as there is one."""
    made = outcome(compilation, count)
    devices = hand_out_devices(compilation.snapshot, made.steps) or {}
    return find_order(compilation.snapshot, made.steps, devices, evicted=made.evicted)


class Orderly:
    """Answers of one compilation, with an order."""

    def __init__(self, compilation: Compilation, problem: Problem, deadline: Deadline) -> None:
        self._compilation = compilation
        self._problem = problem
        self._deadline = deadline
        self._entangled = nx.Graph(_relations(compilation))
        self.entangled = frozenset[int](self._entangled)
        """The groups whose turn matters: they ask who is there, or are asked about."""
        claims = any(group.agent.spec.claims for group in compilation.groups)
        self._any_order = not self._entangled and not claims
        """Nothing is let in later that is refused now: every order will do."""
        self._known: tuple[IntArray, Replayed] | None = None
        self.took = 0.0
        """Seconds for the last order that was made."""

    def order(self, count: IntArray) -> Replayed:
        """The steps of an answer (G, N) in order. That of the last answer is kept: it is asked for again."""
        if self._known is None or not np.array_equal(self._known[0], count):
            began = time.perf_counter()
            self._known = (count.copy(), order_of(self._compilation, count))
            self.took = time.perf_counter() - began
        return self._known[1]

    def in_order(self, count: IntArray) -> InOrder:
        """The counts (G, N) if they have an order, else others like them that have one."""
        if self._any_order:
            return InOrder(count)
        found = self.order(count)
        if not found.stuck or Work(self._compilation, count).broken:
            # What breaks a rule in the end is a fault: for the verifier to name, not to be mended here.
            return InOrder(count)
        return InOrder(self._mended(count, found), self._tangled(found), found.proven)

    def without_needless(self, count: IntArray) -> IntArray:
        """The counts with an order, and without evictions that nobody of higher priority needs."""
        count = self.in_order(count).count
        if not self._compilation.standing.any():
            return count
        spared = spare(self._compilation, count, self._deadline)
        if spared is not None and self.in_order(spared).count is spared:
            return spared
        # Better nobody is evicted than somebody for nothing.
        return self.in_order(construct(self._compilation, self._problem, Deadline(LAST_RESORT))).count

    def _mended(self, count: IntArray, found: Replayed) -> IntArray:
        turn = 0
        while found.stuck:
            work = Work(self._compilation, count)
            for agent, _ in found.stuck:
                work.take_off(agent)
            work.drop_violations()
            if turn < FILLS:
                work.bring_home()
                work.fill(self._deadline)
                work.drop_violations()
            count = work.count
            found = self.order(count)
            turn += 1
        return count

    def _tangled(self, found: Replayed) -> tuple[int, ...]:
        """All groups that the stuck ones share a count with, however far around."""
        stuck = {agent.key for agent, _ in found.stuck}
        groups = self._compilation.groups
        seeds = [g for g in self._entangled if any(agent.key in stuck for agent in groups[g].members)]
        reached = set(seeds)
        for g in seeds:
            reached |= nx.node_connected_component(self._entangled, g)
        return tuple(sorted(reached))


def _relations(compilation: Compilation) -> Iterator[tuple[int, int]]:
    """(who asks, who counts for it) for each hard spread constraint and required affinity."""
    for g in range(len(compilation.groups)):
        if not compilation.standing[g]:
            for matcher in _matchers(compilation, g):
                yield g, g
                yield from ((g, q) for q in compilation.groups_matching(matcher).tolist())


def _matchers(compilation: Compilation, g: int) -> Iterator[Matcher]:
    agent, snapshot = compilation.groups[g].agent, compilation.snapshot
    for constraint in hard_constraints(snapshot, agent):
        counted = counted_agents(agent, constraint)
        if counted is not None:
            yield counted
    if own_affinity(snapshot, agent):
        yield own_matcher(snapshot, agent)
