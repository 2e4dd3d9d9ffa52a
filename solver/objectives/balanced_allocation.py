"""BalancedAllocation: the encoding of models/scores/balanced_allocation.py."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import permutations
from typing import ClassVar, Self

import numpy as np

from placewright.models.agent import AgentSpec
from placewright.models.profile import Profile, ScoreName
from placewright.models.scores.balanced_allocation import UNIT
from placewright.models.scores.utilisation import FULL
from placewright.solver.compilation import Compilation, FloatArray, IntArray
from placewright.solver.objectives.base import LpExpression, Tally, Term
from placewright.solver.objectives.class_shares import kinds, totals
from placewright.solver.objectives.floor import Floor
from placewright.solver.objectives.shares import Shares
from placewright.solver.objectives.shares_tally import SharesTally
from placewright.solver.relaxation import Relaxation
from placewright.solver.variables import Linear, Variables

FAR = 2**61
"""Beyond every share."""
ALL = slice(None)
"""All nodes."""


def _request(spec: AgentSpec, resource: str) -> int:
    return spec.requests.get(resource, 0)


@dataclass(frozen=True)
class BalancedAllocationTerm(Term):
    """UNIT times the range of each node's shares, over the resources that it has."""

    score: ClassVar[ScoreName] = ScoreName.BALANCED_ALLOCATION
    shares: Shares

    @classmethod
    def compile(cls, compilation: Compilation, profile: Profile) -> Self | None:
        return cls(Shares.of(compilation, profile.balanced_resources, _request))

    def expression(self, x: Variables) -> Linear:
        widths = self._widths(self.shares.at_first)
        widths[x.occupied()] = 0
        return UNIT * sum((self._range(x, n) for n in x.occupied()), start=int(widths.sum()))

    def _range(self, x: Variables, n: int) -> Linear:
        resources = np.flatnonzero(self.shares.allocatable[n]).tolist()
        if len(resources) < 2:
            return 0
        shares: list[tuple[Linear, int, int]] = []
        for k in resources:
            start = self.shares.start(n, k)
            shares.append(self.shares.variable(x, n, k, exact=True) or (start, start, start))
        if all(least == most for _, least, most in shares):
            values = [least for _, least, _ in shares]
            return max(values) - min(values)
        widest = max(most for *_, most in shares) - min(least for _, least, _ in shares)
        width = x.model.new_int_var(0, widest, "")
        for (one, *_), (other, *_) in permutations(shares, 2):
            x.model.add(width >= one - other)
        x.complete_hints(lambda count: [(width, self._width(count, n, resources))])
        return width

    def _width(self, count: IntArray, n: int, resources: list[int]) -> int:
        values = [self.shares.at(count, n, k) for k in resources]
        return max(values) - min(values)

    def value(self, count: IntArray) -> int:
        return UNIT * int(self._widths(self.shares.of_counts(count)).sum())

    def alone(self, group: int, cap: IntArray) -> IntArray:
        before, after = self._widths(self.shares.at_first), self._widths(self.shares.with_one(group))
        alone: IntArray = UNIT * (before.sum() - before + after)
        return alone

    def _widths(self, shares: IntArray, nodes: slice | IntArray = ALL) -> IntArray:
        """int64: the range of each node's shares (of `nodes`, by resource); 0 where it has fewer than two."""
        # Column by column: rows are short, and there are many.
        columns = range(shares.shape[1])
        if self._whole and len(columns) > 1:
            highest = np.maximum.reduce([shares[:, k] for k in columns])
            widths: IntArray = highest - np.minimum.reduce([shares[:, k] for k in columns])
            return widths
        has = self.shares.allocatable[nodes] > 0
        highest = np.maximum.reduce([np.where(has[:, k], shares[:, k], -FAR) for k in columns])
        lowest = np.minimum.reduce([np.where(has[:, k], shares[:, k], FAR) for k in columns])
        several = np.count_nonzero(has, axis=1) > 1
        return np.where(several, highest - lowest, 0)

    def floor(self, cap: IntArray, size: IntArray, near: IntArray | None) -> Floor:
        """The range is at least by how much the highest share is above the lowest one, whoever else comes.

        Shares are rounded up, one of the two by almost one more than the other. Where nobody has come the
        range is what it is, and each agent may take that off again.
        """
        shares, every = self.shares, np.arange(self.shares.nodes)
        has = shares.allocatable > 0
        per: FloatArray = FULL / np.maximum(shares.allocatable, 1)
        now = shares.used * per
        there = now if near is None else shares.load(near) * per
        high = np.where(has, there, -np.inf).argmax(axis=1)
        low = np.where(has, there, np.inf).argmin(axis=1)
        several = has.sum(axis=1) > 1
        base = np.where(several, UNIT * (now[every, high] - now[every, low] - 1.0), 0.0)
        slopes = shares.ask[:, high] * (UNIT * per[every, high] * several)
        slopes -= shares.ask[:, low] * (UNIT * per[every, low] * several)
        if near is None:
            exact = UNIT * self._widths(shares.at_first).astype(np.float64)
            slopes += base - exact
            base = exact
        return Floor(base, slopes)

    @cached_property
    def _whole(self) -> bool:
        """Whether every node has every resource."""
        return bool((self.shares.allocatable > 0).all())

    def tally(self) -> Tally:
        def cost(shares: IntArray, nodes: slice | IntArray) -> FloatArray:
            return UNIT * self._widths(shares, nodes).astype(np.float64)

        # The fullest resource rises, and the emptiest falls behind, ever faster with each agent of a group.
        return SharesTally(self.shares, cost, rising=True)

    def least(self) -> int:
        return 0

    def most(self, cap: IntArray) -> int:
        return UNIT * int(self.shares.of_counts(cap)[self.shares.allocatable > 0].sum())

    def fixing(self, fixed: IntArray) -> Self:
        return replace(self, shares=self.shares.fixing(fixed))

    def told_by(self) -> IntArray:
        return self.shares.ask

    def relax(self, relaxation: Relaxation) -> LpExpression | None:
        """The range is convex: alike nodes cost at least as much as if all were used alike."""
        costs = [cost for c in range(len(relaxation.members)) for cost in self._class_costs(relaxation, c)]
        return relaxation.lp.Sum(costs)

    def _class_costs(self, relaxation: Relaxation, c: int) -> Iterator[LpExpression]:
        members = relaxation.members[c]
        has = self.shares.allocatable[members] > 0
        split = [
            kind
            for present in np.unique(has, axis=0)
            for kind in kinds(
                self.shares, members[(has == present).all(axis=1)], np.flatnonzero(present).tolist()
            )
        ]
        lp, free = relaxation.lp, relaxation.lp.infinity()
        highest = [lp.NumVar(0.0, free, "") for _ in split]
        lowest = [lp.NumVar(0.0, free, "") for _ in split]
        for k in range(has.shape[1]):
            having = [i for i, kind in enumerate(split) if self.shares.allocatable[kind[0], k] > 0]
            if not having:
                continue
            sums = totals(self.shares, relaxation, c, k, [split[i] for i in having])
            for i, total in zip(having, sums, strict=True):
                relaxation.row([(highest[i], 1.0), (total, -1.0)], least=0.0, most=free)
                relaxation.row([(total, 1.0), (lowest[i], -1.0)], least=0.0, most=free)
        for kind, high, low in zip(split, highest, lowest, strict=True):
            if np.count_nonzero(self.shares.allocatable[kind[0]]) > 1:
                yield UNIT * (high - low)
