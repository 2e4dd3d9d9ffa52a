"""What one more agent changes in costs of how full nodes are, kept up to date as agents come and go."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from placewright.solver.compilation import FloatArray, IntArray
from placewright.solver.objectives.base import Tally
from placewright.solver.objectives.shares import Shares


class SharesTally(Tally):
    """`cost`: what each of some nodes costs at its utilisations in permille, one column for each resource.

    rising: it rises ever faster, so that the next one costs no less than the last.
    """

    def __init__(
        self,
        shares: Shares,
        cost: Callable[[IntArray, slice | IntArray], FloatArray],
        *,
        rising: bool,
    ) -> None:
        self._shares = shares
        self._cost = cost
        self._rising = rising
        self._whole = np.maximum(shares.allocatable, 1)
        self._used = shares.used.copy()
        self._now = self._at(self._used, slice(None))

    def more(self, group: int) -> FloatArray:
        ask = self._shares.ask[group]
        if not ask.any():
            return np.zeros(self._shares.nodes)
        return self._at(self._used + ask, slice(None)) - self._now

    def more_on(self, group: int, nodes: IntArray) -> FloatArray:
        ask = self._shares.ask[group]
        if not ask.any():
            return np.zeros(len(nodes))
        return self._at(self._used[nodes] + ask, nodes) - self._now[nodes]

    def independent(self, group: int) -> bool:
        return self._rising or not self._shares.ask[group].any()

    def less(self, group: int, nodes: IntArray) -> FloatArray:
        return self._now[nodes] - self._at(self._used[nodes] - self._shares.ask[group], nodes)

    def shift(self, group: int, node: int) -> FloatArray:
        # Nobody else's node costs more or less for it.
        changes = self.more(group) - self.less(group, np.array([node]))
        changes[node] = 0.0
        return changes

    def _at(self, used: IntArray, nodes: slice | IntArray) -> FloatArray:
        """What `nodes` cost where `used` is what is on them."""
        return self._cost(-(-1000 * used // self._whole[nodes]), nodes)

    def add(self, group: int, node: int, number: int) -> None:
        self.add_many(group, np.array([node]), np.array([number]))

    def add_many(self, group: int, nodes: IntArray, number: IntArray) -> None:
        self._used[nodes] += number[:, None] * self._shares.ask[group]
        self._now[nodes] = self._at(self._used[nodes], nodes)
