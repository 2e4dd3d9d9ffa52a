"""Walks of which fewer and fewer go on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from random import Random

import numpy as np
import pytest

from placewright.solver.compilation import IntArray
from placewright.solver.reassign.cool import Heat, Walker
from placewright.solver.reassign.halve import BEHIND, STRETCHES, halve
from placewright.solver.reassign.state import copied, state_of
from placewright.tests.solver.reassign.small import holds, small

WORKERS = 2
FIRST = STRETCHES[0][0] * WORKERS
HEAT = Heat(64.0, 0.5)


class Told(Walker):
    """A walk that costs what it is told to, less by `falls` in each stretch, and notes down its stretches."""

    def __init__(self, number: int, costs: float, falls: float = 0.0) -> None:
        problem, where = small(Random(1))
        super().__init__(state_of(problem, where), np.random.default_rng(0), evicting=False, tries=1)
        self.best = np.array([number])
        self.costs, self.falls = costs, falls
        self.heats: list[Heat] = []
        self.parts: list[float] = []
        self.followed: list[Walker] = []

    def follow(self, other: Walker) -> None:
        self.followed.append(other)

    def go(self, heat: Heat, elapsed: Callable[[], float]) -> None:
        self.heats.append(heat)
        self.parts.append(elapsed())
        self.mean = self.costs - self.falls * len(self.heats)


def told(costs: Sequence[float], falls: float = 0.0) -> list[Told]:
    """Walks after they have been halved, with clocks that say the part that they are for."""
    walks = [Told(number, cost, falls) for number, cost in enumerate(costs)]
    halve(walks, [], WORKERS, HEAT, 0.0, lambda part: lambda: part)
    return walks


@pytest.fixture
def walks() -> list[Told]:
    costs = [float(cost) for cost in range(FIRST)]
    Random(3).shuffle(costs)
    return told(costs)


def test_those_that_cost_least_in_one_stretch_go_on_in_the_next(walks: list[Told]) -> None:
    ordered = sorted(walks, key=lambda walk: walk.costs)
    for number, walk in enumerate(ordered):
        assert len(walk.heats) == sum(number < field * WORKERS for field, _ in STRETCHES)


def test_each_stretch_begins_where_the_one_before_it_has_cooled_down_to(walks: list[Told]) -> None:
    longest = max(walks, key=lambda walk: len(walk.heats)).heats
    assert longest[0].hot == HEAT.hot
    assert longest[-1].cold == pytest.approx(HEAT.cold)
    for before, after in pairwise(longest):
        assert after.hot == pytest.approx(before.cold)


@pytest.mark.parametrize("number", [FIRST, 5, WORKERS])
def test_a_stretch_takes_its_share_of_the_time_however_many_walks_there_are(number: int) -> None:
    walks = told([1.0] * number)
    assert sum(share for _, share in STRETCHES) == pytest.approx(1.0)
    for stretch, (_, share) in enumerate(STRETCHES):
        parts = [walk.parts[stretch] for walk in walks if len(walk.parts) > stretch]
        assert sum(parts) == pytest.approx(WORKERS * share)


def test_walks_that_are_late_join_where_it_is_no_hotter_than_they_want_it() -> None:
    early = [Told(number, float(number)) for number in range(FIRST)]
    late = [Told(FIRST + number, cost) for number, cost in enumerate((-1.0, 1000.0))]
    halve(early, late, WORKERS, HEAT, 8.0, lambda part: lambda: part)
    lowest, highest = late
    joined = len(STRETCHES) - len(lowest.heats)
    before, at = early[0].heats[joined - 1], early[0].heats[joined]
    assert lowest.heats[0] == at
    assert at.cold < 8.0 <= before.cold
    # Whatever it costs where it begins, it goes on for one stretch.
    assert highest.heats == [at]


@pytest.mark.parametrize(("behind", "follows"), [(0.9, False), (1.1, True)])
def test_the_last_walks_go_on_from_the_lowest_where_they_are_too_far_behind(
    behind: float, follows: bool
) -> None:
    falls = 8.0
    second = BEHIND * falls * behind
    lowest, other, *rest = told([0.0, second, *([100.0] * (FIRST - 2))], falls)
    last = sum(number == 1 for number, _ in STRETCHES)
    assert other.followed == [lowest] * last * follows
    assert not any(walk.followed for walk in (lowest, *rest))


def test_who_follows_another_walk_is_where_that_is_and_leaves_it_alone() -> None:
    problem, where = small(Random(5), agents=12, nodes=4)
    state = state_of(problem, where)
    ahead, behind = (
        Walker(copied(state), np.random.default_rng(n), evicting=True, tries=50) for n in range(2)
    )
    ahead.go(HEAT, iter((0.0, 0.5, 1.0)).__next__)
    best, value = ahead.best.copy(), ahead.value
    behind.follow(ahead)
    assert (behind.value, behind.mean) == (ahead.value, ahead.mean)
    behind.go(HEAT, iter((0.0, 0.5, 1.0)).__next__)
    assert behind.value == problem.value(behind.best) <= value
    assert holds(problem, behind.best)
    assert np.array_equal(ahead.best, best)
    ahead.go(HEAT, iter((0.0, 0.5, 1.0)).__next__)
    assert ahead.value == problem.value(ahead.best)


def test_what_a_walk_that_was_given_up_has_seen_counts_too() -> None:
    walks = [Told(number, float(number)) for number in range(FIRST)]
    walks[-1].value = walks[0].value - 1
    found = halve(walks, [], WORKERS, HEAT, 0.0, lambda part: lambda: part)
    assert len(walks[-1].heats) < len(STRETCHES)
    assert found.tolist() == [len(walks) - 1]


def test_the_best_keeps_every_rule_and_is_what_the_same_walks_find_again() -> None:
    problem, where = small(Random(5), agents=12, nodes=4)

    def found() -> IntArray:
        state = state_of(problem, where)
        walks = [
            Walker(copied(state), np.random.default_rng(number), evicting=number % 2 == 1, tries=50)
            for number in range(FIRST)
        ]
        best = halve(walks[2:], walks[:2], WORKERS, HEAT, 8.0, lambda _: iter((0.0, 0.5, 1.0)).__next__)
        assert holds(problem, best)
        assert problem.value(best) == min(walk.value for walk in walks) < problem.value(where)
        return best

    assert np.array_equal(found(), found())
