"""What a cost is at least, node by node: a plane beneath it for each node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from placewright.solver.compilation import FloatArray, IntArray


@dataclass(frozen=True)
class Floor:
    """A cost is never below the sum over n of base[n] plus that over g and n of slopes[g, n] * count[g, n].

    base (N,), slopes (G, N), for all counts within caps that nodes have room for. All floors of one cost lie
    beneath the same sum of functions of one node each: of two floors either may be taken, node by node.
    """

    base: FloatArray
    slopes: FloatArray

    @classmethod
    def flat(cls, like: IntArray, cost: float) -> Self:
        """The same cost whatever counts of the shape of `like` (G, N) are. There is some node."""
        base = np.zeros(like.shape[1])
        base[0] = cost
        return cls(base, np.broadcast_to(0.0, like.shape))

    def at(self, count: IntArray) -> float:
        """Its height at counts (G, N)."""
        return float(self.base.sum() + (self.slopes * count).sum())
