"""Room made for expected shapes: where least is lacking, agents make way to where no such room is lost."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from placewright.models.profile import Shape
from placewright.models.scores.base import WORST
from placewright.models.scores.fragmentation import asked, keeps_room
from placewright.solver.clock import Deadline
from placewright.solver.compilation import IntArray
from placewright.solver.moves.board import Board, ranked
from placewright.solver.moves.descend import EPSILON, Allowance, Guide, changes

NODES = 40
"""Nodes that are looked at for one more copy of a shape, those that lack least first."""


def make_room(
    board: Board, settled: Sequence[Guide], allowance: Allowance, deadline: Deadline, min_gain: int
) -> None:
    """Make room for the profile's shapes while that is worth the moves (models/scores/fragmentation.py)."""
    work = _Room(board, settled, allowance, min_gain)
    for index in range(len(work.shapes)):
        while not deadline.passed and work.missing(index) > 0:
            if not any(work.open(index, n) for n in work.candidates(index)):
                break


class _Room:
    def __init__(self, board: Board, settled: Sequence[Guide], allowance: Allowance, min_gain: int) -> None:
        self._board = board
        self._settled = settled
        self._allowance = allowance
        self._min_gain = min_gain
        snapshot = board.question.asked
        self.shapes: Sequence[Shape] = snapshot.options.profile.shapes
        names = list(dict.fromkeys(name for shape in self.shapes for name in asked(shape)))
        self._asked: IntArray = np.array(
            [[asked(shape).get(name, 0) for name in names] for shape in self.shapes], dtype=np.int64
        ).reshape(len(self.shapes), len(names))
        self._request: IntArray = np.array(
            [
                [{"pods": 1, **group.agent.spec.requests}.get(name, 0) for name in names]
                for group in board.compilation.groups
            ],
            dtype=np.int64,
        ).reshape(len(board.compilation.groups), len(names))
        self._whole: IntArray = np.array(
            [[node.allocatable.get(name, 0) for name in names] for node in board.compilation.nodes],
            dtype=np.int64,
        ).reshape(len(board.compilation.nodes), len(names))
        self._fixed: IntArray = np.array(
            [
                [sum({"pods": 1, **agent.spec.requests}.get(name, 0) for agent in on) for name in names]
                for on in board.compilation.residents_on
            ],
            dtype=np.int64,
        ).reshape(len(board.compilation.nodes), len(names))
        self._keeps = np.array([keeps_room(node) for node in board.compilation.nodes], dtype=np.bool_)

    def _free(self) -> IntArray:
        free: IntArray = self._whole - self._fixed - self._board.count.T @ self._request
        return free

    def _fits(self, index: int, free: IntArray) -> IntArray:
        """int64 (N,): copies of a shape that find room on each node."""
        wanted = self._asked[index]
        names = np.flatnonzero(wanted)
        fits: IntArray = np.maximum((free[:, names] // wanted[names]).min(axis=1), 0)
        return np.where(self._keeps, fits, 0)

    def missing(self, index: int) -> int:
        """How many copies of a shape find no room."""
        return max(0, self.shapes[index].count - int(self._fits(index, self._free()).sum()))

    def _lack(self) -> int:
        """What is missing of all shapes, weighed."""
        return sum(shape.weight * self.missing(index) for index, shape in enumerate(self.shapes))

    def candidates(self, index: int) -> list[int]:
        """Nodes that could hold one more copy if agents made way, those that lack least first."""
        free = self._free()
        wanted = (self._fits(index, free) + 1)[:, None] * self._asked[index]
        able = self._keeps & (self._whole - self._fixed >= wanted).all(axis=1)
        lacking = (np.maximum(wanted - free, 0) / np.maximum(self._whole, 1)).sum(axis=1)
        nodes = np.flatnonzero(able)
        return [int(n) for n in nodes[np.argsort(lacking[nodes], kind="stable")][:NODES]]

    def open(self, index: int, n: int) -> bool:
        """Make way on a node for one more copy; False, and as before, where that cannot be, or pays not."""
        board, before = self._board, self._lack()
        done: list[tuple[str, int]] = []
        fare = number = 0
        charged = board.fares.charged
        while (lacking := self._lacking(index, n, before)).any():
            key = self._next(n, lacking, [key for key, _ in done])
            if key is None:
                break
            number += not board.away(key)
            spent = board.spent(key)
            if not self._allowance.holds(number, fare) or not self._go(key):
                break
            fare += board.spent(key) - spent
            done.append((key, n))
        gained = (before - self._lack()) * WORST
        paid = self._min_gain * (fare + board.fares.charged - charged)
        if not self._allowance.holds(number, fare):
            gained = 0
        if gained > paid and not self._lacking(index, n, before).any():
            self._allowance.take(number, fare)
            return True
        for key, back in reversed(done):
            board.move(key, back)
        return False

    def _lacking(self, index: int, n: int, before: int) -> IntArray:
        """What the node lacks until less is missing than there was."""
        if self._lack() < before:
            return np.zeros(self._asked.shape[1], dtype=np.int64)
        free = self._free()
        wanted = (self._fits(index, free)[n] + 1) * self._asked[index]
        lacking: IntArray = np.maximum(wanted - free[n], 0)
        return lacking

    def _next(self, n: int, lacking: IntArray, gone: Sequence[str]) -> str | None:
        """The agent to make way: the cheapest that is enough alone, else the one that brings most."""
        board = self._board
        here = [key for key in board.on(n) if key not in gone]
        if not here:
            return None

        def turn(key: str) -> tuple[bool, float, str]:
            brings = np.minimum(self._request[board.group_of[key]], lacking)
            enough = bool((brings >= lacking).all())
            share = float((brings / np.maximum(lacking, 1)).sum())
            return (not enough, board.cost[key] if enough else -share, key)

        return min(here, key=turn)

    def _go(self, key: str) -> bool:
        """To the node where it is least in the way: the fullest that takes it."""
        board = self._board
        g = board.group_of[key]
        candidates = board.open(g)
        candidates[board.where[key]] = False
        for delta in changes(board, self._settled, key):
            candidates &= delta <= EPSILON
        free = self._free()
        after = free - self._request[g]
        lost = np.zeros(len(free))
        for index, shape in enumerate(self.shapes):
            lost += shape.weight * (self._fits(index, free) - self._fits(index, after))
        room = (after / np.maximum(self._whole, 1)).sum(axis=1)
        near = [] if board.fares.plain else [board.fares.trips(key)]
        return any(board.try_move(key, n) for n in ranked([lost, *near, room], np.flatnonzero(candidates)))
