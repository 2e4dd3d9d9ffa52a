"""LimitOvercommit: the encoding of models/scores/limit_overcommit.py."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
from ortools.linear_solver import pywraplp
from ortools.sat.python import cp_model

from placewright.models.profile import Profile, ScoreName
from placewright.models.rules.limit_overcommit import limit_of
from placewright.models.scores.limit_overcommit import RESOURCES, SLOPE, excess
from placewright.solver.compilation import Compilation, IntArray
from placewright.solver.objectives.base import LpExpression, Term
from placewright.solver.relaxation import Relaxation
from placewright.solver.variables import Linear, Variables


@dataclass(frozen=True)
class LimitOvercommitTerm(Term):
    """SLOPE times the thousandths by which limits exceed what a node has, over the two resources (axis K).

    ask (G, K): the limit of one agent; used (N, K): those that are there; allocatable (N, K), 0: no term.
    """

    score: ClassVar[ScoreName] = ScoreName.LIMIT_OVERCOMMIT
    ask: IntArray
    used: IntArray
    allocatable: IntArray

    @classmethod
    def compile(cls, compilation: Compilation, profile: Profile) -> Self | None:
        whole = [[max(0, node.allocatable.get(r, 0)) for r in RESOURCES] for node in compilation.nodes]
        return cls(
            ask=_table([[limit_of(group.agent.spec, r) for r in RESOURCES] for group in compilation.groups]),
            used=compilation.residents_loads(RESOURCES, limit_of),
            allocatable=_table(whole),
        )

    def expression(self, x: Variables) -> Linear:
        untouched = np.ones(len(self.used), dtype=np.bool_)
        untouched[list(x.occupied())] = False
        constant = SLOPE * int(self._excess(self.used)[untouched].sum())
        terms = [self._node_excess(x, n, k) for n in x.occupied() for k in range(len(RESOURCES))]
        return sum((SLOPE * term for term in terms), start=constant)

    def _node_excess(self, x: Variables, n: int, k: int) -> Linear:
        """A variable at least the excess of one node and resource; minimising makes it equal."""
        base, whole = int(self.used[n, k]), int(self.allocatable[n, k])
        if not whole:
            return 0
        asks = {g: int(self.ask[g, k]) for g in x.groups_on(n) if self.ask[g, k]}
        most = excess(base + sum(ask * x.most([g], [n]) for g, ask in asks.items()), whole)
        if not asks or not most:
            return excess(base, whole)
        over = x.model.new_int_var(excess(base, whole), most, f"limit_excess[{n},{k}]")
        unit = math.gcd(whole, 1000 * base, *(1000 * ask for ask in asks.values()))
        load = sum(1000 * ask // unit * x.x(g, n) for g, ask in asks.items())
        x.model.add(whole // unit * over >= load + 1000 * (base - whole) // unit)

        def complete(count: IntArray) -> list[tuple[cp_model.IntVar, int]]:
            return [(over, excess(base + int(count[:, n] @ self.ask[:, k]), whole))]

        x.complete_hints(complete)
        return over

    def value(self, count: IntArray) -> int:
        return SLOPE * int(self._excess(self.used + count.T @ self.ask).sum())

    def alone(self, group: int, cap: IntArray) -> IntArray:
        before = self._excess(self.used).sum(axis=1)
        after = self._excess(self.used + self.ask[group]).sum(axis=1)
        alone: IntArray = SLOPE * (before.sum() - before + after)
        return alone

    def least(self) -> int:
        return SLOPE * int(self._excess(self.used).sum())

    def step(self) -> int:
        return SLOPE

    def most(self, cap: IntArray) -> int:
        return SLOPE * int(self._excess(self.used + cap.T @ self.ask).sum())

    def fixing(self, fixed: IntArray) -> Self:
        return replace(self, used=self.used + fixed.T @ self.ask)

    def told_by(self) -> IntArray:
        return self.ask

    def relax(self, relaxation: Relaxation) -> LpExpression | None:
        """A class exceeds what it has by at least what all its limits exceed all it has.

        Where a class mixes sizes, the largest stands for all: what agents add is then understated.
        """
        terms = [
            self._class_excess(relaxation, c, k)
            for c in range(len(relaxation.members))
            for k in range(len(RESOURCES))
        ]
        return relaxation.lp.Sum([SLOPE * term for term in terms if term is not None])

    def _class_excess(self, relaxation: Relaxation, c: int, k: int) -> pywraplp.Variable | None:
        nodes = relaxation.members[c][self.allocatable[relaxation.members[c], k] > 0]
        if not len(nodes):
            return None
        whole, used = self.allocatable[nodes, k], self.used[nodes, k]
        least = float(self._excess(self.used)[nodes, k].sum())
        over = relaxation.lp.NumVar(least, relaxation.lp.infinity(), "")
        added = relaxation.load(c, (1000.0 * self.ask[:, k] / float(whole.max())).tolist())
        relaxation.lp.Add(over >= float((1000.0 * used / whole - 1000.0).sum()) + added)
        return over

    def _excess(self, used: IntArray) -> IntArray:
        """int64 (N, K): thousandths beyond what there is."""
        over = -(-1000 * used // np.maximum(self.allocatable, 1)) - 1000
        found: IntArray = np.where(self.allocatable > 0, np.maximum(over, 0), 0)
        return found


def _table(rows: list[list[int]]) -> IntArray:
    return np.array(rows, dtype=np.int64).reshape(len(rows), len(RESOURCES))
