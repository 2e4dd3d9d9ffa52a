"""Whole agents by class: nobody is lost, domains stay even, and classes get what they were meant to."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from placewright.solver.rounding import whole_agents

Solution = dict[tuple[int, int], float]


def rounded(solution: Solution, zones: list[int], request: list[int]) -> dict[tuple[int, int], int]:
    """With classes of 100 of one resource each."""
    places = np.array(zones, dtype=np.int64).reshape(-1, 1)
    room = np.full((len(zones), 1), 100, dtype=np.int64)
    return whole_agents(solution, places, np.array(request, dtype=np.int64).reshape(-1, 1), room)


@pytest.mark.parametrize(
    ("solution", "zones", "expected"),
    [
        pytest.param({(0, 0): 3.0, (0, 1): 2.0}, [0, 0], {(0, 0): 3, (0, 1): 2}, id="whole numbers stay"),
        pytest.param(
            {(0, 0): 2.999999, (0, 1): 2.000001},
            [0, 0],
            {(0, 0): 3, (0, 1): 2},
            id="and so do those nearly so",
        ),
        pytest.param(
            {(0, 0): 1.6, (0, 1): 2.4},
            [0, 0],
            {(0, 0): 2, (0, 1): 2},
            id="the largest remainder is rounded up",
        ),
        pytest.param({(0, 0): 0.4, (0, 1): 0.3, (0, 2): 0.3}, [0, 0, 0], {(0, 0): 1}, id="nobody is lost"),
        pytest.param(
            {(0, 0): 1.0, (0, 1): 0.9, (0, 2): 0.6, (0, 3): 0.5},
            [0, 1, 2, 2],
            {(0, 0): 1, (0, 1): 1, (0, 2): 1},
            id="a zone in two classes has its remainders together",
        ),
        pytest.param(
            {(0, 0): 0.5, (0, 1): 0.5, (1, 0): 0.5, (1, 1): 0.5},
            [0, 0],
            {(0, 0): 1, (1, 1): 1},
            id="one group's gain is the next one's loss",
        ),
    ],
)
def test_whole_agents(solution: Solution, zones: list[int], expected: dict[tuple[int, int], int]) -> None:
    assert rounded(solution, zones, [10, 10]) == expected


def test_zones_and_groups_keep_their_totals_within_one() -> None:
    rng = Random(1)
    for _ in range(100):
        zones = [rng.randrange(3) for _ in range(6)]
        solution = {(g, c): rng.random() * 3 for g in range(4) for c in rng.sample(range(6), 4)}
        whole = rounded(solution, zones, [rng.randint(1, 9) for _ in range(4)])
        for g in range(4):
            of_group = {c: amount for (h, c), amount in solution.items() if h == g}
            assert sum(n for (h, _), n in whole.items() if h == g) == round(sum(of_group.values()))
            for zone in range(3):
                meant = sum(amount for c, amount in of_group.items() if zones[c] == zone)
                assert abs(sum(whole.get((g, c), 0) for c in of_group if zones[c] == zone) - meant) <= 1
