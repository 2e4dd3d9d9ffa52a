"""The worst orders of a wave's steps: what holds in those holds in all of them.

Each move has two steps, leaving and coming, in the order of its discipline; steps of different moves come in
any order. So an agent that comes is asked whether it is let in with everybody else there who could be, and
whether it still is with everybody gone who could be.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from placewright.models.agent import Agent
from placewright.models.filters import rejection
from placewright.models.movable import Discipline
from placewright.models.node import Node
from placewright.models.rebalance_plan import PlannedMove
from placewright.models.rules.base import Violation
from placewright.models.rules.own_terms import own_affinity, own_matcher
from placewright.models.rules.topology import KindIndex, Matcher, TopologyCounts, matches
from placewright.models.rules.topology_spread import counted_agents, counted_nodes, hard_constraints
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState


@dataclass(frozen=True)
class Step:
    """One move of a wave: `old` leaves `source`, `new` comes to `target`."""

    move: PlannedMove
    old: Agent
    new: Agent
    source: Node
    target: Node

    @property
    def leaves_first(self) -> bool:
        return self.move.discipline is not Discipline.SURGE

    def take_back(self, state: ClusterState) -> None:
        """Put `old` back to `source`; it may be there since an earlier wave only."""
        if self.old.node_name:
            state.restore(self.old)
        else:
            state.place(self.old, self.source)


class WorstOrder:
    """One wave's steps, asked of the state in which they begin; the state is the same afterwards."""

    def __init__(self, state: ClusterState, steps: Sequence[Step]) -> None:
        self._state = state
        self._steps = steps
        self._snapshot: Snapshot = state.snapshot
        self._coming: KindIndex[Step] = KindIndex(state.snapshot)
        for step in steps:
            self._coming.add(step.new, step)
        self._domains: dict[tuple[str, frozenset[str]], frozenset[str]] = {}

    def violations(self) -> Iterator[Violation]:
        """Each newcomer at the fullest moment, then at the one when most of what it leans on is gone."""
        full, steps = self._state, self._steps
        for step in steps:
            full.place(step.new, step.target)
        try:
            for step in steps:
                full.remove(step.new, step.target)
                if step.leaves_first:
                    full.remove(step.old, step.source)
                reason = rejection(full, step.new, step.target)
                if reason is not None:
                    yield Violation(reason.rule, reason.message, step.move.key, step.target.name)
                else:
                    yield from self._leaning(step)
                if step.leaves_first:
                    step.take_back(full)
                full.place(step.new, step.target)
        finally:
            for step in steps:
                full.remove(step.new, step.target)

    def _leaning(self, step: Step) -> Iterator[Violation]:
        """In the state is everybody who could be there, but for the newcomer and whom it replaces."""
        if not self._finds_company(step):
            message = "required affinity finds no company in some order of the wave's steps"
            yield Violation("inter_agent_affinity", message, step.move.key, step.target.name)
        yield from self._uneven(step)

    def _uneven(self, step: Step) -> Iterator[Violation]:
        """The domain at its fullest against each of the others at its emptiest."""
        for constraint in hard_constraints(self._snapshot, step.new):
            matcher = counted_agents(step.new, constraint)
            within = counted_nodes(self._snapshot, step.new, constraint)
            key = constraint.topology_key
            here = step.target.labels[key]
            if matcher is None:
                continue
            counts = self._state.index(TopologyCounts).counts(matcher, key, within)
            itself = constraint.selector is not None and constraint.selector.matches(step.new.labels)
            emptied = self._changes(matcher, step, key, within)
            domains = self._domains_of(key, within)
            lows = [counts.get(d, 0) - emptied[d] for d in domains if d != here]
            if here in domains:
                lows.append(counts.get(here, 0))
            lowest = 0 if len(domains) < constraint.min_domains else min(lows, default=0)
            skew = counts.get(here, 0) + itself - lowest
            if skew > constraint.max_skew:
                message = f"skew {skew} of {key} in some order of the steps, {constraint.max_skew} is allowed"
                yield Violation("topology_spread", message, step.move.key, step.target.name)

    def _changes(self, matcher: Matcher, step: Step, key: str, within: frozenset[str]) -> Counter[str]:
        """By domain how many fewer agents there can be than at the fullest moment, by the steps of others."""
        return Counter(
            node.labels[key]
            for other in self._coming.meant(matcher)
            if other is not step
            for node in (other.source, other.target)
            if node.name in within
        )

    def _domains_of(self, key: str, within: frozenset[str]) -> frozenset[str]:
        """The domains of a topology key among some nodes."""
        if (key, within) not in self._domains:
            nodes = self._snapshot.node_by_name
            self._domains[key, within] = frozenset(nodes[name].labels[key] for name in within)
        return self._domains[key, within]

    def _finds_company(self, step: Step) -> bool:
        terms = own_affinity(self._snapshot, step.new)
        if not terms:
            return True
        matcher = own_matcher(self._snapshot, step.new)
        counts = self._state.index(TopologyCounts)
        lasting = True
        for term in terms:
            here = step.target.labels[term.topology_key]
            passing = sum(
                node.labels.get(term.topology_key) == here
                for other in self._coming.meant(matcher)
                if other is not step
                for node in (other.source, other.target)
            )
            lasting = lasting and counts.counts(matcher, term.topology_key).get(here, 0) - passing > 0
        # Whoever is on a node without the label is in no domain: it keeps nobody from being the first.
        alone = not any(any(counts.counts(matcher, term.topology_key).values()) for term in terms)
        return lasting or (alone and matches(self._snapshot, matcher, step.new))
