"""Nodes emptied: first all but those that are the cheapest to keep, then one after the other.

One after the other those come first that cost most for the moves that it takes. Whoever leaves goes to nodes
that stay in use; an empty node is opened only where it is cheaper than the one that is emptied for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from placewright.models.scores.used_nodes import keeps_in_use
from placewright.solver.clock import Deadline
from placewright.solver.compilation import BoolArray, IntArray
from placewright.solver.moves.board import Board, ranked
from placewright.solver.moves.descend import EPSILON, Allowance, Guide, changes
from placewright.solver.moves.keeping import Cover, Nodes
from placewright.solver.objectives.fewest_nodes import FewestNodesTerm
from placewright.solver.settings import Settings

ROUNDS = 8
"""How often all nodes are looked at anew while some can be emptied."""
OPENED = 4
"""Kinds of empty nodes that are tried in place of one in use, the cheapest first."""
SPARES = (0.0, 0.01, 0.02, 0.04, 0.07, 0.12, 0.2)
"""Parts of the room on the nodes to be kept that are left empty, tried until everybody finds a place."""
COVER_SHARE = 0.1
"""The part of the time left that choosing the nodes to keep may take, each time."""


def empty_nodes(
    board: Board,
    settled: Sequence[Guide],
    allowance: Allowance,
    deadline: Deadline,
    min_gain: int,
    settings: Settings,
    most: int | None = None,
) -> None:
    """Empty nodes, `most` of them, while that saves more than the moves cost.

    Nothing gets worse by the `settled` guides. Nodes that are empty in the end are closed to moves that come
    later.
    """
    work = _Emptying(board, settled, allowance, deadline, min_gain)
    emptied = work.keep_cheapest(settings, most)
    most = None if most is None else most - emptied
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
        whole = board.compilation.amounts.whole.sum(axis=0)
        self._scarcity = (board.count.T @ board.compilation.request).sum(axis=0) / np.maximum(whole, 1)
        self._kept: BoolArray = np.array([any(map(keeps_in_use, on)) for on in fixed], dtype=np.bool_)
        # Who breaks a rule has been helped where that was asked for and can be; the others stay.
        for key in board.broken() if board.question.broken else ():
            self._kept[board.where[key]] = True

    @property
    def used(self) -> BoolArray:
        """bool (N,): nodes that somebody keeps in use."""
        found: BoolArray = self._kept | self._board.count.any(axis=0)
        return found

    def keep_cheapest(self, settings: Settings, most: int | None) -> int:
        """Everybody to the nodes that are the cheapest to keep, if that is worth it; how many are emptied."""
        board, used = self._board, self.used
        cover = Cover(board, self._nodes(), self._allowance, self._min_gain, most)
        start = dict(board.where)
        best, least = start, self._worth()
        for spare in SPARES:
            kept = cover.cheapest(spare, settings, COVER_SHARE * self._deadline.remaining())
            if kept is None or self._deadline.passed:
                break
            left = self._vacate(kept)
            if (worth := self._worth()) < least and self._affords(start):
                best, least = dict(board.where), worth
            self._put(start)
            if not left:
                break
        newly = [key for key in best if best[key] != start[key]]
        fresh = [key for key in newly if start[key] == board.home[key]]
        spent = self._spent()
        self._put(best)
        self._allowance.take(len(fresh), self._spent() - spent)
        return int(((self._price > 0) & used & ~self.used).sum())

    def _nodes(self) -> Nodes:
        board = self._board
        fare, leaving = np.zeros_like(self._price), np.zeros_like(self._price)
        for key, n in board.where.items():
            fare[n] += self._fare(key)
            leaving[n] += n == board.home[key]
        return Nodes(self._price, self._kept, fare, leaving)

    def _worth(self) -> int:
        """What the nodes in use cost together with all moves so far."""
        fares = self._spent() + self._board.fares.charged
        return int(self._price[self.used].sum()) + self._min_gain * fares

    def _spent(self) -> int:
        """What the ways of all who are not at home cost."""
        return sum(map(self._board.spent, self._board.where))

    def _affords(self, start: Mapping[str, int]) -> bool:
        """Whether what has moved since `start` costs no more than may be spent."""
        board = self._board
        return self._allowance.cost is None or self._allowance.holds(
            0, self._spent() - sum(board.trip(key, n) for key, n in start.items())
        )

    def _vacate(self, kept: BoolArray) -> bool:
        """Everybody to the nodes `kept` (N,), the largest first; whether somebody stays elsewhere."""
        board = self._board
        going = [key for key, n in board.where.items() if not kept[n]]
        left = False
        for key in sorted(going, key=lambda key: (-self._size(key), key)):
            left |= self._deadline.passed or not self._go(key, kept)
        return left

    def _put(self, where: Mapping[str, int]) -> None:
        """Everybody to where they were before."""
        for key, n in where.items():
            if self._board.where[key] != n:
                self._board.move(key, n)

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
        spent, charged = {key: board.spent(key) for key in going}, board.fares.charged
        gone = all(not self._deadline.passed and self._go(key, where) for key in going)
        fare = sum(board.spent(key) - before for key, before in spent.items())
        cost = self._min_gain * (fare + board.fares.charged - charged)
        if not gone or cost >= saved or not self._allowance.holds(number, fare):
            for key in reversed(going):
                if board.where[key] != n:
                    board.move(key, n)
            return False
        self._allowance.take(number, fare)
        return True

    def _size(self, key: str) -> float:
        board = self._board
        g = board.group_of[key]
        whole = np.maximum(board.compilation.amounts.whole.max(axis=0, initial=1), 1)
        return float((board.compilation.request[g] / whole).max(initial=0.0))

    def _go(self, key: str, where: BoolArray) -> bool:
        """To the node, of those that take it, whose room looks most like what it asks for; a near one first.

        Room of another shape would be left over of one resource when the other has run out.
        """
        board = self._board
        g = board.group_of[key]
        candidates = board.open(g) & where
        candidates[board.where[key]] = False
        for delta in changes(board, self._settled, key):
            candidates &= delta <= EPSILON
        nodes = np.flatnonzero(candidates)
        if not len(nodes):
            return False
        whole = np.maximum(board.compilation.amounts.whole[nodes], 1)
        free = board.free[nodes] / whole * self._scarcity
        asked = board.compilation.request[g] / whole * self._scarcity
        lengths = np.sqrt((free**2).sum(axis=1) * (asked**2).sum(axis=1))
        alike = np.full(len(candidates), -np.inf)
        alike[nodes] = (free * asked).sum(axis=1) / np.maximum(lengths, 1e-12)
        near = [] if board.fares.plain else [board.fares.trips(key)]
        first = ranked([*near, -alike], nodes)
        rest = (n for n in nodes.tolist() if n not in first)
        return any(board.try_move(key, n) for n in (*first, *rest))
