"""TrafficLocality: agents are near those that they exchange traffic with.

kube-scheduler has nothing like it. As wishes (see pairs.py): with talks t of weight w(t), W their sum, and
the profile's latency steps s of cost c(s), C their sum, an agent wishes, for each talk and each step, to be
together with those that t means in its domain of s's topology key,

    points / parts = WORST * w(t) * c(s) / (W * C)

so each agent that it talks to costs it the steps that lie between them, as a share of all steps, and an agent
whose talks are all as far as can be pays WORST. kubernetes.io/hostname is the node itself. A step whose key
no node has says nothing about any pair and is left out; on a node without the key everybody is beyond that
step. Agents that are being deleted neither wish nor count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from placewright.models.agent import Agent
from placewright.models.profile import Latency, Profile, ScoreName
from placewright.models.rules.topology import HOSTNAME, NODE_ITSELF, Matcher
from placewright.models.scores.base import WORST
from placewright.models.scores.pairs import PairScore, Wish
from placewright.models.snapshot import Snapshot


class TrafficLocalityScore(PairScore):
    name = ScoreName.TRAFFIC_LOCALITY
    plugin = ""
    summary = "Agents are near those that they exchange traffic with, by the profile's latency steps."

    def wishes(self, snapshot: Snapshot, profile: Profile, agent: Agent) -> Iterator[Wish]:
        steps = _steps(snapshot, profile.latency)
        parts = sum(talk.weight for talk in agent.spec.talks_to) * sum(cost for _, cost in steps)
        if agent.terminating or parts <= 0:
            return
        for talk in agent.spec.talks_to:
            matcher = Matcher((replace(talk.term, topology_key=""),), terminating=False)
            for key, cost in steps:
                yield Wish(matcher, key, WORST * talk.weight * cost, parts, together=True)


def _steps(snapshot: Snapshot, latency: Latency) -> list[tuple[str, int]]:
    """The steps that tell nodes apart: (topology key, cost of crossing it)."""
    return [
        (NODE_ITSELF if key == HOSTNAME else key, cost)
        for key, cost in latency.steps
        if key == HOSTNAME or any(key in node.labels for node in snapshot.nodes)
    ]


SCORE = TrafficLocalityScore()
