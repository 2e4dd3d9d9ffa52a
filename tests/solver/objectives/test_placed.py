"""How many are placed, priority by priority, and how many are left out where that is blended."""

from __future__ import annotations

import numpy as np

from placewright.models.snapshot import Snapshot
from placewright.solver.bound import relaxed
from placewright.solver.compile import compile_problem
from placewright.solver.objectives.placed import PlacedObjective, UnplacedTerm
from placewright.tests.builders import agent, agents, node, snapshot

TWO = [node("n1", cpu=1000), node("n2", cpu=1000)]


def levels(cluster: Snapshot, *, preempt: bool = False) -> list[PlacedObjective]:
    compilation, _ = compile_problem(cluster, preempt=preempt)
    return PlacedObjective.compile_all(compilation)


def test_there_is_a_level_for_each_priority_the_highest_first() -> None:
    mixed = [
        *agents("low", 2),
        agent("high", priority=5),
        agent("also", priority=5, cpu=1),
        agent("neg", priority=-1),
    ]
    found = levels(snapshot(TWO, mixed))
    assert [(level.name, level.size) for level in found] == [
        ("placed/priority=5", 2),
        ("placed/priority=0", 2),
        ("placed/priority=-1", 1),
    ]


def test_evicted_agents_count_for_their_own_priority_once_they_may_come_back() -> None:
    running = [agent("r", on="n1", cpu=600, priority=2), agent("gone", on="n2", cpu=1, recreated=False)]
    found = levels(snapshot(TWO, [*running, agent("p", cpu=900, priority=5)]), preempt=True)
    assert [(level.priority, level.size) for level in found] == [(5, 1), (2, 1)]


def test_fixed_agents_are_counted_and_no_more_than_there_are_is_hoped_for() -> None:
    [level] = levels(snapshot(TWO, agents("a", 5, cpu=400)))
    count, cap = np.array([[2, 1]]), np.array([[2, 2]])
    assert (level.value(count), level.limit(cap)) == (3, 4)
    rest = level.fixing(np.array([[2, 0]]))
    assert (rest.value(np.array([[0, 1]])), rest.limit(np.array([[0, 9]]))) == (3, 5)


def test_the_relaxation_bounds_what_is_placed_beside_what_is_fixed() -> None:
    _, problem = compile_problem(snapshot(TWO, agents("a", 9, cpu=400)))
    [level] = levels(snapshot(TWO, agents("a", 9, cpu=400)))
    assert level.relax(relaxed(problem)) == 4
    fixed = np.array([[1, 0]])
    part = problem.fixing(fixed, np.array([0, 1]))
    assert level.fixing(fixed).relax(relaxed(part)) == 4


def test_who_is_left_out_costs_what_it_is_worth() -> None:
    compilation, problem = compile_problem(snapshot(TWO, [*agents("a", 3, cpu=400), *agents("b", 2)]))
    term = UnplacedTerm.compile(compilation)
    count = np.zeros_like(problem.cap)
    assert (term.value(count), term.most(problem.cap), term.least(), term.step()) == (5, 5, 0, 1)
    count[0, 0] = 2
    assert (term.value(count), term.fixing(count).value(0 * count)) == (3, 3)
    worths = UnplacedTerm.of(compilation, {0: 4, 1: 6})
    assert (worths.value(0 * count), worths.step(), worths.worth(2).tolist()) == (4 * 3 + 6 * 2, 2, [4, 6])
