"""SoftCapacity: nodes are not used beyond what they had better be used to.

    cost = sum over nodes n and resources r of ceil(price(r) * max(0, used(n, r) - soft(n, r)) / per(r))

soft(n, r) is the node's own target (`softCapacity`, or the annotation placewright.io/soft-capacity); a node
without one has no term. price and per are the profile's: what each `per` of the resource over it costs.
"""

from __future__ import annotations

from collections.abc import Sequence

from placewright.models.node import Node
from placewright.models.profile import Profile, ScoreName
from placewright.models.scores.hinges import Hinge, HingeScore


class SoftCapacityScore(HingeScore):
    name = ScoreName.SOFT_CAPACITY
    summary = "Nodes are not used beyond their soft capacity."

    def hinges(self, profile: Profile, nodes: Sequence[Node]) -> tuple[Hinge, ...]:
        return tuple(
            Hinge({r: 1}, {n.name: -n.soft_capacity[r] for n in nodes if r in n.soft_capacity}, rate)
            for r, rate in profile.soft_capacity.items()
        )


SCORE = SoftCapacityScore()
