"""From prices to whole nodes: patterns as often as wanted, then the best for what is left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from placewright.solver.capacity.bins import UNLIMITED, Bins
from placewright.solver.capacity.pricing import fill
from placewright.solver.clock import Deadline
from placewright.solver.compilation import BoolArray, FloatArray, IntArray

ENOUGH_WORTH = 0.97
"""A pattern in which others stand in is taken while it is worth this part of what it was meant to be."""

LEAST_WORTH = 1.0
"""Of an agent, in millionths: even one that costs nothing has to go somewhere."""


@dataclass(frozen=True)
class Pick:
    """`times` nodes of kind `k`, each with `count` (G,) on it."""

    k: int
    count: IntArray
    times: int = 1


@dataclass
class Stock:
    """What is still to be placed, and what may still be bought; nodes taken so far.

    left (G,): of each group. in_zone (G, Z): of zoned groups in each zone, else not looked at. room (K,) of
    each
    kind, budgets: what is left of each.
    """

    bins: Bins
    zoned: BoolArray
    left: IntArray
    in_zone: IntArray
    room: IntArray
    budgets: list[int]
    picks: list[Pick] = field(default_factory=list)

    @classmethod
    def full(cls, bins: Bins, zoned: BoolArray, demand: IntArray, in_zone: IntArray) -> Stock:
        """Nothing is bought; `demand` (G,) is to be placed, zoned groups as `in_zone` (G, Z) says."""
        zones = max(1, len(bins.zones))
        shares = in_zone.copy() if in_zone.size else np.zeros((len(demand), zones), dtype=np.int64)
        return cls(bins, zoned, demand.copy(), shares, bins.limit.copy(), [most for _, most in bins.budgets])

    def most(self, ks: IntArray) -> IntArray:
        """int64 (k, G): how many of each group a node of each of the kinds could get."""
        bins = self.bins
        most: IntArray = np.minimum(bins.cap[ks], bins.per_node[None, :]).astype(np.int64)
        most = np.minimum(most, self.left[None, :])
        if self.zoned.any():
            zone = bins.zone[ks]
            share = np.where((zone >= 0)[:, None], self.in_zone[:, zone].T, self.left[None, :])
            np.minimum(most, share, out=most, where=self.zoned[None, :])
        return most

    def available(self) -> BoolArray:
        """bool (K,): kinds of which one more may be had."""
        found = self.room > 0
        for (weights, _), left in zip(self.bins.budgets, self.budgets, strict=True):
            found &= weights <= left
        return np.asarray(found)

    def times(self, k: int, count: IntArray) -> int:
        """How many nodes of kind k with `count` on each are still wanted and to be had."""
        asked = np.flatnonzero(count)
        most = int(self.room[k])
        for (weights, _), left in zip(self.bins.budgets, self.budgets, strict=True):
            if weights[k]:
                most = min(most, left // int(weights[k]))
        if len(asked):
            most = min(most, int((self.left[asked] // count[asked]).min()))
        bound = asked[self.zoned[asked]]
        if len(bound) and self.bins.zone[k] >= 0:
            most = min(most, int((self.in_zone[bound, self.bins.zone[k]] // count[bound]).min()))
        return most

    def take(self, k: int, count: IntArray, times: int) -> None:
        """Buy, or give back where `times` is negative."""
        self.left -= count * times
        if self.bins.zone[k] >= 0:
            self.in_zone[:, self.bins.zone[k]] -= count * times
        if self.room[k] < UNLIMITED:
            self.room[k] -= times
        self.budgets = [
            left - int(weights[k]) * times
            for (weights, _), left in zip(self.bins.budgets, self.budgets, strict=True)
        ]
        if times > 0:
            self.picks.append(Pick(k, count, times))


def follow(
    stock: Stock,
    usage: Iterable[tuple[Sequence[int], IntArray, float]],
    instead: BoolArray,
    value: FloatArray,
) -> None:
    """Take patterns as often as they are wanted, rounded down: (kinds that will do, count (G,), how often).

    Where several kinds will do they take turns, so that zones are filled alike. Groups of which nobody is
    left are represented by those that fit `instead` (G, G), the worthiest by `value` (G,) first.
    """
    others = [np.flatnonzero(row) for row in instead]
    others = [row[np.argsort(-value[row], kind="stable")] for row in others]
    for kinds, count, often in sorted(usage, key=lambda item: -item[2]):
        wanted = int(often + 1e-6)
        turn = 0
        while wanted > 0 and turn < len(kinds):
            k = max(
                kinds,
                key=lambda k: (int(stock.room[k]), float(_standing_in(stock, k, count, others) @ value)),
            )
            actual = _standing_in(stock, k, count, others)
            if float(actual @ value) < ENOUGH_WORTH * float(count @ value):
                break
            times = min(max(1, wanted // (2 * len(kinds))), stock.times(k, actual))
            if times <= 0:
                break
            stock.take(k, actual, times)
            wanted -= times


def _standing_in(stock: Stock, k: int, count: IntArray, others: Sequence[IntArray]) -> IntArray:
    """The pattern (G,) with others where there are not enough of a group."""
    most = stock.most(np.array([k]))[0]
    actual: IntArray = np.minimum(count, most)
    for g in np.flatnonzero(count > most).tolist():
        short = int(count[g] - actual[g])
        for h in others[g].tolist():
            some = min(short, int(most[h] - actual[h]))
            if some > 0:
                actual[h] += some
                short -= some
            if not short:
                break
    return actual


def finish(stock: Stock, ks: IntArray, value: FloatArray, deadline: Deadline) -> None:
    """Take nodes of kinds `ks` until nobody is left or fits: what holds the most for its price first.

    value (K, G): what an agent is worth on a node of each kind.
    """
    bins = stock.bins.only(ks)
    worth = np.maximum(value[ks], LEAST_WORTH)
    fills = np.zeros((len(ks), worth.shape[1]), dtype=np.int64)
    stale = np.ones(len(ks), dtype=np.bool_)
    price = np.maximum(bins.price, 1e-3)
    share = np.maximum((bins.request[None] / np.maximum(bins.free[:, None], 1)).max(axis=2), 1e-12)
    while stock.left.any() and not deadline.passed:
        rows = np.flatnonzero(stale)
        most = stock.most(ks[rows])
        fills[rows] = _best_fill(bins.only(rows), most, worth[rows], share[rows])
        held = np.where(stock.available()[ks], (fills * worth).sum(axis=1), 0.0)
        best = int(np.argmax(held / price))
        if held[best] <= 0:
            return
        k = int(ks[best])
        stock.take(k, fills[best].copy(), max(1, stock.times(k, fills[best])))
        over = fills > stock.most(ks)
        stale = np.asarray(over.any(axis=1), dtype=np.bool_)


def _best_fill(bins: Bins, most: IntArray, worth: FloatArray, share: FloatArray) -> IntArray:
    """The better of two ways to fill a node of each kind (k, G)."""

    one = fill(bins, most, worth / share)
    other = fill(bins, most, worth)
    better = (one * worth).sum(axis=1) >= (other * worth).sum(axis=1)
    return np.where(better[:, None], one, other)


def cost_of(bins: Bins, picks: Iterable[Pick]) -> int:
    """Millionths an hour."""
    return sum(int(bins.price[pick.k]) * pick.times for pick in picks)


def downsized(stock: Stock) -> list[Pick]:
    """The picks on the cheapest kinds in their zones that hold them."""
    return [Pick(_cheapest(stock, pick), pick.count, pick.times) for pick in stock.picks]


def _cheapest(stock: Stock, pick: Pick) -> int:
    bins = stock.bins
    if not bins.offered[pick.k]:
        return pick.k
    load = pick.count @ bins.request
    limited = bins.limit < UNLIMITED
    for weights, _ in bins.budgets:
        limited = limited | (weights > weights[pick.k])
    fits = bins.offered & ~limited & (bins.zone == bins.zone[pick.k])
    fits &= (bins.free >= load[None, :]).all(axis=1) & (bins.cap >= pick.count[None, :]).all(axis=1)
    fits[pick.k] = True
    ks = np.flatnonzero(fits)
    return int(ks[np.argmin(bins.price[ks])])
