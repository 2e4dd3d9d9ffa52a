"""Required anti-affinity as counts stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from placewright.solver.compilation import BoolArray, IntArray
from placewright.solver.rules.ledger import Ledger, Limit, by_domain, is_by_node


@dataclass(frozen=True)
class Guard:
    """One term of the groups `owners`: `domain` (N,) of its key, -1 for none; `meant`: groups it means."""

    owners: tuple[int, ...]
    domain: IntArray
    meant: tuple[int, ...]


@dataclass(frozen=True)
class _Alone(Limit):
    """At most one in each domain."""

    def allow(self, room: IntArray, wanted: int) -> IntArray:
        return np.minimum(room, 1)

    def each(self, room: IntArray) -> IntArray:
        return np.minimum(room, 1)


class AntiAffinityLedger(Ledger):
    """Owners of each term, and agents it means, in each of its domains.

    closed (G, N): kept out by who runs there. unchecked (G,): groups whose agents nobody keeps out of where
    they are; where they are among those that a term is about, counts alone do not tell.
    """

    def __init__(
        self, guards: Sequence[Guard], closed: BoolArray, unchecked: BoolArray, count: IntArray
    ) -> None:
        self._guards = guards
        self._closed = closed
        self._unchecked = unchecked
        self._strays = np.where(closed, count, 0).sum(axis=1)
        self._owned: dict[int, list[int]] = {}
        self._meaning: dict[int, list[int]] = {}
        self._both: dict[int, list[int]] = {}
        kinds = {id(guard.domain): is_by_node(guard.domain) for guard in guards}
        self._by_node = [kinds[id(guard.domain)] for guard in guards]
        self._domains = [int(guard.domain.max(initial=-1)) + 1 for guard in guards]
        for i, guard in enumerate(guards):
            for g in guard.owners:
                self._owned.setdefault(g, []).append(i)
            for g in guard.meant:
                self._meaning.setdefault(g, []).append(i)
            for g in set(guard.owners) & set(guard.meant):
                self._both.setdefault(g, []).append(i)
        self._owning = [self._counted(i, guard.owners, count) for i, guard in enumerate(guards)]
        self._meant = [self._counted(i, guard.meant, count) for i, guard in enumerate(guards)]
        self._twice = [
            self._counted(i, [g for g in guard.owners if i in self._both.get(g, ())], count)
            for i, guard in enumerate(guards)
        ]

    def _counted(self, i: int, groups: Sequence[int], count: IntArray) -> IntArray:
        return by_domain(self._guards[i].domain, count[list(groups)].sum(axis=0), self._domains[i])

    def add(self, group: int, nodes: IntArray, number: IntArray) -> None:
        self._strays[group] += int(number[self._closed[group, nodes]].sum())
        for concerned, amounts in (
            (self._owned, self._owning),
            (self._meaning, self._meant),
            (self._both, self._twice),
        ):
            for i in concerned.get(group, ()):
                domain = self._guards[i].domain[nodes]
                np.add.at(amounts[i], domain[domain >= 0], number[domain >= 0])

    def closed(self, group: int) -> BoolArray | None:
        closed: BoolArray = self._closed[group]
        for concerned, amounts in ((self._meaning, self._owning), (self._owned, self._meant)):
            for i in concerned.get(group, ()):
                closed = closed | np.append(amounts[i] > 0, False)[self._guards[i].domain]
        return closed

    def limits(self, group: int) -> Sequence[Limit]:
        return [
            _Alone(self._guards[i].domain, self._domains[i], self._by_node[i])
            for i in self._both.get(group, ())
        ]

    def holds(self) -> bool | None:
        if (self._strays[~self._unchecked] > 0).any():
            return False
        told = True
        for i, guard in enumerate(self._guards):
            owning, meant = self._owning[i], self._meant[i]
            if ((owning > 0) & (meant > 0) & (owning + meant - self._twice[i] > 1)).any():
                if not self._unchecked[[*guard.owners, *guard.meant]].any():
                    return False
                told = False
        return True if told else None
