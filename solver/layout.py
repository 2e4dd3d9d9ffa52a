"""Whole agents by class of nodes, laid out over the nodes of the class.

The largest agents come first. Alike nodes are used alike: each agent goes to where the most is left of what
it asks for, as few of a group to one of them as can be. Where the nodes of a class are not alike, as telling
them apart would make the relaxation too large, it goes where it costs the least. So does whom no node of its
class has room for, in the same topology domains if it can.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from placewright.solver.compilation import FloatArray, IntArray
from placewright.solver.filling import emptiest, part
from placewright.solver.objectives.base import Tally
from placewright.solver.problem import Problem


class Layout:
    """Counts (G, N) in the making, within caps, sizes and what is free; nobody asks other rules.

    tally: what agents cost on each node, told of all who come; without one they go where the most is left.
    """

    def __init__(self, problem: Problem, tally: Tally | None = None) -> None:
        self._problem = problem
        self._tally = tally
        self._free = problem.room.copy()
        self._share = 1.0 / np.maximum(problem.room, 1)
        self.target: IntArray = np.zeros_like(problem.cap)

    def lay_out(
        self, whole: Mapping[tuple[int, int], int], members: Sequence[IntArray]
    ) -> dict[tuple[int, int], int]:
        """For every (g, c) -> number, agents of group g over the nodes `members[c]`; who is left over."""
        scale = np.maximum(self._problem.room.max(axis=0, initial=1), 1)
        largest = (self._problem.request / scale).max(axis=1, initial=0.0)
        left = {}
        for g, c in sorted(whole, key=lambda key: (-largest[key[0]], key)):
            missing = whole[g, c] - self._add(g, members[c], whole[g, c])
            if missing:
                left[g, c] = missing
        return left

    def compare(self, make: Callable[[], Tally | None]) -> None:
        """From now on agents go to where they cost the least. `make`: a tally of nobody, if there is none."""
        if self._tally is not None or (tally := make()) is None:
            return
        for g in np.flatnonzero(self.target.any(axis=1)).tolist():
            there = np.flatnonzero(self.target[g])
            tally.add_many(g, there, self.target[g, there])
        self._tally = tally

    def find_room(self, g: int, number: int, nodes: IntArray, at_once: int | None = None) -> int:
        """Agents of a group on those of `nodes` where they cost least; how many found no room.

        `at_once` come, all if None is given, one to a node, before the next look: what they cost changes with
        each.
        """
        while number:
            fits = nodes[self._room(g, nodes) > 0]
            if not len(fits):
                break
            costs = -self._left(g, fits) if self._tally is None else self._tally.more_on(g, fits)
            most = number if at_once is None else min(number, at_once)
            best = fits[np.argsort(costs, kind="stable")[:most]]
            self._put(g, best, np.ones_like(best))
            number -= len(best)
        return number

    def _add(self, g: int, nodes: IntArray, number: int) -> int:
        """Agents of a group on the nodes of a class; how many found room."""
        alike = self._problem.alike(nodes)
        if not alike and self._tally is not None:
            return number - self.find_room(g, number, nodes, part(number, len(nodes)))
        room = self._room(g, nodes)
        if alike:
            room = _few(room, number)
        step = (self._share[nodes] * self._problem.request[g]) ** 2
        row = emptiest(self._left(g, nodes), step.sum(axis=1), room, number)
        came = np.flatnonzero(row)
        self._put(g, nodes[came], row[came])
        return int(row.sum())

    def _put(self, g: int, nodes: IntArray, number: IntArray) -> None:
        self.target[g, nodes] += number
        self._free[nodes] -= number[:, None] * self._problem.request[g]
        if self._tally is not None:
            self._tally.add_many(g, nodes, number)

    def _left(self, g: int, nodes: IntArray) -> FloatArray:
        """How much is left of what the group asks for, weighed by how much of a node that is."""
        share = self._share[nodes]
        left: FloatArray = (self._free[nodes] * share * share) @ self._problem.request[g].astype(np.float64)
        return left

    def _room(self, g: int, nodes: IntArray) -> IntArray:
        """How many more agents of a group each of the nodes has room for."""
        room: IntArray = self._problem.cap[g, nodes] - self.target[g, nodes]
        request = self._problem.request[g]
        for r in np.flatnonzero(request).tolist():
            room = np.minimum(room, self._free[nodes, r] // request[r])
        return np.maximum(room, 0)


def _few(room: IntArray, number: int) -> IntArray:
    """`room` (N,), or the least that is enough for `number` agents: replicas are apart where they can be."""
    few, many = 0, int(room.max(initial=0))
    while few < many:
        middle = (few + many) // 2
        if int(np.minimum(room, middle).sum()) < number:
            few = middle + 1
        else:
            many = middle
    return np.minimum(room, few)
