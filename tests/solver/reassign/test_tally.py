"""Counts of kinds and lists of who is where: they are what a plain look at the assignment gives."""

from __future__ import annotations

from random import Random

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placewright.solver.reassign.state import State, state_of
from placewright.solver.reassign.tally import counted, members, moved_on
from placewright.tests.solver.reassign.small import domains, small

CASES = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
RANDOM = st.randoms(use_true_random=False)
COUNTS = ("on_node", "in_place", "spread", "in_near")


@CASES
@given(rng=RANDOM)
def test_the_list_of_a_node_holds_exactly_who_is_there_while_they_come_and_go(rng: Random) -> None:
    where = np.array([rng.randrange(3) for _ in range(6)])
    nobody = -1
    on, slot, number = members(np.append(where, nobody), 3)
    for _ in range(20):
        for n in range(3):
            there = on[n, : number[n]].tolist()
            assert sorted(there) == np.flatnonzero(where == n).tolist()
            assert slot[there].tolist() == list(range(len(there)))
        a, n = rng.randrange(6), rng.randrange(3)
        moved_on(on, slot, number, a, int(where[a]), n)
        where[a] = n


def count_one_more(s: State, a: int, b: int, end: int) -> bool:
    """a goes to where b is, and b to the end."""
    kinds = int(s.kind[a]), int(s.kind[b])
    nodes = int(s.where[a]), int(s.where[b]), end
    rules = s.least, s.related_at, s.related
    return counted(s.on_node, s.places, s.spread, s.in_place, s.near, s.in_near, *rules, *kinds, *nodes)


@CASES
@given(rng=RANDOM)
def test_two_are_counted_where_kinds_then_have_what_they_ask_and_not_at_all_elsewhere(rng: Random) -> None:
    problem, where = small(rng)
    state, before = state_of(problem, where), state_of(problem, where)
    a, b = rng.sample(range(len(where)), 2)
    end = rng.choice([n for n in range(4) if n != where[b]])
    after = where.copy()
    after[a], after[b] = where[b], end
    holds = all(
        len(domains(problem.places, after, problem.kind, k)) >= problem.least[k] for k in range(problem.kinds)
    ) and all(
        domains(problem.near, after, problem.kind, k) <= domains(problem.near, after, problem.kind, company)
        for k, company in problem.needs
    )
    assert count_one_more(state, a, b, end) == holds
    expected = state_of(problem, after) if holds else before
    for name in COUNTS:
        assert np.array_equal(getattr(state, name), getattr(expected, name)), name
