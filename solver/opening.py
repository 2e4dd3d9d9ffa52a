"""Which nodes to take into use, and whom to put there, where being in use has a price.

Again and again the node is taken that, filled with who is still waiting, holds the most for its price. What
agents are worth is how scarce the resources are that they ask for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from placewright.solver.clock import Deadline
from placewright.solver.compilation import BoolArray, FloatArray, IntArray
from placewright.solver.objectives.used_nodes import UsedNodesTerm
from placewright.solver.objectives.weighted import WeightedObjective
from placewright.solver.problem import Problem


@dataclass(frozen=True)
class Opening:
    """target (G, N): whom to put where. order (N,): which nodes to take into use next, smallest first."""

    target: IntArray
    order: FloatArray


def opening(problem: Problem, deadline: Deadline) -> Opening | None:
    """A cheap way to place everybody, as far as resources go; None where no level has prices for nodes.

    Not a placement: rules beyond resources are not looked at.
    """
    priced = _prices(problem)
    if priced is None:
        return None
    price, used = priced
    # Nodes in use are to be had for nothing.
    return _Shopping(problem, np.where(used, 0, price)).fill(deadline)


def _prices(problem: Problem) -> tuple[IntArray, BoolArray] | None:
    """Price (N,) and whether in use whatever is placed (N,), by the first level that has prices."""
    for level in problem.levels:
        if isinstance(level, WeightedObjective):
            terms = [(weight, term) for weight, term in level.terms if isinstance(term, UsedNodesTerm)]
            if terms:
                return np.sum([weight * term.price for weight, term in terms], axis=0), terms[0][1].used
    return None


class _Shopping:
    def __init__(self, problem: Problem, price: IntArray) -> None:
        self._problem = problem
        self._price = price
        self._left = np.where(problem.running.theirs, 0, problem.size)
        there = np.where(problem.standing[:, None], problem.cap, 0).T @ problem.request
        self._free = np.maximum(problem.free - there, 0)
        supply = np.maximum(self._free.sum(axis=0), 1).astype(np.float64)
        self._weight = np.minimum(self._left @ problem.request / supply, 1.0) / supply
        self._worth = problem.request @ self._weight
        # The same agents in several orders: which one fills a node best depends on the node.
        shares = [problem.request[:, r] / supply[r] for r in np.flatnonzero(self._weight)]
        self._orders = [np.argsort(-key, kind="stable").tolist() for key in (self._worth, *shares)]

    def fill(self, deadline: Deadline) -> Opening:
        """Take kinds of nodes until nobody is left or nothing more fits."""
        target = np.zeros_like(self._problem.cap)
        order = self._price / np.maximum(self._free @ self._weight, 1e-12)
        kinds = self._kinds()
        fills: dict[int, IntArray] = {}
        while self._left.any() and not deadline.passed:
            for k, nodes in enumerate(kinds):
                if nodes and (k not in fills or (fills[k] > self._left).any()):
                    if deadline.passed:
                        return Opening(target, order)
                    fills[k] = self._best_fill(nodes[0])
            some = [k for k, nodes in enumerate(kinds) if nodes and fills[k].any()]
            if not some:
                break
            k = min(some, key=lambda k: self._dearness(kinds[k][0], fills[k]))
            n = kinds[k].pop(0)
            target[:, n] = fills[k]
            order[n] = 0.0
            self._left = self._left - fills[k]
        return Opening(target, order)

    def _kinds(self) -> list[list[int]]:
        """Nodes by what they cost, have free and are open to."""
        rows = np.column_stack([self._price, self._free, self._problem.cap.T])
        _, kind = np.unique(rows, axis=0, return_inverse=True)
        found: dict[int, list[int]] = {}
        for n, k in enumerate(kind.reshape(-1).tolist()):
            found.setdefault(k, []).append(n)
        return list(found.values())

    def _dearness(self, n: int, fill: IntArray) -> float:
        return float(self._price[n]) / max(float(fill @ self._worth), 1e-12)

    def _best_fill(self, n: int) -> IntArray:
        """Counts (G,) on one node: the most worth that taking the agents in one of the orders gives."""
        fills = [self._one_fill(n, order) for order in self._orders]
        return max(fills, key=lambda fill: float(fill @ self._worth))

    def _one_fill(self, n: int, order: list[int]) -> IntArray:
        request, left = self._problem.request, self._free[n].copy()
        most = np.minimum(self._left, self._problem.cap[:, n])
        fill = np.zeros_like(self._left)
        for g in order:
            if most[g] and (request[g] <= left).all():
                asked = request[g] > 0
                fill[g] = min(int(most[g]), int((left[asked] // request[g, asked]).min(initial=most[g])))
                left -= fill[g] * request[g]
        return fill
