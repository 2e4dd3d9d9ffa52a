"""Topology spread as counts stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from placewright.solver.compilation import BoolArray, IntArray
from placewright.solver.rules.ledger import Ledger, Limit, by_domain
from placewright.solver.rules.spreads import Spread


@dataclass(frozen=True)
class _Even(Limit):
    """Domains filled up evenly: none ends more than the skew above the emptiest that counts."""

    there: IntArray
    counting: IntArray
    max_skew: int
    floor_is_zero: bool

    def allow(self, room: IntArray, wanted: int) -> IntArray:
        least = 0 if self.floor_is_zero else int((self.there + room)[self.counting].min(initial=2**62))
        up = np.clip(least + self.max_skew - self.there, 0, room)
        return _levelled(self.there, up, wanted)

    def each(self, room: IntArray) -> IntArray:
        least = 0 if self.floor_is_zero else int(self.there[self.counting].min(initial=2**62))
        return np.clip(least + self.max_skew - self.there, 0, room)


def _levelled(there: IntArray, up: IntArray, wanted: int) -> IntArray:
    """int64 (D,): at most `up` more in each domain, `wanted` in all, the emptiest domains first."""
    if int(up.sum()) <= wanted:
        return up
    low, high = int(there.min()), int((there + up).max())
    while low < high:
        middle = (low + high + 1) // 2
        if int(np.clip(middle - there, 0, up).sum()) <= wanted:
            low = middle
        else:
            high = middle - 1
    more = np.clip(low - there, 0, up)
    next_ones = np.flatnonzero((there + more <= low) & (more < up))
    # Of domains that are as empty the roomiest go first.
    order = next_ones[np.argsort(-(up - more)[next_ones], kind="stable")]
    more[order[: wanted - int(more.sum())]] += 1
    return more


class SpreadLedger(Ledger):
    """The agents in each domain of each constraint."""

    def __init__(self, spreads: Sequence[Spread], count: IntArray) -> None:
        self._spreads = spreads
        self._there: list[IntArray] = []
        self._owned: dict[int, list[int]] = {}
        self._adding: dict[int, list[int]] = {}
        self._placed: list[dict[int, IntArray]] = []
        """By owner, (2 D,): those that add to each domain, then those that do not."""
        self._side: list[IntArray] = []
        """(N,): where in `_placed` each node is; -1: nowhere."""
        self._has_aside = [bool(spread.aside.any()) for spread in spreads]
        for s, spread in enumerate(spreads):
            coming = count[list(spread.matching)].sum(axis=0) * spread.counted
            self._there.append(spread.start + by_domain(spread.domain, coming, len(spread.start)))
            for g in spread.groups:
                self._owned.setdefault(g, []).append(s)
            for g in spread.matching:
                self._adding.setdefault(g, []).append(s)
            domains = len(spread.start)
            self._side.append(np.where(spread.aside, domains + spread.domain, spread.domain))
            self._placed.append({g: by_domain(self._side[s], count[g], 2 * domains) for g in spread.groups})

    def add(self, group: int, nodes: IntArray, number: IntArray) -> None:
        for s in self._adding.get(group, ()):
            spread = self._spreads[s]
            _add(self._there[s], spread.domain[nodes], number * spread.counted[nodes])
        for s in self._owned.get(group, ()):
            _add(self._placed[s][group], self._side[s][nodes], number)

    def closed(self, group: int) -> BoolArray | None:
        closed: BoolArray | None = None
        for s in self._owned.get(group, ()):
            if self._has_aside[s]:
                spread = self._spreads[s]
                shut = spread.aside & np.append(self._over(s, int(spread.itself)), False)[spread.domain]
                closed = shut if closed is None else closed | shut
        return closed

    def limits(self, group: int) -> Sequence[Limit]:
        found = []
        for s in self._owned.get(group, ()):
            spread = self._spreads[s]
            if spread.itself:
                there = self._there[s]
                even = _Even(
                    # Those who add nothing come while `closed` lets them, in whatever number.
                    domain=np.where(spread.aside, -1, spread.domain) if self._has_aside[s] else spread.domain,
                    domains=len(there),
                    by_node=spread.by_node,
                    there=there,
                    counting=spread.counting,
                    max_skew=spread.max_skew,
                    floor_is_zero=spread.floor_is_zero,
                )
                found.append(even)
        return found

    def holds(self) -> bool | None:
        told = True
        for s, spread in enumerate(self._spreads):
            domains = len(spread.start)
            over = self._over(s)
            if any(placed[:domains][over].any() for placed in self._placed[s].values()):
                return False
            if self._has_aside[s]:
                over = self._over(s, int(spread.itself))
                over[list(spread.exempt)] = False
                if any(placed[domains:][over].any() for placed in self._placed[s].values()):
                    if not spread.standing:
                        return False
                    told = False
        return True if told else None

    def _over(self, s: int, more: int = 0) -> BoolArray:
        """bool (D,): domains that count and hold too many, or would with so many more."""
        spread, there = self._spreads[s], self._there[s]
        least = 0 if spread.floor_is_zero else int(there[spread.counting].min(initial=2**62))
        over = np.zeros(len(there), dtype=np.bool_)
        over[spread.counting] = there[spread.counting] + more - least > spread.max_skew
        return over


def _add(amounts: IntArray, domain: IntArray, number: IntArray) -> None:
    inside = domain >= 0
    np.add.at(amounts, domain[inside], number[inside])
