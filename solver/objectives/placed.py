"""Placed agents of one priority: the levels that come first, highest priority first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal, Self

from placewright.models.levels import placed_name
from placewright.models.profile import Profile, ScoreName
from placewright.solver.compilation import Compilation, IntArray
from placewright.solver.objectives.base import LpExpression, Objective, Term
from placewright.solver.relaxation import Relaxation
from placewright.solver.variables import Linear, Variables


@dataclass(frozen=True)
class PlacedObjective(Objective):
    """How many agents of `groups` (those of one priority) are placed; `already` are fixed ones."""

    sense: ClassVar[Literal["maximize"]] = "maximize"
    priority: int
    groups: tuple[int, ...]
    size: int
    already: int = 0

    @classmethod
    def compile_all(cls, compilation: Compilation) -> list[Self]:
        """One level per priority, highest first."""
        tiers: dict[int, list[int]] = {}
        for g, group in enumerate(compilation.groups):
            # Evicted agents are from then on pending ones of their priority.
            if not compilation.standing[g]:
                tiers.setdefault(group.agent.spec.priority, []).append(g)
        return [
            cls(priority, tuple(groups), int(compilation.size[groups].sum()))
            for priority, groups in sorted(tiers.items(), reverse=True)
        ]

    @property
    def name(self) -> str:
        return placed_name(self.priority)

    def expression(self, x: Variables) -> Linear:
        return x.sum(self.groups) + self.already

    def value(self, count: IntArray) -> int:
        return int(count[list(self.groups)].sum()) + self.already

    def limit(self, cap: IntArray) -> int:
        room = cap[list(self.groups)].sum(axis=1)
        return min(int(room.sum()) + self.already, self.size)

    def fixing(self, fixed: IntArray) -> Self:
        return replace(self, already=self.already + int(fixed[list(self.groups)].sum()))

    def relax(self, relaxation: Relaxation) -> int | None:
        most = relaxation.most(self.groups)
        return None if most is None else most + self.already

    def demand(self, relaxation: Relaxation, value: int) -> None:
        relaxation.at_least(self.groups, value - self.already)


@dataclass(frozen=True)
class UnplacedTerm(Term):
    """How many agents are left out, for levels that blend that with other things."""

    score: ClassVar[ScoreName | None] = None
    groups: tuple[int, ...]
    left: int

    @classmethod
    def compile(cls, compilation: Compilation, profile: Profile | None = None) -> Self:
        groups = compilation.pending
        return cls(groups, int(compilation.size[list(groups)].sum()))

    def expression(self, x: Variables) -> Linear:
        return self.left - x.sum(self.groups)

    def value(self, count: IntArray) -> int:
        return self.left - int(count[list(self.groups)].sum())

    def least(self) -> int:
        return 0

    def most(self, cap: IntArray) -> int:
        return self.left

    def fixing(self, fixed: IntArray) -> Self:
        return replace(self, left=self.left - int(fixed[list(self.groups)].sum()))

    def relax(self, relaxation: Relaxation) -> LpExpression | None:
        return self.left - relaxation.sum(self.groups)
