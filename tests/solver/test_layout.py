"""Whole agents over nodes: alike nodes alike, within what they have, the rest where it costs least."""

from __future__ import annotations

import numpy as np
import pytest

from placewright.models.profile import Profile, ScoreName
from placewright.solver.compile import compile_problem
from placewright.solver.layout import Layout
from placewright.tests.builders import agents, node, snapshot

ALL = np.arange(3)


def test_alike_nodes_are_used_alike() -> None:
    nodes = [node(f"n{i}", cpu=4000) for i in range(3)]
    cluster = snapshot(nodes, [*agents("large", 3, cpu=2000), *agents("small", 6, cpu=500)])
    _, problem = compile_problem(cluster)
    layout = Layout(problem)
    assert layout.lay_out({(1, 0): 6, (0, 0): 3}, [ALL]) == {}
    assert layout.target.tolist() == [[1, 1, 1], [2, 2, 2]]


def test_replicas_are_apart_on_alike_nodes_whatever_else_is_there() -> None:
    nodes = [node(f"n{i}", cpu=4000) for i in range(3)]
    everyone = [*agents("large", 2, cpu=3000), *agents("small", 3, cpu=500), *agents("many", 7, cpu=100)]
    _, problem = compile_problem(snapshot(nodes, everyone))
    layout = Layout(problem)
    assert layout.lay_out({(0, 0): 2, (2, 0): 3, (1, 0): 7}, [ALL]) == {}
    assert layout.target[2].tolist() == [1, 1, 1]
    assert layout.target[1].max() == 3


def test_where_apart_is_no_room_they_are_together() -> None:
    nodes = [node(f"n{i}", cpu=4000) for i in range(3)]
    cluster = snapshot(nodes, [*agents("large", 2, cpu=4000), *agents("small", 3, cpu=500)])
    _, problem = compile_problem(cluster)
    layout = Layout(problem)
    assert layout.lay_out({(0, 0): 2, (1, 0): 3}, [ALL]) == {}
    assert sorted(layout.target[1].tolist()) == [0, 0, 3]


def test_whom_no_node_has_room_for_is_left_over_and_goes_where_it_costs_least() -> None:
    nodes = [node("n0", cpu=1000), node("n1", cpu=2000), node("n2", cpu=8000)]
    profile = Profile(weights={ScoreName.LEAST_ALLOCATED: 1})
    _, problem = compile_problem(snapshot(nodes, agents("a", 4, cpu=1000), profile=profile))
    layout = Layout(problem, problem.levels[-1].tally())  # type: ignore[attr-defined]
    assert layout.lay_out({(0, 0): 4}, [np.array([0, 1])]) == {(0, 0): 1}
    assert layout.find_room(0, 1, np.array([0, 1])) == 1
    assert layout.find_room(0, 1, ALL) == 0
    assert layout.target.tolist() == [[1, 2, 1]]


def test_one_to_a_node_as_long_as_others_cost_no_more() -> None:
    nodes = [node(f"n{i}", cpu=4000) for i in range(3)]
    profile = Profile(weights={ScoreName.LEAST_ALLOCATED: 1})
    _, problem = compile_problem(snapshot(nodes, agents("a", 5, cpu=1000), profile=profile))
    layout = Layout(problem, problem.levels[-1].tally())  # type: ignore[attr-defined]
    assert layout.find_room(0, 5, ALL) == 0
    assert sorted(layout.target[0].tolist()) == [1, 2, 2]


def test_unlike_nodes_of_a_class_are_filled_by_what_agents_cost_there() -> None:
    """By amounts alone the node that has the most left would get everybody, whatever that costs."""
    nodes = [node("large", cpu=16000), node("small", cpu=4000), node("middle", cpu=8000)]
    profile = Profile(weights={ScoreName.LEAST_ALLOCATED: 1, ScoreName.BALANCED_ALLOCATION: 1})
    _, problem = compile_problem(snapshot(nodes, agents("a", 14, cpu=1000), profile=profile))
    level = problem.levels[-1]
    layout = Layout(problem, level.tally())  # type: ignore[attr-defined]
    assert layout.lay_out({(0, 0): 14}, [ALL]) == {}
    ways = [[[14 - i - j, i, j]] for i in range(5) for j in range(9) if i + j <= 14]
    best = min(level.value(np.array(way, dtype=np.int64)) for way in ways)
    without = Layout(problem)
    without.lay_out({(0, 0): 14}, [ALL])
    assert level.value(layout.target) == best < level.value(without.target)


def test_comparing_may_begin_when_some_are_there_already() -> None:
    nodes = [node("n0", cpu=4000), node("n1", cpu=4000), node("n2", cpu=4000)]
    profile = Profile(weights={ScoreName.LEAST_ALLOCATED: 1})
    _, problem = compile_problem(snapshot(nodes, agents("a", 9, cpu=1000), profile=profile))
    layout = Layout(problem)
    assert layout.lay_out({(0, 0): 4}, [np.array([0, 1])]) == {}
    layout.compare(problem.levels[-1].tally)  # type: ignore[attr-defined]
    assert layout.find_room(0, 1, ALL) == 0
    assert layout.target.tolist() == [[2, 2, 1]]
    layout.compare(lambda: pytest.fail("there is a tally already"))
