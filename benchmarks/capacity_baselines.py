"""Three ways to buy nodes without looking at the whole, over the same kinds, rules and zones as the answer.

single best type: everybody goes to one type, the cheapest one in the end; who cannot is bought for in the
same way again. cheapest per agent: each template takes the type on which a full node is cheapest for each of
its agents.
first fit decreasing: as Karpenter does, agents by size are put on the first open node on which some type
still holds all, else on a new one; in the end each node is the cheapest type that holds what is on it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np

from placewright.models.ingest.catalog import load_catalog
from placewright.models.ingest.load import load_snapshot
from placewright.models.options import Options
from placewright.solver.capacity.bins import Bins, make_bins, undominated
from placewright.solver.capacity.dive import Stock, cost_of, finish
from placewright.solver.capacity.question import ask
from placewright.solver.capacity.zones import plan_zones, zone_rules
from placewright.solver.clock import Deadline
from placewright.solver.compilation import BoolArray, IntArray

SECONDS = 300.0
MOST_TYPES = 6
"""Types that are tried to the end before the cheapest of them is taken."""


@dataclass(frozen=True)
class Baseline:
    """What one way buys: cost in millionths an hour."""

    name: str
    cost: int
    nodes: int
    placed: int
    seconds: float


def baselines(cluster: str, catalog: str) -> list[Baseline]:
    """All of them for a cluster's agents, from scratch."""
    offers = load_catalog(catalog).catalog
    question = ask(load_snapshot([cluster], Options()), offers, from_scratch=True, daemons=offers.daemons)
    bins = make_bins(question)
    bins = bins.only(undominated(bins))
    rules = zone_rules(bins)
    zones = max(1, len(bins.zones))
    even = np.repeat(bins.size[:, None] / zones, zones, axis=1)
    plan = plan_zones(bins, rules, bins.size, even)
    stock = Stock.full(
        bins,
        rules.zoned if plan is not None else np.zeros_like(rules.zoned),
        bins.size,
        plan if plan is not None else np.zeros((len(bins.size), 0), dtype=np.int64),
    )
    found = []
    for name, buy in (
        ("single best type", _single),
        ("cheapest per agent", _cheapest_per_agent),
        ("first fit decreasing", _first_fit_decreasing),
    ):
        start = time.perf_counter()
        cost, nodes, placed = buy(bins, stock)
        found.append(Baseline(name, cost, nodes, placed, time.perf_counter() - start))
    return found


def _fresh(stock: Stock, left: IntArray) -> Stock:
    return Stock.full(stock.bins, stock.zoned, left, stock.in_zone)


def _single(bins: Bins, stock: Stock) -> tuple[int, int, int]:
    makes = sorted(set(bins.alike))
    first = np.array([make[0] for make in makes])
    left, in_zone = stock.left.copy(), stock.in_zone.copy()
    cost = nodes = 0
    value = np.ones(bins.cap.shape)
    while left.any():
        best: tuple[float, Stock] | None = None
        for make in _promising(bins, makes, first, left):
            trial = Stock.full(bins, stock.zoned, left, in_zone)
            finish(trial, np.array(make), value, Deadline(SECONDS))
            placed = int(left.sum() - trial.left.sum())
            if placed:
                # Of types that hold different agents the one that holds the most, and of those the cheapest.
                rank = (-placed, cost_of(bins, trial.picks))
                if best is None or rank < (best[0], cost_of(bins, best[1].picks)):
                    best = (-placed, trial)
        if best is None:
            break
        cost += cost_of(bins, best[1].picks)
        nodes += sum(pick.times for pick in best[1].picks)
        left, in_zone = best[1].left, best[1].in_zone
    return cost, nodes, int(stock.left.sum() - left.sum())


def _promising(
    bins: Bins, makes: list[tuple[int, ...]], first: IntArray, left: IntArray
) -> list[tuple[int, ...]]:
    """The types that hold the most of those left, and of these the ones that are the cheapest by sums."""
    held = np.where(bins.cap[first] > 0, left[None, :], 0)
    asked = held @ bins.request
    nodes = (asked / np.maximum(bins.free[first], 1)).max(axis=1)
    order = np.lexsort([nodes * bins.price[first], -held.sum(axis=1)])
    return [makes[i] for i in order[:MOST_TYPES] if held[i].any()]


def _cheapest_per_agent(bins: Bins, stock: Stock) -> tuple[int, int, int]:
    most = np.minimum(bins.cap, bins.size[None, :])
    with np.errstate(divide="ignore"):
        each = np.where(most > 0, bins.price[:, None] / np.maximum(most, 1), np.inf)
    choice: dict[tuple[int, ...], list[int]] = {}
    for g in range(len(bins.size)):
        if np.isfinite(each[:, g]).any():
            choice.setdefault(bins.alike[int(np.argmin(each[:, g]))], []).append(g)
    trial = _fresh(stock, stock.left)
    for make, groups in choice.items():
        value = np.zeros(bins.cap.shape)
        value[:, groups] = 1.0
        waiting = trial.left.copy()
        trial.left = np.where(value[0] > 0, waiting, 0)
        finish(trial, np.array(make), value, Deadline(SECONDS))
        trial.left = np.where(value[0] > 0, trial.left, waiting)
    nodes = sum(pick.times for pick in trial.picks)
    return cost_of(bins, trial.picks), nodes, int(stock.left.sum() - trial.left.sum())


@dataclass
class _Node:
    """An open node: which kinds may still hold what is on it, how much that is, and who."""

    kinds: IntArray
    load: IntArray
    count: IntArray = field(repr=False)


def _first_fit_decreasing(bins: Bins, stock: Stock) -> tuple[int, int, int]:
    resources = bins.compilation.resources
    size = [bins.request[:, resources.index(name)] for name in ("cpu", "memory") if name in resources]
    # The last key counts first.
    order = np.lexsort([-amounts for amounts in reversed(size)])
    open_nodes: list[_Node] = []
    placed = 0
    for g in order.tolist():
        shares = enumerate(stock.in_zone[g].tolist()) if stock.zoned[g] else [(-1, int(stock.left[g]))]
        for z, number in shares:
            here = (bins.cap[:, g] > 0) & ((bins.zone == z) if z >= 0 else True)
            left = number
            for node in open_nodes:
                if not left:
                    break
                left -= _put(bins, node, g, left, here)
            while left and here.any():
                nothing = np.zeros(bins.free.shape[1], dtype=np.int64)
                node = _Node(np.flatnonzero(here), nothing, np.zeros(len(bins.size), dtype=np.int64))
                number_put = _put(bins, node, g, left, here)
                if not number_put:
                    break
                open_nodes.append(node)
                left -= number_put
            placed += number - left
    cost = sum(int(bins.price[node.kinds].min()) for node in open_nodes)
    return cost, len(open_nodes), placed


def _put(bins: Bins, node: _Node, g: int, left: int, here: BoolArray) -> int:
    """Put as many of a group on the node as some kind holds; only kinds that do stay possible."""
    if (bins.clash[g] & (node.count > 0)).any():
        return 0
    kinds = node.kinds[here[node.kinds]]
    if not len(kinds):
        return 0
    asked = bins.request[g]
    some = asked > 0
    fits = ((bins.free[kinds][:, some] - node.load[some]) // asked[some]).min(axis=1)
    fits = np.minimum(np.minimum(fits, bins.cap[kinds, g] - node.count[g]), int(bins.per_node[g]))
    number = min(left, int(fits.max(initial=0)))
    if number <= 0:
        return 0
    node.kinds = kinds[fits >= number]
    node.load = node.load + number * asked
    node.count[g] += number
    return number
