"""FreeRatio: what is free of one resource has enough of another free beside it, so that both can be used.

    cost = sum over nodes n and ratios of
           ceil(price * max(0, share * free(n, of) - amount * free(n, beside)) / (amount * per))
    free = allocatable - used

The ratios are the profile's: for each `amount` that is free of `of`, `share` is to be free of `beside`.
A node that has nothing of either has no term.
"""

from __future__ import annotations

from collections.abc import Sequence

from placewright.models.node import Node
from placewright.models.profile import FreeRatio, Profile, Rate, ScoreName
from placewright.models.scores.hinges import Hinge, HingeScore


class FreeRatioScore(HingeScore):
    name = ScoreName.FREE_RATIO
    summary = "What is free of one resource has enough of another free beside it."

    def hinges(self, profile: Profile, nodes: Sequence[Node]) -> tuple[Hinge, ...]:
        return tuple(_hinge(wish, nodes) for wish in profile.free_ratios)


def _hinge(wish: FreeRatio, nodes: Sequence[Node]) -> Hinge:
    constant = {}
    for node in nodes:
        of, beside = node.allocatable.get(wish.of, 0), node.allocatable.get(wish.beside, 0)
        if of > 0 and beside > 0:
            constant[node.name] = wish.share * of - wish.amount * beside
    rate = Rate(wish.rate.price, wish.rate.per * wish.amount)
    return Hinge({wish.of: -wish.share, wish.beside: wish.amount}, constant, rate)


SCORE = FreeRatioScore()
