"""Placed agents of one priority: the levels that come first, highest priority first."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, Self

import numpy as np

from placewright.models.levels import placed_name
from placewright.models.profile import Profile, ScoreName
from placewright.solver.compilation import Compilation, IntArray
from placewright.solver.objectives.base import LpExpression, Objective, Term
from placewright.solver.objectives.floor import Floor
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

    def worth(self, groups: int) -> IntArray:
        worth = np.zeros(groups, dtype=np.int64)
        worth[list(self.groups)] = 1
        return worth

    def alone(self, group: int, cap: IntArray) -> IntArray:
        return np.full(cap.shape[1], self.already + int(group in self.groups))

    def demand(self, relaxation: Relaxation, value: int) -> None:
        relaxation.at_least(self.groups, value - self.already)


@dataclass(frozen=True)
class LeftOutTerm(Term):
    """What the pending agents are worth that are left out: `worths` by group, `left` of all together."""

    score: ClassVar[ScoreName | None] = None
    worths: tuple[tuple[int, int], ...]
    left: int

    @classmethod
    def of(cls, compilation: Compilation, worths: Mapping[int, int]) -> Self:
        """The term for groups by what one agent of each is worth."""
        left = sum(worth * int(compilation.size[g]) for g, worth in worths.items())
        return cls(tuple((g, worth) for g, worth in worths.items() if worth), left)

    def expression(self, x: Variables) -> Linear:
        return self.left - sum(worth * x.sum([g]) for g, worth in self.worths)

    def value(self, count: IntArray) -> int:
        return self.left - sum(worth * int(count[g].sum()) for g, worth in self.worths)

    def least(self) -> int:
        return 0

    def step(self) -> int:
        return math.gcd(self.left, *(worth for _, worth in self.worths)) or 1

    def most(self, cap: IntArray) -> int:
        return self.left

    def fixing(self, fixed: IntArray) -> Self:
        return replace(self, left=self.value(fixed))

    def relax(self, relaxation: Relaxation) -> LpExpression | None:
        placed = [float(worth) * relaxation.sum([g]) for g, worth in self.worths]
        return self.left - relaxation.lp.Sum(placed)

    def floor(self, cap: IntArray, size: IntArray, near: IntArray | None) -> Floor:
        worth = self.worth(len(cap)).astype(np.float64)
        return Floor(Floor.flat(cap, self.left).base, np.broadcast_to(-worth[:, None], cap.shape))

    def worth(self, groups: int) -> IntArray:
        worth = np.zeros(groups, dtype=np.int64)
        for g, each in self.worths:
            worth[g] = each
        return worth

    def alone(self, group: int, cap: IntArray) -> IntArray:
        return np.full(cap.shape[1], self.left - dict(self.worths).get(group, 0))


class UnplacedTerm(LeftOutTerm):
    """How many agents are left out, for levels that blend that with other things."""

    @classmethod
    def compile(cls, compilation: Compilation, profile: Profile | None = None) -> Self:
        return cls.of(compilation, dict.fromkeys(compilation.pending, 1))
