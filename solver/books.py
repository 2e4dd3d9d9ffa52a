"""Counts and what follows from them: what is free, what each rule allows next, and what one more costs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from placewright.solver.compilation import FloatArray, IntArray, loads
from placewright.solver.objectives.base import Tally
from placewright.solver.problem import Problem
from placewright.solver.rules.ledger import Ledger, Limit, by_domain

Choose = Callable[[int, IntArray, int], IntArray]
"""(group, room (N,), wanted) -> int64 (N,): which nodes are taken, within `room` and `wanted` in all."""

ANY = 2**31
"""More agents than there are."""


class Books:
    """The counts (G, N) of a placement in the making, at first those who run and may leave."""

    def __init__(self, problem: Problem, whole: IntArray, tallies: Sequence[Tally]) -> None:
        self._problem = problem
        self.count: IntArray = problem.running.home.copy()
        self.total = int(self.count.sum())
        """How many agents `count` has."""
        # Never negative: on an overcommitted node there is nothing, rather than less.
        self.free = np.maximum(problem.free - loads(self.count, problem.request), 0)
        self.ledgers: list[tuple[str, Ledger | None]] = [
            (encoder.rule, encoder.ledger(self.count)) for encoder in problem.encoders
        ]
        self._told = [ledger for _, ledger in self.ledgers if ledger is not None]
        self._tallies = tallies
        self.changes = 0
        """How often somebody came or went."""
        self.part: FloatArray = 1.0 / np.maximum(whole, 1)
        """(N, R): what one of each resource is of all that a node has."""
        self.left: FloatArray = (self.free * self.part).sum(axis=1)
        """(N,): what is free on each node, as a share of it, summed over resources."""
        for tally in tallies:
            for g in np.flatnonzero(self.count.any(axis=1)).tolist():
                here = np.flatnonzero(self.count[g])
                tally.add_many(g, here, self.count[g, here])

    def step(self, g: int) -> FloatArray:
        """(N,): what one agent of a group takes of `left`."""
        step: FloatArray = self.part @ self._problem.request[g].astype(np.float64)
        return step

    def add(self, g: int, nodes: IntArray, number: IntArray) -> None:
        """`number` agents of a group have come to `nodes`, no node twice."""
        request = self._problem.request[g]
        self.changes += 1
        self.count[g, nodes] += number
        self.total += int(number.sum())
        self.free[nodes] -= number[:, None] * request
        self.left[nodes] = (self.free[nodes] * self.part[nodes]).sum(axis=1)
        for ledger in self._told:
            ledger.add(g, nodes, number)
        for tally in self._tallies:
            tally.add_many(g, nodes, number)

    def room(self, g: int, wanted: int) -> IntArray:
        """int64 (N,): how many more of a group each node takes, `wanted` at most; 0 if a rule objects."""
        room: IntArray = np.minimum(self._problem.cap[g] - self.count[g], wanted)
        for ledger in self._told:
            fits, closed = ledger.room(g), ledger.closed(g)
            if fits is not None:
                room = np.minimum(room, fits)
            if closed is not None:
                room = np.where(closed, 0, room)
        return room

    def fill(self, g: int, wanted: int, choose: Choose, within: IntArray | None = None) -> int:
        """Add up to `wanted` agents of a group at once where `choose` wants them; how many were added.

        `within` (N,): no more than that on each node. What may come at once is less than what may come one
        after the other where rules open with what comes: again until nothing more comes.
        """
        for ledger in self._told:
            most = ledger.most(g)
            wanted = wanted if most is None else min(wanted, most)
        room = self.room(g, wanted)
        if within is not None:
            room = np.minimum(room, within)
        if wanted <= 0 or not room.any():
            return 0
        row = self._within_limits(g, room, wanted, choose)
        nodes = np.flatnonzero(row)
        if len(nodes):
            self.add(g, nodes, row[nodes])
        return int(row.sum())

    def _within_limits(self, g: int, room: IntArray, wanted: int, choose: Choose) -> IntArray:
        limits = [limit for ledger in self._told for limit in ledger.limits(g)]
        wide = [limit for limit in limits if not limit.by_node]
        for limit in limits:
            if limit.by_node:
                room = np.minimum(room, _on_nodes(limit, limit.each(_in_domains(limit, room))))
        if wanted == 1 or len(wide) > 1 or any(ledger.alone(g) for ledger in self._told):
            for limit in wide:
                room = np.where(_on_nodes(limit, limit.each(_in_domains(limit, room))) > 0, room, 0)
            return choose(g, room, 1)
        if not wide:
            return choose(g, room, wanted)
        return _by_domain(g, wide[0], room, wanted, choose)


def _by_domain(g: int, limit: Limit, room: IntArray, wanted: int, choose: Choose) -> IntArray:
    """What `choose` wants in each domain, of what may come to it."""
    allowed = limit.allow(_in_domains(limit, room), wanted)
    row = choose(g, np.where(limit.domain < 0, room, 0), wanted)
    wanted -= int(row.sum())
    for d in np.flatnonzero(allowed).tolist():
        if wanted > 0:
            row += choose(g, np.where(limit.domain == d, room, 0), min(wanted, int(allowed[d])))
            wanted -= int(allowed[d])
    return row


def _in_domains(limit: Limit, room: IntArray) -> IntArray:
    return by_domain(limit.domain, room, limit.domains)


def _on_nodes(limit: Limit, allowed: IntArray) -> IntArray:
    """int64 (N,): what is allowed in the domain of each node; anything where it has none."""
    return np.append(allowed, ANY)[limit.domain]
