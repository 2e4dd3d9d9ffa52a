"""LimitOvercommit: what a node promises beyond what it has."""

from __future__ import annotations

import pytest

from placewright.models.agent import Agent
from placewright.models.profile import Profile, ScoreName
from placewright.models.scores.base import WORST
from placewright.models.scores.limit_overcommit import SCORE, excess
from placewright.models.state import ClusterState
from placewright.solver.bound import level_bound
from placewright.solver.compile import compile_problem
from placewright.tests.builders import MIB, agent, agents, node, snapshot

ALONE = Profile(weights={ScoreName.LIMIT_OVERCOMMIT: 1})


@pytest.mark.parametrize(
    ("running", "cost"),
    [
        pytest.param([], 0, id="an empty node promises nothing"),
        pytest.param([agent("a", limits={"cpu": 3000}, on="n")], 0, id="all of it is not too much"),
        pytest.param(
            [agent("a", limits={"cpu": 6000}, on="n")], WORST, id="twice of it is what one agent costs"
        ),
        pytest.param([agent("a", limits={"cpu": 3001}, on="n")], 10, id="a trace too much is a thousandth"),
        pytest.param(
            [agent("a", limits={"cpu": 6000, "memory": 6144 * MIB}, on="n")], 2 * WORST, id="resources add up"
        ),
        pytest.param(
            [agent("a", cpu=2000, on="n"), agent("b", limits={"cpu": 2500}, on="n")],
            5000,
            id="an agent without a limit counts its request",
        ),
        pytest.param([agent("a", limits={"gpu": 6000}, on="n")], 0, id="other resources are not looked at"),
    ],
)
def test_cost(running: list[Agent], cost: int) -> None:
    assert SCORE.value(ClusterState(snapshot([node("n", cpu=3000, memory=3072)], running)), Profile()) == cost


def test_a_node_without_an_allocatable_amount_has_no_term_for_it() -> None:
    state = ClusterState(snapshot([node("n", cpu=0)], [agent("a", limits={"cpu": 1}, on="n")]))
    assert SCORE.value(state, Profile()) == 0


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        pytest.param(3, 0, id="what there is"),
        pytest.param(4, 334, id="a third more, rounded up"),
        pytest.param(6, 1000, id="as much again"),
    ],
)
def test_excess_is_rounded_up(limits: int, expected: int) -> None:
    assert excess(limits, 3) == expected


def test_the_bound_sees_what_is_too_much_for_all_nodes_together() -> None:
    pending = agents("a", 4, cpu=100, limits={"cpu": 3000})
    _, problem = compile_problem(snapshot([node("n1"), node("n2")], pending, profile=ALONE))
    assert level_bound(problem, len(problem.levels) - 1, [4]) == 2 * 5000
