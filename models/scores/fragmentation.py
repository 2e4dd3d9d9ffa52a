"""Fragmentation: room is kept for the shapes of agents that are expected.

    fits(n, s) = min over the resources r that s requests, pod slots included, of
                 floor((allocatable(n, r) - requested(n, r)) / request(s, r)), at least 0
    cost       = sum over the profile's shapes s of weight(s) * 10,000 * max(0, count(s) - sum of fits(n, s))

with what is requested as the placement leaves it. Each shape is judged alone: room for one may be room for
another as well. Nodes that are cordoned or have a NoSchedule or NoExecute taint keep no room: a shape
tolerates nothing, and asks for no particular label. Shared devices (`devices`) are not looked at, only
requests are.
"""

from __future__ import annotations

from collections.abc import Mapping

from placewright.models.node import Node, Resources
from placewright.models.profile import Profile, ScoreName, Shape
from placewright.models.rules.resources import PODS, UsageIndex
from placewright.models.scores.base import WORST, Score
from placewright.models.selector import Effect
from placewright.models.state import ClusterState


def keeps_room(node: Node) -> bool:
    """Whether what is free on this node is room for anybody."""
    closing = (Effect.NO_SCHEDULE, Effect.NO_EXECUTE)
    return not node.unschedulable and not any(taint.effect in closing for taint in node.taints)


def asked(shape: Shape) -> Resources:
    """What one copy of a shape takes: its positive requests, and a pod slot."""
    return {PODS: 1, **{name: amount for name, amount in shape.requests.items() if amount > 0}}


def fits(shape: Shape, allocatable: Resources, used: Mapping[str, int]) -> int:
    """How many copies of a shape find room beside what is used."""
    return max(
        0, min((allocatable.get(r, 0) - used.get(r, 0)) // amount for r, amount in asked(shape).items())
    )


class FragmentationScore(Score):
    name = ScoreName.FRAGMENTATION
    plugin = ""
    summary = "Room is kept for the shapes that the profile expects."

    def value(self, state: ClusterState, profile: Profile) -> int:
        usage = state.index(UsageIndex)
        nodes = [node for node in state.snapshot.nodes if keeps_room(node)]
        total = 0
        for shape in profile.shapes:
            room = sum(fits(shape, node.allocatable, usage.used(node.name)) for node in nodes)
            total += shape.weight * WORST * max(0, shape.count - room)
        return total


SCORE = FragmentationScore()
