"""kube-scheduler's own scores: 0 to 100 for each node that is open to an agent as things stand (§8).

What a *batch* is judged by is in `models/scores`; this is what kube-scheduler itself would do, to the unit,
for the sequential baseline and for comparing. One module per plugin; the registry is the mapping below.

Assumed where kube-scheduler leaves it to chance: all open nodes are scored, none is sampled away (§0.2).
Not reproduced: extenders, DynamicResources, and VolumeBinding's score, which is 0 by default.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from placewright.models.agent import Agent
from placewright.models.kube_scores import (
    balanced_allocation,
    fit,
    image_locality,
    inter_pod_affinity,
    node_affinity,
    taint_toleration,
    topology_spread,
)
from placewright.models.kube_scores.base import Scorer
from placewright.models.node import Node
from placewright.models.profile import Profile, ScoreName
from placewright.models.state import ClusterState

SCORERS: Mapping[ScoreName, Scorer] = {
    ScoreName.LEAST_ALLOCATED: fit.least_allocated,
    ScoreName.MOST_ALLOCATED: fit.most_allocated,
    ScoreName.REQUESTED_TO_CAPACITY_RATIO: fit.requested_to_capacity_ratio,
    ScoreName.BALANCED_ALLOCATION: balanced_allocation.scores,
    ScoreName.NODE_AFFINITY: node_affinity.scores,
    ScoreName.INTER_POD_AFFINITY: inter_pod_affinity.scores,
    ScoreName.POD_TOPOLOGY_SPREAD: topology_spread.scores,
    ScoreName.TAINT_TOLERATION: taint_toleration.scores,
    ScoreName.IMAGE_LOCALITY: image_locality.scores,
}
"""Each of kube-scheduler's scores. NodeResourcesFit, one plugin there, is three: its strategies."""


def total(state: ClusterState, agent: Agent, nodes: Sequence[Node], profile: Profile) -> list[int]:
    """For each of `nodes`, in their order, the sum of the profile's scores times their weights.

    `agent` is on no node. `nodes` are all that its filters leave open: several scores are relative to them.
    kube-scheduler scores nothing where a single node is open. Scores that are placewright's own count 0.
    """
    sums = [0] * len(nodes)
    for name, scorer in SCORERS.items():
        weight = profile.weight(name)
        points = scorer(state, agent, nodes, profile) if weight else None
        if points is not None:
            sums = [so_far + weight * more for so_far, more in zip(sums, points, strict=True)]
    return sums
