"""Walks of single tries: they reach what rules leave open and nothing else, and keep up to date what they need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placewright.solver.clock import Deadline
from placewright.solver.compilation import IntArray
from placewright.solver.reassign import improve
from placewright.solver.reassign.arrays import Reassignment
from placewright.solver.reassign.compiled import Compiled
from placewright.solver.reassign.cool import Heat, cool
from placewright.solver.reassign.evict import evict
from placewright.solver.reassign.state import State, state_of
from placewright.solver.reassign.walk import walk
from placewright.solver.settings import Settings
from placewright.tests.solver.reassign.small import holds, lists, small

CASES = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
RANDOM = st.randoms(use_true_random=False)
ALL = 1e12
"""A temperature at which every change is made."""


def walked(state: State, steps: int, temperature: float, price: float, seed: int) -> tuple[IntArray, float]:
    """The log of a walk, back to where it was best, and the value there."""
    log = np.empty((2 * steps, 2), dtype=np.int64)
    draw = np.random.default_rng(seed)
    logged, kept, best = walk(
        state,
        lists(state),
        steps,
        temperature,
        price,
        draw,
        log,
        float(state.value[0]),
    )
    return log[kept:logged], best


def neighbours(problem: Reassignment, where: IntArray) -> set[tuple[int, ...]]:
    """What one exchange makes of an assignment, where every rule holds after it.

    Somebody goes to a node, and nobody or one of those who are there goes on to any other.
    """
    agents, nodes = range(len(where)), range(problem.capacity.shape[1])
    found = {tuple(where.tolist())}
    for a, n in product(agents, nodes):
        after = where.copy()
        after[a] = n
        found.add(tuple(after.tolist()))
        for b, end in product(agents, nodes):
            if where[b] == n != where[a]:
                chain = after.copy()
                chain[b] = end
                found.add(tuple(chain.tolist()))
    return {after for after in found if holds(problem, np.array(after))}


@CASES
@given(rng=RANDOM)
def test_one_try_reaches_exactly_the_exchanges_that_keep_every_rule(rng: Random) -> None:
    problem, where = small(rng, agents=5, nodes=3)
    reached = {tuple(where.tolist())}
    state = state_of(problem, where)
    for seed in range(3000):
        walked(state, 1, ALL, 0.0, seed)
        after = state.where[:-1]
        if (after != where).any():
            reached.add(tuple(after.tolist()))
            state = state_of(problem, where)
    assert reached == neighbours(problem, where)


@CASES
@given(rng=RANDOM)
def test_what_a_walk_keeps_up_to_date_is_what_a_new_state_has(rng: Random) -> None:
    problem, where = small(rng)
    state = state_of(problem, where)
    log, best = walked(state, 300, 20.0, 0.0, rng.randrange(1000))
    now = state.where[:-1].copy()
    assert holds(problem, now)
    for name, kept, new in zip(State._fields, state, state_of(problem, now), strict=True):
        assert np.array_equal(np.asarray(kept), np.asarray(new)), name
    for a, n in log[::-1].tolist():
        now[a] = n
    assert holds(problem, now)
    assert problem.value(now) == best <= problem.value(where)


@pytest.mark.parametrize("made", [walk, evict])
def test_where_nobody_may_go_anywhere_nothing_is_tried(made: Callable[..., tuple[int, int, float]]) -> None:
    problem, where = small(Random(1))
    pinned = replace(problem, eligible=np.arange(problem.capacity.shape[1]) == where[:, None])
    state = state_of(pinned, where)
    log = np.empty((9 * 50, 2), dtype=np.int64)
    assert made(state, lists(state), 50, ALL, 0.0, np.random.default_rng(1), log, 7.0) == (0, 0, 7.0)
    assert (state.where[:-1] == where).all()


@CASES
@given(rng=RANDOM, evicting=st.booleans())
def test_cooling_ends_with_the_best_that_it_saw_and_keeps_every_rule(rng: Random, evicting: bool) -> None:
    problem, where = small(rng)
    looked = iter(np.linspace(0, 1, 12).tolist())
    heat = Heat(20.0, 0.1, evicting)
    best = cool(problem, where, np.random.default_rng(1), lambda: next(looked), heat, tries=50)
    assert holds(problem, best)
    assert problem.value(best) <= problem.value(where)


def one_that_could_gain(double: bool) -> Reassignment:
    """One agent at home on a node that costs 4 with it, and a node where it costs nothing."""
    problem, _ = small(Random(1), agents=1, nodes=2)
    return replace(
        problem,
        request=np.array([[1.0]]),
        capacity=np.full((1, 2), 2.0),
        home=np.zeros(1, dtype=np.int64),
        double=np.array([double]),
        eligible=np.ones((1, 2), dtype=np.bool_),
        kind=np.zeros(1, dtype=np.int64),
        alone=np.array([False]),
        least=np.array([0]),
        needs=(),
        bends=np.array([[4.0]]),
        offset=np.array([[0.0, -4.0]]),
        move=np.zeros(1),
        distance=np.zeros((2, 2)),
        most_weight=0.0,
    )


@pytest.fixture
def two() -> Reassignment:
    """Two agents at home on a node, of which one finds room elsewhere: it gains 3, or 5 where it is the other one."""
    problem, _ = small(Random(1), agents=2, nodes=2)
    return replace(
        problem,
        request=np.ones((1, 2)),
        capacity=np.array([[2.0, 1.0]]),
        home=np.zeros(2, dtype=np.int64),
        double=np.array([True]),
        eligible=np.ones((2, 2), dtype=np.bool_),
        kind=np.array([0, 1]),
        alone=np.zeros(2, dtype=np.bool_),
        least=np.zeros(2, dtype=np.int64),
        needs=(),
        bends=np.array([[3.0, 5.0]]),
        offset=np.array([[0.0, -9.0]]),
        move=np.zeros(2),
        distance=np.zeros((2, 2)),
        most_weight=0.0,
    )


@pytest.mark.parametrize(
    ("double", "price", "goes"), [(False, 100.0, True), (True, 100.0, False), (True, 1.0, True)]
)
def test_who_is_in_use_twice_while_away_leaves_where_that_is_worth_its_price(
    double: bool, price: float, goes: bool
) -> None:
    problem = one_that_could_gain(double)
    state = state_of(problem, np.zeros(1, dtype=np.int64))
    walked(state, 100, 0.01, price, 1)
    assert bool(state.where[0]) == goes


def test_one_who_is_away_gives_its_room_to_one_who_gains_more_from_it(two: Reassignment) -> None:
    state = state_of(two, np.array([1, 0]))
    walked(state, 200, 0.01, 0.0, 1)
    assert state.where[:-1].tolist() == [0, 1]


def test_a_search_by_tries_is_the_same_every_time_and_keeps_every_rule(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(improve, "WORTH_PAIRS", 1)
    monkeypatch.setattr(improve, "fast", lambda: True)
    problem, where = small(Random(3), agents=12, nodes=4)
    found = Compiled(problem, tuple(map(str, range(12))), where)
    asked = Settings(time_limit=improve.WORTH_SECONDS, deterministic=True)
    first, again = (improve.search(found, asked, Deadline(60.0), lambda _: None) for _ in range(2))
    assert first.tolist() == again.tolist()
    assert holds(problem, first)
    assert problem.value(first) < problem.value(where)
