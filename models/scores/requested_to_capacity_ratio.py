"""RequestedToCapacityRatio: nodes are as full as the profile's shape wants. See `utilisation`."""

from __future__ import annotations

from placewright.models.profile import Profile, ScoreName
from placewright.models.scores.utilisation import LEAST, Shape, UtilisationScore

PERCENT, SCORE_UNIT = 10, 10
"""Shapes are written in percent and in scores from 0 to 10."""


class RequestedToCapacityRatioScore(UtilisationScore):
    name = ScoreName.REQUESTED_TO_CAPACITY_RATIO
    summary = "Nodes are as full as the profile's shape wants them."

    def shape(self, profile: Profile) -> Shape:
        """The profile's; one without a shape wants nodes empty."""
        return tuple((PERCENT * x, SCORE_UNIT * y) for x, y in profile.fit.shape) or LEAST


SCORE = RequestedToCapacityRatioScore()
