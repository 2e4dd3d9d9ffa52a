"""Column generation: what everything costs at least, whenever it is asked to stop."""

from __future__ import annotations

import math
from random import Random

import pytest

from placewright.models.agent import Agent
from placewright.solver.capacity.bins import make_bins
from placewright.solver.capacity.bound import Relaxed, relax
from placewright.solver.capacity.demand import demand
from placewright.solver.capacity.zones import zone_rules
from placewright.solver.clock import Deadline
from placewright.tests.builders import agents, spread
from placewright.tests.solver.capacity.questions import bins, kind
from placewright.tests.solver.capacity.tiny_catalogs import best_purchase, tiny_question

UNIT = 1_000_000
SMALL, BIG = kind("small", 1, 3), kind("big", 4, 10)


def silent(said: str) -> None:
    """Nobody is told."""


def relaxed(pending: list[Agent], *types: dict[str, object], seconds: float = math.inf) -> Relaxed:
    made = bins(pending, *types)
    found = relax(made, zone_rules(made), Deadline(seconds), silent)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("pending", "least"),
    [
        pytest.param(agents("a", 6, cpu=1000), 15 * UNIT, id="one big node and a half"),
        pytest.param(agents("a", 2, cpu=600), 6 * UNIT, id="no pattern has more agents than there are"),
        pytest.param([*agents("a", 2, cpu=3000), *agents("b", 2, cpu=1000)], 20 * UNIT, id="two mixtures"),
    ],
)
def test_the_bound_is_the_programs_optimum_over_all_patterns(pending: list[Agent], least: int) -> None:
    found = relaxed(pending, SMALL, BIG).bound
    assert found is not None
    # Column generation ends close to it, and what rounding may have got wrong is taken off.
    assert least * 0.999 <= found <= least


def test_at_once_the_bound_is_lower_and_holds_all_the_same() -> None:
    found = relaxed(agents("a", 6, cpu=1000), SMALL, BIG, seconds=0.0).bound
    assert found is not None
    assert 0 <= found <= 15 * UNIT


def test_where_not_all_can_have_a_place_there_is_no_bound() -> None:
    assert relaxed(agents("a", 3, cpu=1000), {**SMALL, "max": 2}).bound is None


def test_zones_that_must_be_shared_are_in_the_bound() -> None:
    zoned = {**SMALL, "zones": ["a", "b"], "prices": {"b": 5}}
    even = agents("w", 4, cpu=1000, labels={"app": "x"}, spread=(spread(app="x"),))
    found = relaxed(even, zoned).bound
    assert found is not None
    assert 14 * UNIT <= found <= 15 * UNIT


@pytest.mark.parametrize("seed", range(8))
def test_nothing_that_places_everybody_costs_less(seed: int) -> None:
    question = tiny_question(Random(4000 + seed), from_scratch=bool(seed % 2))
    made = make_bins(question)
    rules = zone_rules(made)
    wanted = demand(made, rules)
    found = relax(made, rules, Deadline(math.inf), silent, wanted.certain)
    best = best_purchase(question)
    if found is not None and found.bound is not None:
        assert found.bound <= best.cost
