"""Bounds by prices: beneath every placement, and close where no two nodes are alike."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placewright.models.profile import Profile, ScoreName
from placewright.models.snapshot import Snapshot
from placewright.solver.bound import Bounds
from placewright.solver.clock import Deadline
from placewright.solver.compilation import IntArray
from placewright.solver.compile import compile_problem
from placewright.solver.first_answer import plain
from placewright.solver.objectives.weighted import WeightedObjective
from placewright.solver.priced_bound import has_time, priced_bound
from placewright.tests.builders import ZONE, agent, agents, near, node, snapshot
from placewright.tests.solver.objectives.test_every_term import best_of_judged, random_counts
from placewright.tests.solver.objectives.test_pairs_bound import wants

CASES = settings(deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
EVEN = Profile(weights={ScoreName.LEAST_ALLOCATED: 1})


def bound(cluster: Snapshot, placed: int, near: IntArray | None = None) -> int:
    """The bound of the scores where so many agents are placed."""
    _, problem = compile_problem(cluster)
    level = problem.levels[1]
    assert isinstance(level, WeightedObjective)
    return priced_bound(problem, level, [placed], near)


@pytest.mark.parametrize("preempt", [False, True], ids=["all stay", "some may leave"])
@settings(CASES, max_examples=40)
@given(rng=st.randoms(use_true_random=False))
def test_the_best_placement_is_never_below_the_bound_wherever_its_planes_touch(
    rng: Random, preempt: bool
) -> None:
    name, problem, values = best_of_judged(rng, preempt=preempt)
    level = problem.levels[-1]
    assert isinstance(level, WeightedObjective)
    if problem.cap.size:
        for answer in (None, random_counts(rng, problem)):
            assert priced_bound(problem, level, values[:-1], answer) <= values[-1], name


def test_nodes_that_are_all_different_are_bounded_within_a_twentieth() -> None:
    rng = Random(4)
    nodes = [node(f"n{i}", cpu=rng.randint(20_000, 40_000), memory=100_000) for i in range(60)]
    there = [
        agent(f"r{i}-{j}", cpu=rng.randint(500, 2_000), memory=rng.randint(500, 4_000), on=f"n{i}")
        for i in range(60)
        for j in range(rng.randint(4, 9))
    ]
    waiting = [a for t in range(6) for a in agents(f"w{t}", 10, cpu=rng.randint(200, 900), memory=500)]
    cluster = snapshot(nodes, [*there, *waiting], profile=replace(EVEN, weights=Profile().weights))
    compilation, problem = compile_problem(cluster)
    answer = plain(compilation, problem, Deadline(60.0))
    value = problem.levels[1].value(answer)
    found = bound(cluster, len(waiting), answer)
    assert problem.levels[0].value(answer) == len(waiting)
    assert 0.95 * value <= found <= value
    # That is what a solve has, however little time there is for it.
    assert has_time(problem, 0.1)
    assert Bounds(problem).level(1, [len(waiting)], 0.1, answer) >= found


def test_an_answer_that_is_known_makes_the_bound_no_worse() -> None:
    # Four agents on two nodes: beside each other they cost more than each by itself would.
    cluster = snapshot([node(f"n{i}", cpu=1000) for i in range(2)], agents("a", 4, cpu=500), profile=EVEN)
    assert bound(cluster, 4) < 20_000
    assert bound(cluster, 4, np.array([[2, 2]])) > 0.9 * 20_000
    # Two of them cost less than all four, even by themselves.
    assert bound(cluster, 2) < bound(cluster, 4)


def test_company_that_runs_already_is_what_newcomers_can_hope_for() -> None:
    # Two in three of those that are meant run in one zone: nobody can be nearer to more of them.
    nodes = [node(f"n{i}", cpu=9000, zone="ab"[i % 2]) for i in range(4)]
    there = [agent(f"x{i}", labels={"app": "x"}, cpu=100, on=f"n{i}") for i in (0, 2, 1)]
    owner = agent("w", cpu=100, **wants(100, "x", ZONE))
    cluster = snapshot(nodes, [*there, owner], profile=Profile(weights={ScoreName.INTER_POD_AFFINITY: 1}))
    assert 3333 <= bound(cluster, 1) <= 3334


def test_without_time_nothing_is_asked_of_nodes() -> None:
    cluster = snapshot([node("n0", cpu=9000)], [agent("a", cpu=100, affinity=(near(app="a"),))])
    _, problem = compile_problem(cluster)
    assert not has_time(problem, 0.0)
    assert Bounds(problem).level(1, [1], 0.0) == problem.levels[1].limit(problem.cap)
