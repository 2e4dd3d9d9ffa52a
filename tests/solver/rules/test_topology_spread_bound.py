"""What spread lets a domain have at most, told to the relaxation: never too little, and exact where it is plain."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from random import Random

import numpy as np

from placewright.solver.relaxation import Relaxation
from placewright.solver.rules.spreads import Spread
from placewright.solver.rules.topology_spread_bound import relax_spread

DOMAIN = np.array([0, 1, 2])


def spread(start: tuple[int, ...] = (0, 0, 0), *, skew: int = 1, owners: tuple[int, ...] = (0,)) -> Spread:
    """Over three nodes, each a domain that counts, of groups 0 and 1 that both count."""
    return Spread(
        groups=owners,
        domain=DOMAIN,
        counted=np.ones(3, dtype=np.int64),
        start=np.array(start),
        matching=(0, 1),
        max_skew=skew,
        floor_is_zero=False,
        exempt=frozenset(),
        standing=(),
        itself=True,
        counting=DOMAIN,
        by_node=True,
        aside=np.zeros(3, dtype=np.bool_),
    )


def relaxation(size: tuple[int, int], cap: list[list[int]] | None = None) -> Relaxation:
    """Of two groups on three nodes, each for itself: what they take differs."""
    open_to = np.array([[9, 9, 9], [9, 9, 9]] if cap is None else cap)
    free = np.array([[90], [91], [92]])
    return Relaxation(open_to, np.array(size), np.ones((2, 1), dtype=np.int64), free)


def ceiling(told: Spread, size: tuple[int, int], cap: list[list[int]] | None = None) -> list[int]:
    made = relaxation(size, cap)
    relax_spread(told, made)
    found: list[int] = made.ceiling(0, DOMAIN, 3).tolist()
    return found


def test_each_domain_has_as_many_as_leave_enough_for_the_others_to_keep_up() -> None:
    assert ceiling(spread(), (7, 0)) == [3, 3, 3]
    assert ceiling(spread(skew=2), (7, 0)) == [3, 3, 3]
    assert ceiling(spread(skew=4), (7, 0)) == [5, 5, 5]


def test_who_is_there_is_not_made_up_for_and_need_not_be_kept_up_with() -> None:
    assert ceiling(spread((4, 0, 0)), (5, 0)) == [0, 3, 3]
    assert ceiling(spread((2, 1, 0)), (1, 0)) == [0, 0, 1]


def test_others_that_count_keep_up_as_well() -> None:
    assert ceiling(spread(), (3, 0)) == [1, 1, 1]
    assert ceiling(spread(), (3, 6)) == [3, 3, 3]


def test_a_domain_that_takes_few_holds_the_others_back() -> None:
    assert ceiling(spread(), (9, 0), [[9, 9, 1], [0, 0, 0]]) == [2, 2, 2]


def test_with_too_few_domains_the_least_is_none_at_all() -> None:
    assert ceiling(replace(spread((1, 0, 0), skew=2), floor_is_zero=True), (9, 0)) == [1, 2, 2]


def test_of_whom_nothing_is_certain_nothing_is_said() -> None:
    whole = [7, 7, 7]
    assert ceiling(replace(spread(), itself=False), (7, 0)) == whole
    alone = replace(spread(), counting=np.array([0]))
    assert ceiling(alone, (7, 0)) == whole
    somewhere_uncounted = replace(spread(), counted=np.array([1, 1, 0]))
    assert ceiling(somewhere_uncounted, (7, 0)) == whole


def test_no_end_state_that_spread_accepts_has_more_in_a_domain() -> None:
    rng = Random(9)
    reached = 0
    for _ in range(60):
        size = (rng.randint(1, 4), rng.randint(0, 2))
        told = spread(
            tuple(rng.randint(0, 2) for _ in range(3)),
            skew=rng.choice((1, 2)),
            owners=rng.choice(((0,), (0, 1))),
        )
        cap = [[rng.choice((0, 1, 4)) for _ in range(3)] for _ in range(2)]
        most = np.zeros(3, dtype=np.int64)
        for mine in product(*(range(c + 1) for c in cap[0])):
            for others in product(*(range(c + 1) for c in cap[1])):
                if sum(mine) <= size[0] and sum(others) <= size[1] and accepts(told, mine, others):
                    most = np.maximum(most, mine)
        found = np.array(ceiling(told, size, cap))
        assert (most <= found).all()
        reached += int((most == found).all())
    assert reached > 10


def accepts(told: Spread, mine: tuple[int, ...], others: tuple[int, ...]) -> bool:
    """Whether no domain with owners that came is more than maxSkew above the emptiest one."""
    total = told.start + np.array(mine) + np.array(others)
    owned = np.array(mine) + (np.array(others) if 1 in told.groups else 0)
    return bool((total[owned > 0] - total.min() <= told.max_skew).all())
