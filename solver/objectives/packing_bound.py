"""How many nodes a class must have in use, at least: lines for the linear relaxation.

For each class, u[k] in 0..(nodes of kind k) says how many are in use; a kind is a node's price and room. What
agents ask for is no more than what the nodes in use have room for, resource by resource.

That alone lets three agents of 0.6 share two nodes. Dual feasible functions see it: where no set of requests
that fits on one node has sum f(request / room) > 1, the agents of a class need at least the sum of f as
nodes. We use (S. P. Fekete, J. Schepers, 2001), for k = 1, 2, ...

    f_k(s) = s                       where (k+1) * s is an integer
             floor((k+1) * s) / k    elsewhere

of which f_1 counts the agents larger than half a node, and f_k those of which only k fit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from placewright.solver.compilation import BoolArray, IntArray
from placewright.solver.objectives.base import LpExpression
from placewright.solver.relaxation import Relaxation

STEPS = 5
"""The largest k."""

MOST_LINES = 20_000
"""Fewer k where there would be more lines than this."""


@dataclass(frozen=True)
class Packing:
    """What the lines are about: price (N,), keeps (G,), used (N,), request (G, R), room (N, R).

    As in `UsedNodesTerm`: nodes that are in use anyway cost nothing more, but they have room.
    """

    price: IntArray
    keeps: BoolArray
    used: BoolArray
    request: IntArray
    room: IntArray


def relaxed_price(packing: Packing, relaxation: Relaxation) -> LpExpression:
    """An expression that is never above the price of the nodes in use."""
    steps = min(STEPS, MOST_LINES // max(1, len(relaxation.members) * packing.request.shape[1]))
    terms = [
        _ClassLines(packing, relaxation, c, nodes).price(steps) for c, nodes in enumerate(relaxation.members)
    ]
    return relaxation.lp.Sum([float(packing.price[packing.used].sum()), *terms])


class _ClassLines:
    """One class: `groups` that may come to it and keep nodes in use, and nodes by kind."""

    def __init__(self, packing: Packing, relaxation: Relaxation, c: int, nodes: IntArray) -> None:
        self._packing = packing
        self._relaxation = relaxation
        self._c = c
        self._nodes = nodes
        self._groups = [g for g in relaxation.groups_of(c) if packing.keeps[g]]
        self._open = nodes[~packing.used[nodes]]
        self._taken = nodes[packing.used[nodes]]

    def price(self, steps: int) -> LpExpression:
        """The price of the nodes that come into use, tied to what the class receives."""
        lp, packing = self._relaxation.lp, self._packing
        if not self._groups or not packing.price[self._open].any():
            return lp.Sum([])
        kinds = np.column_stack([packing.price[self._open], packing.room[self._open]])
        _, first, of, number = np.unique(
            kinds, axis=0, return_index=True, return_inverse=True, return_counts=True
        )
        self._sample = self._open[first]
        self._of = of.reshape(-1)
        self._in_use = [lp.NumVar(0.0, float(nodes), "") for nodes in number.tolist()]
        self._hold_what_is_asked()
        self._hold_no_more_than_fits(steps)
        self._hold_no_more_than_allowed()
        return lp.Sum([int(packing.price[n]) * u for n, u in zip(self._sample, self._in_use, strict=True)])

    def _hold_what_is_asked(self) -> None:
        packing = self._packing
        for r in np.flatnonzero(packing.request[self._groups].any(axis=0)).tolist():
            amounts = {g: float(packing.request[g, r]) for g in self._groups}
            self._line(amounts, packing.room[self._sample, r], packing.room[self._taken, r].sum())

    def _hold_no_more_than_fits(self, steps: int) -> None:
        """The lines of f_k. Where sizes are mixed, the largest stands for all: f is then understated."""
        packing = self._packing
        for r in np.flatnonzero(packing.request[self._groups].any(axis=0)).tolist():
            largest = int(packing.room[self._nodes, r].max())
            for k in range(1, steps + 1):
                amounts = {g: dual_feasible(k, int(packing.request[g, r]), largest) for g in self._groups}
                self._line(amounts, np.ones_like(self._sample), len(self._taken))

    def _hold_no_more_than_allowed(self) -> None:
        """What a node may hold of one group where rules other than resources say so, as anti-affinity."""
        cap = self._relaxation.cap
        for g in self._groups:
            asked = np.flatnonzero(self._packing.request[g])
            room = self._packing.room[np.ix_(self._nodes, asked)]
            most = (room // self._packing.request[g, asked]).min(axis=1, initial=np.iinfo(np.int64).max)
            if (cap[g, self._nodes] < most).any():
                allowed = np.zeros(len(self._sample), dtype=np.int64)
                np.maximum.at(allowed, self._of, cap[g, self._open])
                self._line({g: 1.0}, allowed, cap[g, self._taken].sum())

    def _line(self, amounts: dict[int, float], room: IntArray, already: float) -> None:
        """Sum of amounts * agents <= sum of room * nodes in use + what the nodes already in use hold."""
        if any(amounts.values()):
            held = ((u, -float(most)) for u, most in zip(self._in_use, room.tolist(), strict=True))
            self._relaxation.hold(self._c, amounts, held, float(already))


def dual_feasible(k: int, request: int, room: int) -> float:
    """f_k(request / room), exact but for the last division; 0 for nothing or where it does not fit."""
    if request <= 0 or request > room:
        return 0.0
    whole, rest = divmod((k + 1) * request, room)
    return whole / k if rest else request / room
