"""PodTopologySpread: soft spread constraints, an agent's own or the default ones (§6.5).

Batch form of kube-scheduler's PodTopologySpread as wishes (see pairs.py): for each of an agent's n soft
constraints, the agent wishes to be apart from those that the constraint's selector selects,

    points / parts = WORST / n

so that with one constraint an agent whose peers are all in its own domain pays WORST. Since each of the
c agents in a domain pays for the c - 1 others, a domain costs about the square of its count, which is least
where all domains hold alike. kube-scheduler's own points come to the same order of domains: its raw score,
count * ln(domains + 2) + maxSkew - 1, grows with the count alone. The logarithm balances keys with few and
with many domains against each other, and maxSkew dampens the difference between counts, once the raw scores
of one agent are stretched to 0..100. Here a key with few domains weighs more by itself: more of the peers
share one. maxSkew is not read.

Who counts where is as kube-scheduler has it:
- other agents of the same namespace that are not being deleted; a null or an empty selector selects nobody;
- by hostname on the node itself, by any other key on the nodes that the constraint's policies admit;
- a node without one of the keys is the worst there is (WORST), and its agents do not count, unless the
  constraints are kube-scheduler's own defaults: then each constraint looks at its own key alone.
An agent that is being deleted wishes nothing.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import cast

from placewright.models.agent import Agent, InclusionPolicy, SpreadConstraint
from placewright.models.profile import Profile, ScoreName
from placewright.models.rules.topology import HOSTNAME, NODE_ITSELF
from placewright.models.rules.topology_spread import counted_agents, inclusion_reads, is_included
from placewright.models.scores.base import WORST
from placewright.models.scores.pairs import PairScore, Wish
from placewright.models.snapshot import Snapshot
from placewright.models.spread import spread_constraints


class PodTopologySpreadScore(PairScore):
    name = ScoreName.POD_TOPOLOGY_SPREAD
    plugin = "PodTopologySpread"
    summary = "Agents that ask for it, or that a service selects, are spread over topology domains."

    def wishes(self, snapshot: Snapshot, profile: Profile, agent: Agent) -> Iterator[Wish]:
        soft = [c for c in spread_constraints(snapshot, agent) if not c.hard]
        if agent.terminating or not soft:
            return
        by_own_key = profile.default_spread.system and not agent.spec.spread
        keys = tuple(dict.fromkeys(constraint.topology_key for constraint in soft))
        if not by_own_key:
            lacking = _nodes_without(snapshot, keys)
            if lacking:
                yield Wish(None, NODE_ITSELF, WORST, together=True, where=lacking)
        for constraint in soft:
            matcher = counted_agents(agent, constraint)
            if matcher is None:
                continue
            key = constraint.topology_key
            having = _nodes_with(snapshot, (key,) if by_own_key else keys)
            by_node = key == HOSTNAME
            within = None if by_node else _included(snapshot, agent, constraint, having)
            domain = NODE_ITSELF if by_node else key
            yield Wish(matcher, domain, WORST, len(soft), where=having, within=within)


def _included(
    snapshot: Snapshot, agent: Agent, constraint: SpreadConstraint, having: frozenset[str] | None
) -> frozenset[str] | None:
    """Of the nodes `having` the keys, those that the constraint's policies admit."""
    choosy = bool(agent.spec.node_selector) or agent.spec.node_affinity is not None
    by_affinity = choosy and constraint.node_affinity_policy is InclusionPolicy.HONOR
    if not by_affinity and constraint.node_taints_policy is InclusionPolicy.IGNORE:
        return having
    key: Hashable = (_included.__qualname__, having, *inclusion_reads(agent, constraint))
    known = snapshot.memo.get(key)
    if known is None:
        known = snapshot.memo[key] = frozenset(
            node.name
            for node in snapshot.nodes
            if (having is None or node.name in having) and is_included(snapshot, agent, constraint, node)
        )
    return cast(frozenset[str], known)


def _nodes_with(snapshot: Snapshot, keys: Sequence[str]) -> frozenset[str] | None:
    """The nodes that have all these labels; None where that is every node."""
    key: Hashable = (__name__, tuple(keys))
    if key not in snapshot.memo:
        names = frozenset(n.name for n in snapshot.nodes if all(label in n.labels for label in keys))
        snapshot.memo[key] = None if len(names) == len(snapshot.nodes) else names
    return cast("frozenset[str] | None", snapshot.memo[key])


def _nodes_without(snapshot: Snapshot, keys: Sequence[str]) -> frozenset[str]:
    """The nodes that lack one of these labels."""
    having = _nodes_with(snapshot, keys)
    if having is None:
        return frozenset()
    return frozenset(node.name for node in snapshot.nodes if node.name not in having)


SCORE = PodTopologySpreadScore()
