"""How much of the room that is kept for expected shapes one more agent takes, as agents come and go."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from placewright.solver.compilation import FloatArray, IntArray
from placewright.solver.objectives.base import Tally


class FragmentationTally(Tally):
    """`fits` says of what is free (N, R) how many copies of each shape find room (S, N).

    price (S,) for each of the `wanted` (S,) copies that does not; ask (G, R).
    """

    def __init__(
        self,
        price: IntArray,
        wanted: IntArray,
        ask: IntArray,
        free: IntArray,
        fits: Callable[[IntArray], IntArray],
    ) -> None:
        self._price = price
        self._wanted = wanted
        self._ask = ask
        self._free = free.copy()
        self._fits = fits
        self._room = fits(free)

    def more(self, group: int) -> FloatArray:
        lost = self._room - self._fits(self._free - self._ask[group])
        short = (self._wanted - self._room.sum(axis=1))[:, None]
        more: FloatArray = (self._price @ (np.maximum(0, short + lost) - np.maximum(0, short))).astype(float)
        return more

    def add(self, group: int, node: int, number: int) -> None:
        self._free[node] -= number * self._ask[group]
        self._room = self._fits(self._free)
