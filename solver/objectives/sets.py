"""How many whole sets of a mix fit: the only level where room is measured."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal, Self

from placewright.solver.compilation import IntArray
from placewright.solver.objectives.base import Objective
from placewright.solver.relaxation import Relaxation
from placewright.solver.variables import Linear, Variables

SETS = "sets"


@dataclass(frozen=True)
class Part:
    """One kind of agent: its groups, how many of it a set has, and how many are there already."""

    groups: tuple[int, ...]
    weight: int
    already: int = 0


@dataclass(frozen=True)
class SetsObjective(Objective):
    """Sets of agents, each with `weight` agents of every part. Only whole sets are placed."""

    sense: ClassVar[Literal["maximize"]] = "maximize"
    parts: tuple[Part, ...]
    most: int

    @property
    def name(self) -> str:
        return SETS

    def expression(self, x: Variables) -> Linear:
        sets = x.model.new_int_var(0, self.most, SETS)
        for part in self.parts:
            x.model.add(x.sum(part.groups) + part.already == part.weight * sets)
        x.complete_hints(lambda count: [(sets, self.value(count))])
        return sets

    def value(self, count: IntArray) -> int:
        placed = (int(count[list(part.groups)].sum()) + part.already for part in self.parts)
        return min(number // part.weight for number, part in zip(placed, self.parts, strict=True))

    def limit(self, cap: IntArray) -> int:
        room = (int(cap[list(part.groups)].sum()) + part.already for part in self.parts)
        return min(self.most, *(n // part.weight for n, part in zip(room, self.parts, strict=True)))

    def fixing(self, fixed: IntArray) -> Self:
        parts = (replace(p, already=p.already + int(fixed[list(p.groups)].sum())) for p in self.parts)
        return replace(self, parts=tuple(parts))

    def relax(self, relaxation: Relaxation) -> int | None:
        sets = relaxation.lp.NumVar(0.0, float(self.most), "")
        for part in self.parts:
            relaxation.lp.Add(relaxation.sum(part.groups) + part.already >= part.weight * sets)
        least = relaxation.least([-1 * sets])
        return None if least is None else -least

    def demand(self, relaxation: Relaxation, value: int) -> None:
        for part in self.parts:
            relaxation.at_least(part.groups, part.weight * value - part.already)
