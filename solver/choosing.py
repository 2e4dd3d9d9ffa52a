"""Which nodes are taken first: where one more agent costs least, else the emptiest, or the fullest in use."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from placewright.solver.books import Books
from placewright.solver.clock import Deadline
from placewright.solver.compilation import FloatArray, IntArray
from placewright.solver.filling import emptiest, in_turn, part
from placewright.solver.objectives.base import Tally

AT_ONCE = 0.01
"""The part of all nodes that may be taken between two looks where one agent does not make another cheaper."""


class Choosing:
    """Nodes in order for one more agent, or several, of a group as `books` stand.

    tallies, packed, opening and comparing: as of `construct`.
    """

    def __init__(
        self,
        books: Books,
        tallies: Sequence[Tally] = (),
        packed: bool = False,
        opening: FloatArray | None = None,
        comparing: Deadline | None = None,
    ) -> None:
        self._books = books
        self._tallies = tallies
        self._packed = packed
        self._opening = np.zeros(len(books.left)) if opening is None else opening.copy()
        self._comparing = comparing
        self._known: tuple[tuple[int, int], list[FloatArray]] = ((-1, -1), [])

    @property
    def compares(self) -> bool:
        """Whether nodes are compared by what an agent costs there."""
        return bool(self._tallies) and (self._comparing is None or not self._comparing.passed)

    def in_use(self, nodes: IntArray) -> None:
        """Somebody has come to these nodes: they need not be taken into use any more."""
        self._opening[nodes] = 0.0

    def roomiest(self, g: int, room: IntArray, wanted: int) -> IntArray:
        """The emptiest nodes, or the fullest ones that are in use where nodes are filled one by one."""
        if not self._packed:
            return emptiest(self._books.left, self._books.step(g), room, wanted)
        nodes = np.flatnonzero(room)
        left = self._books.left[nodes] - self._books.step(g)[nodes]
        return in_turn(nodes[np.lexsort([left, self._opening[nodes]])], room, wanted)

    def cheapest(self, g: int, room: IntArray, wanted: int) -> IntArray:
        """The nodes on which one more costs least, one agent on each."""
        nodes = np.flatnonzero(room)
        costs = self._costs(g)
        if len(nodes) > wanted:
            # Who costs more than the last one that is taken need not be put in order.
            most = np.partition(costs[0][nodes], wanted - 1)[wanted - 1]
            nodes = nodes[costs[0][nodes] <= most]
        left = self._books.left[nodes] - self._books.step(g)[nodes]
        row = np.zeros_like(room)
        row[self._sorted(nodes, left, costs)[:wanted]] = 1
        return row

    def in_order(self, g: int, nodes: IntArray, left: IntArray) -> IntArray:
        """The nodes for one more of a group, the preferred ones first; left (n, R): what each has then."""
        # As shares of each node, so that small and large ones are filled alike.
        share: FloatArray = (left * self._books.part[nodes]).sum(axis=1)
        return self._sorted(nodes, share, self._costs(g) if self.compares else [])

    def _sorted(self, nodes: IntArray, left: FloatArray, costs: Sequence[FloatArray]) -> IntArray:
        """By costs, the first of them first of all, then those in use, then by what is left."""
        # The last key counts first.
        keys = [left if self._packed else -left, self._opening[nodes], *(c[nodes] for c in reversed(costs))]
        return nodes[np.lexsort(keys)]

    def _costs(self, g: int) -> list[FloatArray]:
        """What one more of a group costs on each node, tally by tally: the same until somebody comes."""
        key = (g, self._books.changes)
        if self._known[0] != key:
            self._known = (key, [tally.more(g) for tally in self._tallies])
        return self._known[1]


def between_looks(nodes: int, tallies: Sequence[Tally], g: int, wanted: int) -> int:
    """How many of the `wanted` agents of a group may come, one to a node, before nodes are compared again."""
    few = part(wanted, nodes)
    if not all(tally.independent(g) for tally in tallies):
        return few
    return max(few, int(AT_ONCE * nodes))
