"""Ruin and recreate: all that was taken away comes back in a better place, or to where it was; every rule is kept."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placewright.solver.compilation import IntArray
from placewright.solver.reassign.arrays import Reassignment
from placewright.solver.reassign.ruin import MOST, ruin
from placewright.solver.reassign.state import State, state_of
from placewright.tests.solver.reassign.small import holds, small

CASES = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
RANDOM = st.randoms(use_true_random=False)


def ruined(
    state: State, steps: int, temperature: float, seed: int, price: float = 0.0
) -> tuple[IntArray, float]:
    """The log, back to where the value was lowest, and the value there."""
    log = np.empty((MOST * steps, 2), dtype=np.int64)
    draw = np.random.default_rng(seed)
    logged, kept, best = ruin(state, steps, temperature, price, draw, log, float(state.value[0]))
    return log[kept:logged], best


@CASES
@given(rng=RANDOM, temperature=st.sampled_from((0.5, 20.0, 1e12)), price=st.sampled_from((0.0, 20.0)))
def test_what_is_kept_up_to_date_is_what_a_new_state_has(
    rng: Random, temperature: float, price: float
) -> None:
    problem, where = small(rng, agents=9)
    state = state_of(problem, where)
    log, best = ruined(state, 300, temperature, rng.randrange(1000), price)
    now = state.where[:-1].copy()
    assert holds(problem, now)
    for name, kept, new in zip(State._fields, state, state_of(problem, now), strict=True):
        assert np.array_equal(np.asarray(kept), np.asarray(new)), name
    for a, n in log[::-1].tolist():
        now[a] = n
    assert holds(problem, now)
    assert problem.value(now) == best <= problem.value(where)


@pytest.fixture
def crowded() -> Reassignment:
    """A large agent on node 0, which costs 9 with it, and node 1 full of two small ones, at no home, from node 2."""
    problem, _ = small(Random(1), agents=3, nodes=3)
    return replace(
        problem,
        request=np.array([[2.0, 1.0, 1.0]]),
        capacity=np.array([[2.0, 2.0, 2.0]]),
        home=np.array([0, 2, 2]),
        double=np.array([False]),
        eligible=np.array([[True, True, False], *[[False, True, True]] * 2]),
        kind=np.arange(3),
        alone=np.zeros(3, dtype=np.bool_),
        least=np.zeros(3, dtype=np.int64),
        needs=(),
        bends=np.array([[9.0, 1.0, 1.0]]),
        offset=np.array([[0.0, -9.0, 0.0]]),
        move=np.zeros(3),
        distance=np.zeros((3, 3)),
        most_weight=0.0,
    )


def test_two_small_ones_go_for_a_large_one_where_together_that_gains(crowded: Reassignment) -> None:
    state = state_of(crowded, np.array([0, 1, 1]))
    log, best = ruined(state, 500, 1e-3, 1)
    assert state.where[:-1].tolist() == [1, 2, 2]
    assert best == state.value[0] == 2.0
    assert not len(log)


def test_all_come_back_where_room_is_not_worth_what_it_costs(crowded: Reassignment) -> None:
    dear = replace(crowded, bends=np.array([[9.0, 5.0, 5.0]]), offset=np.array([[0.0, -10.0, 0.0]]))
    where = np.array([0, 1, 1])
    state = state_of(dear, where)
    ruined(state, 500, 1e-3, 1)
    assert state.where[:-1].tolist() == where.tolist()
    assert state.value[0] == dear.value(where) == 9.0


def test_a_fall_that_comes_with_the_last_one_back_is_waited_for(crowded: Reassignment) -> None:
    """Room that is used lowers a line: what the first one back costs is made up for by the second."""
    lines = np.array([[9.0, 1.0, 1.0], [0.0, -20.0, -20.0]])
    falling = replace(crowded, bends=lines, offset=np.array([[0.0, -9.0, 0.0], [0.0, 0.0, 40.0]]))
    state = state_of(falling, np.array([0, 1, 1]))
    ruined(state, 500, 1e-3, 1)
    assert state.where[:-1].tolist() == [1, 2, 2]
    assert state.value[0] == falling.value(state.where[:-1]) == 2.0


def test_who_is_in_use_twice_stays_at_home_where_being_away_has_a_price(crowded: Reassignment) -> None:
    twice = replace(crowded, double=np.array([True]), capacity=np.array([[2.0, 4.0, 2.0]]))
    home = np.array([0, 2, 2])
    state = state_of(twice, home)
    ruined(state, 500, 1e-3, 1, price=1000.0)
    assert state.where[:-1].tolist() == home.tolist()
    ruined(state, 500, 1e-3, 1, price=1.0)
    assert state.where[0] == 1
