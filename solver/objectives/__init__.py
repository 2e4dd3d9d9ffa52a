"""What is best, one module per objective. `compile_levels` lists them in the order in which they count."""

from __future__ import annotations

from placewright.solver.compilation import Compilation
from placewright.solver.objectives.balance import BalanceObjective
from placewright.solver.objectives.base import Objective
from placewright.solver.objectives.placed import PlacedObjective


def compile_levels(compilation: Compilation) -> tuple[Objective, ...]:
    """Placed agents by priority, highest first, then the scores."""
    return (*PlacedObjective.compile_all(compilation), BalanceObjective.compile(compilation))
