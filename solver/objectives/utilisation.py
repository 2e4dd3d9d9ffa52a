"""How full nodes are: the encoding of models/scores/utilisation.py."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import ClassVar, Self

import numpy as np
from ortools.sat.python import cp_model

from placewright.models.profile import Profile, ScoreName
from placewright.models.scores import least_allocated, most_allocated, requested_to_capacity_ratio
from placewright.models.scores.utilisation import (
    Potential,
    UtilisationScore,
    factors,
    potential,
    scored_request,
)
from placewright.solver.compilation import Compilation, FloatArray, IntArray
from placewright.solver.objectives.base import LpExpression, Tally, Term
from placewright.solver.objectives.floor import Floor
from placewright.solver.objectives.shares import Shares
from placewright.solver.objectives.shares_tally import SharesTally
from placewright.solver.objectives.utilisation_bound import envelope, relaxed_cost
from placewright.solver.objectives.utilisation_floor import utilisation_floor
from placewright.solver.relaxation import Relaxation
from placewright.solver.variables import Linear, Variables

OVERFULL = 4000
"""A utilisation in permille beyond which tallies no longer look."""


@dataclass(frozen=True)
class UtilisationTerm(Term):
    """The sum over nodes and resources (axis K) of times[k] * P(u), divided by `divisor`, rounded up."""

    meaning: ClassVar[UtilisationScore]
    shares: Shares
    cost: Potential
    times: tuple[int, ...]
    divisor: int

    @classmethod
    def compile(cls, compilation: Compilation, profile: Profile) -> Self | None:
        resources = profile.fit.resources
        times, divisor = factors(resources)
        shares = Shares.of(compilation, tuple(resources), scored_request)
        return cls(shares, potential(cls.meaning.shape(profile)), times, divisor)

    def expression(self, x: Variables) -> Linear:
        costs: list[Linear] = []
        most = 0
        elsewhere = self._elsewhere(x.occupied())
        costs.append(elsewhere)
        most += elsewhere
        for n in x.occupied():
            for k in np.flatnonzero(self.shares.allocatable[n]).tolist():
                variable, highest = self._node_cost(x, n, k)
                costs.append(self.times[k] * variable)
                most += self.times[k] * highest
        total = sum(costs, start=0)
        if self.divisor == 1:
            return total
        divided = x.model.new_int_var(0, -(-most // self.divisor), "")
        x.model.add(self.divisor * divided >= total)
        x.complete_hints(lambda count: [(divided, self.value(count))])
        return divided

    def _elsewhere(self, occupied: Sequence[int]) -> int:
        """The cost of all other nodes: nothing changes there."""
        others = np.delete(np.arange(self.shares.nodes), occupied)
        return sum(self._costs(self.shares.at_first, others))

    def _node_cost(self, x: Variables, n: int, k: int) -> tuple[Linear, int]:
        """The cost of one node and resource, never below P(u) and equal at a minimum; and its upper bound."""
        share = self.shares.variable(x, n, k, exact=not self.cost.rising)
        if share is None:
            fixed = self.cost.cost(self.shares.start(n, k))
            return fixed, fixed
        utilisation, least, most = share
        highest = self.cost.highest(least, most)
        cost = x.model.new_int_var(0, highest, "")
        x.complete_hints(lambda count: [(cost, self.cost.cost(self.shares.at(count, n, k)))])
        if self.cost.convex:
            for line in self.cost.between(least, most):
                x.model.add(line.run * (cost - line.value) >= line.rise * (utilisation - line.start))
        else:
            self._choose_line(x, cost, (utilisation, least, most), n, k)
        return cost, highest

    def _choose_line(
        self,
        x: Variables,
        cost: cp_model.IntVar,
        share: tuple[cp_model.IntVar, int, int],
        n: int,
        k: int,
    ) -> None:
        """Where the largest line is not the cost: a literal for the line that the utilisation is on."""
        utilisation, least, most = share
        literals: dict[int, cp_model.IntVar] = {}
        ends = [*(line.start - 1 for line in self.cost.lines[1:]), most]
        for i, (line, end) in enumerate(zip(self.cost.lines, ends, strict=True)):
            if end < least or line.start > most:
                continue
            on = literals[i] = x.model.new_bool_var("")
            x.model.add(utilisation >= line.start).only_enforce_if(on)
            x.model.add(utilisation <= end).only_enforce_if(on)
            above = x.model.add(line.run * (cost - line.value) >= line.rise * (utilisation - line.start))
            above.only_enforce_if(on)
        x.model.add_exactly_one(literals.values())
        for edge in envelope(self.cost, least, most) if most > least else ():
            # Nothing new in integers, and all that is known until a literal is decided.
            parts = math.lcm(edge.slope.denominator, edge.offset.denominator)
            x.model.add(parts * cost >= int(parts * edge.slope) * utilisation + int(parts * edge.offset))

        def hints(count: IntArray) -> Iterator[tuple[cp_model.IntVar, int]]:
            u = self.shares.at(count, n, k)
            for i, literal in literals.items():
                yield literal, int(self.cost.lines[i].start <= u <= ends[i])

        x.complete_hints(hints)

    def value(self, count: IntArray) -> int:
        return -(-sum(self._costs(self.shares.of_counts(count))) // self.divisor)

    def _costs(self, shares: IntArray, nodes: IntArray | None = None) -> Iterable[int]:
        """times * P for each node and resource of utilisations (N, K); `nodes`: of these alone."""
        has = self.shares.allocatable > 0
        if nodes is not None:
            shares, has = shares[nodes], has[nodes]
        for k, times in enumerate(self.times):
            values, number = np.unique(shares[has[:, k], k], return_counts=True)
            for value, many in zip(values.tolist(), number.tolist(), strict=True):
                yield times * many * self.cost.cost(value)

    def alone(self, group: int, cap: IntArray) -> IntArray:
        before, after = self._of_nodes(self.shares.at_first), self._of_nodes(self.shares.with_one(group))
        alone: IntArray = -(-(before.sum() - before + after) // self.divisor)
        return alone

    def _of_nodes(self, shares: IntArray) -> IntArray:
        """int64 (N,): times * P at utilisations (N, K), added up over the resources of each node."""
        total = np.zeros(len(shares), dtype=np.int64)
        for k, times in enumerate(self.times):
            has = np.flatnonzero(self.shares.allocatable[:, k])
            values, which = np.unique(shares[has, k], return_inverse=True)
            costs = np.array([times * self.cost.cost(value) for value in values.tolist()], dtype=np.int64)
            total[has] += costs[which]
        return total

    def least(self) -> int:
        """What there is stays; where more is never cheaper, nobody who comes makes it less."""
        return self.value(np.zeros_like(self.shares.home)) if self.cost.rising else 0

    def most(self, cap: IntArray) -> int:
        if self.cost.rising:
            return self.value(cap)
        total = 0
        full = self.shares.of_counts(cap)
        for n, k in np.argwhere(self.shares.allocatable > 0).tolist():
            total += self.times[k] * self.cost.highest(self.shares.start(n, k), int(full[n, k]))
        return -(-total // self.divisor)

    def fixing(self, fixed: IntArray) -> Self:
        return replace(self, shares=self.shares.fixing(fixed))

    def told_by(self) -> IntArray:
        return self.shares.ask

    def relax(self, relaxation: Relaxation) -> LpExpression | None:
        return relaxed_cost(self.cost, self.shares, self.times, relaxation) * (1.0 / self.divisor)

    def floor(self, cap: IntArray, size: IntArray, near: IntArray | None) -> Floor:
        times = tuple(factor / self.divisor for factor in self.times)
        return utilisation_floor(self.cost, self.shares, times, cap, near)

    def tally(self) -> Tally:
        """By a table of P; a node far beyond full counts as if it were no fuller than that."""
        table = _table(self.cost)
        weights = np.where(self.shares.allocatable > 0, np.array(self.times) / self.divisor, 0.0)

        def cost(shares: IntArray, nodes: slice | IntArray) -> FloatArray:
            parts = table[np.minimum(shares, OVERFULL)] * weights[nodes]
            of_nodes: FloatArray = np.add.reduce([parts[:, k] for k in range(parts.shape[1])])
            return of_nodes

        return SharesTally(self.shares, cost, rising=self.cost.convex)


@lru_cache
def _table(cost: Potential) -> FloatArray:
    """float64 (OVERFULL + 1,), read-only: the cost by permille. The same for every cluster of a profile."""
    table = np.array([cost.cost(u) for u in range(OVERFULL + 1)], dtype=np.float64)
    table.flags.writeable = False
    return table


class LeastAllocatedTerm(UtilisationTerm):
    score: ClassVar[ScoreName] = ScoreName.LEAST_ALLOCATED
    meaning: ClassVar[UtilisationScore] = least_allocated.SCORE


class MostAllocatedTerm(UtilisationTerm):
    score: ClassVar[ScoreName] = ScoreName.MOST_ALLOCATED
    meaning: ClassVar[UtilisationScore] = most_allocated.SCORE


class RequestedToCapacityRatioTerm(UtilisationTerm):
    score: ClassVar[ScoreName] = ScoreName.REQUESTED_TO_CAPACITY_RATIO
    meaning: ClassVar[UtilisationScore] = requested_to_capacity_ratio.SCORE
