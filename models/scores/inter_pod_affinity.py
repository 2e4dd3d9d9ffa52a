"""InterPodAffinity: agents are near those that they prefer to be near, and not near those they avoid (§5.3).

Batch form of kube-scheduler's InterPodAffinity as wishes (see pairs.py). Every agent on a node owns

    weight w > 0 (preferred affinity)        together, points = POINT * w
    weight w < 0 (preferred anti-affinity)   apart,    points = POINT * -w
    each required affinity term              together, points = POINT * the profile's hard_affinity_weight

kube-scheduler stretches one agent's points over its nodes to 0..100; here an agent that has none of the
company that a term of weight 100 means loses those 100, one of weight 1 a single point. It counts terms of
agents that are already there when another comes (so also those of agents that run) and, for preferred terms,
those of the agent that comes: one of the two for each ordered pair, whatever the order.

Agents that are being deleted are still there, on either side. With `ignore_preferred_of_existing`, what
agents wish that run when the round begins counts for nothing. Terms are read as they are meant:
`quirk_namespace_selector` is about one agent coming in, and changes nothing here.
"""

from __future__ import annotations

from collections.abc import Iterator

from placewright.models.agent import Agent
from placewright.models.profile import Profile, ScoreName
from placewright.models.rules.topology import Matcher
from placewright.models.scores.base import POINT
from placewright.models.scores.pairs import PairScore, Wish
from placewright.models.selector import AffinityTerm
from placewright.models.snapshot import Snapshot


class InterPodAffinityScore(PairScore):
    name = ScoreName.INTER_POD_AFFINITY
    plugin = "InterPodAffinity"
    summary = "Agents share domains with those they prefer, and not with those they avoid."

    def wishes(self, snapshot: Snapshot, profile: Profile, agent: Agent) -> Iterator[Wish]:
        if profile.ignore_preferred_of_existing and agent.node_name:
            return
        for preferred in agent.spec.preferred_affinity:
            yield _wish(preferred.term, preferred.weight)
        for term in agent.spec.affinity:
            yield _wish(term, profile.hard_affinity_weight)


def _wish(term: AffinityTerm, weight: int) -> Wish:
    return Wish(Matcher((term,)), term.topology_key, POINT * abs(weight), together=weight > 0)


SCORE = InterPodAffinityScore()
