"""Cost: what the nodes in use cost per hour.

    cost = sum of price(n) over the nodes n in use, in millionths of the currency per hour

A node is in use when an agent is on it that is neither a DaemonSet's nor static. The unit is money and not
hundredths of a point, so that the value can be read as it is; blended with other scores, the weight is the
exchange rate.
"""

from __future__ import annotations

from placewright.models.profile import Profile, ScoreName
from placewright.models.scores.base import Score
from placewright.models.scores.used_nodes import used_nodes
from placewright.models.state import ClusterState


class CostScore(Score):
    name = ScoreName.COST
    plugin = ""
    summary = "The nodes in use cost as little as will do."

    def value(self, state: ClusterState, profile: Profile) -> int:
        return sum(node.price for node in used_nodes(state))


SCORE = CostScore()
