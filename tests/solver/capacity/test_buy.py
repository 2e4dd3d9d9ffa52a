"""What is bought, and how the parts of it hold together: prices, whole nodes, cheaper ones, names."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from placewright.models.agent import Agent
from placewright.solver.capacity.buy import Bought, buy
from placewright.solver.capacity.dive import Pick, Stock, cost_of
from placewright.solver.capacity.improve import improve
from placewright.solver.capacity.more import buy_more
from placewright.solver.capacity.prove import prove
from placewright.solver.clock import Deadline, Phases
from placewright.solver.settings import Settings
from placewright.tests.builders import agents, node, spread
from placewright.tests.solver.capacity.questions import bins, kind, question

UNIT = 1_000_000
SMALL, BIG = kind("small", 1, 3), kind("big", 4, 10)
SETTINGS = Settings(time_limit=30.0, workers=1, deterministic=True)


def silent(said: str) -> None:
    """Nobody is told."""


def bought(pending: list[Agent], *types: dict[str, Any], **fields: Any) -> Bought:
    return buy(question(pending, *types, **fields), SETTINGS, Phases(), silent)


@pytest.mark.parametrize(
    ("number", "cost"),
    [
        pytest.param(3, 9, id="three small ones"),
        pytest.param(4, 10, id="a big one"),
        pytest.param(5, 13, id="one of each"),
        pytest.param(8, 20, id="two big ones"),
    ],
)
def test_the_mixture_is_the_cheapest_and_everybody_is_on_it(number: int, cost: int) -> None:
    made = bought(agents("a", number, cpu=1000), SMALL, BIG, kind("dear", 4, 11))
    assert (made.purchase.cost, len(made.purchase.start)) == (cost * UNIT, number)
    assert made.complete
    assert made.bound is not None
    assert made.bound <= cost * UNIT
    # What another one makes superfluous is not looked at.
    assert (made.offerings, made.considered) == (3, 2)


def test_nodes_that_are_there_are_used_first() -> None:
    made = bought(agents("a", 3, cpu=1000), SMALL, BIG, nodes=[node("there", cpu=2000)])
    assert made.purchase.cost == 3 * UNIT
    assert sorted(made.purchase.start.values()) == ["small-0", "there", "there"]


def test_zones_that_are_all_alike_are_shared_evenly() -> None:
    web = agents("w", 4, cpu=1000, labels={"app": "x"}, spread=(spread(app="x"),))
    made = bought(web, {**SMALL, "zones": ["a", "b"]})
    assert sorted(n.name for n in made.purchase.nodes) == ["small-a-0", "small-a-1", "small-b-0", "small-b-1"]
    assert len(made.purchase.start) == 4


def test_counting_whole_nodes_proves_what_the_program_cannot() -> None:
    asked = question(agents("a", 6, cpu=1000), SMALL, BIG)
    made = buy(asked, SETTINGS, Phases(), silent)
    assert made.purchase.cost == 16 * UNIT
    assert made.bound is not None
    assert made.bound < made.purchase.cost
    assert prove(asked, made, SETTINGS, Deadline(30.0), silent).proven


def test_who_is_left_out_is_bought_for_once_more() -> None:
    asked = question(agents("a", 3, cpu=1000), SMALL)
    made = buy(asked, SETTINGS, Phases(), silent)
    first = made.purchase.nodes[0]
    less = type(made.purchase)((first,), made.purchase.kinds[:1], {"default/a-0": first.name})
    short = type(made)(**{**vars(made), "purchase": less})
    assert not short.complete
    again = buy_more(asked, short, SETTINGS, Deadline(60.0), silent)
    assert again.complete
    assert again.purchase.cost == 9 * UNIT
    assert len({n.name for n in again.purchase.nodes}) == 3


def test_nodes_that_are_given_back_are_bought_for_less() -> None:
    made = bins(agents("a", 8, cpu=1000), SMALL, BIG)
    wasteful = Stock.full(made, np.array([False]), np.array([8]), np.zeros((0, 0), dtype=np.int64))
    wasteful.take(0, np.array([1]), 8)
    value = np.full((2, 1), 2.5 * UNIT)
    better = improve(wasteful, np.array([0, 1]), value, 20 * UNIT, Deadline(math.inf), seed=1)
    assert cost_of(made, better.picks) < cost_of(made, [Pick(0, np.array([1]), 8)])
    assert sum(int(pick.count[0]) * pick.times for pick in better.picks) == 8
