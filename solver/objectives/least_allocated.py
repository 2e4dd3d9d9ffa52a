"""LeastAllocated: the encoding of models/scores/least_allocated.py."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
from ortools.linear_solver import pywraplp
from ortools.sat.python import cp_model

from placewright.models.node import Node
from placewright.models.profile import Profile, ScoreName
from placewright.models.scores.least_allocated import RESOURCES, SEGMENTS, permille, scored_request
from placewright.models.scores.least_allocated import cost as cost_of
from placewright.solver.compilation import Compilation, IntArray
from placewright.solver.objectives.base import LpExpression, Term
from placewright.solver.relaxation import Relaxation
from placewright.solver.variables import Linear, Variables


@dataclass(frozen=True)
class LeastAllocatedTerm(Term):
    """Sum of F(utilisation) over nodes and the two resources (axis K).

    ask (G, K): what one agent adds; used (N, K): what is there; allocatable (N, K), 0: no term.
    In the units of the snapshot (milli-cores, bytes).
    """

    score: ClassVar[ScoreName] = ScoreName.LEAST_ALLOCATED
    ask: IntArray
    used: IntArray
    allocatable: IntArray

    @classmethod
    def compile(cls, compilation: Compilation, profile: Profile) -> Self | None:
        used = [
            [sum(scored_request(agent.spec, resource) for agent in agents) for resource in RESOURCES]
            for agents in compilation.residents_on
        ]
        return cls(
            ask=_table([[scored_request(g.agent.spec, r) for r in RESOURCES] for g in compilation.groups]),
            used=_table(used),
            allocatable=_table([[_allocatable(node, r) for r in RESOURCES] for node in compilation.nodes]),
        )

    def expression(self, x: Variables) -> Linear:
        untouched = np.ones(len(self.used), dtype=np.bool_)
        terms: list[Linear] = []
        for n in x.occupied():
            untouched[n] = False
            terms.extend(self._node_cost(x, n, k) for k in range(len(RESOURCES)) if self.allocatable[n, k])
        constant = int(self._costs(self.used)[untouched].sum())
        return sum(terms, start=constant)

    def _node_cost(self, x: Variables, n: int, k: int) -> Linear:
        """A variable at least F(u) of one node and resource; minimising makes it equal."""
        base, whole = int(self.used[n, k]), int(self.allocatable[n, k])
        asks = {g: int(self.ask[g, k]) for g in x.groups_on(n) if self.ask[g, k]}
        if not asks:
            return cost_of(permille(base, whole))
        most = permille(base + sum(ask * x.most([g], [n]) for g, ask in asks.items()), whole)
        unit = math.gcd(whole, 1000 * base, *(1000 * ask for ask in asks.values()))
        utilisation = x.model.new_int_var(0, most, f"u[{n},{k}]")
        load = sum(1000 * ask // unit * x.x(g, n) for g, ask in asks.items())
        x.model.add(whole // unit * utilisation >= load + 1000 * base // unit)
        cost = x.model.new_int_var(0, cost_of(most), f"least_allocated[{n},{k}]")
        for slope, offset in SEGMENTS:
            x.model.add(cost >= slope * utilisation - offset)

        def complete(count: IntArray) -> Iterator[tuple[cp_model.IntVar, int]]:
            used = permille(base + int(count[:, n] @ self.ask[:, k]), whole)
            yield utilisation, used
            yield cost, cost_of(used)

        x.complete_hints(complete)
        return cost

    def value(self, count: IntArray) -> int:
        return int(self._costs(self.used + count.T @ self.ask).sum())

    def least(self) -> int:
        return int(self._costs(self.used).sum())

    def most(self, cap: IntArray) -> int:
        return int(self._costs(self.used + cap.T @ self.ask).sum())

    def fixing(self, fixed: IntArray) -> Self:
        return replace(self, used=self.used + fixed.T @ self.ask)

    def relax(self, relaxation: Relaxation) -> LpExpression | None:
        """By Jensen: F is convex, so a class costs at least as much as if all its nodes were alike.

        Where a class mixes sizes, the largest stands for all: utilisation is then understated.
        """
        terms = [
            self._class_cost(relaxation, c, k)
            for c in range(len(relaxation.members))
            for k in range(len(RESOURCES))
        ]
        return relaxation.lp.Sum([term for term in terms if term is not None])

    def _class_cost(self, relaxation: Relaxation, c: int, k: int) -> pywraplp.Variable | None:
        nodes = relaxation.members[c][self.allocatable[relaxation.members[c], k] > 0]
        if not len(nodes):
            return None
        largest = float(self.allocatable[nodes, k].max())
        start = 1000.0 * float(self.used[nodes, k].sum()) / largest
        added = relaxation.load(c, (1000.0 * self.ask[:, k] / largest).tolist())
        cost = relaxation.lp.NumVar(0.0, relaxation.lp.infinity(), "")
        for slope, offset in SEGMENTS:
            relaxation.lp.Add(cost >= slope * (start + added) - offset * len(nodes))
        return cost

    def _costs(self, used: IntArray) -> IntArray:
        """int64 (N,): F summed over the resources."""
        whole = np.maximum(self.allocatable, 1)
        utilisation = -(-1000 * used // whole)
        lines = [slope * utilisation - offset for slope, offset in SEGMENTS]
        cost: IntArray = np.where(self.allocatable > 0, np.max(lines, axis=0), 0).sum(axis=1)
        return cost


def _table(rows: list[list[int]]) -> IntArray:
    return np.array(rows, dtype=np.int64).reshape(len(rows), len(RESOURCES))


def _allocatable(node: Node, resource: str) -> int:
    return max(0, node.allocatable.get(resource, 0))
