"""Costs beyond a line: the encoding of models/scores/hinges.py."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from placewright.models.agent import AgentSpec
from placewright.models.errors import UsageError
from placewright.models.profile import Profile, ScoreName
from placewright.models.scores import free_ratio, soft_capacity
from placewright.models.scores.hinges import Hinge, HingeScore
from placewright.solver.compilation import BoolArray, Compilation, FloatArray, IntArray, loads
from placewright.solver.objectives.base import LpExpression, Tally, Term
from placewright.solver.relaxation import Relaxation
from placewright.solver.variables import Linear, Variables

MOST = 2**58
"""A price times an amount that is smaller than this leaves room for everything that is added up."""


@dataclass(frozen=True)
class HingesTerm(Term):
    """The sum over nodes and lines (axis J) of ceil(price * max(0, over) / per).

    ask (G, J): what one agent adds to `over`; over (N, J): with who is there and stays; has (N, J): whether
    the node has this line at all. price, per (J,).
    """

    meaning: ClassVar[HingeScore]
    ask: IntArray
    over: IntArray
    has: BoolArray
    price: IntArray
    per: IntArray

    @classmethod
    def compile(cls, compilation: Compilation, profile: Profile) -> Self | None:
        lines = cls.meaning.hinges(profile, compilation.nodes)
        _small_enough(lines)
        names = sorted({name for line in lines for name in line.slope})
        slope = _table([[line.slope.get(name, 0) for name in names] for line in lines], len(names))
        asked = [[_requested(group.agent.spec, name) for name in names] for group in compilation.groups]
        used = compilation.residents_loads(names, _requested)
        has = [[node.name in line.constant for line in lines] for node in compilation.nodes]
        constant = [[line.constant.get(node.name, 0) for line in lines] for node in compilation.nodes]
        if not np.any(has):
            return None
        return cls(
            ask=_table(asked, len(names)) @ slope.T,
            over=_table(constant, len(lines)) + used @ slope.T,
            has=np.array(has, dtype=np.bool_),
            price=np.array([line.rate.price for line in lines], dtype=np.int64),
            per=np.array([line.rate.per for line in lines], dtype=np.int64),
        )

    def expression(self, x: Variables) -> Linear:
        constant = self._costs(self.over)
        total: list[Linear] = [int(np.delete(constant, list(x.occupied()), axis=0).sum())]
        for n in x.occupied():
            total.extend(self._line(x, n, j) for j in np.flatnonzero(self.has[n]).tolist())
        return sum(total, start=0)

    def _line(self, x: Variables, n: int, j: int) -> Linear:
        """A variable at least the cost of one line on one node; minimising makes it equal."""
        base, price, per = int(self.over[n, j]), int(self.price[j]), int(self.per[j])
        asks = {g: int(self.ask[g, j]) for g in x.groups_on(n) if self.ask[g, j]}
        most = base + sum(ask * x.most([g], [n]) for g, ask in asks.items() if ask > 0)
        if not asks or most <= 0:
            return -(-price * max(0, base) // per)
        cost = x.model.new_int_var(0, -(-price * most // per), "")
        unit = math.gcd(per, price * base, *(price * ask for ask in asks.values()))
        added = sum(price * ask // unit * x.x(g, n) for g, ask in asks.items())
        x.model.add(per // unit * cost >= added + price * base // unit)
        ask = self.ask[:, j]
        x.complete_hints(lambda count: [(cost, -(-price * max(0, base + int(count[:, n] @ ask)) // per))])
        return cost

    def value(self, count: IntArray) -> int:
        return int(self._costs(self.over + loads(count, self.ask)).sum())

    def alone(self, group: int, cap: IntArray) -> IntArray:
        before, after = self.costs_of(self.over), self.costs_of(self.over + self.ask[group])
        alone: IntArray = before.sum() - before + after
        return alone

    def least(self) -> int:
        """Where nobody who comes makes it less, what there is stays."""
        rising = (self.ask >= 0).all(axis=0)
        return int(self._costs(self.over)[:, rising].sum())

    def step(self) -> int:
        return math.gcd(*self.price.tolist()) if (self.per == 1).all() else 1

    def most(self, cap: IntArray) -> int:
        """Before it is divided by `per`, so that no product on the way is larger."""
        over = np.maximum(self.over, 0).astype(object) + loads(cap, np.maximum(self.ask, 0))
        return int((over * self.price)[self.has].sum())

    def fixing(self, fixed: IntArray) -> Self:
        return replace(self, over=self.over + loads(fixed, self.ask))

    def told_by(self) -> IntArray:
        return self.ask

    def relax(self, relaxation: Relaxation) -> LpExpression | None:
        """All nodes of a class together are over a line by no less than their sums are."""
        lp, terms = relaxation.lp, []
        for c, members in enumerate(relaxation.members):
            for j in range(len(self.price)):
                nodes = members[self.has[members, j]]
                if not len(nodes):
                    continue
                rate = float(self.price[j]) / float(self.per[j])
                # Agents on nodes without the line count as well, but only where they make it less.
                ask = self.ask[:, j] if len(nodes) == len(members) else np.minimum(self.ask[:, j], 0)
                cost = lp.NumVar(0.0, lp.infinity(), "")
                added = relaxation.load(c, (rate * ask).tolist())
                lp.Add(cost >= rate * float(self.over[nodes, j].sum()) + added)
                terms.append(cost)
        return lp.Sum(terms)

    def tally(self) -> Tally:
        return _HingesTally(self)

    def costs_of(self, over: IntArray) -> IntArray:
        """int64 (N,): what each node costs."""
        found: IntArray = self._costs(over).sum(axis=1)
        return found

    def _costs(self, over: IntArray) -> IntArray:
        """int64 (N, J)."""
        found: IntArray = np.where(self.has, -(-self.price * np.maximum(over, 0) // self.per), 0)
        return found


class _HingesTally(Tally):
    def __init__(self, term: HingesTerm) -> None:
        self._term = term
        self._over = term.over.copy()

    def more(self, group: int) -> FloatArray:
        with_it = self._term.costs_of(self._over + self._term.ask[group])
        found: FloatArray = (with_it - self._term.costs_of(self._over)).astype(np.float64)
        return found

    def add(self, group: int, node: int, number: int) -> None:
        self._over[node] += number * self._term.ask[group]


class SoftCapacityTerm(HingesTerm):
    score: ClassVar[ScoreName] = ScoreName.SOFT_CAPACITY
    meaning: ClassVar[HingeScore] = soft_capacity.SCORE


class FreeRatioTerm(HingesTerm):
    score: ClassVar[ScoreName] = ScoreName.FREE_RATIO
    meaning: ClassVar[HingeScore] = free_ratio.SCORE


def _small_enough(lines: Sequence[Hinge]) -> None:
    """Raises UsageError where products would not fit 64 bits."""
    for line in lines:
        if line.rate.price * max(map(abs, line.constant.values()), default=0) >= MOST:
            message = (
                f"{' and '.join(line.slope)} in softCapacity or freeRatios: use smaller prices or ratios"
            )
            raise UsageError(message, field="profile")


def _requested(spec: AgentSpec, name: str) -> int:
    return spec.requests.get(name, 0)


def _table(rows: list[list[int]], columns: int) -> IntArray:
    return np.array(rows, dtype=np.int64).reshape(len(rows), columns)
