"""The linear program over patterns: what it costs, at what prices, and which agents give way to others."""

from __future__ import annotations

import numpy as np
import pytest

from placewright.solver.capacity.bins import Bins
from placewright.solver.capacity.master import Master, exchangeable, nearest
from placewright.solver.capacity.zones import zone_rules
from placewright.tests.builders import agents, spread
from placewright.tests.solver.capacity.questions import bins, kind

UNIT = 1_000_000
SMALL, BIG = kind("small", 1, 3), kind("big", 4, 10)


def master(of: Bins, *demand: int) -> Master:
    return Master(of, zone_rules(of), np.array(demand, dtype=np.int64))


def test_patterns_that_pay_lower_the_cost_and_are_used() -> None:
    of = bins(agents("a", 6, cpu=1000), SMALL, BIG)
    program = master(of, 6)
    nothing = program.solve()
    assert nothing is not None
    assert nothing.left_out.tolist() == [6.0]
    assert program.add(0, np.array([1]))
    assert not program.add(0, np.array([1]))
    assert not program.add(1, np.array([0]))
    small = program.solve()
    assert small is not None
    assert small.cost == pytest.approx(18 * UNIT)
    assert small.left_out.tolist() == [0.0]
    assert small.value[0, 0] == pytest.approx(3 * UNIT)
    program.add(1, np.array([4]))
    both = program.solve()
    assert both is not None
    assert both.cost == pytest.approx(15 * UNIT)
    [(kind_used, _, often)] = program.usage()
    assert (kind_used, round(often, 6)) == (1, 1.5)


def test_a_kind_of_which_there_are_few_has_a_charge() -> None:
    of = bins(agents("a", 6, cpu=1000), {**SMALL, "max": 2}, kind("dear", 1, 5))
    program = master(of, 6)
    program.add(0, np.array([1]))
    program.add(1, np.array([1]))
    prices = program.solve()
    assert prices is not None
    assert prices.cost == pytest.approx(26 * UNIT)
    assert prices.charge.tolist() == pytest.approx([2 * UNIT, 0])


def test_a_spread_group_has_its_shares_in_zones() -> None:
    even = agents("w", 4, cpu=1000, labels={"app": "x"}, spread=(spread(app="x"),))
    of = bins(even, {**SMALL, "zones": ["a", "b"], "prices": {"b": 5}})
    program = master(of, 4)
    program.add(0, np.array([1]))
    program.add(1, np.array([1]))
    prices = program.solve()
    assert prices is not None
    # One more may be in the cheaper zone than in the other.
    assert program.shares()[0].tolist() == pytest.approx([2.5, 1.5])
    assert prices.cost == pytest.approx(15 * UNIT)


def test_a_place_for_one_is_a_place_for_a_smaller_one_and_of_equals_only_one_way() -> None:
    of = bins(
        [
            *agents("a", 2, cpu=900),
            *agents("b", 2, cpu=500),
            *agents("c", 2, cpu=500, node_selector={"x": "y"}),
        ],
        kind("small", 1, 3, labels={"x": "y"}),
        kind("plain", 1, 3),
    )
    order = [group.agent.name[0] for group in of.compilation.groups]
    fits = exchangeable(of, of.size)
    pairs = {(order[g], order[h]) for g, h in np.argwhere(fits).tolist()}
    # Whoever is let in everywhere may have the place of one that is not, and not the other way.
    assert pairs == {("a", "b"), ("c", "b")}
    assert not (fits & fits.T).any()


def test_steps_that_others_lead_to_are_left_out() -> None:
    chain = np.array([[False, True, True], [False, False, True], [False, False, False]])
    assert nearest(chain) == [(0, 1), (1, 2)]
