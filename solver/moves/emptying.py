"""Nodes emptied one after the other, those first that cost most for the moves that it takes.

Whoever leaves goes to nodes that stay in use, the fullest that take it; an empty node is opened only where it
is cheaper than the one that is emptied for it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from placewright.models.scores.used_nodes import keeps_in_use
from placewright.solver.clock import Deadline
from placewright.solver.compilation import BoolArray, IntArray
from placewright.solver.moves.board import Board, ranked
from placewright.solver.moves.descend import EPSILON, Allowance, Guide, changes
from placewright.solver.objectives.fewest_nodes import FewestNodesTerm

ROUNDS = 8
"""How often all nodes are looked at anew while some can be emptied."""
OPENED = 4
"""Kinds of empty nodes that are tried in place of one in use, the cheapest first."""


def empty_nodes(
    board: Board,
    settled: Sequence[Guide],
    allowance: Allowance,
    deadline: Deadline,
    min_gain: int,
    most: int | None = None,
) -> None:
    """Empty nodes, `most` of them, while that saves more than the moves cost.

    Nothing gets worse by the `settled` guides. Nodes that are empty in the end are closed to moves that come
    later.
    """
    work = _Emptying(board, settled, allowance, deadline, min_gain)
    for _ in range(ROUNDS):
        emptied = 0
        for n in work.candidates():
            if most is not None and most <= 0:
                break
            if work.empty(n):
                emptied += 1
                most = None if most is None else most - 1
        if not emptied or deadline.passed:
            break
    board.closed |= ~work.used


class _Emptying:
    def __init__(
        self,
        board: Board,
        settled: Sequence[Guide],
        allowance: Allowance,
        deadline: Deadline,
        min_gain: int,
    ) -> None:
        self._board = board
        self._settled = settled
        self._allowance = allowance
        self._deadline = deadline
        self._min_gain = min_gain
        nodes = board.compilation.nodes
        prices = [node.price for node in nodes]
        fewest = [FewestNodesTerm.price_of(node) for node in nodes]
        self._price: IntArray = np.array(prices if any(prices) else fewest, dtype=np.int64)
        fixed = board.compilation.residents_on
        self._kept: BoolArray = np.array([any(map(keeps_in_use, on)) for on in fixed], dtype=np.bool_)

    @property
    def used(self) -> BoolArray:
        """bool (N,): nodes that somebody keeps in use."""
        found: BoolArray = self._kept | self._board.count.any(axis=0)
        return found

    def candidates(self) -> list[int]:
        """Nodes that could be emptied, those first that save most for what their moves cost."""
        used = np.flatnonzero(self.used & ~self._kept & (self._price > 0))
        fares = {int(n): sum(self._fare(key) for key in self._board.on(int(n))) for n in used}
        return sorted(fares, key=lambda n: (fares[n] / int(self._price[n]), n))

    def _fare(self, key: str) -> int:
        board = self._board
        return board.cost[key] if board.where[key] == board.home[key] else 0

    def empty(self, n: int) -> bool:
        """Empty one node, into those in use or into a cheaper one besides; False, and as before, if not."""
        if self._deadline.passed or not self._board.count[:, n].any():
            return False
        used = self.used
        used[n] = False
        if self._relocate(n, used, int(self._price[n])):
            return True
        for other in self._cheaper(n):
            where = used.copy()
            where[other] = True
            if self._relocate(n, where, int(self._price[n] - self._price[other])):
                return True
        return False

    def _cheaper(self, n: int) -> list[int]:
        """An empty node of each kind that is cheaper, the cheapest first."""
        board = self._board
        empty = np.flatnonzero(~self.used & ~board.closed & (self._price < self._price[n]))
        kinds: dict[tuple[int, bytes], int] = {}
        for other in empty[np.argsort(self._price[empty], kind="stable")].tolist():
            kinds.setdefault((int(self._price[other]), board.free[other].tobytes()), other)
        return list(kinds.values())[:OPENED]

    def _relocate(self, n: int, where: BoolArray, saved: int) -> bool:
        """Everybody from a node to nodes of `where`, if that is worth it."""
        board = self._board
        going = sorted(board.on(n), key=lambda key: (-self._size(key), key))
        fare, number = 0, 0
        for key in going:
            fare += self._fare(key)
            number += board.where[key] == board.home[key]
        if self._min_gain * fare >= saved or not self._allowance.holds(number, fare):
            return False
        done: list[str] = []
        for key in going:
            if self._deadline.passed or not self._go(key, where):
                for other in reversed(done):
                    board.move(other, n)
                return False
            done.append(key)
        self._allowance.take(number, fare)
        return True

    def _size(self, key: str) -> float:
        board = self._board
        g = board.group_of[key]
        whole = np.maximum(board.compilation.amounts.whole.max(axis=0, initial=1), 1)
        return float((board.compilation.request[g] / whole).max(initial=0.0))

    def _go(self, key: str, where: BoolArray) -> bool:
        """To the fullest of the nodes that takes it."""
        board = self._board
        g = board.group_of[key]
        candidates = board.open(g) & where
        candidates[board.where[key]] = False
        for delta in changes(board, self._settled, key):
            candidates &= delta <= EPSILON
        nodes = np.flatnonzero(candidates)
        if not len(nodes):
            return False
        asked = np.flatnonzero(board.compilation.request[g])
        whole = np.maximum(board.compilation.amounts.whole, 1)
        left = np.full(len(whole), np.inf)
        left[nodes] = (
            (board.free[nodes] - board.compilation.request[g])[:, asked] / whole[nodes][:, asked]
        ).sum(axis=1)
        return any(board.try_move(key, n) for n in ranked([left], nodes))
