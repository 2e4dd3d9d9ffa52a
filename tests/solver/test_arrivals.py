"""What comes to domains in the relaxation: every assignment is among it, and no more than nodes there take."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from ortools.linear_solver import pywraplp

from placewright.solver.arrivals import ELSEWHERE, arriving, counted, cover
from placewright.solver.compilation import IntArray
from placewright.solver.relaxation import Relaxation

BUCKET = np.array([0, 0, 1, ELSEWHERE])
"""Of four nodes: two in a domain, one in another, one that does not count."""


def relaxation(cap: list[list[int]], size: tuple[int, ...]) -> Relaxation:
    """Of groups on nodes with room for all: nodes that are open to the same groups are one class."""
    asked = np.ones((len(size), 1), dtype=np.int64)
    return Relaxation(np.array(cap), np.array(size), asked, np.full((len(cap[0]), 1), 99))


def most(made: Relaxation, variable: pywraplp.Variable) -> float:
    made.lp.Maximize(variable)
    assert made.lp.Solve() == pywraplp.Solver.OPTIMAL
    return round(float(variable.solution_value()), 6)


@pytest.mark.parametrize(
    ("cap", "size", "groups", "expected"),
    [
        pytest.param([[3, 3, 3, 3]], (20,), [0], [6, 3], id="as many as its nodes take"),
        pytest.param([[3, 3, 3, 3]], (4,), [0], [4, 3], id="as many as there are"),
        pytest.param([[3, 0, 0, 3]], (20,), [0], [3, 0], id="none where no node is open"),
        pytest.param([[1, 1, 1, 1], [2, 2, 0, 2]], (9, 9), [0, 1], [6, 1], id="of groups together"),
        pytest.param([[1, 1, 1, 1], [2, 2, 0, 2]], (9, 9), [1], [4, 0], id="of one of them"),
    ],
)
def test_as_many_may_come_as_nodes_and_groups_allow(
    cap: list[list[int]], size: tuple[int, ...], groups: list[int], expected: list[int]
) -> None:
    made = relaxation(cap, size)
    for classes in (None, [np.arange(4)]):
        come = arriving(made, np.array(groups), BUCKET, 2, classes)
        assert [most(made, variable) for variable in come] == expected


def test_what_is_asked_again_is_the_same() -> None:
    made = relaxation([[3, 3, 3, 3]], (9,))
    first = arriving(made, np.array([0]), BUCKET, 2)
    assert arriving(made, np.array([0]), BUCKET.copy(), 2) is first
    assert arriving(made, np.array([0]), np.array([0, 1, 1, ELSEWHERE]), 2) is not first


def test_all_domains_together_have_no_more_than_there_are() -> None:
    """The nodes are one class: what it receives is shared out among its domains."""
    made = relaxation([[3, 3, 3, 3]], (5,))
    come = arriving(made, np.array([0]), BUCKET, 2)
    assert len(made.members) == 1
    assert most(made, made.total(come)) == 5


def test_agents_count_only_where_it_is_said() -> None:
    where = np.array([True, False, True, True])
    assert counted(BUCKET, where).tolist() == [0, ELSEWHERE, 1, ELSEWHERE]


def test_a_domain_that_is_covered_receives_no_more_of_any_one_group() -> None:
    made = relaxation([[3, 3, 3, 3], [3, 3, 3, 3]], (9, 9))
    cover(made, [0, 1], BUCKET, np.array([2, 9]))
    for g in (0, 1):
        come = arriving(made, np.array([g]), BUCKET, 2)
        assert [most(made, variable) for variable in come] == [2, 3]
    assert made.ceiling(0, BUCKET, 2).tolist() == [2, 9]


def random_assignment(rng: Random, cap: IntArray, size: IntArray) -> IntArray:
    """Counts (G, N) within caps and sizes."""
    count = np.zeros_like(cap)
    for g, number in enumerate(size.tolist()):
        for _ in range(rng.randint(0, number)):
            n = rng.randrange(cap.shape[1])
            count[g, n] += count[g, n] < cap[g, n]
    return count


@pytest.mark.parametrize("one_class", [False, True])
def test_every_assignment_is_a_point_with_what_it_brings_to_each_domain(one_class: bool) -> None:
    for seed in range(60):
        rng = Random(seed)
        groups, nodes, buckets = rng.randint(1, 3), rng.randint(1, 6), rng.randint(1, 3)
        cap = np.array([[rng.choice((0, 1, 3)) for _ in range(nodes)] for _ in range(groups)])
        size = np.array([rng.randint(1, 5) for _ in range(groups)])
        count = random_assignment(rng, cap, size)
        made = relaxation(cap.tolist(), tuple(size.tolist()))
        bucket = np.array([rng.randrange(-1, buckets) for _ in range(nodes)])
        chosen = np.array(sorted(rng.sample(range(groups), rng.randint(1, groups))))
        come = arriving(made, chosen, bucket, buckets, [np.arange(nodes)] if one_class else None)
        for c, here in enumerate(made.members):
            for g in made.groups_of(c):
                told = float(count[g, here].sum())
                made.row([(made.arrivals(c, [g]), 1.0)], least=told, most=told)
        for b, variable in enumerate(come):
            told = float(count[chosen][:, bucket == b].sum())
            made.row([(variable, 1.0)], least=told, most=told)
        assert made.lp.Solve() == pywraplp.Solver.OPTIMAL, seed
