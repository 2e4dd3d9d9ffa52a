"""The bound without a relaxation: never beyond any placement, and close where amounts are all that matters."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from placewright.models.goals import Goal, Goals
from placewright.models.movable import MovePolicy
from placewright.models.move_cost import MoveCosts
from placewright.models.rebalance_options import RebalanceOptions
from placewright.models.snapshot import Snapshot
from placewright.solver.clock import Deadline
from placewright.solver.compilation import BoolArray, IntArray
from placewright.solver.compile import compile_problem
from placewright.solver.moves.counts import counts
from placewright.solver.moves.levels import build
from placewright.solver.moves.question import ask
from placewright.solver.moves.separable_bound import separable_bound
from placewright.solver.objectives.weighted import WeightedObjective
from placewright.tests.builders import node, snapshot
from placewright.tests.moving import runs
from placewright.tests.running import running_cluster, tight_cluster


def balance(
    cluster: Snapshot, goal: Goal = Goal.BALANCE, gain: int = 1
) -> tuple[WeightedObjective, IntArray]:
    """The level of a goal, moves included, and everybody's counts at home."""
    goals, options = Goals((goal,)), RebalanceOptions(min_gain=gain)
    question = ask(cluster, goals, options.policy)
    compilation, problem = compile_problem(question.asked)
    costs = MoveCosts(cluster, MovePolicy())
    levels = build(question, compilation, problem.levels, goals, costs, options)
    level = next(level for level in levels.all if level.name == f"goal/{goal}")
    assert isinstance(level, WeightedObjective)
    return level, counts(compilation, question.home)


def scattered(rng: Random, home: IntArray, emptied: BoolArray) -> IntArray:
    """The same agents on nodes at random, most of them at home, none on those that are emptied."""
    count = np.zeros_like(home)
    stay = np.flatnonzero(~emptied).tolist()
    for g, n in np.argwhere(home).tolist():
        for _ in range(int(home[g, n])):
            there = n if not emptied[n] and rng.random() < 0.5 else rng.choice(stay)
            count[g, there] += 1
    return count


def check(seed: int) -> bool:
    """No placement of a random cluster is better than the bound; whether there was one."""
    rng = Random(seed)
    cluster = running_cluster(rng) if seed % 2 else tight_cluster(rng)
    level, home = balance(cluster, gain=rng.choice((0, 1, 5)))
    emptied = np.array([rng.random() < 0.3 for _ in cluster.nodes], dtype=np.bool_)
    emptied[rng.randrange(len(emptied))] = False
    bound = separable_bound(level, home, emptied, Deadline(10.0))
    for _ in range(60):
        assert bound is None or bound <= level.value(scattered(rng, home, emptied)), seed
    if not emptied.any():
        assert bound is None or bound <= level.value(home), seed
    return bound is not None


def test_no_placement_is_better_than_the_bound() -> None:
    assert sum(check(seed) for seed in range(60)) > 20


@pytest.mark.slow
@pytest.mark.parametrize("start", range(1000, 3000, 500))
def test_no_placement_is_better_than_the_bound_at_length(start: int) -> None:
    for seed in range(start, start + 500):
        check(seed)


def test_the_bound_is_close_where_agents_are_small() -> None:
    cluster = snapshot(
        [node(name, cpu=10_000) for name in "ab"],
        [runs(f"x{i}", "a", cpu=100, memory=80) for i in range(60)],
    )
    level, home = balance(cluster, gain=0)
    even = np.full_like(home, 30)
    bound = separable_bound(level, home, np.zeros(2, dtype=np.bool_), Deadline(10.0))
    assert bound is not None
    assert 0.97 * level.value(even) <= bound <= level.value(even)


def test_moves_that_cost_more_than_they_bring_are_in_the_bound() -> None:
    cluster = snapshot(
        [node(name, cpu=10_000) for name in "ab"],
        [runs(f"x{i}", "a", cpu=100, memory=80) for i in range(60)],
    )
    level, home = balance(cluster, gain=1_000)
    bound = separable_bound(level, home, np.zeros(2, dtype=np.bool_), Deadline(10.0))
    assert bound is not None
    assert 0.97 * level.value(home) <= bound <= level.value(home)


def test_what_nodes_cost_to_empty_is_in_the_bound() -> None:
    cluster = snapshot([node(name) for name in "ab"], [runs("x", "a", cpu=1000)])
    level, home = balance(cluster, gain=1_000)
    none = np.zeros(2, dtype=np.bool_)
    emptied = np.array([True, False])
    free = separable_bound(level, home, none, Deadline(10.0))
    forced = separable_bound(level, home, emptied, Deadline(10.0))
    assert free is not None
    assert forced is not None
    assert forced >= free + 100_000


def test_other_levels_have_no_such_bound() -> None:
    cluster = snapshot([node("a"), node("b")], [runs("x", "a", cpu=1000)])
    level, home = balance(cluster, Goal.CONSOLIDATE)
    assert separable_bound(level, home, np.zeros(2, dtype=np.bool_), Deadline(1.0)) is None


def test_without_any_time_the_first_prices_give_a_bound_all_the_same() -> None:
    cluster = snapshot([node("a"), node("b")], [runs("x", "a", cpu=1000)])
    level, home = balance(cluster)
    none = np.zeros(2, dtype=np.bool_)
    first, best = (separable_bound(level, home, none, Deadline(seconds)) for seconds in (0.0, 10.0))
    assert first is not None
    assert best is not None
    assert first <= best <= level.value(home)
