"""Stability: the encoding of models/scores/stability.py."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from placewright.models.profile import Profile, ScoreName
from placewright.models.scores.base import WORST
from placewright.solver.compilation import Compilation, IntArray
from placewright.solver.objectives.base import LpExpression, Term
from placewright.solver.relaxation import Relaxation
from placewright.solver.variables import Linear, Variables


@dataclass(frozen=True)
class StabilityTerm(Term):
    """WORST for each agent of the standing `groups` that does not stay; `running` are those that could.

    Equal to the score for settled counts: nobody leaves and comes back to the same node.
    """

    score: ClassVar[ScoreName] = ScoreName.STABILITY
    groups: tuple[int, ...]
    running: int

    @classmethod
    def compile(cls, compilation: Compilation, profile: Profile) -> Self | None:
        groups = tuple(np.flatnonzero(compilation.standing).tolist())
        return cls(groups, int(compilation.home.sum())) if groups else None

    def expression(self, x: Variables) -> Linear:
        return WORST * (self.running - x.sum(self.groups))

    def value(self, count: IntArray) -> int:
        return WORST * (self.running - int(count[list(self.groups)].sum()))

    def least(self) -> int:
        return 0

    def step(self) -> int:
        return WORST

    def most(self, cap: IntArray) -> int:
        return WORST * self.running

    def fixing(self, fixed: IntArray) -> Self:
        return replace(self, running=self.running - int(fixed[list(self.groups)].sum()))

    def relax(self, relaxation: Relaxation) -> LpExpression | None:
        return WORST * (self.running - relaxation.sum(self.groups))
