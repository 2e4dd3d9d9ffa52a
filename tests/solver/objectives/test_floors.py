"""Floors: beneath what every term costs, whichever of two is taken on each node."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placewright.models.profile import ScoreName
from placewright.models.scores.utilisation import LEAST, MOST, Shape, potential
from placewright.models.snapshot import Snapshot
from placewright.solver.compilation import loads
from placewright.solver.compile import compile_problem
from placewright.solver.objectives import TERMS
from placewright.solver.objectives.balanced_allocation import BalancedAllocationTerm
from placewright.solver.objectives.base import Term
from placewright.solver.objectives.floor import Floor
from placewright.solver.objectives.shares import Shares
from placewright.solver.objectives.utilisation import LeastAllocatedTerm
from placewright.solver.objectives.weighted import WeightedObjective
from placewright.tests.crowded import crowded
from placewright.tests.solver.objectives.test_every_term import judged_by, random_counts
from placewright.tests.tiny import tiny_cluster

UP_AND_DOWN: Shape = ((0, 0), (400, 100), (700, 20), (1000, 90))
CHEAPER_THEN_DEARER: Shape = ((0, 0), (300, 100), (301, 0), (1000, 0))
SHAPES = (LEAST, MOST, UP_AND_DOWN, CHEAPER_THEN_DEARER, tuple((x, 100 - y) for x, y in UP_AND_DOWN))
BALANCED = None


@pytest.mark.parametrize("name", list(TERMS), ids=str)
@pytest.mark.parametrize("make", [tiny_cluster, crowded], ids=["all stay", "some may leave"])
@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(rng=st.randoms(use_true_random=False))
def test_no_counts_cost_less_than_any_mixture_of_two_floors(
    name: ScoreName, make: Callable[[Random], Snapshot], rng: Random
) -> None:
    _, problem = compile_problem(judged_by(rng, name, make), preempt=make is crowded)
    level = problem.levels[-1]
    assert isinstance(level, WeightedObjective)
    if not problem.cap.size:
        return
    near = random_counts(rng, problem)
    one, other = level.floor(problem.cap, problem.size, None), level.floor(problem.cap, problem.size, near)
    first = np.array([rng.random() < 0.5 for _ in range(problem.cap.shape[1])])
    mixed = Floor(np.where(first, one.base, other.base), np.where(first, one.slopes, other.slopes))
    for count in (np.zeros_like(near), near, random_counts(rng, problem), random_counts(rng, problem)):
        if (loads(count, problem.request) > problem.room).any():
            continue
        for floor in (one, other, mixed):
            assert floor.at(count) <= level.value(count) + 1e-6 * (1 + level.value(count)), name


def small_shares(rng: Random) -> Shares:
    """Few units of each resource, so that rounding up to permille is felt."""
    groups, nodes = rng.randint(1, 3), rng.randint(1, 3)
    ask, used, whole = (
        np.array([[rng.randint(least, most) for _ in range(2)] for _ in range(rows)], dtype=np.int64)
        for rows, least, most in ((groups, 0, 2), (nodes, 0, 6), (nodes, 0, 19))
    )
    return Shares(ask, used, whole, np.zeros((groups, nodes), dtype=np.int64))


@pytest.mark.parametrize("shape", [*SHAPES, BALANCED], ids=str)
def test_what_rounding_up_adds_is_never_counted_twice(shape: Shape | None) -> None:
    rng = Random(str(shape))
    for _ in range(150):
        shares = small_shares(rng)
        term: Term
        if shape is None:
            term = BalancedAllocationTerm(shares)
        else:
            term = LeastAllocatedTerm(shares, potential(shape), (1, 2), 1)
        cap = np.array([[rng.randint(0, 4) for _ in row] for row in shares.home], dtype=np.int64)
        size = cap.sum(axis=1)
        counts = [np.minimum(cap, rng.randint(0, 4) * (cap > rng.randint(0, 2))) for _ in range(4)]
        for floor in (term.floor(cap, size, None), term.floor(cap, size, counts[0])):
            for count in (*counts, cap, 0 * cap):
                assert floor.at(count) <= term.value(count) + 1e-9
        # As they are nodes cost what the floor says, but for what is rounded up once.
        assert term.floor(cap, size, None).at(0 * cap) > term.value(0 * cap) - 1.0
