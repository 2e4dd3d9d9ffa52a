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

from functools import partial

from placewright.models.agent import AgentSpec
from placewright.models.crowds import amounts
from placewright.models.profile import Profile, ScoreName
from placewright.models.scores.base import Score
from placewright.models.scores.utilisation import permille
from placewright.models.state import ClusterState

UNIT = 5
"""Half a permille in our unit."""


def requested(spec: AgentSpec, resource: str) -> int:
    """What an agent asks for, in earnest."""
    return spec.requests.get(resource, 0)


class BalancedAllocationScore(Score):
    name = ScoreName.BALANCED_ALLOCATION
    plugin = "NodeResourcesBalancedAllocation"
    summary = "No node runs out of one resource while another lies idle."

    def value(self, state: ClusterState, profile: Profile) -> int:
        total = 0
        used = {
            resource: amounts(state.crowds(), partial(requested, resource=resource))
            for resource in profile.balanced_resources
        }
        for node in state.snapshot.nodes:
            shares = [
                permille(of.get(node.name, 0), node.allocatable[resource])
                for resource, of in used.items()
                if node.allocatable.get(resource, 0) > 0
            ]
            if len(shares) > 1:
                total += UNIT * (max(shares) - min(shares))
        return total


SCORE = BalancedAllocationScore()
