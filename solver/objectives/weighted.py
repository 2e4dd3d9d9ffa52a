"""A level that is a weighted sum of terms: the scores, or a blend of levels."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, Self

import numpy as np

from placewright.models.errors import UsageError
from placewright.solver.compilation import FloatArray, IntArray
from placewright.solver.objectives.base import LpExpression, Objective, Tally, Term
from placewright.solver.objectives.floor import Floor
from placewright.solver.relaxation import Relaxation
from placewright.solver.variables import Linear, Variables

MOST = 2**60
"""What a level may reach at most: sums in the model then stay within 64 bits."""


@dataclass(frozen=True)
class WeightedObjective(Objective):
    """The sum of weight times term. Terms of equal weight may be of the same score, for several profiles."""

    sense: ClassVar[Literal["minimize"]] = "minimize"
    title: str
    terms: tuple[tuple[int, Term], ...]

    @property
    def name(self) -> str:
        return self.title

    def expression(self, x: Variables) -> Linear:
        parts: list[Linear] = [weight * term.expression(x) for weight, term in self.terms]
        return sum(parts, start=0)

    def value(self, count: IntArray) -> int:
        return sum(weight * term.value(count) for weight, term in self.terms)

    def limit(self, cap: IntArray) -> int:
        return sum(weight * term.least() for weight, term in self.terms)

    def fixing(self, fixed: IntArray) -> Self:
        return replace(self, terms=tuple((weight, term.fixing(fixed)) for weight, term in self.terms))

    def relax(self, relaxation: Relaxation) -> int | None:
        constant, parts = _relaxed(relaxation, self.terms)
        best = relaxation.least(parts)
        return None if best is None else self.rounded_up(best + constant)

    def parts(self) -> tuple[Part, Part]:
        """The terms that say what they read of groups (`Term.told_by`), and the others."""
        told = [pair for pair in self.terms if pair[1].told_by() is not None]
        untold = [pair for pair in self.terms if pair[1].told_by() is None]
        return Part(tuple(told)), Part(tuple(untold))

    def floor(self, cap: IntArray, size: IntArray, near: IntArray | None) -> Floor:
        """The floors of the terms, added up; as `Term.floor`."""
        base, slopes = np.zeros(cap.shape[1]), np.zeros(cap.shape)
        for weight, term in self.terms:
            part = term.floor(cap, size, near)
            base += weight * part.base
            slopes += weight * part.slopes
        return Floor(base, slopes)

    def rounded_up(self, bound: int) -> int:
        """The least value that the level can have from `bound` on."""
        return -(-bound // self._step) * self._step

    @property
    def _step(self) -> int:
        return math.gcd(*(weight * term.step() for weight, term in self.terms)) or 1

    def loosened(self, bound: int, less: int) -> int:
        # Rounding up may have added almost a step.
        return self.rounded_up(bound - (self._step - 1) - less)

    def tally(self) -> Tally | None:
        """The tallies of the terms that have one, added up; None where none has."""
        tallies = [(weight, term.tally()) for weight, term in self.terms]
        parts = [(weight, tally) for weight, tally in tallies if tally is not None]
        return _Sum(parts) if parts else None

    def worth(self, groups: int) -> IntArray:
        total = np.zeros(groups, dtype=np.int64)
        for weight, term in self.terms:
            total += weight * term.worth(groups)
        return total

    def alone(self, group: int, cap: IntArray) -> IntArray:
        total = np.zeros(cap.shape[1], dtype=np.int64)
        for weight, term in self.terms:
            total += weight * term.alone(group, cap)
        return total

    def topologies(self) -> Iterable[IntArray]:
        return (key for _, term in self.terms for key in term.topologies())

    def demand(self, relaxation: Relaxation, value: int) -> None:
        constant, parts = _relaxed(relaxation, self.terms)
        relaxation.at_most(parts, value - constant)


@dataclass(frozen=True)
class Part:
    """Some of a weighted level's terms. Bounds of parts add up to one of the level."""

    terms: tuple[tuple[int, Term], ...]

    def relax(self, relaxation: Relaxation) -> int | None:
        """The least that they can cost in a relaxation, all of them; None where the solver gave none."""
        constant, parts = _relaxed(relaxation, self.terms)
        if not parts:
            return constant
        best = relaxation.least(parts)
        return None if best is None else best + constant

    def least(self) -> int:
        """The same without solving."""
        return sum(weight * term.least() for weight, term in self.terms)

    def told_by(self) -> Sequence[IntArray]:
        """What they say they read of groups: arrays (G, ...)."""
        return [table for _, term in self.terms if (table := term.told_by()) is not None]


class _Sum(Tally):
    """Tallies times their weights."""

    def __init__(self, parts: Sequence[tuple[int, Tally]]) -> None:
        self._parts = parts

    def more(self, group: int) -> FloatArray:
        costs: FloatArray = np.sum([weight * tally.more(group) for weight, tally in self._parts], axis=0)
        return costs

    def more_on(self, group: int, nodes: IntArray) -> FloatArray:
        costs: FloatArray = np.sum(
            [weight * tally.more_on(group, nodes) for weight, tally in self._parts], axis=0
        )
        return costs

    def independent(self, group: int) -> bool:
        return all(tally.independent(group) for _, tally in self._parts)

    def less(self, group: int, nodes: IntArray) -> FloatArray:
        costs: FloatArray = np.sum(
            [weight * tally.less(group, nodes) for weight, tally in self._parts], axis=0
        )
        return costs

    def shift(self, group: int, node: int) -> FloatArray:
        costs: FloatArray = np.sum(
            [weight * tally.shift(group, node) for weight, tally in self._parts], axis=0
        )
        return costs

    def add(self, group: int, node: int, number: int) -> None:
        for _, tally in self._parts:
            tally.add(group, node, number)

    def add_many(self, group: int, nodes: IntArray, number: IntArray) -> None:
        for _, tally in self._parts:
            tally.add_many(group, nodes, number)


def checked(objective: WeightedObjective, cap: IntArray) -> WeightedObjective:
    """The same level. Raises UsageError where its weights are so large that sums would not fit 64 bits."""
    most = sum(weight * term.most(cap) for weight, term in objective.terms)
    if most >= MOST:
        raise UsageError(
            f"level {objective.name} could reach {most}, more than {MOST - 1}: use smaller weights",
            field="profile",
        )
    return objective


def _relaxed(relaxation: Relaxation, terms: Sequence[tuple[int, Term]]) -> tuple[int, Sequence[LpExpression]]:
    """What terms without a relaxation cost at least, and weight times expression for the others."""
    constant, parts = 0, []
    for weight, term in terms:
        expression = relaxation.once(term, lambda term=term: term.relax(relaxation))  # type: ignore[misc]
        if expression is None:
            constant += weight * term.least()
        else:
            parts.append(weight * expression)
    return constant, parts
