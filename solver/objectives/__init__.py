"""What is best, one module per objective term. `compile_levels` lists the levels as they count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from placewright.models.profile import DISRUPTION, PLACED, ScoreName, Stage
from placewright.models.scores import weighed
from placewright.solver.compilation import Compilation
from placewright.solver.objectives.base import Objective, Term
from placewright.solver.objectives.cost import CostTerm
from placewright.solver.objectives.fewest_nodes import FewestNodesTerm
from placewright.solver.objectives.least_allocated import LeastAllocatedTerm
from placewright.solver.objectives.placed import PlacedObjective, UnplacedTerm
from placewright.solver.objectives.weighted import WeightedObjective, checked

TERMS: Mapping[ScoreName, type[Term]] = {
    ScoreName.LEAST_ALLOCATED: LeastAllocatedTerm,
    ScoreName.COST: CostTerm,
    ScoreName.FEWEST_NODES: FewestNodesTerm,
}
"""How each score of models/scores is encoded."""


def compile_levels(compilation: Compilation) -> tuple[Objective, ...]:
    """The stages of the cluster's profile as levels, the most important first."""
    stages = compilation.snapshot.options.profile.stages
    return tuple(level for stage in stages for level in _levels(compilation, stage))


def _levels(compilation: Compilation, stage: Stage) -> Iterator[Objective]:
    if stage.name == PLACED:
        yield from PlacedObjective.compile_all(compilation)
    elif stage.name != DISRUPTION:
        terms = tuple(_terms(compilation, stage))
        yield checked(WeightedObjective(stage.name, terms), compilation.cap)


def _terms(compilation: Compilation, stage: Stage) -> Iterator[tuple[int, Term]]:
    for part, weight in stage.parts.items():
        if part == PLACED:
            yield weight, UnplacedTerm.compile(compilation)
        for item in weighed(compilation.snapshot.options, part):
            term = TERMS[item.score.name].compile(compilation, item.profile)
            if term is not None:
                yield weight * item.weight, term
