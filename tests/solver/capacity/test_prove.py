"""Bounds and cheaper purchases that small questions have time for."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from placewright.solver.capacity.buy import Bought, buy
from placewright.solver.capacity.prove import prove
from placewright.solver.capacity.question import Question
from placewright.solver.capacity.realise import Purchase
from placewright.solver.clock import Deadline, Phases
from placewright.solver.settings import Settings
from placewright.tests.builders import HOSTNAME, agent, agents, near
from placewright.tests.solver.capacity.questions import kind, question
from placewright.tests.solver.capacity.tiny_catalogs import best_purchase, tiny_question

UNIT = 1_000_000
SMALL, BIG = kind("small", 1, 3), kind("big", 4, 10)
SETTINGS = Settings(time_limit=20.0, workers=1, deterministic=True)


def silent(said: str) -> None:
    """Nobody is told."""


def bought(asked: Question) -> Bought:
    return buy(asked, SETTINGS, Phases(), silent)


def proved(asked: Question, first: Bought, seconds: float = 30.0) -> Bought:
    return prove(asked, first, SETTINGS, Deadline(seconds), silent)


def test_what_is_proven_is_left_as_it_is() -> None:
    asked = question(agents("a", 4, cpu=1000), BIG)
    first = bought(asked)
    assert first.proven
    assert proved(asked, first) is first


def test_a_dear_purchase_is_replaced_by_the_cheapest_with_its_bound() -> None:
    asked = question(agents("a", 4, cpu=1000), SMALL, BIG)
    best = bought(asked)
    dear = bought(question(agents("a", 4, cpu=1000), SMALL)).purchase
    [k] = [i for i, one in enumerate(best.bins.kinds) if one.name == "small"]
    first = replace(best, purchase=Purchase(dear.nodes, (k,) * 4, dear.start), bound=None, relaxed=None)
    assert first.purchase.cost == 12 * UNIT
    found = proved(asked, first)
    assert (found.purchase.cost, found.bound, found.proven) == (10 * UNIT, 10 * UNIT, True)
    assert len(found.purchase.start) == 4


def test_who_cannot_be_placed_leaves_a_bound_for_those_who_can() -> None:
    """A bound is for a place for everybody wanted: of a purchase that leaves somebody out there is none at first."""
    asked = question([agent("a", cpu=1000), agent("huge", cpu=9000)], SMALL)
    first = replace(bought(asked), wanted=2)
    assert not first.complete
    found = proved(asked, first)
    assert list(found.purchase.start) == ["default/a"]
    assert found.bound == 3 * UNIT
    assert not found.proven


def test_whom_the_purchase_leaves_out_is_placed_by_the_solve_if_it_can_be() -> None:
    asked = question(agents("a", 2, cpu=1000), SMALL)
    whole = bought(asked)
    part = Purchase(whole.purchase.nodes[:1], whole.purchase.kinds[:1], {"default/a-0": "small-0"})
    found = proved(asked, replace(whole, purchase=part))
    assert found.complete
    assert found.purchase.cost == 6 * UNIT


def test_a_bound_is_never_given_up_for_a_lower_one() -> None:
    apart = agents("a", 3, cpu=100, labels={"app": "a"}, anti_affinity=(near(HOSTNAME, app="a"),))
    asked = question(apart, SMALL)
    first = bought(asked)
    found = proved(asked, replace(first, bound=2 * UNIT))
    assert found.bound is not None
    assert 2 * UNIT <= found.bound <= 9 * UNIT
    assert found.purchase.cost == 9 * UNIT


def test_without_time_the_purchase_is_what_it_was() -> None:
    asked = question(agents("a", 6, cpu=1000), SMALL, BIG)
    first = bought(asked)
    found = proved(asked, first, 0.0)
    assert found.purchase.cost == first.purchase.cost
    assert len(found.purchase.start) == 6


@pytest.mark.parametrize("from_scratch", [False, True])
def test_nothing_cheaper_than_a_bound_is_found_by_exhaustive_search(from_scratch: bool) -> None:
    bounded = 0
    for seed in range(12):
        asked = tiny_question(Random(seed), from_scratch=from_scratch)
        first = bought(asked)
        found = proved(asked, first)
        best = best_purchase(asked)
        assert len(found.purchase.start) >= len(first.purchase.start)
        if len(found.purchase.start) == len(first.purchase.start):
            assert found.purchase.cost <= first.purchase.cost
        if found.bound is not None and sum(best.placed) == found.wanted:
            assert found.bound <= best.cost, seed
            bounded += found.proven and found.purchase.cost == best.cost
    assert bounded > 3
