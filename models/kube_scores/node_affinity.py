"""NodeAffinity: the weights of the preferred terms that match a node, the agent's and the profile's (§4.2).

A term that is empty or cannot be parsed matches nothing. kube-scheduler fails on the latter as soon as it
has two nodes to choose from; ingest warns of it.
"""

from __future__ import annotations

from collections.abc import Sequence

from placewright.models.agent import Agent
from placewright.models.kube_scores.base import normalized
from placewright.models.node import Node
from placewright.models.profile import Profile
from placewright.models.state import ClusterState


def scores(state: ClusterState, agent: Agent, nodes: Sequence[Node], profile: Profile) -> list[int] | None:
    """The heaviest match is 100; None for an agent that nobody states a preference for."""
    terms = (*agent.spec.preferred_nodes, *profile.added_preferred)
    if not terms:
        return None
    return normalized([sum(t.weight for t in terms if t.term.matches(n.labels, n.name)) for n in nodes])
