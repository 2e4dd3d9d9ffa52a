"""NodeAffinity: preferred node affinity, the agent's and the profile's. The formula stands in `static`."""

from __future__ import annotations

from collections.abc import Sequence

from placewright.models.agent import Agent
from placewright.models.kube_scores import node_affinity
from placewright.models.node import Node
from placewright.models.profile import Profile, ScoreName
from placewright.models.scores.static import StaticScore, bare_state
from placewright.models.snapshot import Snapshot


class NodeAffinityScore(StaticScore):
    name = ScoreName.NODE_AFFINITY
    plugin = "NodeAffinity"
    summary = "Agents are on the nodes that they prefer."

    def matters(self, snapshot: Snapshot, agent: Agent, profile: Profile) -> bool:
        return bool(agent.spec.preferred_nodes or profile.added_preferred)

    def points(
        self, snapshot: Snapshot, agent: Agent, nodes: Sequence[Node], profile: Profile
    ) -> list[int] | None:
        """None, too, where no node matches anything: kube-scheduler then scores all alike."""
        found = node_affinity.scores(bare_state(snapshot), agent, nodes, profile)
        return found if found is not None and any(found) else None


SCORE = NodeAffinityScore()
