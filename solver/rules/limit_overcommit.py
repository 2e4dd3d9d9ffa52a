"""Limit overcommit: the limits that come to a node stay within what its cap leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from placewright.models.rules.limit_overcommit import ceiling, limit_of
from placewright.solver.compilation import Compilation, IntArray, fitting
from placewright.solver.rules.resources import ResourcesEncoder


@dataclass(frozen=True)
class LimitOvercommitEncoder(ResourcesEncoder):
    """Like requests that everybody must find, by capped resource: limits (G, R) and what they leave (N, R).

    Where running agents are beyond the cap nothing is left: who adds nothing may still go there.
    """

    rule: ClassVar[str] = "limit_overcommit"

    @classmethod
    def compile(cls, compilation: Compilation) -> Self | None:
        caps = compilation.snapshot.options.profile.limit_caps
        if not caps:
            return None
        limits = [[limit_of(group.agent.spec, name) for name in caps] for group in compilation.groups]
        most = [[ceiling(node, name, cap) for name, cap in caps.items()] for node in compilation.nodes]
        asked, taken = _table(limits, len(caps)), compilation.residents_loads(tuple(caps), limit_of)
        free = np.maximum(_table(most, len(caps)) - taken, 0)
        return cls(asked, asked, free, compilation.home, np.zeros_like(free, dtype=np.bool_))

    def tighten(self, cap: IntArray) -> IntArray:
        return np.minimum(cap, fitting(self.request, self.free, cap.max(axis=1, initial=0), cap > 0))


def _table(rows: list[list[int]], width: int) -> IntArray:
    return np.array(rows, dtype=np.int64).reshape(len(rows), width)
