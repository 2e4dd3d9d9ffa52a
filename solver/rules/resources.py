"""Resources: Σ request · x stays within what a node has left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from ortools.sat.python import cp_model

from placewright.solver.compilation import Compilation, IntArray
from placewright.solver.rules.base import Encoder
from placewright.solver.variables import Variables


@dataclass(frozen=True)
class ResourcesEncoder(Encoder):
    """request (G, R) and free (N, R), as in `Compilation`."""

    rule: ClassVar[str] = "resources"
    request: IntArray
    free: IntArray

    @classmethod
    def compile(cls, compilation: Compilation) -> Self | None:
        return cls(compilation.request, compilation.free)

    def encode(self, x: Variables) -> None:
        for n in x.occupied():
            groups = x.groups_on(n)
            most = np.array([x.most([g], [n]) for g in groups], dtype=np.int64)
            asked = self.request[groups]
            # A resource that is enough even if everybody came needs no constraint.
            tight = np.flatnonzero(most @ asked > self.free[n])
            for r in tight.tolist():
                terms = [(x.x(g, n), int(a)) for g, a in zip(groups, asked[:, r], strict=True) if a]
                load = cp_model.LinearExpr.weighted_sum([v for v, _ in terms], [a for _, a in terms])
                x.model.add(load <= int(self.free[n, r]))

    def fixing(self, fixed: IntArray) -> Self:
        return type(self)(self.request, self.free - fixed.T @ self.request)
