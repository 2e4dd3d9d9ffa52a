"""The order of importance that a comparison goes by is the one that is solved by."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewright.models.levels import BUDGETS, QOS_NAME, importance, level_values, sense_of, tiers
from placewright.models.profile import DISRUPTION, PLACED, SCORES, Profile, Stage
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.solver.compile import compile_problem
from placewright.tests.builders import agent, node, snapshot
from placewright.tests.crowded import crowded


@pytest.mark.parametrize(
    ("pending", "leaving", "placed", "expected"),
    [
        pytest.param([0, 5], [], [0, 5], [(5, [], []), (0, [], [])], id="nobody may be evicted"),
        pytest.param(
            [10, 0],
            [5, 0, -5],
            [10, 5, 0, -5],
            [(10, [5, 0], [5]), (0, [-5], [-5])],
            id="evictions down to the next pending priority are settled before it",
        ),
        pytest.param([10], [5], [10], [(10, [5], [])], id="who is not made anew is not placed anew"),
    ],
)
def test_what_is_settled_between_priorities(
    pending: list[int],
    leaving: list[int],
    placed: list[int],
    expected: list[tuple[int, list[int], list[int]]],
) -> None:
    assert list(tiers(pending, leaving, placed)) == expected


@given(rng=st.randoms(use_true_random=False), preempt=st.booleans())
def test_levels_are_compared_in_the_order_in_which_they_are_solved(rng: Random, preempt: bool) -> None:
    seen = crowded(rng)
    _, problem = compile_problem(seen, preempt=preempt)
    solved = [level.name for level in problem.levels]
    compared = importance(seen, preempt=preempt)
    assert solved == [name for name in compared if name in solved]
    # The solver leaves out levels that are 0 whatever is placed.
    assert all(name.startswith(BUDGETS) or name == QOS_NAME for name in compared if name not in solved)
    assert set(compared) <= set(level_values(ClusterState(seen)))
    assert [sense_of(level.name) for level in problem.levels] == [level.sense for level in problem.levels]


def staged(*stages: Stage) -> Snapshot:
    return snapshot([node("n")], [agent("a", priority=7)], profile=Profile(stages=stages))


@pytest.mark.parametrize(
    ("stages", "expected"),
    [
        pytest.param([{PLACED: 1}, {SCORES: 1}], ["placed/priority=7", "scores"], id="the usual"),
        pytest.param([{SCORES: 1}, {PLACED: 1}], ["scores", "placed/priority=7"], id="the other way round"),
        pytest.param([{PLACED: 2, SCORES: 1}], ["blend(2*placed+scores)"], id="blended"),
        pytest.param([{PLACED: 1}, {DISRUPTION: 1}], ["placed/priority=7"], id="nobody there to evict"),
    ],
)
def test_the_profile_orders_levels(stages: list[dict[str, int]], expected: list[str]) -> None:
    assert list(importance(staged(*map(Stage, stages)), preempt=True)) == expected
