"""ImageLocality: images are where agents need them. The formula stands in `static`; nothing is scaled."""

from __future__ import annotations

from collections.abc import Sequence

from placewright.models.agent import Agent
from placewright.models.kube_scores import image_locality
from placewright.models.node import Node
from placewright.models.profile import Profile, ScoreName
from placewright.models.scores.static import StaticScore, bare_state
from placewright.models.snapshot import Snapshot


class ImageLocalityScore(StaticScore):
    name = ScoreName.IMAGE_LOCALITY
    plugin = "ImageLocality"
    summary = "Agents are where their images are already."

    def matters(self, snapshot: Snapshot, agent: Agent, profile: Profile) -> bool:
        """Where none of the agent's images is on any node nothing is to be gained."""
        return image_locality.any_present(snapshot, agent)

    def points(
        self, snapshot: Snapshot, agent: Agent, nodes: Sequence[Node], profile: Profile
    ) -> list[int] | None:
        return image_locality.scores(bare_state(snapshot), agent, nodes, profile)


SCORE = ImageLocalityScore()
