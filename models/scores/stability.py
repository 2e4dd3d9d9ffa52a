"""Stability: what runs stays where it is.

    cost = 10,000 * number of agents that ran at the start and are no longer where they were

whether they were evicted for good or placed anew elsewhere.
"""

from __future__ import annotations

from placewright.models.profile import Profile, ScoreName
from placewright.models.scores.base import WORST, Score
from placewright.models.state import ClusterState


class StabilityScore(Score):
    name = ScoreName.STABILITY
    plugin = ""
    summary = "Running agents stay where they are."

    def value(self, state: ClusterState, profile: Profile) -> int:
        return WORST * len(state.evicted)


SCORE = StabilityScore()
