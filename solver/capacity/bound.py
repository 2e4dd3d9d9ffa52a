"""Column generation: patterns that pay are added until none does, and what the cheapest can cost at least.

The bound does not wait for the end. Let v(k) bound what any pattern of kind k is worth at the program's
prices, and theta be the largest v(k) / price(k), at least 1. Divided by theta the prices are dual feasible:
the optimum over all patterns, known or not, is no less than the program's divided by theta (Farley). Nodes
that are there cost nothing: what their patterns are worth beyond their charge is taken off instead, once for
each such node.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from placewright.solver.capacity.bins import UNLIMITED, Bins
from placewright.solver.capacity.master import Master, Prices
from placewright.solver.capacity.pricing import Weights, best_pattern, fill, narrowed
from placewright.solver.capacity.zones import ZoneRules
from placewright.solver.clock import Deadline
from placewright.solver.compilation import FloatArray, IntArray

COLUMNS_A_ROUND = 120
ENOUGH = 2e-4
"""Relative distance of bound and program at which column generation ends."""
SMOOTHED = 0.4
"""How far from the best bound's prices towards the program's patterns are looked for first."""
COMPETITIVE = 0.85
"""Kinds of which no pattern is worth this part of its price are not filled."""
WORTHWHILE = 1.0005
"""How much better the bound has to get for kinds to be asked exactly while patterns are found without."""
CLOSE_STEPS = 150
"""Subgradient steps for kinds that stand in the way."""
WORK = (0.02, 0.1, 0.5)
"""For one exact pattern, in CP-SAT's deterministic seconds, so that a busy machine makes no bound worse: more
of it once nothing is found with less."""
MOST_ASKED = 60
"""Kinds that are asked exactly in one round."""
MOST_RAISED = 1.02
"""Others are asked down to this even where one kind is above: for the patterns that are found on the way."""
PAYS = 1e-7
SLACK = 1e-6
"""What floating point may have got wrong, relative; the bound is less by that."""


@dataclass(frozen=True)
class Relaxed:
    """bound: no way to place everybody costs less; None where there is none, or where it is not known.

    beyond (K,): by how much everything that has a node of this kind costs more than the bound, for each of
    them.
    prices, shares, usage: what the last program had, to build upon.
    """

    bound: int | None
    beyond: FloatArray
    prices: Prices
    shares: FloatArray
    usage: list[tuple[int, IntArray, float]]


def relax(
    bins: Bins,
    rules: ZoneRules,
    deadline: Deadline,
    progress: Callable[[str], None],
    demand: IntArray | None = None,
) -> Relaxed | None:
    """Generate columns until the bound meets the program or time is up. None where that could not begin."""
    wanted = bins.size if demand is None else demand
    generator = _Generator(bins, rules, wanted)
    return generator.run(deadline, progress)


@dataclass(frozen=True)
class _Point:
    """Prices of agents (K, G) and charges of nodes (K,), feasible but for patterns, worth `cost`."""

    cost: float
    value: FloatArray
    charge: FloatArray

    def towards(self, other: _Point, step: float) -> _Point:
        """A point between the two: what is feasible stays so, and the worth is linear."""
        return _Point(
            self.cost + step * (other.cost - self.cost),
            self.value + step * (other.value - self.value),
            self.charge + step * (other.charge - self.charge),
        )


class _Generator:
    def __init__(self, bins: Bins, rules: ZoneRules, demand: IntArray) -> None:
        self._bins = bins
        self._most = np.minimum(bins.cap, demand[None, :])
        self._master = Master(bins, rules, demand)
        self._weights = Weights(bins)
        self._ratio = np.full(len(bins.kinds), np.inf)
        self._best = 0.0
        self._center: _Point | None = None
        self._beyond = np.zeros(len(bins.kinds))
        self._effort = 0
        self._start(demand)

    def _start(self, demand: IntArray) -> None:
        """Each group alone where it is cheapest, and good mixtures by what that costs."""
        bins = self._bins
        with np.errstate(divide="ignore"):
            each = np.where(self._most > 0, (bins.price[:, None] + 1e-3) / self._most, np.inf)
        for g in np.flatnonzero(demand).tolist():
            for z in np.unique(bins.zone).tolist():
                ks = np.flatnonzero(bins.zone == z)
                k = int(ks[np.argmin(each[ks, g])])
                if np.isfinite(each[k, g]):
                    pattern = np.zeros(len(demand), dtype=np.int64)
                    pattern[g] = self._most[k, g]
                    self._master.add(k, pattern)
        least = each.min(axis=0, initial=np.inf)
        value = np.broadcast_to(np.where(np.isfinite(least), least, 0.0), each.shape)
        self._add_good(value, bins.price.astype(np.float64), value)

    def run(self, deadline: Deadline, progress: Callable[[str], None]) -> Relaxed | None:
        found: Relaxed | None = None
        rounds = 0
        while True:
            prices = self._master.solve()
            if prices is None:
                break
            rounds += 1
            found = Relaxed(None, self._beyond, prices, self._master.shares(), self._master.usage())
            point = _Point(prices.cost, prices.value, prices.charge)
            added = self._round(point, deadline)
            if rounds % 10 == 0 or not added:
                progress(
                    f"at least {self._best / 1e6:.4f}, at most {prices.cost / 1e6:.4f} ({rounds} rounds)"
                )
            if deadline.passed or self._best >= prices.cost * (1.0 - ENOUGH):
                break
            if not added:
                self._effort += 1
                if self._effort == len(WORK):
                    break
        if found is None:
            return None
        short = float(found.prices.left_out.sum()) > 1e-6
        return replace(found, bound=None if short else self._rounded(), beyond=self._beyond)

    def _round(self, point: _Point, deadline: Deadline) -> int:
        """Look for patterns that pay, at a point near the best bound's first; how many were added."""
        cost = self._bins.price + point.charge
        for step in (SMOOTHED, 1.0) if self._center is not None else (1.0,):
            near = point if step == 1.0 else (self._center or point).towards(point, step)
            added, reached = self._add_good(near.value, cost, point.value)
            every = np.arange(len(cost))
            over = self._weights.at_most(every, near.value, self._most, reached)
            if not added or self._farley(near, over) > self._best * WORTHWHILE:
                added += self._ask_exactly(near, point, over, reached, deadline)
            bound = self._farley(near, over)
            if bound >= self._best:
                self._best, self._center = bound, near
                self._beyond = self._bins.price - np.maximum(0.0, over - near.charge) / self._theta(
                    near, over
                )
            if added or deadline.passed:
                return added
        return 0

    def _rounded(self) -> int:
        """The bound in whole units, and in whole steps of what the prices have in common."""
        safe = self._best * (1.0 - SLACK) - SLACK
        step = int(np.gcd.reduce(self._bins.price)) or 1
        return max(0, -int(-safe // step) * step)

    def _add_good(self, value: FloatArray, cost: FloatArray, true: FloatArray) -> tuple[int, FloatArray]:
        """Add the best patterns by `value` that pay at the `true` prices.

        How many were new, and what the best of each kind is worth by `value` (K,).
        """
        bins = self._bins
        best = np.zeros(len(bins.kinds))
        added = 0
        near = np.flatnonzero(self._ratio >= COMPETITIVE)
        some = bins.only(near)
        for score in self._scores(value):
            counts = fill(some, self._most[near], score[near])
            worth = (counts * value[near]).sum(axis=1)
            best[near] = np.maximum(best[near], worth)
            gain = (counts * true[near]).sum(axis=1) - cost[near]
            pays = np.flatnonzero(gain > PAYS * np.maximum(cost[near], 1.0))
            ratio = gain[pays] / np.maximum(cost[near][pays], 1e-9)
            for i in pays[np.argsort(-ratio)][:COLUMNS_A_ROUND].tolist():
                added += self._master.add(int(near[i]), counts[i])
        return added, best

    def _scores(self, value: FloatArray) -> list[FloatArray]:
        """Worth for what is asked for, weighed in several ways (K, G)."""
        bins = self._bins
        request = bins.request.astype(np.float64)
        parts = request[None, :, :] / np.maximum(bins.free[:, None, :], 1)
        shares = [parts.max(axis=2), parts.sum(axis=2)]
        if self._weights.mu.any():
            shares.append(self._weights.mu @ request.T)
        return [np.where(value > 0, (value + 1e-12) / np.maximum(share, 1e-12), 0.0) for share in shares]

    def _ask_exactly(
        self, near: _Point, point: _Point, over: FloatArray, reached: FloatArray, deadline: Deadline
    ) -> int:
        """Bound the kinds that stand in the way of a better bound more closely, `over` (K,) in place.

        How many patterns that pay were found on the way. What one kind cannot be brought below need not be
        undercut by the others.
        """
        bins = self._bins
        price = np.maximum(bins.price, 1)
        target = 1.0 + ENOUGH / 2
        high = np.flatnonzero((over - near.charge > target * price) & (bins.price > 0))
        over[high] = np.minimum(
            over[high],
            self._weights.at_most(high, near.value[high], self._most[high], reached[high], CLOSE_STEPS),
        )
        ratio = np.where(bins.price > 0, np.maximum(0.0, over - near.charge) / price, 0.0)
        self._ratio = np.where(bins.price > 0, ratio, np.inf)
        added = 0
        for k in high[np.argsort(-ratio[high])][:MOST_ASKED].tolist():
            if deadline.passed or ratio[k] <= target:
                break
            # Patterns below the threshold are of no account: they may be left out.
            threshold = price[k] * target + near.charge[k]
            mu = self._weights.mu[k]
            counts = narrowed(near.value[k], mu, bins.request, self._most[k], over[k] - threshold)
            pattern, most = best_pattern(bins, k, near.value[k], counts, WORK[self._effort], deadline)
            over[k] = min(over[k], max(most, threshold))
            if (pattern * point.value[k]).sum() > (bins.price[k] + point.charge[k]) * (1.0 + PAYS) + PAYS:
                added += self._master.add(k, pattern)
            target = max(target, min(float(over[k] - near.charge[k]) / price[k], MOST_RAISED))
        return added

    def _farley(self, point: _Point, over: FloatArray) -> float:
        """What the optimum over all patterns is at least."""
        bins = self._bins
        beyond = np.maximum(0.0, over - point.charge)
        free = (bins.price == 0) & (beyond > 0)
        if (bins.limit[free] >= UNLIMITED).any():
            return 0.0
        saved = float((beyond[free] * bins.limit[free]).sum())
        return max(0.0, (point.cost - saved) / self._theta(point, over))

    def _theta(self, point: _Point, over: FloatArray) -> float:
        """By what the prices have to be divided so that no pattern is worth more than its node costs."""
        paid = self._bins.price > 0
        beyond = np.maximum(0.0, over - point.charge)
        return max(1.0, float((beyond[paid] / self._bins.price[paid]).max(initial=1.0)))
