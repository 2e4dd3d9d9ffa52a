"""LimitOvercommit: no node promises more than it has, or as little more as will do.

    v(n, r) = ceil(1000 * limits(n, r) / allocatable(n, r))        permille, r in {cpu, memory}
    cost    = sum over nodes n and resources r of 10 * max(0, v(n, r) - 1000)

so that a node that promises twice what it has of one resource costs 10,000. An agent counts its limit, or its
request where that is more (a container without a limit). A node without an allocatable amount of r has no
term for it.
"""

from __future__ import annotations

from placewright.models.profile import Profile, ScoreName
from placewright.models.rules.limit_overcommit import LimitIndex
from placewright.models.scores.base import Score
from placewright.models.state import ClusterState

RESOURCES = ("cpu", "memory")
SLOPE = 10
"""What a thousandth of overcommit costs: WORST for as much again as there is."""


def excess(limits: int, allocatable: int) -> int:
    """By how many thousandths limits are more than what there is, rounded up; 0 where they are not."""
    return max(0, -(-1000 * limits // allocatable) - 1000)


class LimitOvercommitScore(Score):
    name = ScoreName.LIMIT_OVERCOMMIT
    plugin = ""
    summary = "Limits on a node add up to little more than what it has."

    def value(self, state: ClusterState, profile: Profile) -> int:
        limits = state.index(LimitIndex)
        return SLOPE * sum(
            excess(limits.total(node.name).get(resource, 0), node.allocatable[resource])
            for node in state.snapshot.nodes
            for resource in RESOURCES
            if node.allocatable.get(resource, 0) > 0
        )


SCORE = LimitOvercommitScore()
