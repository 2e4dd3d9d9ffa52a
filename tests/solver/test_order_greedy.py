"""The order that is found in one go: never one that is refused, and mostly one that takes all."""

from __future__ import annotations

from random import Random

from placewright.solver.order_greedy import Greedy
from placewright.solver.order_model import Lot, OrderModel
from placewright.tests.solver.order_models import (
    census,
    gate,
    is_accepted,
    lot,
    random_lots,
    settled,
    some_order_exists,
)


def ordered(lots: list[Lot], *seeds: Lot) -> list[int]:
    """Which lot comes at each turn; each step must be let in."""
    greedy = Greedy(OrderModel(tuple(lots), (), seeds))
    greedy.run()
    placed = [one.done for one in lots]
    for one in greedy.order:
        one.undo()
    assert is_accepted(lots, greedy.order)
    assert placed == [sum(one is other for one in greedy.order) for other in lots]
    return [next(i for i, one in enumerate(lots) if one is other) for other in greedy.order]


def test_agents_of_two_domains_come_in_turn() -> None:
    seen = census(0, 0)
    assert ordered(settled([lot(3, [(seen, d)], [gate(seen, d)]) for d in (0, 1)])) == [0, 1, 0, 1, 0, 1]


def test_who_needs_company_waits_for_it() -> None:
    seen = census(0)
    assert ordered(settled([lot(2, company=[(seen, 0)]), lot(1, [(seen, 0)])])) == [1, 0, 0]


def test_a_seed_comes_before_who_would_end_its_exception() -> None:
    seen = census(0, 0)
    company = lot(1, [(seen, 1)])
    first = lot(1, [(seen, 0)], company=[(seen, 0)], seeds=True)
    assert ordered(settled([company, first]), first) == [1, 0]


def test_who_would_fill_a_domain_waits_until_those_who_ask_have_passed() -> None:
    seen = census(0, 0)
    passed = gate(seen, 0, itself=0)
    assert ordered(settled([lot(3, [(seen, 0)]), lot(2, gates=[passed])])) == [0, 1, 1, 0, 0]


def test_who_would_shut_out_others_of_its_kind_for_good_is_left_with_them() -> None:
    seen = census(0, 0)
    assert ordered(settled([lot(2, [(seen, 0)], [gate(seen, 0)]), lot(1)])) == [1]


def test_few_are_left_where_some_order_takes_all() -> None:
    complete = possible = 0
    for seed in range(300):
        lots = random_lots(Random(seed))
        possible += some_order_exists(lots)
        complete += len(ordered(lots)) == sum(len(one.steps) for one in lots)
    assert 0.8 * possible < complete <= possible
