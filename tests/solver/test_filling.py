"""Many agents at a time go where they would go one after the other."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from placewright.solver.filling import emptiest, in_turn


def one_by_one(base: list[float], step: list[float], room: list[int], wanted: int) -> list[float]:
    """What nodes have left beside the last of each, agent by agent to the emptiest; the fullest first."""
    left, taken = list(base), [0] * len(base)
    beside = []
    for _ in range(wanted):
        open_nodes = [n for n in range(len(base)) if taken[n] < room[n]]
        if not open_nodes:
            break
        n = max(open_nodes, key=lambda n: left[n] - step[n])
        left[n] -= step[n]
        taken[n] += 1
        beside.append(left[n])
    return sorted(beside)


def test_nodes_are_filled_down_to_a_common_level() -> None:
    rng = Random(0)
    for _ in range(200):
        size = rng.randint(1, 5)
        base = [rng.uniform(0.0, 1.0) for _ in range(size)]
        step = [rng.uniform(0.01, 0.3) for _ in range(size)]
        room = [rng.randint(0, 6) for _ in range(size)]
        wanted = rng.randint(1, 20)
        row = emptiest(np.array(base), np.array(step), np.array(room), wanted)
        assert (row <= room).all()
        assert row.sum() == min(wanted, sum(room))
        beside = sorted(base[n] - (i + 1) * step[n] for n in range(size) for i in range(int(row[n])))
        assert beside == pytest.approx(one_by_one(base, step, room, wanted))


def test_who_takes_nothing_is_placed_all_the_same() -> None:
    row = emptiest(np.array([0.2, 0.9]), np.zeros(2), np.array([3, 3]), 4)
    assert row.sum() == 4
    assert row[1] == 3


def test_nodes_are_filled_one_after_the_other_in_the_order_given() -> None:
    room = np.array([2, 3, 4])
    assert in_turn(np.array([2, 0]), room, 5).tolist() == [1, 0, 4]
    assert in_turn(np.array([2, 0]), room, 99).tolist() == [2, 0, 4]
    assert in_turn(np.array([], dtype=np.int64), room, 5).tolist() == [0, 0, 0]
