"""MostAllocated: nodes are filled up one after the other. The formula stands in `utilisation`."""

from __future__ import annotations

from placewright.models.profile import Profile, ScoreName
from placewright.models.scores.utilisation import MOST, Shape, UtilisationScore


class MostAllocatedScore(UtilisationScore):
    name = ScoreName.MOST_ALLOCATED
    summary = "Nodes are filled up one after the other."

    def shape(self, profile: Profile) -> Shape:
        return MOST


SCORE = MostAllocatedScore()
