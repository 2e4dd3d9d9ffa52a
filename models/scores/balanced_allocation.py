"""BalancedAllocation: no node runs out of one resource while another lies idle.

Batch form of NodeResourcesBalancedAllocation, which scores 100 * (1 - standard deviation of the utilisations)
for each agent. A finished placement is judged by its nodes:

    u(n, r) = ceil(1000 * requested(n, r) / allocatable(n, r))
    cost    = sum over nodes of 5 * (largest u - smallest u)

over the profile's balanced resources that the node has; a node with fewer than two costs nothing, nor does
one that nobody uses. For two resources a node costs just what its standard deviation is in our unit; for more
the half of the range, which is never less, stands for it. Real requests count, as for kube-scheduler.
"""

from __future__ import annotations

from placewright.models.profile import Profile, ScoreName
from placewright.models.scores.base import Score
from placewright.models.scores.utilisation import utilisations
from placewright.models.state import ClusterState

UNIT = 5
"""Half a permille in our unit."""


class BalancedAllocationScore(Score):
    name = ScoreName.BALANCED_ALLOCATION
    plugin = "NodeResourcesBalancedAllocation"
    summary = "No node runs out of one resource while another lies idle."

    def value(self, state: ClusterState, profile: Profile) -> int:
        total = 0
        for node in state.snapshot.nodes:
            agents = list(state.agents_on(node.name).values())
            shares = utilisations(agents, node.allocatable, profile.balanced_resources)
            if len(shares) > 1:
                total += UNIT * (max(shares) - min(shares))
        return total


SCORE = BalancedAllocationScore()
