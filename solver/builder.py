"""A placement in the making: groups and agents come one after the other to where every rule accepts them now.

Many of a group come at a time where counts say what the rules say (`solver/rules/ledger.py`), else one after
the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import chain

import numpy as np

from placewright.models.agent import Agent
from placewright.models.node import Node
from placewright.models.rules import RULES, inter_agent_affinity, topology_spread
from placewright.models.rules.devices import choose_devices
from placewright.models.rules.own_terms import own_matcher
from placewright.models.state import ClusterState
from placewright.solver.books import ANY, Books
from placewright.solver.choosing import Choosing, between_looks
from placewright.solver.clock import Deadline
from placewright.solver.compilation import BoolArray, Compilation, FloatArray, IntArray
from placewright.solver.objectives.base import Tally
from placewright.solver.problem import Problem

FEW_DOMAINS = 10
"""Topology domains that are each opened for those who lean on others; of more, one is."""

_MAY_OPEN = frozenset({inter_agent_affinity.RULE.name, topology_spread.RULE.name})
"""Rules that can turn an agent away now and let it in once others are placed."""


class Builder:
    """A placement in the making: counts, what nodes have left of amounts, and the agents themselves.

    Arguments as of `construct`; at first nobody is placed.
    """

    def __init__(
        self,
        compilation: Compilation,
        problem: Problem,
        packed: bool,
        opening: FloatArray | None,
        tallies: Sequence[Tally],
        comparing: Deadline | None,
        most: int | None,
    ) -> None:
        self._compilation = compilation
        self._most = ANY if most is None else most + int(compilation.home.sum())
        self._tallies = tallies
        self._books = Books(problem, compilation.amounts.whole, tallies)
        self._choosing = Choosing(self._books, tallies, packed, opening, comparing)
        self._one_by_one = [is_special(compilation, group.agent) for group in compilation.groups]
        self._open = problem.cap > 0
        self._refused_by = ""
        self._late: list[tuple[int, IntArray, IntArray]] = []
        self._known = ClusterState(compilation.snapshot)
        self._handed = [0] * len(compilation.groups)

    @property
    def count(self) -> IntArray:
        return self._books.count

    @property
    def total(self) -> int:
        return self._books.total

    @property
    def _state(self) -> ClusterState:
        """The placement as agents on nodes: made from counts when a rule has to be asked itself."""
        for g, nodes, number in self._late:
            for n in np.repeat(nodes, number).tolist():
                self._known.place(self._next(g), self._compilation.nodes[n])
        self._late.clear()
        return self._known

    def _next(self, g: int) -> Agent:
        self._handed[g] += 1
        return self._compilation.groups[g].members[self._handed[g] - 1]

    def _missing(self, g: int) -> int:
        """How many of a group are still to be placed: none once there are enough."""
        return min(int(self._compilation.size[g] - self.count[g].sum()), self._most - self.total)

    def place_group(self, g: int, deadline: Deadline, most: int | None = None) -> bool:
        """Place what is left of a group, `most` of it in all; True when nothing of that is left."""
        self.escort(g)
        start = int(self.count[g].sum())
        missing = self._missing(g)
        if most is not None:
            missing = min(missing, most - start)
        if not self._one_by_one[g]:
            self._place_many(g, missing, deadline)
            return int(self.count[g].sum()) >= start + missing
        members = self._compilation.groups[g].members[start : start + max(missing, 0)]
        return all(not deadline.passed and self._place(g, agent) for agent in members)

    def _place_many(
        self, g: int, wanted: int, deadline: Deadline, within: IntArray | None = None, *, guided: bool = True
    ) -> None:
        """As many of a group as come in, `within` (N,) at most on each node; `guided`: by what they cost."""
        guided = guided and self._choosing.compares
        choose = self._choosing.cheapest if guided else self._choosing.roomiest
        at_once = between_looks(len(self._compilation.nodes), self._tallies, g, wanted) if guided else wanted
        row = self.count[g].copy()
        while wanted > 0 and not deadline.passed:
            left = None if within is None else within - (self.count[g] - row)
            came = self._books.fill(g, min(wanted, at_once), choose, left)
            if not came:
                break
            wanted -= came
        came_to = np.flatnonzero(self.count[g] - row)
        self._choosing.in_use(came_to)
        self._late.append((g, came_to, (self.count[g] - row)[came_to]))

    def escort(
        self,
        g: int,
        target: IntArray | None = None,
        within: BoolArray | None = None,
        asking: frozenset[int] = frozenset(),
    ) -> None:
        """Let one agent that the group leans on into each of its domains, ahead of its turn.

        Those it leans on may be less important. Placed at their turn they would open a domain when the room
        in it is gone. Where domains are as small as nodes one alone has to do. With a `target` (G, N) only
        into the domains where that has the group, and to a node where it has the one who comes if it can.
        `within` (N,): only into domains of these nodes, for `asking`, who lean on the group.
        """
        compilation, agent = self._compilation, self._compilation.groups[g].agent
        # Who is somewhere already needs company all the same in a domain that others lean on it in.
        known = self.count[g] if within is None else self.count[g, within]
        if not agent.spec.affinity or known.any() or g in asking:
            return
        matcher = own_matcher(compilation.snapshot, agent)
        company = compilation.groups_matching(matcher).tolist()
        coming = [q for q in company if q != g and q in self._pending]
        for key in dict.fromkeys(term.topology_key for term in agent.spec.affinity):
            domain = compilation.domains(key).of_node
            open_here = self._open[g] if target is None or asking else self._open[g] & (target[g] > 0)
            open_here = open_here if within is None else open_here & within
            wanted = np.unique(domain[open_here & (domain >= 0)])
            if len(wanted) > FEW_DOMAINS:
                wanted = wanted[:1]
            there = compilation.residents_matching(matcher)
            for d in wanted.tolist():
                here = domain == d
                if not (there + self.count[company].sum(axis=0))[here].any():
                    meant = [(q, here & (target[q] > 0)) for q in coming] if target is not None else []
                    ways = (*meant, *((q, here) for q in coming))
                    for q in coming:
                        # They may lean on others in their turn.
                        self.escort(q, target, here, asking | {g})
                    any(self._let_in(q, where.astype(np.int64)) for q, where in ways)

    def _let_in(self, g: int, where: IntArray) -> bool:
        """Place one agent of a group on some of the nodes; False where that cannot be."""
        if not self._missing(g):
            return False
        if not self._one_by_one[g]:
            before = self.total
            self._place_many(g, 1, Deadline(1.0), where, guided=False)
            return self.total > before
        member = self._compilation.groups[g].members[int(self.count[g].sum())]
        return any(self._place_on(g, member, n) for n in self._candidates(g) if where[n])

    def place_at(self, g: int, target: IntArray, deadline: Deadline) -> None:
        """Place members of a group where `target` (N,) wants them, as far as they are accepted there."""
        wanted = min(self._missing(g), int(target.sum()))
        if not self._one_by_one[g]:
            self._place_many(g, wanted, deadline, target, guided=False)
            return
        start = int(self.count[g].sum())
        members = iter(self._compilation.groups[g].members[start : start + wanted])
        for n in np.repeat(np.arange(len(target)), target).tolist():
            if deadline.passed or not self._open[g, n]:
                continue
            agent = next(members, None)
            if agent is None:
                return
            if not self._place_on(g, agent, n):
                members = chain([agent], members)

    def _place_on(self, g: int, agent: Agent, n: int) -> bool:
        node, request = self._compilation.nodes[n], self._compilation.request[g]
        self._refused_by = ""
        if not (self._books.free[n] >= request)[request > 0].all() or self._is_rejected(g, n, agent, node):
            return False
        self._state.place(agent, node, choose_devices(self._state, agent, node) or ())
        self._handed[g] += 1
        here = np.array([n])
        self._choosing.in_use(here)
        self._books.add(g, here, np.array([1]))
        return True

    def _place(self, g: int, agent: Agent) -> bool:
        """The first candidate that accepts; a domain that spread closes is not asked node by node."""
        snapshot = self._compilation.snapshot
        keys = [constraint.topology_key for constraint in topology_spread.hard_constraints(snapshot, agent)]
        full: set[tuple[str | None, ...]] = set()
        for n in self._candidates(g):
            labels = self._compilation.nodes[n].labels
            domain = tuple(labels.get(key) for key in keys)
            if keys and domain in full:
                continue
            if self._place_on(g, agent, n):
                return True
            if self._refused_by == topology_spread.RULE.name:
                full.add(domain)
        return False

    def _is_rejected(self, g: int, n: int, agent: Agent, node: Node) -> bool:
        for rule in RULES:
            if rule.rejects(self._state, agent, node) is not None:
                # Room only shrinks while agents are added; company and counts can still change.
                self._open[g, n] = rule.name in _MAY_OPEN
                self._refused_by = rule.name
                return True
        return False

    def _candidates(self, g: int) -> list[int]:
        """Nodes with room for one more of group `g`, the preferred ones first."""
        request = self._compilation.request[g]
        open_nodes = np.flatnonzero(self._open[g])
        left = self._books.free[open_nodes] - request
        fits = (left[:, request > 0] >= 0).all(axis=1)
        return [int(n) for n in self._choosing.in_order(g, open_nodes[fits], left[fits])]

    def remove_violations(self) -> None:
        """Take off what the finished placement does not hold: short gangs, skew that came later.

        Accepted one by one is not yet accepted together. Each round removes at least one agent.
        """
        unsure = {rule for rule, ledger in self._books.ledgers if ledger is None or not ledger.holds()}
        rules = [rule for rule in RULES if rule.name in unsure]
        while rules and self._state.new:
            blamed = [v.agent for rule in rules for v in rule.violations(self._state) if v.agent]
            if not blamed:
                return
            for key in dict.fromkeys(blamed):
                self._take_off(key)
            # Whoever is gone may have been company, or the one that kept the skew.
            rules = list(RULES)

    def _take_off(self, key: str) -> None:
        if key not in self._state.new:
            return
        n = self._compilation.node_index[self._state.new[key]]
        agent = self._compilation.snapshot.agent_by_key[key]
        self._state.remove(agent, self._compilation.nodes[n])
        self._books.add(self._compilation.group_of[key], np.array([n]), np.array([-1]))

    @cached_property
    def _pending(self) -> frozenset[int]:
        return frozenset(self._compilation.pending)


def is_special(compilation: Compilation, agent: Agent) -> bool:
    """Whether counts do not say where an agent may go: rules are then asked, agent by agent."""
    snapshot, spec = compilation.snapshot, agent.spec
    if snapshot.any_off or (compilation.amounts.asked > compilation.request).any():
        # What is not checked may fill a node beyond what others can bear.
        return True
    return any((spec.host_ports, spec.claims, spec.disks, spec.devices, spec.pod_group))
