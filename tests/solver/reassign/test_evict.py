"""Making room for one by sending several away: all of it is done, or nothing, and every rule is kept."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placewright.solver.compilation import IntArray
from placewright.solver.reassign.arrays import Reassignment
from placewright.solver.reassign.evict import MOST, evict
from placewright.solver.reassign.state import State, state_of
from placewright.tests.solver.reassign.small import holds, lists, small

CASES = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
RANDOM = st.randoms(use_true_random=False)


def evicted(state: State, steps: int, temperature: float, seed: int) -> tuple[IntArray, float]:
    """The log, back to where the value was lowest, and the value there."""
    log = np.empty(((MOST + 1) * steps, 2), dtype=np.int64)
    draw = np.random.default_rng(seed)
    logged, kept, best = evict(
        state,
        lists(state),
        steps,
        temperature,
        0.0,
        draw,
        log,
        float(state.value[0]),
    )
    return log[kept:logged], best


@CASES
@given(rng=RANDOM, temperature=st.sampled_from((0.5, 20.0, 1e12)))
def test_what_is_kept_up_to_date_is_what_a_new_state_has(rng: Random, temperature: float) -> None:
    problem, where = small(rng, agents=9)
    state = state_of(problem, where)
    log, best = evicted(state, 300, temperature, rng.randrange(1000))
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
    """A large agent on node 0, which costs 9 with it, and node 1 full of three small ones from node 2."""
    problem, _ = small(Random(1), agents=4, nodes=3)
    return replace(
        problem,
        request=np.array([[3.0, 1.0, 1.0, 1.0]]),
        capacity=np.array([[3.0, 3.0, 3.0]]),
        home=np.array([0, 2, 2, 2]),
        double=np.array([False]),
        eligible=np.array([[True, True, False], *[[False, True, True]] * 3]),
        kind=np.arange(4),
        alone=np.zeros(4, dtype=np.bool_),
        least=np.zeros(4, dtype=np.int64),
        needs=(),
        bends=np.array([[9.0, 1.0, 1.0, 1.0]]),
        offset=np.array([[0.0, -9.0, 0.0]]),
        move=np.zeros(4),
        distance=np.zeros((3, 3)),
        most_weight=0.0,
    )


def test_three_small_ones_go_for_a_large_one_where_together_that_gains(crowded: Reassignment) -> None:
    state = state_of(crowded, np.array([0, 1, 1, 1]))
    log, best = evicted(state, 200, 1e-3, 1)
    assert state.where[:-1].tolist() == [1, 2, 2, 2]
    assert best == state.value[0] == 3.0
    assert not len(log)


def test_those_who_leave_take_the_place_of_the_one_that_comes(crowded: Reassignment) -> None:
    """Three for one change places, of whom nobody finds room anywhere before the other side has gone."""
    eligible = np.array([[True, True, False]] * 4)
    state = state_of(replace(crowded, eligible=eligible), np.array([0, 1, 1, 1]))
    log, best = evicted(state, 200, 1e-3, 1)
    assert state.where[:-1].tolist() == [1, 0, 0, 0]
    assert best == state.value[0] == 3.0
    assert not len(log)


def test_what_one_leaves_in_use_at_home_is_no_room_for_others(crowded: Reassignment) -> None:
    eligible = np.array([[True, True, False]] * 4)
    twice = replace(crowded, eligible=eligible, double=np.array([True]), capacity=np.array([[4.0, 3.0, 3.0]]))
    where = np.array([0, 1, 1, 1])
    state = state_of(twice, where)
    evicted(state, 200, 1e-3, 1)
    assert state.where[:-1].tolist() == where.tolist()
    assert holds(twice, where)


def test_all_come_back_where_room_is_not_worth_what_it_costs(crowded: Reassignment) -> None:
    dear = replace(crowded, bends=np.array([[9.0, 4.0, 4.0, 4.0]]), offset=np.array([[0.0, -12.0, 0.0]]))
    where = np.array([0, 1, 1, 1])
    state = state_of(dear, where)
    evicted(state, 200, 1e-3, 1)
    assert state.where[:-1].tolist() == where.tolist()
    assert state.value[0] == dear.value(where) == 9.0


def test_nobody_leaves_where_one_of_them_finds_no_other_place(crowded: Reassignment) -> None:
    eligible = crowded.eligible.copy()
    eligible[3, 2] = False
    state = state_of(replace(crowded, eligible=eligible), np.array([0, 1, 1, 1]))
    evicted(state, 200, 1e-3, 1)
    assert state.where[:-1].tolist() == [0, 1, 1, 1]
