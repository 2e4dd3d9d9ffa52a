"""Who is let in only because of others: topology spread and required affinity while a wave goes on.

Spread compares a domain at its fullest with the others at their emptiest; company counts only while it cannot
have left, and the first of a series is asked for with everybody there who could be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from placewright.models.agent import Agent
from placewright.models.movable import Discipline
from placewright.models.rules.own_terms import own_affinity, own_matcher
from placewright.models.rules.topology import Matcher, TopologyCounts, matches
from placewright.models.rules.topology_spread import counted_agents, counts_itself, hard_constraints
from placewright.models.snapshot import Snapshot
from placewright.solver.moves.cluster import Cluster, Move


@dataclass(frozen=True)
class Passing:
    """A move that is part of the wave, with who leaves and who comes."""

    move: Move
    old: Agent
    new: Agent


def sensitive(snapshot: Snapshot, agent: Agent) -> Iterator[Matcher]:
    """Whose coming and going matters to whether the agent is let in, other than by being in the way."""
    if agent.spec.affinity:
        yield own_matcher(snapshot, agent)
    for constraint in hard_constraints(snapshot, agent):
        matcher = counted_agents(agent, constraint)
        if matcher is not None:
            yield matcher


def is_spread(cluster: Cluster, passing: Passing) -> bool:
    """Whether no order of the wave's steps is too uneven for the agent when it comes."""
    agent, move = passing.new, passing.move
    target, source = cluster.node(move.target), cluster.node(move.source)
    for index, constraint in enumerate(hard_constraints(cluster.snapshot, agent)):
        matcher = counted_agents(agent, constraint)
        key = constraint.topology_key
        within, domains = cluster.counted(agent, index)
        here = target.labels[key]
        most: Mapping[str, int] = {}
        least: Mapping[str, int] = {}
        if matcher is not None:
            most = cluster.most.index(TopologyCounts).counts(matcher, key, within)
            least = cluster.least.index(TopologyCounts).counts(matcher, key, within)
        count = most.get(here, 0)
        if move.target not in within and counts_itself(agent, constraint):
            # It counts for itself even where its node does not count.
            count += 1
        leaves_first = move.discipline is Discipline.EVICT_THEN_BIND
        if leaves_first and move.source in within and source.labels.get(key) == here:
            count -= matcher is not None and matches(cluster.snapshot, matcher, passing.old)
        emptiest = min((least.get(value, 0) for value in domains if value != here), default=count)
        lowest = 0 if len(domains) < constraint.min_domains else min(emptiest, count)
        if count - lowest > constraint.max_skew:
            return False
    return True


def has_company(cluster: Cluster, passing: Passing) -> bool:
    """Whether the agent's required affinity is satisfied when it comes, in every order of the steps."""
    agent = passing.new
    terms = own_affinity(cluster.snapshot, agent)
    if not terms:
        return True
    matcher = own_matcher(cluster.snapshot, agent)
    labels = cluster.node(passing.move.target).labels
    least = cluster.least.index(TopologyCounts)
    if all(least.counts(matcher, t.topology_key).get(labels[t.topology_key], 0) > 0 for t in terms):
        return True
    return _is_first(cluster, passing, matcher, [t.topology_key for t in terms])


def _is_first(cluster: Cluster, passing: Passing, matcher: Matcher, keys: Iterable[str]) -> bool:
    """Whether it may be the first of its series: nobody else who is company is in any domain of `keys`.

    Company on a node without the label of a key is in no domain of it. Asked of the fullest moment.
    """
    move = passing.move
    if not matches(cluster.snapshot, matcher, passing.new):
        return False
    old_counts = move.discipline is Discipline.EVICT_THEN_BIND and matches(
        cluster.snapshot, matcher, passing.old
    )
    source = cluster.node(move.source).labels
    most = cluster.most.index(TopologyCounts)
    return all(sum(most.counts(matcher, key).values()) == 1 + (old_counts and key in source) for key in keys)
