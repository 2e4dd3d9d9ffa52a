"""LeastAllocated: no node is busier than it need be. The formula stands in `utilisation`."""

from __future__ import annotations

from placewright.models.profile import Profile, ScoreName
from placewright.models.scores.utilisation import LEAST, Shape, UtilisationScore


class LeastAllocatedScore(UtilisationScore):
    name = ScoreName.LEAST_ALLOCATED
    summary = "No node is busier than it need be."

    def shape(self, profile: Profile) -> Shape:
        return LEAST


SCORE = LeastAllocatedScore()
