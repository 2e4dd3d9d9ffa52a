"""A bound on how well agents can be balanced that needs no linear program, whatever the size.

What amounts are worth to all nodes together is a price for each resource. At these prices each node for
itself chooses what to keep and what to take in, and how much it costs at least is told by lines below its
cost, which is convex: any price and any line give a bound. Prices are then varied for the best one. Agents
count by their amounts alone, as if they could be split; rules are left out, which makes the bound weaker.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from placewright.models.scores.balanced_allocation import UNIT
from placewright.models.scores.utilisation import FULL, Potential
from placewright.solver.clock import Deadline
from placewright.solver.compilation import BoolArray, FloatArray, IntArray
from placewright.solver.moves.terms import MovesTerm
from placewright.solver.objectives.balanced_allocation import BalancedAllocationTerm
from placewright.solver.objectives.base import Term
from placewright.solver.objectives.shares import Shares
from placewright.solver.objectives.utilisation import UtilisationTerm
from placewright.solver.objectives.weighted import WeightedObjective

TILTS = tuple(np.linspace(-1.0, 1.0, 9).tolist())
"""How much of a node's imbalance is charged to its first resource, the rest to the second."""
AT_ONCE = 2**15
"""Numbers that are looked at in one go: few nodes at all tilts together, many at one after the other."""
STEPS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""How far between the price of all nodes and what an amount costs on a node at home its line is drawn."""
FIRST_STEP, LAST_STEP = 0.2, 0.005
"""By which part prices are varied: less and less, as nothing else makes the bound better."""
SLIGHT = 1e-4
"""A part of the bound: where all prices together bring no more than that they are varied less."""


@dataclass(frozen=True)
class _Parts:
    """A level as far as it is understood: times (K,) weigh `cost` of each share, `range_weight` their range;
    `fare` weighs moves; `others`: what all its other terms cost at least.
    """

    shares: Shares
    cost: Potential
    times: FloatArray
    range_weight: float
    moves: MovesTerm
    fare: int
    others: int


def separable_bound(
    level: WeightedObjective, home: IntArray, emptied: BoolArray, deadline: Deadline
) -> int | None:
    """The least that a level can cost where all agents of `home` (G, N) are on some node.

    emptied (N,): nodes on which none of them is in the end. None where the level is of another kind, or
    speaks of other than two resources.
    """
    parts = _understood(level)
    if parts is None:
        return None
    best = _Prices(parts, home, emptied).best(deadline)
    # What floating point may have got wrong is much less than that.
    return math.ceil(best - 1e-6 * max(1.0, abs(best))) + parts.others


def _understood(level: WeightedObjective) -> _Parts | None:
    """The parts of a level: a rising convex cost of shares, perhaps their range, and what moves cost."""
    use: list[tuple[int, UtilisationTerm]] = []
    ranges: list[tuple[int, BalancedAllocationTerm]] = []
    moves: list[tuple[int, MovesTerm]] = []
    rest: list[tuple[int, Term]] = []
    for weight, term in level.terms:
        if isinstance(term, UtilisationTerm) and term.cost.rising and term.cost.convex and not use:
            use.append((weight, term))
        elif isinstance(term, BalancedAllocationTerm) and not ranges:
            ranges.append((weight, term))
        elif isinstance(term, MovesTerm) and not moves:
            moves.append((weight, term))
        else:
            rest.append((weight, term))
    if not use or not moves:
        return None
    (weight, term), shares = use[0], use[0][1].shares
    if shares.ask.shape[1] != 2 or not (shares.allocatable > 0).all():
        return None
    if ranges and not _alike(shares, ranges[0][1].shares):
        rest.extend(ranges)
        ranges = []
    return _Parts(
        shares=shares,
        cost=term.cost,
        times=weight * np.array(term.times, dtype=np.float64) / term.divisor,
        range_weight=float(UNIT * ranges[0][0]) if ranges else 0.0,
        moves=moves[0][1],
        fare=moves[0][0],
        others=sum(weight * term.least() for weight, term in rest),
    )


def _alike(one: Shares, other: Shares) -> bool:
    return all(
        np.array_equal(a, b)
        for a, b in ((one.ask, other.ask), (one.used, other.used), (one.allocatable, other.allocatable))
    )


class _Prices:
    """The bound for given prices (2,), and the search for good ones. S nodes are not emptied."""

    def __init__(self, parts: _Parts, home: IntArray, emptied: BoolArray) -> None:
        self._parts = parts
        shares, stay = parts.shares, ~emptied
        there = home.T @ shares.ask
        self._per: FloatArray = FULL / shares.allocatable[stay]
        self._used = shares.used[stay].astype(np.float64)
        self._all: FloatArray = there.sum(axis=0).astype(np.float64)
        self._home: FloatArray = (shares.used + there)[stay] * self._per
        self._fixed = self._emptied_cost(emptied)
        self._read_places(stay)
        lines = parts.cost.lines
        self._bends = np.array([line.start for line in lines], dtype=np.float64)
        self._slopes = np.array([line.rise / line.run for line in lines])
        values = np.array([line.value for line in lines], dtype=np.float64)
        # A convex cost is furthest below a line where it bends, or at the least or most that can be there.
        least, most = self._used * self._per, (self._used + self._all) * self._per
        bends = np.broadcast_to(self._bends[:, None, None], (len(lines), *least.shape))
        self._corners: FloatArray = np.clip(np.concatenate([bends, least[None], most[None]]), least, most)
        at = np.clip(np.searchsorted(self._bends, self._corners, side="right") - 1, 0, None)
        costs = values[at] + self._slopes[at] * (self._corners - self._bends[at])
        self._costs: FloatArray = costs * parts.times
        tilts = np.array(TILTS if parts.range_weight else (0.0,))
        charged = parts.range_weight * tilts[:, None] * np.array([1.0, -1.0])
        at_once = max(1, AT_ONCE // max(1, self._corners.size))
        self._charged = [charged[i : i + at_once] for i in range(0, len(charged), at_once)]

    def _read_places(self, stay: BoolArray) -> None:
        """One row for each agent on a node that is not emptied: its node, amounts, what moving it costs."""
        position = np.cumsum(stay) - 1
        places = [(g, n, costs) for (g, n), costs in self._parts.moves.costs.items() if stay[n]]
        numbers = [len(costs) for *_, costs in places]
        self._node = np.repeat([int(position[n]) for _, n, _ in places], numbers).astype(np.int64)
        groups = np.repeat([g for g, *_ in places], numbers).astype(np.int64)
        self._amount = self._parts.shares.ask[groups].astype(np.float64)
        self._fare = self._parts.fare * np.array([c for *_, costs in places for c in costs], dtype=np.float64)

    def _emptied_cost(self, emptied: BoolArray) -> float:
        """What the nodes that are emptied cost, and what it costs to move everybody away from them."""
        parts, nodes = self._parts, np.flatnonzero(emptied)
        total = float(
            parts.fare * sum(sum(costs) for (_, n), costs in parts.moves.costs.items() if emptied[n])
        )
        for cpu, memory in (parts.shares.at_first[nodes]).tolist():
            total += parts.times[0] * parts.cost.cost(cpu) + parts.times[1] * parts.cost.cost(memory)
            total += parts.range_weight * abs(cpu - memory)
        return float(total)

    def best(self, deadline: Deadline) -> float:
        """The best bound that varying prices finds."""
        if not len(self._home):
            return self._fixed
        mean = self._home.mean(axis=0)
        price = self._slope(mean) * self._parts.times * self._per.mean(axis=0)
        found, step = self.at(price), FIRST_STEP
        while step > LAST_STEP and not deadline.passed:
            before = found
            for k, sign in product(range(2), (1.0, -1.0)):
                other = price.copy()
                other[k] *= 1.0 + sign * step
                value = self.at(other)
                if value > found:
                    found, price = value, other
            if found - before <= SLIGHT * abs(found):
                step /= 2
        return found

    def _slope(self, share: FloatArray) -> FloatArray:
        """The slope of the cost at shares of any shape."""
        slopes: FloatArray = self._slopes[
            np.clip(np.searchsorted(self._bends, share, side="right") - 1, 0, None)
        ]
        return slopes

    def at(self, price: FloatArray) -> float:
        """A bound on the level for these prices of an amount of each resource."""
        found = np.full(len(self._home), -np.inf)
        for line in self._lines(price):
            found = np.maximum(found, self._nodes(price, line))
        return self._fixed + float(found.sum()) + float(price @ self._all)

    def _lines(self, price: FloatArray) -> Iterator[FloatArray]:
        """Slopes (S, 2), in cost for an amount: never below the price, or else everybody would come in."""
        at_home = self._slope(self._home) * self._parts.times * self._per
        for step in STEPS:
            line: FloatArray = price + step * np.maximum(at_home - price, 0.0)
            yield line

    def _nodes(self, price: FloatArray, line: FloatArray) -> FloatArray:
        """(S,): what each node costs at least beyond what its amounts are worth at these prices."""
        parts = self._parts
        # Each agent stays, or pays for its move, whichever is cheaper.
        stays = ((line - price)[self._node] * self._amount).sum(axis=1)
        found = np.bincount(self._node, np.minimum(stays, self._fare), minlength=len(line))
        found = found + (line * self._used).sum(axis=1)
        below = np.full(len(line), np.inf)
        for charged in self._charged:
            slopes = (line / self._per)[None] - charged[:, None]
            beyond = (slopes[:, None] * self._corners - self._costs).max(axis=1).sum(axis=2)
            below = np.minimum(below, beyond.min(axis=0))
        # Shares are rounded up, one of the two perhaps more than the other.
        total: FloatArray = found - below - parts.range_weight
        return total
