"""A first answer, at once: agents in priority order, each to the best node that every rule accepts now.

What it returns is a placement that the rules accept, so there is always something to emit and to hint.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import chain

import numpy as np

from placewright.models.agent import Agent
from placewright.models.node import Node
from placewright.models.rules import RULES, inter_agent_affinity, topology_spread
from placewright.models.rules.base import Rule
from placewright.models.rules.devices import choose_devices
from placewright.models.rules.limit_overcommit import limit_of
from placewright.models.rules.own_terms import own_matcher
from placewright.models.rules.topology import term_matches
from placewright.models.snapshot import Snapshot
from placewright.models.spread import spread_constraints
from placewright.models.state import ClusterState
from placewright.solver.clock import Deadline
from placewright.solver.compilation import BoolArray, Compilation, FloatArray, IntArray
from placewright.solver.objectives.base import Tally

FEW_DOMAINS = 10
"""Topology domains that are each opened for those who lean on others; of more, one is."""
PASSES = 3
"""Agents that find no place are tried again after the others: what they need may have come meanwhile."""

_MAY_OPEN = frozenset({inter_agent_affinity.RULE.name, topology_spread.RULE.name})
"""Rules that can turn an agent away now and let it in once others are placed."""


def construct(
    compilation: Compilation,
    deadline: Deadline,
    *,
    rules: Sequence[Rule] = RULES,
    packed: bool = False,
    target: IntArray | None = None,
    opening: FloatArray | None = None,
    tallies: Sequence[Tally] = (),
) -> IntArray:
    """Counts (G, N) of a placement without violations; all zero if there was no time for more.

    `packed` fills nodes one after the other, otherwise the emptiest are taken first. `target` (G, N) is
    followed as far as the rules allow, before anybody else is placed. `opening` (N,): nodes are taken into
    use in this order, smallest first, and only where those in use have no room; 0: in use already. With
    `tallies`, in their order of importance, nodes are taken where one more agent costs least.
    """
    builder = _Builder(compilation, rules, packed or opening is not None, opening, tallies)
    waiting = list(_turns(compilation))  # those who run stay where they are
    if target is not None:
        for g in waiting:
            builder.escort(g)
            builder.place_at(g, target[g], deadline)
    for _ in range(PASSES):
        before = builder.total
        waiting = [g for g in waiting if not builder.place_group(g, deadline)]
        if builder.total == before or not waiting or deadline.passed:
            break
    builder.remove_violations()
    return builder.count


def _turns(compilation: Compilation) -> Iterator[int]:
    """Groups by priority, then those that others lean on, then the ones that are hardest to fit."""
    free = np.maximum(compilation.free.max(axis=0, initial=1), 1)
    dominant = (compilation.request / free).max(axis=1, initial=0.0)
    leaning = [bool(group.agent.spec.affinity) for group in compilation.groups]
    order = sorted(
        compilation.pending,
        key=lambda g: (-compilation.groups[g].agent.spec.priority, leaning[g], -dominant[g], g),
    )
    yield from order


class _Builder:
    def __init__(
        self,
        compilation: Compilation,
        rules: Sequence[Rule],
        packed: bool,
        opening: FloatArray | None,
        tallies: Sequence[Tally],
    ) -> None:
        self._compilation = compilation
        self._opening = np.zeros(len(compilation.nodes)) if opening is None else opening.copy()
        self._rules = rules
        self._packed = packed
        self._state = ClusterState(compilation.snapshot)
        # Never negative: on an overcommitted node there is nothing, rather than less.
        self._free = np.maximum(compilation.free - compilation.home.T @ compilation.request, 0)
        self._whole = np.maximum(compilation.amounts.whole, 1).astype(np.float64)
        self._checked = _checked_groups(compilation)
        self._open = compilation.cap > 0
        self._refused_by = ""
        self.count: IntArray = compilation.home.copy()
        self._tallies = tallies
        for g, n in np.argwhere(self.count).tolist():
            self._tell(g, n, int(self.count[g, n]))

    def _tell(self, g: int, n: int, number: int) -> None:
        for tally in self._tallies:
            tally.add(g, n, number)

    @property
    def total(self) -> int:
        return int(self.count.sum())

    def place_group(self, g: int, deadline: Deadline) -> bool:
        """Place what is left of a group; True when nothing of it is left."""
        self.escort(g)
        members = self._compilation.groups[g].members
        start = int(self.count[g].sum())
        return all(not deadline.passed and self._place(g, agent) for agent in members[start:])

    def escort(self, g: int) -> None:
        """Let one agent that the group leans on into each of its domains, ahead of its turn.

        Those it leans on may be less important. Placed at their turn they would open a domain when the room
        in it is gone. Where domains are as small as nodes one alone has to do.
        """
        compilation, agent = self._compilation, self._compilation.groups[g].agent
        if not agent.spec.affinity or self.count[g].any():
            return
        matcher = own_matcher(compilation.snapshot, agent)
        company = compilation.groups_matching(matcher).tolist()
        for key in dict.fromkeys(term.topology_key for term in agent.spec.affinity):
            domain = compilation.domains(key).of_node
            wanted = np.unique(domain[(compilation.cap[g] > 0) & (domain >= 0)])
            if len(wanted) > FEW_DOMAINS:
                wanted = wanted[:1]
            there = compilation.residents_matching(matcher) + self.count[company].sum(axis=0)
            for d in wanted.tolist():
                if not there[domain == d].any():
                    any(self._let_in(q, domain == d) for q in company if q != g and q in compilation.pending)

    def _let_in(self, g: int, where: BoolArray) -> bool:
        """Place one agent of a group on some of the nodes; False where that cannot be."""
        placed = int(self.count[g].sum())
        members = self._compilation.groups[g].members
        return placed < len(members) and any(
            self._place_on(g, members[placed], n) for n in self._candidates(g) if where[n]
        )

    def place_at(self, g: int, target: IntArray, deadline: Deadline) -> None:
        """Place members of a group where `target` (N,) wants them, as far as they are accepted there."""
        members = iter(self._compilation.groups[g].members[int(self.count[g].sum()) :])
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
        if not (self._free[n] >= request)[request > 0].all():
            return False
        if self._checked[g] and self._is_rejected(g, n, agent, node):
            return False
        self._state.place(agent, node, choose_devices(self._state, agent, node) or ())
        self._free[n] -= request
        self._opening[n] = 0.0
        self.count[g, n] += 1
        self._tell(g, n, 1)
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
        for rule in self._rules:
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
        left = self._free[open_nodes] - request
        fits = (left[:, request > 0] >= 0).all(axis=1)
        nodes = open_nodes[fits]
        # As shares of each node, so that small and large ones are filled alike.
        room = (left[fits] / self._whole[nodes]).sum(axis=1)
        costs = [tally.more(g)[nodes] for tally in self._tallies]
        # The last key counts first.
        order = np.lexsort([room if self._packed else -room, self._opening[nodes], *reversed(costs)])
        return [int(n) for n in nodes[order]]

    def remove_violations(self) -> None:
        """Take off what the finished placement does not hold: short gangs, skew that came later.

        Accepted one by one is not yet accepted together. Each round removes at least one agent.
        """
        while self._state.new:
            blamed = [v.agent for rule in self._rules for v in rule.violations(self._state) if v.agent]
            if not blamed:
                return
            for key in dict.fromkeys(blamed):
                self._take_off(key)

    def _take_off(self, key: str) -> None:
        if key not in self._state.new:
            return
        n = self._compilation.node_index[self._state.new[key]]
        g = self._group_of[key]
        agent = self._compilation.snapshot.agent_by_key[key]
        self._state.remove(agent, self._compilation.nodes[n])
        self.count[g, n] -= 1
        self._tell(g, n, -1)

    @cached_property
    def _group_of(self) -> dict[str, int]:
        groups = self._compilation.groups
        return {a.key: g for g in self._compilation.pending for a in groups[g].members}


def _checked_groups(compilation: Compilation) -> list[bool]:
    """Which groups something other than resources and `admits` can turn away."""
    snapshot = compilation.snapshot
    specs = {id(agent.spec): agent.spec for agent in snapshot.agents}
    anti = list(dict.fromkeys(term for spec in specs.values() for term in spec.anti_affinity))
    # What is not checked may fill a node beyond what others can bear.
    unchecked = bool((compilation.amounts.asked > compilation.request).any())
    return [
        unchecked
        or _is_restricted(group.agent, snapshot)
        or any(
            term_matches(
                term,
                group.agent.namespace,
                group.agent.labels,
                snapshot.namespace_labels(group.agent.namespace),
            )
            for term in anti
        )
        for group in compilation.groups
    ]


def _is_restricted(agent: Agent, snapshot: Snapshot) -> bool:
    spec = agent.spec
    capped = any(limit_of(spec, name) for name in snapshot.options.profile.limit_caps)
    charged = not agent.admitted and any(quota.namespace == agent.namespace for quota in snapshot.quotas)
    return (
        charged
        or capped
        or any(
            (
                spec.host_ports,
                spec.affinity,
                spec.anti_affinity,
                spread_constraints(snapshot, agent),
                spec.claims,
                spec.disks,
                spec.devices,
                spec.pod_group,
            )
        )
    )
