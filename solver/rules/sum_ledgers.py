"""Rules that add up what agents ask for, as counts stand: resources of nodes, and quotas."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from placewright.solver.compilation import BoolArray, IntArray, loads
from placewright.solver.rules.ledger import Ledger


class ResourcesLedger(Ledger):
    """What each node has left.

    request, asked (G, R), free (N, R), held (N, R) as in the encoder; standing (G,): these may stay anywhere.
    """

    def __init__(
        self,
        request: IntArray,
        asked: IntArray,
        free: IntArray,
        held: BoolArray,
        standing: BoolArray,
        count: IntArray,
    ) -> None:
        self._request = np.where(standing[:, None], 0, request)
        self._asked = asked
        self._left = free - loads(count, asked)
        self._asking = loads(count, self._request) + held

    def add(self, group: int, nodes: IntArray, number: IntArray) -> None:
        self._left[nodes] -= number[:, None] * self._asked[group]
        self._asking[nodes] += number[:, None] * self._request[group]

    def room(self, group: int) -> IntArray | None:
        request = self._request[group]
        asked = np.flatnonzero(request)
        if not len(asked):
            return None
        # On an overcommitted node there is nothing, rather than less.
        room: IntArray = np.minimum.reduce([np.maximum(self._left[:, r], 0) // request[r] for r in asked])
        return room

    def holds(self) -> bool | None:
        return not ((self._left < 0) & (self._asking > 0)).any()


class QuotaLedger(Ledger):
    """What each quota leaves. rows: (usage by group, left); told: no claims are charged beside agents."""

    def __init__(
        self, rows: Sequence[tuple[Sequence[tuple[int, int]], int]], count: IntArray, *, told: bool
    ) -> None:
        totals = count.sum(axis=1)
        self._told = told
        self._left = [left - sum(amount * int(totals[g]) for g, amount in usage) for usage, left in rows]
        self._spent = [any(amount and totals[g] for g, amount in usage) for usage, _ in rows]
        self._charged: dict[int, list[tuple[int, int]]] = {}
        for i, (usage, _) in enumerate(rows):
            for g, amount in usage:
                self._charged.setdefault(g, []).append((i, amount))

    def add(self, group: int, nodes: IntArray, number: IntArray) -> None:
        for i, amount in self._charged.get(group, ()):
            self._left[i] -= amount * int(number.sum())
            self._spent[i] = True

    def most(self, group: int) -> int | None:
        rooms = [max(0, self._left[i]) // amount for i, amount in self._charged.get(group, ()) if amount > 0]
        return min(rooms, default=None)

    def holds(self) -> bool | None:
        # A quota that is exceeded as it is lets nobody in, and is nobody's fault.
        if any(left < 0 and spent for left, spent in zip(self._left, self._spent, strict=True)):
            return False
        return True if self._told else None
