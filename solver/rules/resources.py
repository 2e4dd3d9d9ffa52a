"""Resources: Σ asked · x stays within what a node has left, wherever somebody is who must find it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
from ortools.sat.python import cp_model

from placewright.solver.compilation import BoolArray, Compilation, IntArray, loads
from placewright.solver.rules.base import Encoder
from placewright.solver.rules.ledger import Ledger
from placewright.solver.rules.sum_ledgers import ResourcesLedger
from placewright.solver.variables import Variables


@dataclass(frozen=True)
class ResourcesEncoder(Encoder):
    """request and asked (G, R), free (N, R) and home (G, N), as in `Compilation`.

    held (N, R): somebody is fixed there who must find the resource.
    """

    rule: ClassVar[str] = "resources"
    request: IntArray
    asked: IntArray
    free: IntArray
    home: IntArray
    held: BoolArray

    @classmethod
    def compile(cls, compilation: Compilation) -> Self | None:
        amounts = compilation.amounts
        held = np.zeros_like(amounts.free, dtype=np.bool_)
        return cls(amounts.request, amounts.asked, amounts.free, compilation.home, held)

    def encode(self, x: Variables) -> None:
        standing = self.home.sum(axis=1) > 0
        for n in x.occupied():
            groups = x.groups_on(n)
            most = np.array([x.most([g], [n]) for g in groups], dtype=np.int64)
            asked = self.asked[groups]
            # A resource that is enough even if everybody came needs no constraint.
            tight = np.flatnonzero(most @ asked > self.free[n])
            for r in tight.tolist():
                terms = [(x.x(g, n), int(a)) for g, a in zip(groups, asked[:, r], strict=True) if a]
                load = cp_model.LinearExpr.weighted_sum([v for v, _ in terms], [a for _, a in terms])
                fits = x.model.add(load <= int(self.free[n, r]))
                if self._may_be_over(groups, n, r):
                    # Those who run there may stay, and who is not checked may come; nobody else who asks.
                    newcomers = [g for g in groups if self.request[g, r] and not standing[g]]
                    fits.only_enforce_if(x.present(newcomers, [n]))

    def _may_be_over(self, groups: Sequence[int], n: int, r: int) -> bool:
        """Whether a node may hold more than it has, as long as nobody is there who must find it."""
        if self.held[n, r]:
            return False
        unchecked = any(self.asked[g, r] > self.request[g, r] for g in groups)
        return unchecked or int(self.home[:, n] @ self.request[:, r]) > int(self.free[n, r])

    def only(self, resources: Sequence[bool]) -> Self:
        """The same for some of the resources alone."""
        kept = np.flatnonzero(resources)
        return replace(
            self,
            request=self.request[:, kept],
            asked=self.asked[:, kept],
            free=self.free[:, kept],
            held=self.held[:, kept],
        )

    def ledger(self, count: IntArray) -> Ledger:
        standing = self.home.sum(axis=1) > 0
        return ResourcesLedger(self.request, self.asked, self.free, self.held, standing, count)

    def fixing(self, fixed: IntArray) -> Self:
        staying = (self.home.sum(axis=1) > 0)[:, None]
        held = self.held | (loads(fixed, np.where(staying, 0, self.request)) > 0)
        return replace(self, free=self.free - loads(fixed, self.asked), held=held)
