"""FewestNodes: as few nodes in use as will do.

    cost = 10,000 * number of nodes in use

A node is in use when an agent is on it that is neither a DaemonSet's nor static. Agents that run and stay
keep their nodes in use, whatever is placed.
"""

from __future__ import annotations

from placewright.models.profile import Profile, ScoreName
from placewright.models.scores.base import WORST, Score
from placewright.models.scores.used_nodes import used_nodes
from placewright.models.state import ClusterState


class FewestNodesScore(Score):
    name = ScoreName.FEWEST_NODES
    plugin = ""
    summary = "As few nodes are in use as will do."

    def value(self, state: ClusterState, profile: Profile) -> int:
        return WORST * sum(1 for _ in used_nodes(state))


SCORE = FewestNodesScore()
