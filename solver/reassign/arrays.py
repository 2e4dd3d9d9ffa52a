"""A rebalance as arrays: agents with amounts on nodes, and what a node costs by who is on it.

cost of a node = sum over lines h of max(0, offset[h, n] + sum over its agents a of bends[h, a])
cost of moves  = sum over agents that are elsewhere of move[a] + distance[home, now]
                 + most_weight * the most agents of one kind that are elsewhere
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from placewright.solver.compilation import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class Reassignment:
    """A agents on N nodes, R resources, H lines, K kinds.

    request (R, A); capacity (R, N), what those who never move leave. home (A,). double (R,): in use at home,
    too, by who is elsewhere. eligible (A, N). kind (A,). alone (K,): at most one agent of the kind on a node.
    least (K,): in how many domains of `places` (N,) a kind is at least. needs: pairs of kinds (owner,
    company): a domain of `near` (N,) that holds an owner holds company. bends (H, A) and offset (H, N), move
    (A,), distance (N, N), most_weight as above. All are whole numbers whose sums stay below 2**53, as floats.
    """

    request: FloatArray
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
    bends: FloatArray
    offset: FloatArray
    move: FloatArray
    distance: FloatArray
    most_weight: float

    @property
    def kinds(self) -> int:
        return len(self.alone)

    def reach(self) -> BoolArray:
        """(A, N): where agents may go, and fit beside what stays in use of those who are at home there.

        What is in use twice is in use at home wherever they are, so large agents have few nodes to go to.
        """
        kept = np.zeros_like(self.capacity)
        np.add.at(kept.T, self.home, (self.request * self.double[:, None]).T)
        found = self.eligible.copy()
        for asked, room in zip(self.request, self.capacity - kept, strict=True):
            found &= (asked[:, None] <= room) | (np.arange(len(room)) == self.home[:, None])
        return found

    def charged(self, where: IntArray) -> FloatArray:
        """(R, N): what is in use, and at home once more what is in use twice."""
        found = np.zeros_like(self.capacity)
        np.add.at(found.T, where, self.request.T)
        away = where != self.home
        np.add.at(found.T, self.home[away], (self.request * self.double[:, None])[:, away].T)
        return found

    def bent(self, where: IntArray) -> FloatArray:
        """(H, N): how far nodes are over their lines."""
        found = self.offset.copy()
        np.add.at(found.T, where, self.bends.T)
        return found

    def value(self, where: IntArray) -> int:
        """What an assignment (A,) costs."""
        away = where != self.home
        moved = np.bincount(self.kind[away], minlength=1)
        fare = self.move[away].sum() + self.distance[self.home, where].sum()
        return int(np.maximum(self.bent(where), 0).sum() + fare + self.most_weight * moved.max())
