"""Whole nodes by kind: a bound that counts nodes, and how many of each there can be."""

from __future__ import annotations

import math
from random import Random
from typing import Any

import pytest

from placewright.models.agent import Agent, HostPort
from placewright.solver.capacity.bins import make_bins
from placewright.solver.capacity.classes import Classes, affordable
from placewright.solver.capacity.demand import demand
from placewright.solver.capacity.zones import zone_rules
from placewright.solver.clock import Deadline
from placewright.tests.builders import agents, near, spread
from placewright.tests.solver.capacity.questions import bins, kind
from placewright.tests.solver.capacity.tiny_catalogs import best_purchase, tiny_question

EVER = Deadline(math.inf)
SMALL, BIG = kind("small", 1, 3), kind("big", 4, 10)


def classes(pending: list[Agent], *types: dict[str, Any], most_cost: int = 99, **fields: object) -> Classes:
    made = bins(pending, *types, **fields)
    rules = zone_rules(made)
    return Classes(made, rules, demand(made, rules), most_cost * 1_000_000)


@pytest.mark.parametrize(
    ("pending", "least"),
    [
        pytest.param(agents("a", 3, cpu=1000), 9, id="three small ones"),
        pytest.param(agents("a", 4, cpu=1000), 10, id="a big one is cheaper than four"),
        pytest.param(agents("a", 4, cpu=600), 10, id="of which a small one holds one, whatever the amounts"),
        pytest.param(agents("a", 2, cpu=100, host_ports=(HostPort(80),)), 6, id="a port on each node once"),
        pytest.param(agents("a", 1, cpu=9000), 0, id="who fits nothing costs nothing"),
    ],
)
def test_nodes_come_whole(pending: list[Agent], least: int) -> None:
    assert classes(pending, SMALL, BIG).least(EVER, 1) == least * 1_000_000


def test_what_there_is_only_so_much_of_is_not_counted_on() -> None:
    few = {**SMALL, "max": 1}
    assert classes(agents("a", 2, cpu=1000), few, BIG).least(EVER, 1) == 10_000_000


def test_zones_that_must_be_shared_are_paid_for() -> None:
    zoned = {"zones": ["a", "b"], "prices": {"b": 8}}
    even = agents("w", 2, cpu=500, labels={"app": "x"}, spread=(spread(app="x"),))
    apart = agents("w", 2, cpu=500, labels={"app": "x"}, anti_affinity=(near(app="x"),))
    for pending in (even, apart):
        assert classes(pending, {**SMALL, **zoned}).least(EVER, 1) == 11_000_000
    assert classes(agents("w", 2, cpu=500), {**SMALL, **zoned}).least(EVER, 1) == 3_000_000


def test_how_many_of_each_kind_there_can_be_at_a_cost() -> None:
    made = classes(agents("a", 4, cpu=1000), SMALL, BIG, most_cost=12)
    assert made.numbers(EVER, 1).tolist() == [4.0, 1.0]


def test_beyond_the_cost_given_nothing_is_known() -> None:
    assert classes(agents("a", 4, cpu=1000), SMALL, BIG, most_cost=9).least(EVER, 1) is None


@pytest.mark.parametrize("seed", range(6))
def test_nothing_that_can_be_bought_is_cheaper(seed: int) -> None:
    question = tiny_question(Random(7000 + seed), from_scratch=True)
    made = make_bins(question)
    assert affordable(made)
    rules = zone_rules(made)
    least = Classes(made, rules, demand(made, rules), 10**9).least(EVER, 1)
    assert least is not None
    assert least <= best_purchase(question).cost
