"""Resources: Σ request · x stays within what a node has left."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
from ortools.sat.python import cp_model

from placewright.solver.compilation import Compilation, IntArray
from placewright.solver.rules.base import Encoder
from placewright.solver.variables import Variables


@dataclass(frozen=True)
class ResourcesEncoder(Encoder):
    """request (G, R), free (N, R) and home (G, N), as in `Compilation`."""

    rule: ClassVar[str] = "resources"
    request: IntArray
    free: IntArray
    home: IntArray

    @classmethod
    def compile(cls, compilation: Compilation) -> Self | None:
        return cls(compilation.request, compilation.free, compilation.home)

    def encode(self, x: Variables) -> None:
        standing = self.home.sum(axis=1) > 0
        for n in x.occupied():
            groups = x.groups_on(n)
            most = np.array([x.most([g], [n]) for g in groups], dtype=np.int64)
            asked = self.request[groups]
            # A resource that is enough even if everybody came needs no constraint.
            tight = np.flatnonzero(most @ asked > self.free[n])
            for r in tight.tolist():
                terms = [(x.x(g, n), int(a)) for g, a in zip(groups, asked[:, r], strict=True) if a]
                load = cp_model.LinearExpr.weighted_sum([v for v, _ in terms], [a for _, a in terms])
                fits = x.model.add(load <= int(self.free[n, r]))
                if int(self.home[:, n] @ self.request[:, r]) > self.free[n, r]:
                    # Overcommitted as it is: those who run there may stay, nobody who asks for it may come.
                    newcomers = [g for g, a in zip(groups, asked[:, r], strict=True) if a and not standing[g]]
                    fits.only_enforce_if(x.present(newcomers, [n]))

    def fixing(self, fixed: IntArray) -> Self:
        return replace(self, free=self.free - fixed.T @ self.request)
