"""What moves cost and what is left on drained nodes, as terms over counts; and what keeps agents from coming.

Agents of one group are interchangeable: as many of them stay on a node as the counts have there, so the moves
of a group are what its counts lack where it runs now.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import ClassVar, Self, TypeAlias

import numpy as np
from ortools.linear_solver import pywraplp

from placewright.models.profile import Profile, ScoreName
from placewright.solver.compilation import BoolArray, Compilation, IntArray
from placewright.solver.objectives.base import LpExpression, Term
from placewright.solver.relaxation import Relaxation
from placewright.solver.rules.base import Encoder
from placewright.solver.rules.ledger import Ledger
from placewright.solver.variables import Linear, Variables

Place = tuple[int, int]
"""A group and a node, by index."""


LpVariable: TypeAlias = pywraplp.Variable


class Asked(Term):
    """A term that is made for one question and never compiled from a profile."""

    score: ClassVar[ScoreName | None] = None

    @classmethod
    def compile(cls, compilation: Compilation, profile: Profile) -> Self | None:
        raise TypeError(f"{cls.__name__} belongs to no profile")


@dataclass(frozen=True)
class MovesTerm(Asked):
    """The sum of what moves cost: at each place the cheapest leave first.

    costs: group and node -> what moving each agent there costs, cheapest first, as many as can leave.
    """

    costs: Mapping[Place, tuple[int, ...]]

    def expression(self, x: Variables) -> Linear:
        return sum((self._place(x, place) for place in self.costs), start=0)

    def _place(self, x: Variables, place: Place) -> Linear:
        g, n = place
        costs = self.costs[place]
        stays = x.x(g, n)
        most = x.most([g], [n])
        if most == 0:
            return sum(costs)
        if costs[0] == costs[-1] and most <= len(costs):
            return costs[0] * (len(costs) - stays)
        cost = x.model.new_int_var(0, sum(costs), "")
        for leaving, so_far in enumerate(accumulate(costs[:-1], initial=0)):
            if leaving == 0 or costs[leaving] != costs[leaving - 1]:
                x.model.add(cost >= so_far + costs[leaving] * (len(costs) - leaving - stays))
        x.complete_hints(lambda count: [(cost, sum(costs[: max(0, len(costs) - int(count[g, n]))]))])
        return cost

    def value(self, count: IntArray) -> int:
        return sum(sum(costs[: max(0, len(costs) - int(count[at]))]) for at, costs in self.costs.items())

    def least(self) -> int:
        return 0

    def most(self, cap: IntArray) -> int:
        return sum(sum(costs) for costs in self.costs.values())

    def fixing(self, fixed: IntArray) -> Self:
        left = {at: costs[: max(0, len(costs) - int(fixed[at]))] for at, costs in self.costs.items()}
        return replace(self, costs={at: costs for at, costs in left.items() if costs})

    def relax(self, relaxation: Relaxation) -> LpExpression | None:
        """At least what each class of nodes loses of each group, at its cheapest."""
        class_of = classes(relaxation)
        cheapest: dict[Place, int] = {}
        for (g, n), costs in self.costs.items():
            key = (g, class_of[n])
            cheapest[key] = min(cheapest.get(key, costs[0]), costs[0])
        lost = leaving(relaxation, {at: len(costs) for at, costs in self.costs.items()})
        return relaxation.lp.Sum([cheapest[at] * variable for at, variable in lost.items()])


def classes(relaxation: Relaxation) -> Mapping[int, int]:
    """The class of each node, by index."""
    return {int(n): c for c, nodes in enumerate(relaxation.members) for n in nodes}


def leaving(relaxation: Relaxation, home: Mapping[Place, int]) -> Mapping[Place, LpVariable]:
    """Group and class -> at least how many of those at `home` (by group and node) are no longer there."""
    class_of, there = classes(relaxation), dict[Place, int]()
    for (g, n), number in home.items():
        there[g, class_of[n]] = there.get((g, class_of[n]), 0) + number
    found = {}
    for (g, c), number in there.items():
        found[g, c] = relaxation.lp.NumVar(0.0, float(number), "")
        relaxation.hold(c, {g: -1.0}, [(found[g, c], -1.0)], -float(number))
    return found


@dataclass(frozen=True)
class AdditiveTerm(Asked):
    """A cost that each agent adds to by itself. `already`: what those add that are fixed."""

    already: int = field(default=0, kw_only=True)

    def least(self) -> int:
        return self.already

    def most(self, cap: IntArray) -> int:
        return self.value(cap)

    def fixing(self, fixed: IntArray) -> Self:
        return replace(self, already=self.value(fixed))


@dataclass(frozen=True)
class LeftTerm(AdditiveTerm):
    """How many agents are on the nodes (N,) that are to be `drained`."""

    drained: BoolArray

    def expression(self, x: Variables) -> Linear:
        nodes = np.flatnonzero(self.drained).tolist()
        return self.already + x.sum(sorted({g for n in nodes for g in x.groups_on(n)}), nodes)

    def value(self, count: IntArray) -> int:
        return self.already + int(count[:, self.drained].sum())

    def relax(self, relaxation: Relaxation) -> LpExpression | None:
        classes = [c for c, nodes in enumerate(relaxation.members) if self.drained[nodes].all()]
        arriving = [relaxation.arrivals(c, relaxation.groups_of(c)) for c in classes]
        return relaxation.lp.Sum(arriving) + self.already


class Told(Ledger):
    """What is known of counts that are finished; no agents come one by one here."""

    def __init__(self, holds: bool) -> None:
        self._holds = holds

    def add(self, group: int, nodes: IntArray, number: IntArray) -> None:
        raise TypeError("asked of finished counts alone")

    def holds(self) -> bool:
        return self._holds


@dataclass(frozen=True)
class ClosedEncoder(Encoder):
    """Nobody comes to `closed` nodes (N,); those of `home` (G, N) may stay there."""

    rule: ClassVar[str] = "moves"
    closed: BoolArray
    home: IntArray

    @classmethod
    def compile(cls, compilation: Compilation) -> Self | None:
        return None

    def tighten(self, cap: IntArray) -> IntArray:
        tightened: IntArray = np.where(self.closed[None, :], np.minimum(cap, self.home), cap)
        return tightened

    def encode(self, x: Variables) -> None:
        pass

    def ledger(self, count: IntArray) -> Ledger:
        return Told(True)

    def fixing(self, fixed: IntArray) -> Self:
        return self


@dataclass(frozen=True)
class LimitEncoder(Encoder):
    """What `fare` counts, moves or what they cost, is no more than `most` in all."""

    rule: ClassVar[str] = "moves"
    fare: tuple[Term, ...]
    most: int

    @classmethod
    def compile(cls, compilation: Compilation) -> Self | None:
        return None

    def encode(self, x: Variables) -> None:
        x.model.add(sum((term.expression(x) for term in self.fare), start=0) <= self.most)

    def ledger(self, count: IntArray) -> Ledger:
        return Told(sum(term.value(count) for term in self.fare) <= self.most)

    def fixing(self, fixed: IntArray) -> Self:
        return replace(self, fare=tuple(term.fixing(fixed) for term in self.fare))


@dataclass(frozen=True)
class EmptiedEncoder(Encoder):
    """Of the nodes in `used` (N,) no more than `most` are left without any of the groups in `keeps` (G,)."""

    rule: ClassVar[str] = "moves"
    used: BoolArray
    keeps: BoolArray
    most: int

    @classmethod
    def compile(cls, compilation: Compilation) -> Self | None:
        return None

    def encode(self, x: Variables) -> None:
        nodes = np.flatnonzero(self.used).tolist()
        stays = (x.present([g for g in x.groups_on(n) if self.keeps[g]], [n]) for n in nodes)
        x.model.add(len(nodes) - sum(stays) <= self.most)

    def ledger(self, count: IntArray) -> Ledger:
        emptied = self.used & ~count[self.keeps].any(axis=0)
        return Told(int(emptied.sum()) <= self.most)

    def fixing(self, fixed: IntArray) -> Self:
        return replace(self, used=self.used & ~fixed[self.keeps].any(axis=0))


@dataclass(frozen=True)
class CutEncoder(Encoder):
    """Of the places in `stays` (group, node -> count there in an answer without a way) one has fewer.

    What cannot be reached is cut off: any other answer sends somebody else, or somebody elsewhere.
    """

    rule: ClassVar[str] = "moves"
    stays: Mapping[Place, int]

    @classmethod
    def compile(cls, compilation: Compilation) -> Self | None:
        return None

    def encode(self, x: Variables) -> None:
        fewer = []
        for (g, n), number in self.stays.items():
            if number > x.most([g], [n]):
                return
            literal = x.model.new_bool_var("")
            x.model.add(x.x(g, n) <= number - 1).only_enforce_if(literal)
            fewer.append(literal)
        x.model.add_bool_or(fewer)

    def ledger(self, count: IntArray) -> Ledger:
        return Told(any(count[at] < number for at, number in self.stays.items()))

    def fixing(self, fixed: IntArray) -> Self:
        left = {at: number - int(fixed[at]) for at, number in self.stays.items()}
        if any(number <= 0 for number in left.values()):
            # What is fixed decides some of them already; those that are left still have to differ.
            left = {at: number for at, number in left.items() if number > 0}
        return replace(self, stays=left)
