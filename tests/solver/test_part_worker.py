"""A process that solves parts: it is told what has changed, and answers as one that was there from the start."""

from __future__ import annotations

import numpy as np
import pytest

from placewright.solver.compile import compile_problem
from placewright.solver.neighbourhoods import Part
from placewright.solver.part_worker import Asked, changes, solver
from placewright.solver.parts import Task, solve_part
from placewright.solver.settings import Settings
from placewright.tests.builders import agent, node, snapshot

SETTINGS = Settings(workers=1, deterministic=True)


@pytest.mark.parametrize(
    ("known", "count", "places", "values"),
    [
        pytest.param(
            None, [[0, 3], [1, 0]], [1, 2], [3, 1], id="all that is there, of one who knows nothing"
        ),
        pytest.param([[0, 3], [1, 0]], [[0, 3], [1, 0]], [], [], id="nothing has changed"),
        pytest.param([[0, 3], [1, 0]], [[2, 3], [0, 0]], [0, 2], [2, 0], id="who came and who left"),
    ],
)
def test_what_has_changed(
    known: list[list[int]] | None, count: list[list[int]], places: list[int], values: list[int]
) -> None:
    told = changes(None if known is None else np.array(known), np.array(count))
    assert [told[0].tolist(), told[1].tolist()] == [places, values]


def test_one_who_is_told_of_changes_answers_as_one_who_sees_it_all() -> None:
    nodes = [node(f"n{i}", cpu=4000, memory=4096) for i in range(4)]
    everyone = [agent(f"a{i}", cpu=1000, memory=512) for i in range(8)]
    _, problem = compile_problem(snapshot(nodes, everyone))
    level = len(problem.levels) - 1
    solve = solver(problem, SETTINGS)
    known = None
    for counts, part in (
        ([[4, 4, 0, 0]], [1, 2]),
        ([[4, 2, 2, 0]], [0, 3]),
        ([[2, 2, 2, 2]], [0, 1]),
    ):
        count = np.array(counts)
        above = tuple(one.value(count) for one in problem.levels[:level])
        task = Task(Part("random", np.array(part)), level, above, 5.0)
        there = solve(Asked(*changes(known, count), task)).there
        expected = solve_part(problem, SETTINGS, count, task).there
        assert (there is None) is (expected is None)
        assert there is None or np.array_equal(there, expected)  # type: ignore[arg-type]
        known = count
