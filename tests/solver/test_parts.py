"""A part solved anew: better or nothing, and only there."""

from __future__ import annotations

import numpy as np

from placewright.models.snapshot import Snapshot
from placewright.solver.accept import acceptor
from placewright.solver.clock import Deadline
from placewright.solver.compile import compile_problem
from placewright.solver.construct import construct
from placewright.solver.engine import Engine
from placewright.solver.neighbourhoods import Part
from placewright.solver.parts import Task, put, solve_part
from placewright.solver.settings import Settings
from placewright.tests.builders import agent, agents, node, snapshot, spread


def crowded(number: int = 8) -> Snapshot:
    """Four nodes for agents that are all alike."""
    nodes = [node(f"n{i}", cpu=4000, memory=4096) for i in range(4)]
    return snapshot(nodes, [agent(f"a{i}", cpu=1000, memory=512) for i in range(number)])


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
    compilation, problem = compile_problem(crowded(number=8))
    part = Part("blocked", np.array([2, 3]))
    # Solved when six were placed, taken when seven are.
    there = np.array([[0, 2, 1], [0, 3, 1]])
    merged = put(problem, np.array([[4, 3, 0, 0]]), part, there)
    assert merged.sum() == 8
    assert merged[0, :2].tolist() == [4, 3]
    assert acceptor(compilation, problem)(merged)


def test_only_the_groups_of_a_part_are_taken_off_its_nodes() -> None:
    nodes = [node(f"n{i}", cpu=4000, memory=4096) for i in range(2)]
    some = [agent(f"a{i}", cpu=1000 + 500 * (i % 2), memory=512) for i in range(4)]
    compilation, problem = compile_problem(snapshot(nodes, some))
    count = construct(compilation, problem, Deadline(10))
    part = Part("quota", np.array([0, 1]), np.array([1]))
    merged = put(problem, count, part, np.zeros((0, 3), dtype=np.int64))
    assert merged[0].tolist() == count[0].tolist()
    assert not merged[1].any()


def test_a_part_has_only_the_rules_and_wishes_of_those_who_can_move() -> None:
    """Each part was given every spread of the cluster, a variable and several constraints for each."""
    zones = [node(f"n{i}", cpu=8000, memory=8192, zone="ab"[i % 2]) for i in range(4)]
    apart = agents("apart", 2, labels={"app": "apart"}, spread=(spread(app="apart"),), cpu=100)
    _, problem = compile_problem(snapshot(zones, [*apart, *agents("any", 2, cpu=1000)]))
    assert problem.size.tolist() == [2, 2]
    sides = [0, 1] if problem.request[0].max() < problem.request[1].max() else [1, 0]
    fixed = np.array([[1, 1, 0, 0], [0, 0, 0, 0]])[sides]
    model = Engine(problem.fixing(fixed, np.array([2, 3])), Settings(workers=1))._model.proto
    assert len(model.variables) == 2
