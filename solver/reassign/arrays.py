"""A rebalance as arrays: agents with amounts on nodes, and what a node costs by what is used on it.

cost of a node = sum over hinges of max(0, offset[h, n] + sum over resources of slope[h, r] * used[r, n])
cost of moves  = sum over agents that are elsewhere of move[a] + distance[home, now]
                 + most_weight * the most agents of one kind that are elsewhere
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from placewright.solver.compilation import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class Reassignment:
    """A agents on N nodes, R resources, H hinges, K kinds (agents that others cannot tell apart).

    request (R, A) and fixed (R, N), what agents use that never move; capacity (R, N). home (A,).
    double (R,): in use at home, too, by who is elsewhere. eligible (A, N). kind (A,). alone (K,): at most
    one agent of the kind on a node. least (K,): in how many domains of `places` (N,) a kind is at least.
    needs: pairs of kinds (owner, company): a domain of `near` (N,) that holds an owner holds company.
    slope (H, R), offset (H, N). move (A,), distance (N, N), most_weight as above.
    All amounts and costs are whole numbers below 2**53, kept as floats.
    """

    request: FloatArray
    fixed: FloatArray
    capacity: FloatArray
    home: IntArray
    double: BoolArray
    eligible: BoolArray
    kind: IntArray
    alone: BoolArray
    places: IntArray
    least: IntArray
    near: IntArray
    needs: tuple[tuple[int, int], ...]
    slope: FloatArray
    offset: FloatArray
    move: FloatArray
    distance: FloatArray
    most_weight: float

    @property
    def kinds(self) -> int:
        return len(self.alone)

    def used(self, where: IntArray) -> FloatArray:
        """(R, N): what is in use by everybody."""
        found = self.fixed.copy()
        np.add.at(found.T, where, self.request.T)
        return found

    def value(self, where: IntArray) -> int:
        """What an assignment (A,) costs."""
        bent = self.offset + self.slope @ self.used(where)
        away = where != self.home
        moved = np.bincount(self.kind[away], minlength=1)
        fare = self.move[away].sum() + self.distance[self.home, where].sum()
        return int(np.maximum(bent, 0).sum() + fare + self.most_weight * moved.max())
