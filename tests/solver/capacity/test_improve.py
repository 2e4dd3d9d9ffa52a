"""Nodes given back and bought for anew: never dearer, everybody keeps a place, and limits hold."""

from __future__ import annotations

import math
from random import Random

import numpy as np

from placewright.solver.capacity.bins import Bins
from placewright.solver.capacity.dive import Pick, Stock, cost_of
from placewright.solver.capacity.improve import improve
from placewright.solver.clock import Deadline
from placewright.tests.builders import agents
from placewright.tests.solver.capacity.questions import bins, kind, names

UNIT = 1_000_000
SMALL, BIG = kind("small", 1, 3), kind("big", 4, 10)


def wasteful(made: Bins, number: int, name: str = "small", each: int = 1) -> Stock:
    """Everybody on nodes of one kind, `each` on every one of them."""
    stock = Stock.full(made, np.array([False]), np.array([number]), np.zeros((0, 0), dtype=np.int64))
    stock.take(names(made).index(name), np.array([each]), number // each)
    return stock


def better(stock: Stock, *, bound: int = 0, seconds: float = math.inf, seed: int = 1) -> Stock:
    made = stock.bins
    value = np.full((len(made.kinds), len(made.size)), 2.5 * UNIT)
    return improve(stock, np.arange(len(made.kinds)), value, bound, Deadline(seconds), seed)


def placed(stock: Stock) -> int:
    return sum(int(pick.count.sum()) * pick.times for pick in stock.picks)


def test_eight_small_ones_become_two_big_ones() -> None:
    made = bins(agents("a", 8, cpu=1000), SMALL, BIG)
    found = better(wasteful(made, 8))
    assert cost_of(made, found.picks) == 20 * UNIT
    assert placed(found) == 8


def test_nothing_is_given_back_where_the_bound_is_reached_or_time_is_up() -> None:
    made = bins(agents("a", 8, cpu=1000), SMALL, BIG)
    for how in ({"bound": 24 * UNIT}, {"seconds": 0.0}):
        found = better(wasteful(made, 8), **how)
        assert [(pick.k, pick.times) for pick in found.picks] == [(0, 1)] * 8


def test_one_node_is_left_as_it_is() -> None:
    made = bins(agents("a", 1, cpu=1000), kind("dear", 1, 9), SMALL)
    found = better(wasteful(made, 1, "dear"))
    assert [made.kinds[pick.k].name for pick in found.picks] == ["dear"]


def test_what_is_given_back_can_be_had_again_and_no_more_than_there_is() -> None:
    made = bins(agents("a", 8, cpu=1000), SMALL, {**BIG, "max": 1})
    found = better(wasteful(made, 8))
    assert cost_of(made, found.picks) == 22 * UNIT
    assert found.room.tolist() == [made.limit[0], 0]
    assert placed(found) == 8


def test_what_kinds_share_is_not_spent_twice() -> None:
    spot = {**BIG, "spot": {"price": 1, "interruptionRisk": "0.5"}}
    made = bins(agents("a", 8, cpu=1000), SMALL, spot, mostInterruptions="0.5")
    found = better(wasteful(made, 8))
    chosen = [pick.k for pick in found.picks for _ in range(pick.times)]
    assert all(int(weights[chosen].sum()) <= most for weights, most in made.budgets)
    assert len(found.budgets) == len(made.budgets) > 0
    # One big node on the spot market, and a big one that stays.
    assert cost_of(made, found.picks) == 11 * UNIT


def test_the_same_seed_buys_the_same() -> None:
    made = bins(agents("a", 12, cpu=1000), SMALL, BIG, kind("middle", 2, 6))
    first, second = (better(wasteful(made, 12), seed=7) for _ in range(2))
    assert [(p.k, p.count.tolist()) for p in first.picks] == [(p.k, p.count.tolist()) for p in second.picks]


def test_it_is_never_dearer_and_nobody_loses_a_place() -> None:
    cheaper = 0
    for seed in range(15):
        rng = Random(seed)
        number = rng.randint(2, 12)
        types = [kind(f"t{i}", rng.randint(1, 4), rng.randint(2, 9)) for i in range(3)]
        made = bins(agents("a", number, cpu=1000), *types)
        start = wasteful(made, number, made.kinds[0].name)
        before = cost_of(made, start.picks)
        found = better(start, seed=seed)
        assert placed(found) == number
        assert cost_of(made, found.picks) <= before
        assert all((pick.count <= made.cap[pick.k]).all() for pick in found.picks)
        cheaper += cost_of(made, found.picks) < before
    assert cheaper > 5


def test_picks_of_several_nodes_are_given_back_one_by_one() -> None:
    made = bins(agents("a", 8, cpu=1000), SMALL, BIG)
    stock = wasteful(made, 8, "big", each=2)
    assert [pick.times for pick in stock.picks] == [4]
    found = better(stock)
    assert cost_of(made, found.picks) == 20 * UNIT
    assert all(isinstance(pick, Pick) and pick.times == 1 for pick in found.picks)
