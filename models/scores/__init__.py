"""What each score means, one module per score, read from the state alone. The registry is the tuple below."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from placewright.models.options import Options
from placewright.models.profile import SCORES as ALL_SCORES
from placewright.models.profile import Profile, ScoreName, Stage
from placewright.models.scores import (
    allocation,
    balanced_allocation,
    cost,
    data_locality,
    fewest_nodes,
    fragmentation,
    free_ratio,
    image_locality,
    inter_pod_affinity,
    least_allocated,
    limit_overcommit,
    most_allocated,
    node_affinity,
    pod_topology_spread,
    requested_to_capacity_ratio,
    soft_capacity,
    stability,
    taint_toleration,
    traffic_locality,
)
from placewright.models.scores.base import Score

SCORES: tuple[Score, ...] = (
    least_allocated.SCORE,
    most_allocated.SCORE,
    requested_to_capacity_ratio.SCORE,
    balanced_allocation.SCORE,
    node_affinity.SCORE,
    inter_pod_affinity.SCORE,
    pod_topology_spread.SCORE,
    taint_toleration.SCORE,
    image_locality.SCORE,
    cost.SCORE,
    fewest_nodes.SCORE,
    traffic_locality.SCORE,
    fragmentation.SCORE,
    limit_overcommit.SCORE,
    stability.SCORE,
    data_locality.SCORE,
    allocation.SCORE,
    soft_capacity.SCORE,
    free_ratio.SCORE,
)

_NAMES = frozenset(str(name) for name in ScoreName)
_BY_NAME = {score.name: score for score in SCORES}


@dataclass(frozen=True)
class Weighed:
    """A score that counts, under which profile, and how much."""

    score: Score
    profile: Profile
    weight: int


def score_of(name: ScoreName) -> Score:
    """The score of a name."""
    return _BY_NAME[name]


def weighed(options: Options, part: str) -> Iterator[Weighed]:
    """The scores behind one part of a stage: `scores` or a single score's name. Nothing for other parts.

    `scores` are all that have a weight and no stage of their own. Agents of further profiles bring their
    own weights for the scores that judge agents; nodes are judged by the cluster's profile alone.
    """
    for profile in options.all_profiles:
        for name, weight in _weights(options.profile.stages, profile, part).items():
            score = _BY_NAME.get(name)
            if score is not None and weight > 0 and (score.per_agent or profile is options.profile):
                yield Weighed(score, profile, weight)


def _weights(stages: tuple[Stage, ...], profile: Profile, part: str) -> dict[ScoreName, int]:
    if part == ALL_SCORES:
        named = {name for stage in stages for name in stage.parts}
        return {name: weight for name, weight in profile.weights.items() if name not in named}
    return {ScoreName(part): 1} if part in _NAMES else {}
