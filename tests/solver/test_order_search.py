"""Backtracking finds an order exactly where there is one."""

from __future__ import annotations

from random import Random

import pytest

from placewright.solver.order_search import Effort, search_order, tangles
from placewright.tests.solver.order_models import (
    census,
    gate,
    is_accepted,
    lot,
    random_lots,
    settled,
    some_order_exists,
)

ENOUGH = 100_000


def test_the_only_order_is_found() -> None:
    """Two and two in turn, or one of the domains is two ahead."""
    seen = census(0, 0)
    lots = settled([lot(2, [(seen, d)], [gate(seen, d)]) for d in (0, 1)])
    found = search_order(lots, Effort(ENOUGH))
    assert found is not None
    assert is_accepted(lots, found)
    assert [one.done for one in lots] == [0, 0]


def test_where_there_is_none_that_is_said_with_effort_left() -> None:
    seen = census(0, 0)
    lots = settled([lot(2, [(seen, 0)], [gate(seen, 0)])])
    effort = Effort(ENOUGH)
    assert search_order(lots, effort) is None
    assert effort.left > 0


def test_without_effort_nothing_is_said() -> None:
    seen = census(0, 0)
    lots = settled([lot(2, [(seen, d)], [gate(seen, d)]) for d in (0, 1)])
    effort = Effort(3)
    assert search_order(lots, effort) is None
    assert effort.left <= 0
    assert [one.done for one in lots] == [0, 0]


def check(seeds: range) -> tuple[int, int]:
    """(found, not found) over random models."""
    said = [0, 0]
    for seed in seeds:
        lots = random_lots(Random(seed))
        effort = Effort(ENOUGH)
        found = search_order(lots, effort)
        assert effort.left > 0, seed
        assert [one.done for one in lots] == [0] * len(lots), seed
        assert (found is not None) is some_order_exists(lots), seed
        assert found is None or is_accepted(lots, found), seed
        said[found is None] += 1
    return said[0], said[1]


def test_an_order_is_found_exactly_where_there_is_one() -> None:
    assert min(check(range(300))) > 50


@pytest.mark.slow
def test_an_order_is_found_exactly_where_there_is_one_in_many_models() -> None:
    assert min(check(range(1000, 11_000))) > 1000


def test_lots_that_share_a_count_are_one_tangle() -> None:
    first, second, third = census(0, 0), census(0, 0), census(0)
    a = lot(1, [(first, 0)])
    b = lot(1, [(second, 0)], [gate(first, 1)])
    c = lot(1, company=[(second, 1)])
    d = lot(1, [(third, 0)])
    lots = settled([d, c, b, a])
    assert tangles(lots, [a]) == [[c, b, a]]
    assert tangles(lots, [c, d, a]) == [[c, b, a], [d]]
