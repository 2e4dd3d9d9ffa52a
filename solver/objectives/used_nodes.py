"""A price for each node that is in use: the encoding that FewestNodes and Cost share."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from placewright.models.node import Node
from placewright.models.profile import Profile
from placewright.models.scores.used_nodes import keeps_in_use
from placewright.solver.compilation import BoolArray, Compilation, IntArray
from placewright.solver.objectives.base import LpExpression, Term
from placewright.solver.objectives.packing_bound import Packing, relaxed_price
from placewright.solver.relaxation import Relaxation
from placewright.solver.variables import Linear, Literal, Variables


@dataclass(frozen=True)
class UsedNodesTerm(Term):
    """Sum of price over the nodes with at least one agent that keeps them in use.

    price (N,), never negative; keeps (G,): whether a group's agents keep a node in use; used (N,): somebody
    who stays does already; request (G, R) and room (N, R), what all groups together can have on a node, make
    the model tight.
    """

    price: IntArray
    keeps: BoolArray
    used: BoolArray
    request: IntArray
    room: IntArray

    @staticmethod
    @abstractmethod
    def price_of(node: Node) -> int:
        """What one node costs while it is in use."""

    @classmethod
    def compile(cls, compilation: Compilation, profile: Profile) -> Self | None:
        price = np.array([cls.price_of(node) for node in compilation.nodes], dtype=np.int64)
        keeps = np.array([keeps_in_use(group.agent) for group in compilation.groups], dtype=np.bool_)
        if not price.any():
            return None
        used = np.array([any(map(keeps_in_use, on)) for on in compilation.residents_on], dtype=np.bool_)
        # An overcommitted node holds more than is free while those who run there stay.
        request, home = compilation.request, compilation.home
        return cls(price, keeps, used, request, np.maximum(compilation.free, home.T @ request))

    def expression(self, x: Variables) -> Linear:
        terms: list[Linear] = [
            int(self.price[n]) * self._literal(x, n)
            for n in x.occupied()
            if self.price[n] and not self.used[n] and self.keeps[x.groups_on(n)].any()
        ]
        return sum(terms, start=int(self.price[self.used].sum()))

    def _literal(self, x: Variables, n: int) -> Literal:
        """True exactly when the node is in use; nothing fits on it while it is not.

        The sums say no more than that in integers, and much more in the linear relaxation: a half filled
        node is then half in use.
        """
        groups = [g for g in x.groups_on(n) if self.keeps[g]]
        literal = x.present(groups, [n])
        for g in groups:
            x.model.add(x.x(g, n) <= x.most([g], [n]) * literal)
        for r in np.flatnonzero(self.request[groups].any(axis=0)).tolist():
            load = sum(int(self.request[g, r]) * x.x(g, n) for g in groups if self.request[g, r])
            x.model.add(load <= int(self.room[n, r]) * literal)
        return literal

    def value(self, count: IntArray) -> int:
        return int(self.price[self.used | count[self.keeps].any(axis=0)].sum())

    def alone(self, group: int, cap: IntArray) -> IntArray:
        return self.least() + np.where(self.used | ~self.keeps[group], 0, self.price)

    def least(self) -> int:
        return int(self.price[self.used].sum())

    def step(self) -> int:
        return math.gcd(*self.price.tolist())

    def most(self, cap: IntArray) -> int:
        return self.value(cap)

    def fixing(self, fixed: IntArray) -> Self:
        return replace(
            self,
            used=self.used | fixed[self.keeps].any(axis=0),
            room=self.room - fixed.T @ self.request,
        )

    def relax(self, relaxation: Relaxation) -> LpExpression | None:
        packing = Packing(self.price, self.keeps, self.used, self.request, self.room)
        return relaxed_price(packing, relaxation)
