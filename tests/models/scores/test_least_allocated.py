"""LeastAllocated: the formula in the docstring, to the last unit."""

from __future__ import annotations

import numpy as np
import pytest

from placewright.models.profile import Profile, ScoreName
from placewright.models.scores.least_allocated import SCORE
from placewright.models.scores.utilisation import LEAST, permille, potential
from placewright.models.state import ClusterState
from placewright.solver.compile import compile_problem
from placewright.tests.builders import agent, agents, node, snapshot


@pytest.mark.parametrize(
    ("utilisation", "expected"),
    [
        pytest.param(0, 0, id="an idle node costs nothing"),
        pytest.param(100, 100, id="ten percent costs the square of ten"),
        pytest.param(500, 2500, id="half full costs the square of fifty"),
        pytest.param(550, 3050, id="between two tenths the line is straight"),
        pytest.param(1000, 10000, id="a full node costs the square of a hundred"),
        pytest.param(1100, 11900, id="beyond full the last line goes on"),
    ],
)
def test_cost_is_the_square_at_every_tenth(utilisation: int, expected: int) -> None:
    assert potential(LEAST).cost(utilisation) == expected


@pytest.mark.parametrize(
    ("used", "whole", "expected"),
    [
        pytest.param(1, 3, 334, id="a third is rounded up"),
        pytest.param(0, 3, 0, id="nothing used is nothing"),
        pytest.param(6, 3, 2000, id="overcommitted counts beyond a thousand"),
    ],
)
def test_permille_rounds_up(used: int, whole: int, expected: int) -> None:
    assert permille(used, whole) == expected


def test_two_half_full_nodes_are_better_than_a_full_and_an_empty_one() -> None:
    even = ClusterState(
        snapshot([node("n1"), node("n2")], [agent("a", cpu=2000, on="n1"), agent("b", cpu=2000, on="n2")])
    )
    uneven = ClusterState(snapshot([node("n1"), node("n2")], agents("a", 2, cpu=2000, on="n1")))
    assert SCORE.value(even, Profile()) == 2 * 2500
    assert SCORE.value(uneven, Profile()) == 10000


def test_requests_that_scoring_fills_in_count_instead_of_nothing() -> None:
    idle = agent("a", scoring_requests={"cpu": 400, "memory": 0}, on="n1")
    assert SCORE.value(ClusterState(snapshot([node("n1")], [idle])), Profile()) == 100


def test_a_node_without_an_allocatable_amount_has_no_term_for_it() -> None:
    state = ClusterState(snapshot([node("n1", cpu=0)], [agent("a", cpu=100, on="n1")]))
    assert SCORE.value(state, Profile()) == 0


def test_the_objective_counts_what_the_score_counts() -> None:
    running = agent("r", cpu=700, memory=300, on="n2")
    alone = Profile(weights={ScoreName.LEAST_ALLOCATED: 1})
    pending = agents("a", 3, cpu=900, memory=1000)
    cluster = snapshot([node("n1"), node("n2", cpu=3000)], [running, *pending], profile=alone)
    compilation, problem = compile_problem(cluster)
    count = np.array([[1, 2]])
    state = ClusterState(cluster)
    for member, n in zip(compilation.groups[0].members, (0, 1, 1), strict=True):
        state.place(member, cluster.nodes[n])
    assert problem.levels[-1].value(count) == SCORE.value(state, Profile())
