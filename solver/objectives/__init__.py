"""What is best, one module per objective term. `compile_levels` lists the levels as they count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from placewright.models.levels import tiers
from placewright.models.profile import DISRUPTION, PLACED, ScoreName, Stage
from placewright.models.scores import weighed
from placewright.solver.compilation import Compilation
from placewright.solver.objectives.allocation import AllocationTerm
from placewright.solver.objectives.balanced_allocation import BalancedAllocationTerm
from placewright.solver.objectives.base import Objective, Term
from placewright.solver.objectives.cost import CostTerm
from placewright.solver.objectives.disruption import EvictedTerm, gentlest, settled
from placewright.solver.objectives.fewest_nodes import FewestNodesTerm
from placewright.solver.objectives.fragmentation import FragmentationTerm
from placewright.solver.objectives.hinges import FreeRatioTerm, SoftCapacityTerm
from placewright.solver.objectives.limit_overcommit import LimitOvercommitTerm
from placewright.solver.objectives.pairs import (
    InterPodAffinityTerm,
    PodTopologySpreadTerm,
    TrafficLocalityTerm,
)
from placewright.solver.objectives.placed import PlacedObjective, UnplacedTerm
from placewright.solver.objectives.stability import StabilityTerm
from placewright.solver.objectives.static import (
    DataLocalityTerm,
    ImageLocalityTerm,
    NodeAffinityTerm,
    TaintTolerationTerm,
)
from placewright.solver.objectives.utilisation import (
    LeastAllocatedTerm,
    MostAllocatedTerm,
    RequestedToCapacityRatioTerm,
)
from placewright.solver.objectives.weighted import WeightedObjective, checked

TERMS: Mapping[ScoreName, type[Term]] = {
    ScoreName.LEAST_ALLOCATED: LeastAllocatedTerm,
    ScoreName.MOST_ALLOCATED: MostAllocatedTerm,
    ScoreName.REQUESTED_TO_CAPACITY_RATIO: RequestedToCapacityRatioTerm,
    ScoreName.BALANCED_ALLOCATION: BalancedAllocationTerm,
    ScoreName.NODE_AFFINITY: NodeAffinityTerm,
    ScoreName.TAINT_TOLERATION: TaintTolerationTerm,
    ScoreName.IMAGE_LOCALITY: ImageLocalityTerm,
    ScoreName.DATA_LOCALITY: DataLocalityTerm,
    ScoreName.COST: CostTerm,
    ScoreName.FEWEST_NODES: FewestNodesTerm,
    ScoreName.INTER_POD_AFFINITY: InterPodAffinityTerm,
    ScoreName.POD_TOPOLOGY_SPREAD: PodTopologySpreadTerm,
    ScoreName.TRAFFIC_LOCALITY: TrafficLocalityTerm,
    ScoreName.FRAGMENTATION: FragmentationTerm,
    ScoreName.LIMIT_OVERCOMMIT: LimitOvercommitTerm,
    ScoreName.STABILITY: StabilityTerm,
    ScoreName.ALLOCATION: AllocationTerm,
    ScoreName.SOFT_CAPACITY: SoftCapacityTerm,
    ScoreName.FREE_RATIO: FreeRatioTerm,
}
"""How each score of models/scores is encoded."""


def compile_levels(compilation: Compilation, stages: Sequence[Stage] | None = None) -> tuple[Objective, ...]:
    """Stages, the cluster's profile's if not given, as levels, the most important first."""
    if stages is None:
        stages = compilation.snapshot.options.profile.stages
    return tuple(level for stage in stages for level in _levels(compilation, stage))


def _levels(compilation: Compilation, stage: Stage) -> Iterator[Objective]:
    if stage.name == PLACED:
        yield from _placed(compilation)
    elif stage.name == DISRUPTION:
        yield from gentlest(compilation)
    else:
        terms = tuple(_terms(compilation, stage))
        yield checked(WeightedObjective(stage.name, terms), compilation.cap)


def _placed(compilation: Compilation) -> Iterator[Objective]:
    """Placed agents by priority and, where agents may be evicted, what is settled before the next priority.

    Once the agents of one pending priority are placed, evictions down to the next one are settled: no agent
    goes for one that is not more important.
    """
    placed = {level.priority: level for level in PlacedObjective.compile_all(compilation)}
    pending = {compilation.groups[g].agent.spec.priority for g in compilation.pending}
    leaving = {compilation.groups[g].agent.spec.priority for g in np.flatnonzero(compilation.standing)}
    for priority, going, anew in tiers(pending, leaving, placed):
        yield placed[priority]
        yield from settled(compilation, going)
        yield from (placed[q] for q in anew)


def _terms(compilation: Compilation, stage: Stage) -> Iterator[tuple[int, Term]]:
    for part, weight in stage.parts.items():
        if part == PLACED:
            yield weight, UnplacedTerm.compile(compilation)
        elif part == DISRUPTION:
            yield weight, EvictedTerm.compile(compilation)
        for item in weighed(compilation.snapshot.options, part):
            term = TERMS[item.score.name].compile(compilation, item.profile)
            if term is not None:
                yield weight * item.weight, term
