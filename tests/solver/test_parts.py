"""A part solved anew: better or nothing, and only there."""

from __future__ import annotations

import numpy as np

from placewright.models.snapshot import Snapshot
from placewright.solver.accept import acceptor
from placewright.solver.clock import Deadline
from placewright.solver.compile import compile_problem
from placewright.solver.construct import construct
from placewright.solver.neighbourhoods import Part
from placewright.solver.parts import Task, put, solve_part
from placewright.solver.settings import Settings
from placewright.tests.builders import agent, node, snapshot


def crowded(agents: int = 8) -> Snapshot:
    """Four nodes for agents that are all alike."""
    nodes = [node(f"n{i}", cpu=4000, memory=4096) for i in range(4)]
    return snapshot(nodes, [agent(f"a{i}", cpu=1000, memory=512) for i in range(agents)])


def test_a_part_is_better_on_its_level_and_changes_nothing_else() -> None:
    _, problem = compile_problem(crowded())
    count = np.array([[4, 4, 0, 0]])
    level = len(problem.levels) - 1
    above = tuple(known.value(count) for known in problem.levels[:level])
    part = Part("random", np.array([1, 2]))
    tried = solve_part(problem, Settings(workers=1), count, Task(part, level, above, 5.0))
    assert tried.finished
    assert tried.work > 0.0
    assert tried.there is not None
    assert put(problem, count, part, tried.there).tolist() == [[4, 2, 2, 0]]


def test_a_gap_that_is_good_enough_for_all_is_not_for_a_part() -> None:
    """Parts have all that is fixed in their value: with a gap they gave back what they were given."""
    _, problem = compile_problem(crowded())
    count = np.array([[4, 4, 0, 0]])
    level = len(problem.levels) - 1
    above = tuple(known.value(count) for known in problem.levels[:level])
    part = Part("random", np.array([1, 2]))
    tried = solve_part(problem, Settings(workers=1, gap=0.9), count, Task(part, level, above, 5.0))
    assert tried.there is not None
    assert put(problem, count, part, tried.there).tolist() == [[4, 2, 2, 0]]


def test_who_was_placed_elsewhere_meanwhile_is_not_placed_twice() -> None:
    compilation, problem = compile_problem(crowded(agents=8))
    part = Part("blocked", np.array([2, 3]))
    # Solved when six were placed, taken when seven are.
    there = np.array([[0, 2, 1], [0, 3, 1]])
    merged = put(problem, np.array([[4, 3, 0, 0]]), part, there)
    assert merged.sum() == 8
    assert merged[0, :2].tolist() == [4, 3]
    assert acceptor(compilation, problem)(merged)


def test_only_the_groups_of_a_part_are_taken_off_its_nodes() -> None:
    nodes = [node(f"n{i}", cpu=4000, memory=4096) for i in range(2)]
    agents = [agent(f"a{i}", cpu=1000 + 500 * (i % 2), memory=512) for i in range(4)]
    compilation, problem = compile_problem(snapshot(nodes, agents))
    count = construct(compilation, problem, Deadline(10))
    part = Part("quota", np.array([0, 1]), np.array([1]))
    merged = put(problem, count, part, np.zeros((0, 3), dtype=np.int64))
    assert merged[0].tolist() == count[0].tolist()
    assert not merged[1].any()
