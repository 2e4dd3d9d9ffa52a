"""Times of groups that lean on each other: the model takes exactly the counts that some order reaches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from random import Random

import numpy as np
from ortools.sat.python import cp_model

from placewright.solver.compilation import IntArray
from placewright.solver.rules.affinity_times import Hungry, encode_times
from placewright.solver.variables import Variables

ZONE = np.array([0, 0, 1])
HOST = np.arange(3)
NOBODY = np.zeros(3, dtype=np.int64)

Counts = tuple[tuple[int, ...], ...]


def needs(*company: int, there: IntArray = NOBODY, keys: Sequence[IntArray] = (ZONE,)) -> Hungry:
    return Hungry(company, there, tuple(keys))


def takes(hungry: Mapping[int, Hungry], counts: Counts) -> bool:
    """Whether the model has a solution with these counts of all groups."""
    cap = np.array(counts, dtype=np.int64)
    x = Variables(cp_model.CpModel(), cap, np.maximum(cap.sum(axis=1), 1))
    for (g, n), variable in x.items():
        x.model.add(variable == counts[g][n])
    encode_times(x, hungry, set(hungry))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    status = solver.solve(x.model)
    assert status in (cp_model.OPTIMAL, cp_model.INFEASIBLE)
    return status == cp_model.OPTIMAL


def reaches(hungry: Mapping[int, Hungry], counts: Counts) -> bool:
    """Whether agents can come one by one until there are as many, each accepted when it comes (§5.2)."""
    seen = set()
    open_ends = [tuple(tuple(0 for _ in row) for row in counts)]
    while open_ends:
        now = open_ends.pop()
        if now == counts:
            return True
        for g, n in product(range(len(counts)), range(len(counts[0]))):
            if now[g][n] < counts[g][n] and (g not in hungry or _accepted(hungry[g], g, n, now)):
                row = (*now[g][:n], now[g][n] + 1, *now[g][n + 1 :])
                then = (*now[:g], row, *now[g + 1 :])
                if then not in seen:
                    seen.add(then)
                    open_ends.append(then)
    return False


def _accepted(need: Hungry, g: int, n: int, now: Counts) -> bool:
    company = need.there + np.array([now[q] for q in need.company], dtype=np.int64).sum(axis=0)
    if all(domain[n] >= 0 and company[domain == domain[n]].any() for domain in need.domains):
        return True
    keyed = np.any([domain >= 0 for domain in need.domains], axis=0)
    return g in need.company and not company[keyed].any() and all(domain[n] >= 0 for domain in need.domains)


def test_two_that_only_have_each_other_never_start() -> None:
    hungry = {0: needs(1), 1: needs(0)}
    assert not takes(hungry, ((1, 0, 0), (1, 0, 0)))
    assert takes(hungry, ((0, 0, 0), (0, 0, 0)))


def test_one_that_may_be_first_starts_the_circle() -> None:
    hungry = {0: needs(0, 1), 1: needs(0)}
    assert takes(hungry, ((1, 0, 0), (0, 1, 0)))
    assert not takes(hungry, ((1, 0, 0), (0, 0, 1)))


def test_only_one_is_first_of_a_series() -> None:
    hungry = {0: needs(0, 1), 1: needs(0, 1)}
    assert takes(hungry, ((2, 1, 0), (1, 0, 0)))
    assert not takes(hungry, ((1, 0, 0), (0, 0, 1)))


def test_two_series_start_one_after_the_other_where_the_earlier_is_no_company_for_the_later() -> None:
    # The second may come to the first, but not the other way round.
    hungry = {0: needs(0), 1: needs(0, 1)}
    assert takes(hungry, ((1, 0, 0), (0, 0, 1)))
    hungry = {0: needs(0, 1), 1: needs(0, 1)}
    assert not takes(hungry, ((1, 0, 0), (0, 0, 1)))


def test_company_that_runs_anywhere_leaves_nobody_to_be_first() -> None:
    elsewhere = np.array([0, 0, 1])
    hungry = {0: needs(0, 1, there=elsewhere), 1: needs(0, 1, there=elsewhere)}
    assert not takes(hungry, ((1, 0, 0), (1, 0, 0)))
    assert takes(hungry, ((0, 0, 1), (0, 0, 2)))


def test_company_that_needs_nobody_itself_may_come_before_everybody() -> None:
    hungry = {0: needs(1, 2), 1: needs(0)}
    assert takes(hungry, ((1, 0, 0), (1, 0, 0), (1, 0, 0)))
    assert not takes(hungry, ((1, 0, 0), (1, 0, 0), (0, 0, 1)))


def test_company_counts_in_every_domain_of_each_key() -> None:
    both = (ZONE, HOST)
    hungry = {0: needs(0, 1, keys=both), 1: needs(0, keys=both)}
    assert takes(hungry, ((1, 0, 0), (1, 0, 0)))
    assert not takes(hungry, ((1, 0, 0), (0, 1, 0)))


def test_counts_are_taken_exactly_where_some_order_reaches_them() -> None:
    rng = Random(6)
    seen = {True: 0, False: 0}
    for _ in range(150):
        groups = rng.choice((2, 3))
        hungry = {}
        for g in range(groups):
            company = tuple(q for q in range(groups) if rng.random() < 0.55)
            if company and rng.random() < 0.85:
                there = np.array([int(rng.random() < 0.05) for _ in range(3)], dtype=np.int64)
                hungry[g] = needs(*company, there=there, keys=rng.choice(((ZONE,), (HOST,), (ZONE, HOST))))
        counts = tuple(tuple(rng.choice((0, 0, 1, 1, 2)) for _ in range(3)) for _ in range(groups))
        if hungry:
            reached = reaches(hungry, counts)
            assert takes(hungry, counts) is reached, (hungry, counts)
            seen[reached] += 1
    assert min(seen.values()) > 15
