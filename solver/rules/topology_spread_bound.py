"""What hard spread says of whole domains, as lines of the linear relaxation.

Where owners of a constraint are in a domain d, it holds no more than the emptiest one and maxSkew:

    start[d] + u[d]  <=  least + skew,     least <= start[e] + v[e]  for every domain e that counts

with u owners and v agents that count to come. Nobody need come to a domain that is too full as it is: there
the line is the chord of max(0, least + skew - start[d]) between the smallest and the largest `least`. It
also follows how many owners a domain may have at all: the others must keep up with it, from the same T
agents, so u[d] + sum over e of max(0, start[d] + u[d] - skew - start[e]) <= T. However few of them come, each
of D domains keeps up: D * (start[d] + u[d]) <= (D - 1) * skew + sum over e of (start[e] + v[e]).
"""

from __future__ import annotations

import numpy as np

from placewright.solver.arrivals import arriving, counted, cover
from placewright.solver.compilation import IntArray
from placewright.solver.node_classes import MOST_DOMAINS
from placewright.solver.relaxation import Evenness, Relaxation
from placewright.solver.rules.ledger import by_domain
from placewright.solver.rules.spreads import Spread


def relax_spread(spread: Spread, relaxation: Relaxation) -> None:
    """Add the rows of one constraint. Owners that do not count themselves are left out: they add nothing."""
    counting = spread.counting
    groups = np.array(spread.groups, dtype=np.int64)
    uncounted = (spread.counted == 0) & (spread.domain >= 0)
    if (
        not spread.itself
        or not 1 < len(counting) <= MOST_DOMAINS
        or relaxation.cap[groups][:, uncounted].any()
    ):
        return
    domains = len(spread.start)
    full = _full(spread, relaxation)
    most = _most(spread, int(relaxation.size[list(spread.matching)].sum()), full)
    cover(relaxation, spread.groups, spread.domain, most)
    owners = arriving(relaxation, groups, spread.domain, domains)
    for d in counting.tolist():
        relaxation.row([(owners[d], 1.0)], most=float(most[d]))
    if spread.floor_is_zero:
        return
    lowest, highest = int(spread.start[counting].min()), int(full[counting].min())
    least = relaxation.lp.NumVar(float(lowest), float(highest), "")
    bucket = counted(spread.domain, spread.counted > 0)
    coming = arriving(relaxation, np.array(spread.matching, dtype=np.int64), bucket, domains)
    together = int(spread.start[counting].sum()) - len(counting) * lowest
    more = (len(counting) - 1) * spread.max_skew + together
    for g in spread.groups:
        relaxation.even_out(g, spread.domain, Evenness(len(counting), tuple(coming), more))
    for d in counting.tolist():
        start = int(spread.start[d])
        relaxation.row([(least, 1.0), (coming[d], -1.0)], most=float(start))
        if start <= lowest + spread.max_skew:
            relaxation.row([(owners[d], 1.0), (least, -1.0)], most=float(spread.max_skew - start))
        elif most[d]:
            slope = (highest + spread.max_skew - start) / (highest - lowest)
            relaxation.row([(owners[d], 1.0), (least, -slope)], most=-slope * lowest)


def _full(spread: Spread, relaxation: Relaxation) -> IntArray:
    """int64 (D,): how many agents that count a domain can have at most."""
    room = np.zeros_like(spread.start)
    for g in spread.matching:
        here = by_domain(spread.domain, relaxation.cap[g] * spread.counted, len(room))
        room += np.minimum(here, relaxation.size[g])
    return spread.start + room


def _most(spread: Spread, total: int, full: IntArray) -> IntArray:
    """int64 (D,): how many owners may come to a domain, of `total` agents that count; `full` as `_full`."""
    most = np.full_like(spread.start, total)
    counting = spread.counting
    start = spread.start[counting]
    if spread.floor_is_zero:
        most[counting] = np.clip(spread.max_skew - start, 0, total)
        return most
    low, high = np.zeros_like(start), np.clip(full[counting].min() + spread.max_skew - start, 0, total)
    while (low < high).any():
        middle = (low + high + 1) // 2
        others = np.maximum(0, (start + middle - spread.max_skew)[:, None] - start[None, :])
        np.fill_diagonal(others, 0)
        fits = middle + others.sum(axis=1) <= total
        low, high = np.where(fits, middle, low), np.where(fits, high, middle - 1)
    most[counting] = low
    return most
