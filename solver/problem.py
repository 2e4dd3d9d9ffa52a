"""The problem as numbers: no names, no strings, no pydantic."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from placewright.solver.compilation import IntArray, fitting
from placewright.solver.objectives.base import Objective
from placewright.solver.rules.base import Encoder


@dataclass(frozen=True)
class Problem:
    """G groups, N nodes, R resources; `cap` (G, N) bounds each count, 0 where a pair is ruled out.

    size (G,), request (G, R), free (N, R) as in `Compilation`. `levels` are optimised in order.
    """

    size: IntArray
    cap: IntArray
    request: IntArray
    free: IntArray
    encoders: tuple[Encoder, ...]
    levels: tuple[Objective, ...]

    def fixing(self, fixed: IntArray, nodes: IntArray) -> Problem:
        """What is left to decide on `nodes` when `fixed[g, n]` agents are already there and stay.

        Pairs outside `nodes` are closed; indices stay the same.
        """
        free = self.free - fixed.T @ self.request
        size = self.size - fixed.sum(axis=1)
        open_pairs = np.zeros_like(self.cap, dtype=np.bool_)
        open_pairs[:, nodes] = self.cap[:, nodes] > 0
        cap = np.minimum(fitting(self.request, free, size, open_pairs), np.maximum(self.cap - fixed, 0))
        return replace(
            self,
            size=size,
            cap=cap,
            free=free,
            encoders=tuple(encoder.fixing(fixed) for encoder in self.encoders),
            levels=tuple(level.fixing(fixed) for level in self.levels),
        )
