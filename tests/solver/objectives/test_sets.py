"""Whole sets of a mix: as many as the part that there is least of allows."""

from __future__ import annotations

import numpy as np
import pytest
from ortools.sat.python import cp_model

from placewright.solver.compilation import IntArray
from placewright.solver.objectives.sets import Part, SetsObjective
from placewright.solver.variables import Variables

MIX = SetsObjective((Part((0, 1), 2), Part((2,), 3)), most=4)
"""Two of the first two groups to three of the third."""


def counts(*rows: int) -> IntArray:
    return np.array([[row] for row in rows], dtype=np.int64)


@pytest.mark.parametrize(
    ("placed", "sets"),
    [
        pytest.param((2, 2, 6), 2, id="whole ones"),
        pytest.param((4, 0, 5), 1, id="one of a part is missing"),
        pytest.param((9, 9, 2), 0, id="a part that makes no set"),
    ],
)
def test_only_whole_sets_count(placed: tuple[int, int, int], sets: int) -> None:
    assert MIX.value(counts(*placed)) == sets


def test_no_more_sets_are_hoped_for_than_there_is_room_or_are_asked_for() -> None:
    assert MIX.limit(counts(3, 2, 99)) == 2
    assert MIX.limit(counts(99, 99, 99)) == 4


def test_fixed_agents_are_part_of_the_sets() -> None:
    rest = MIX.fixing(counts(1, 1, 2))
    assert rest.value(counts(0, 0, 1)) == 1
    assert rest.value(counts(0, 0, 0)) == 0


def test_the_model_places_whole_sets_and_as_many_as_fit() -> None:
    cap = counts(3, 2, 10)
    x = Variables(cp_model.CpModel(), cap, cap[:, 0])
    level = MIX.expression(x)
    x.model.maximize(level)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    assert solver.solve(x.model) == cp_model.OPTIMAL
    found = counts(*(solver.value(x.x(g, 0)) for g in range(3)))
    assert solver.objective_value == MIX.value(found) == 2
    assert (found[0] + found[1]).tolist() == [4]
    assert found[2].tolist() == [6]
