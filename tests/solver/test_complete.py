"""What one level leaves is taken up, and nobody is evicted whom nobody needed gone."""

from __future__ import annotations

import numpy as np

from placewright.solver.clock import Deadline
from placewright.solver.compile import compile_problem
from placewright.solver.complete import complete, spare
from placewright.solver.outcome import outcome
from placewright.tests.builders import agent, near, node, snapshot


def test_a_victim_that_is_in_nobodys_way_stays() -> None:
    cluster = snapshot([node("n1")], [agent("r", cpu=1000, on="n1"), agent("new", cpu=1000, priority=1)])
    compilation, problem = compile_problem(cluster, preempt=True)
    count = np.zeros_like(problem.cap)
    count[0, 0] = 1
    better = outcome(compilation, complete(compilation, count, Deadline(10)))
    assert better.evicted == ()
    assert [a.name for a, _ in better.steps] == ["new"]


def test_a_victim_that_was_moved_goes_home_where_it_can() -> None:
    cluster = snapshot([node("n1"), node("n2")], [agent("r", cpu=1000, on="n1"), agent("new", priority=1)])
    compilation, problem = compile_problem(cluster, preempt=True)
    count = np.zeros_like(problem.cap)
    count[0, 0] = count[2, 1] = 1
    better = outcome(compilation, complete(compilation, count, Deadline(10)))
    assert better.evicted == ()
    assert [a.name for a, _ in better.steps] == ["new"]


def test_agents_that_still_fit_are_placed_the_important_ones_first() -> None:
    waiting = [agent("low", cpu=1000), agent("high", cpu=1000, priority=5)]
    compilation, problem = compile_problem(snapshot([node("n1", cpu=1000)], waiting))
    filled = complete(compilation, np.zeros_like(problem.cap), Deadline(10))
    assert [a.name for a, _ in outcome(compilation, filled).steps] == ["high"]


def test_what_does_not_hold_together_is_not_taken_up() -> None:
    # Alone on a node the first would seem fine; nothing is added that a rule refuses.
    lonely = agent("lonely", affinity=(near(app="nobody"),))
    compilation, problem = compile_problem(snapshot([node("n1", zone="a")], [lonely]))
    assert complete(compilation, np.zeros_like(problem.cap), Deadline(10)).sum() == 0


def test_a_victim_goes_before_nobody_who_is_not_more_important() -> None:
    cluster = snapshot(
        [node("n1", cpu=1000), node("n2", cpu=1000)],
        [
            agent("r1", cpu=1000, priority=50, on="n1", recreated=False),
            agent("r2", cpu=1000, priority=50, on="n2", recreated=False),
            agent("high", cpu=1000, priority=100),
            agent("low", cpu=1000, priority=20),
        ],
    )
    compilation, problem = compile_problem(cluster, preempt=True)
    count = np.zeros_like(problem.cap)
    count[0, 0] = count[1, 1] = 1
    counts = spare(compilation, count, Deadline(10))
    assert counts is not None
    spared = outcome(compilation, counts)
    assert len(spared.evicted) == 1
    assert [a.name for a, _ in spared.steps] == ["high"]
