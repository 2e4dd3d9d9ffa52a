"""Allocation: the encoding of models/scores/allocation.py."""

from __future__ import annotations

from typing import ClassVar, Self

from placewright.models.profile import Profile, ScoreName
from placewright.models.scores.allocation import worth
from placewright.solver.compilation import Compilation
from placewright.solver.objectives.placed import LeftOutTerm


class AllocationTerm(LeftOutTerm):
    """Every agent counts by what it asks for."""

    score: ClassVar[ScoreName | None] = ScoreName.ALLOCATION

    @classmethod
    def compile(cls, compilation: Compilation, profile: Profile) -> Self | None:
        worths = {g: worth(compilation.groups[g].agent, profile) for g in compilation.pending}
        return cls.of(compilation, worths) if any(worths.values()) else None
