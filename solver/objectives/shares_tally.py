"""What one more agent changes in costs of how full nodes are, kept up to date as agents come and go."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from placewright.solver.compilation import FloatArray, IntArray
from placewright.solver.objectives.base import Tally
from placewright.solver.objectives.shares import Shares


class SharesTally(Tally):
    """`cost` says of utilisations (N, K) in permille what each node costs (N,)."""

    def __init__(self, shares: Shares, cost: Callable[[IntArray], FloatArray]) -> None:
        self._shares = shares
        self._cost = cost
        self._used = shares.used.copy()

    def more(self, group: int) -> FloatArray:
        ask = self._shares.ask[group]
        if not ask.any():
            return np.zeros(self._shares.nodes)
        return self._at(self._used + ask) - self._at(self._used)

    def _at(self, used: IntArray) -> FloatArray:
        return self._cost(-(-1000 * used // np.maximum(self._shares.allocatable, 1)))

    def add(self, group: int, node: int, number: int) -> None:
        self._used[node] += number * self._shares.ask[group]
