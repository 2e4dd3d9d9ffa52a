"""From prices to whole nodes: what is left, what may be had, and what holds the most for its price."""

from __future__ import annotations

import math

import numpy as np

from placewright.solver.capacity.bins import UNLIMITED, Bins
from placewright.solver.capacity.dive import Pick, Stock, cost_of, downsized, finish, follow
from placewright.solver.clock import Deadline
from placewright.tests.builders import HOSTNAME, agents, spread
from placewright.tests.solver.capacity.questions import bins, kind

EVER = Deadline(math.inf)
SMALL, BIG = kind("small", 1, 3), kind("big", 4, 10)


def stock(of: Bins, *left: int) -> Stock:
    zoned = np.zeros(len(of.size), dtype=np.bool_)
    return Stock.full(of, zoned, np.array(left, dtype=np.int64), np.zeros((0, 0), dtype=np.int64))


def test_what_is_taken_is_gone_and_comes_back() -> None:
    made = bins(agents("a", 9, cpu=500), {**SMALL, "max": 3}, BIG)
    of = stock(made, 9)
    two = np.array([2])
    assert of.times(0, two) == 3
    of.take(0, two, 3)
    assert (of.left.tolist(), of.room.tolist(), of.available().tolist()) == (
        [3],
        [0, UNLIMITED],
        [False, True],
    )
    assert of.times(1, two) == 1
    of.take(0, two, -3)
    assert (of.left.tolist(), of.room.tolist()) == ([9], [3, UNLIMITED])
    assert of.picks == [Pick(0, two, 3)]


def test_a_share_of_a_zone_is_no_more_than_its_own() -> None:
    made = bins(agents("a", 9, cpu=500), kind("big", 4, 10, zones=["a", "b"]))
    of = Stock.full(made, np.array([True]), np.array([9]), np.array([[7, 2]]))
    assert of.most(np.array([0, 1])).tolist() == [[7], [2]]
    assert of.times(1, np.array([2])) == 1
    of.take(1, np.array([2]), 1)
    assert of.most(np.array([0, 1])).tolist() == [[7], [0]]


def test_interruptions_are_spent_by_spot_nodes() -> None:
    spot = kind("odd", 1, 9, spot={"price": 1, "interruptionRisk": "0.4"}, onDemand=False)
    made = bins(agents("a", 9, cpu=1000), spot, mostInterruptions="1")
    assert stock(made, 9).times(0, np.array([1])) == 2


def test_spread_over_nodes_bounds_a_pattern() -> None:
    even = agents("a", 9, cpu=100, labels={"app": "x"}, spread=(spread(HOSTNAME, app="x"),))
    made = bins(even, SMALL, BIG)
    assert stock(made, 9).most(np.array([0, 1])).tolist() == [[1], [1]]


def test_patterns_are_followed_as_often_as_they_are_wanted_rounded_down() -> None:
    made = bins(agents("a", 9, cpu=500), SMALL)
    of = stock(made, 9)
    follow(of, [([0], np.array([2]), 2.9)], np.zeros((1, 1), dtype=np.bool_), np.ones(1))
    assert sum(pick.times for pick in of.picks) == 2
    assert of.left.tolist() == [5]


def test_others_stand_in_for_those_of_whom_nobody_is_left() -> None:
    made = bins([*agents("a", 2, cpu=500), *agents("b", 2, cpu=499)], SMALL)
    of = stock(made, 0, 2)
    instead = np.array([[False, True], [False, False]])
    follow(of, [([0], np.array([2, 0]), 1.0)], instead, np.ones(2))
    assert [pick.count.tolist() for pick in of.picks] == [[0, 2]]


def test_the_rest_goes_to_what_holds_most_for_its_price() -> None:
    made = bins(agents("a", 5, cpu=1000), SMALL, BIG)
    of = stock(made, 5)
    finish(of, np.array([0, 1]), np.ones((2, 1)), EVER)
    assert not of.left.any()
    assert sorted((pick.k, pick.times) for pick in of.picks) == [(0, 1), (1, 1)]
    assert cost_of(made, of.picks) == 13_000_000


def test_a_pick_that_a_cheaper_kind_holds_is_made_smaller() -> None:
    made = bins(agents("a", 5, cpu=1000), SMALL, BIG, kind("wide", 4, 9, max=1))
    of = stock(made, 5)
    of.take(1, np.array([1]), 2)
    of.take(1, np.array([3]), 1)
    # The cheapest that would hold three is of a sort of which there are few.
    assert [(pick.k, pick.times) for pick in downsized(of)] == [(0, 2), (1, 1)]
