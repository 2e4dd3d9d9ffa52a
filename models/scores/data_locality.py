"""DataLocality: agents are where what they read is already: model weights, data sets.

    cost = sum over the agents on nodes of ceil(WORST * bytes that are not on its node / bytes that it needs)

over the agents that need any. kube-scheduler knows only images.
"""

from __future__ import annotations

from placewright.models.agent import Agent
from placewright.models.node import Node
from placewright.models.profile import Profile, ScoreName
from placewright.models.scores.base import WORST, Score, judges
from placewright.models.state import ClusterState


def missing_cost(agent: Agent, node: Node) -> int:
    """What the agent costs on the node."""
    needed = agent.spec.needs_data
    total = sum(needed.values())
    missing = sum(size for name, size in needed.items() if name not in node.data)
    return -(-WORST * missing // total) if total else 0


class DataLocalityScore(Score):
    name = ScoreName.DATA_LOCALITY
    plugin = ""
    summary = "Agents are where the data is that they read."
    per_agent = True

    def value(self, state: ClusterState, profile: Profile) -> int:
        snapshot = state.snapshot
        return sum(
            len(agents) * missing_cost(crowd.sample, snapshot.node_by_name[name])
            for crowd in state.crowds()
            if crowd.sample.spec.needs_data and judges(snapshot, profile, crowd.sample)
            for name, agents in crowd.on.items()
        )


SCORE = DataLocalityScore()
