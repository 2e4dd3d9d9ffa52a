"""The arrays that loops change, as they begin: each is what a plain look at the assignment gives."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placewright.solver.reassign.state import State, copied, state_of
from placewright.solver.reassign.walk import walk
from placewright.tests.solver.reassign.small import charged, domains, lists, small

CASES = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
RANDOM = st.randoms(use_true_random=False)


def related(state: State, k: int, side: int) -> list[int]:
    """Those that kind k wants (side 0), or that want it (side 1)."""
    first, end = state.related_at[2 * k + side : 2 * k + side + 2]
    return sorted(state.related[first:end].tolist())


@CASES
@given(rng=RANDOM)
def test_what_is_on_nodes_is_what_the_assignment_says(rng: Random) -> None:
    problem, where = small(rng)
    state = state_of(problem, where)
    assert np.array_equal(state.free, (problem.capacity - charged(problem, where)).T)
    for n in range(problem.capacity.shape[1]):
        here = np.flatnonzero(where == n)
        assert state.on_node[n].tolist() == [*np.bincount(problem.kind[here], minlength=problem.kinds), 0]
        lines = problem.offset[:, n] + problem.bends[:, here].sum(axis=1)
        assert state.bent[n].tolist() == lines.tolist()
        assert state.cost[n] == sum(max(0.0, line) for line in lines.tolist())
    assert state.value.tolist() == [problem.value(where)]


@CASES
@given(rng=RANDOM)
def test_kinds_are_counted_in_their_domains_and_by_how_many_are_away(rng: Random) -> None:
    problem, where = small(rng)
    state = state_of(problem, where)
    away = [int(np.sum(where[problem.kind == k] != problem.home[problem.kind == k])) for k in range(4)]
    for k in range(problem.kinds):
        assert set(np.flatnonzero(state.in_place[k])) == domains(problem.places, where, problem.kind, k)
        assert set(np.flatnonzero(state.in_near[:, k])) == domains(problem.near, where, problem.kind, k)
        assert state.spread[k] == len(domains(problem.places, where, problem.kind, k))
    assert state.moved.tolist() == [*away, 0]
    assert state.with_moves.tolist() == [state.moved.tolist().count(m) for m in range(len(where) + 2)]
    assert state.top.tolist() == [max(away)]


@CASES
@given(rng=RANDOM)
def test_whom_kinds_want_and_who_wants_them_are_listed_one_after_another(rng: Random) -> None:
    problem, where = small(rng)
    state = state_of(problem, where)
    for k in range(problem.kinds + 1):
        assert related(state, k, 0) == sorted(b for a, b in problem.needs if a == k)
        assert related(state, k, 1) == sorted(a for a, b in problem.needs if b == k)


@CASES
@given(rng=RANDOM)
def test_agents_reach_where_they_are_and_where_they_fit_beside_what_stays_in_use(rng: Random) -> None:
    problem, where = small(rng)
    state = state_of(problem, where)
    for a, n in enumerate(where.tolist()):
        targets = state.targets[state.targets_at[a] : state.targets_at[a + 1]]
        assert targets.tolist() == np.flatnonzero(problem.reach()[a] | (np.arange(4) == n)).tolist()
        assert np.flatnonzero(state.eligible[a]).tolist() == targets.tolist()
        assert (a in state.movers) is (len(targets) > 1)
        for to in range(4):
            away = to != problem.home[a]
            assert state.fare[a, to] == problem.distance[problem.home[a], to] + away * problem.move[a]


def test_nobody_asks_for_nothing_is_of_a_kind_of_its_own_and_fits_everywhere() -> None:
    problem, where = small(Random(1))
    state = state_of(problem, where)
    asked = [state.amounts[:, -1], state.bends[-1], state.fare[-1], state.waste[-1]]
    assert not any(np.any(rows) for rows in asked)
    assert state.eligible[-1].all()
    assert (state.kind[-1], state.home[-1], state.where[-1]) == (problem.kinds, -1, -1)
    assert (state.alone[-1], state.least[-1]) == (False, 0)
    assert not state.on_node[:, -1].any()


def test_what_is_in_use_twice_is_nothing_new_where_one_comes_back_to() -> None:
    problem, where = small(Random(2))
    state = state_of(problem, where)
    whole, new = state.amounts[:, :-1]
    assert np.array_equal(whole, problem.request.T)
    assert np.array_equal(new, np.where(problem.double, 0.0, problem.request.T))
    assert np.array_equal(state.waste[:-1] > 0, (whole > new).any(axis=1))


def test_arrays_are_in_memory_row_by_row_whatever_the_problems_are() -> None:
    """Loops were translated twice: once for each order in which arrays may be."""
    problem, where = small(Random(1))
    for request, bends in (
        (problem.request, problem.bends),
        map(np.asfortranarray, (problem.request, problem.bends)),
    ):
        state = state_of(replace(problem, request=request, bends=bends), where)
        arrays = {name: array for name, array in state._asdict().items() if isinstance(array, np.ndarray)}
        assert [name for name, array in arrays.items() if not array.flags.c_contiguous] == []


def test_a_copy_goes_on_by_itself_and_shares_what_nobody_changes() -> None:
    problem, where = small(Random(3), agents=12)
    state = state_of(problem, where)
    copy = copied(state)
    log = np.empty((4000, 2), dtype=np.int64)
    logged, _, _ = walk(copy, lists(copy), 2000, 1e6, 0.0, np.random.default_rng(1), log, 0.0)
    assert logged > 0
    assert not np.array_equal(copy.where, where)
    for name, kept, new in zip(State._fields, state, state_of(problem, where), strict=True):
        assert np.array_equal(np.asarray(kept), np.asarray(new)), name
    assert copy.fare is state.fare
