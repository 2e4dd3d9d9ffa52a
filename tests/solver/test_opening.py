"""Nodes with a price: which are taken into use first, and what a first answer makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import numpy as np
import pytest

from placewright.models.agent import Agent, OwnerReference
from placewright.models.node import Node
from placewright.models.profile import Profile, ScoreName
from placewright.solver.clock import Deadline
from placewright.solver.compile import compile_problem
from placewright.solver.construct import construct
from placewright.solver.opening import opening
from placewright.tests.builders import agent, agents, node, snapshot, taint

COST = Profile(weights={ScoreName.COST: 1})
DAEMON = OwnerReference("DaemonSet", "logs")


def first_answer(nodes: Sequence[Node], everyone: Sequence[Agent], profile: Profile = COST) -> dict[str, int]:
    """Node -> agents that the construction puts there; nodes and agents in any order."""
    rng = Random(7)
    cluster = snapshot(
        rng.sample(list(nodes), len(nodes)), rng.sample(list(everyone), len(everyone)), profile=profile
    )
    compilation, problem = compile_problem(cluster)
    found = opening(problem, Deadline(10))
    assert found is not None
    count = construct(compilation, problem, Deadline(10), target=found.target, opening=found.order)
    return {n.name: int(k) for n, k in zip(cluster.nodes, count.sum(axis=0), strict=True) if k}


@pytest.mark.parametrize(
    ("nodes", "everyone", "expected"),
    [
        pytest.param(
            [node("dear", price=90), node("cheap", price=40)],
            agents("a", 2, cpu=1000),
            {"cheap": 2},
            id="the cheaper of two alike",
        ),
        pytest.param(
            [node("large", cpu=8000, price=50), *(node(f"s{i}", cpu=2000, price=20) for i in range(4))],
            agents("a", 8, cpu=1000),
            {"large": 8},
            id="the one that gives more for its price",
        ),
        pytest.param(
            [node("large", cpu=8000, price=50), *(node(f"s{i}", cpu=2000, price=20) for i in range(4))],
            agents("a", 2, cpu=1000),
            {"s": 2},
            id="a small one where little is asked for",
        ),
        pytest.param(
            [node("used", price=90), node("cheap", price=1)],
            [agent("r", cpu=100, on="used"), *agents("a", 3, cpu=1000)],
            {"used": 3},
            id="room on a node in use before any other",
        ),
        pytest.param(
            [node("daemons", price=90), node("cheap", price=1)],
            [agent("r", cpu=100, on="daemons", owner=DAEMON), *agents("a", 3, cpu=1000)],
            {"cheap": 3},
            id="a node with daemons alone is not in use",
        ),
        pytest.param(
            [node("closed", price=1, taints=[taint("gpu")]), node("open", price=9)],
            agents("a", 2, cpu=1000),
            {"open": 2},
            id="no node that does not let them in",
        ),
        pytest.param(
            [node("small", cpu=1000, price=1), node("other", price=9)],
            agents("a", 4, cpu=1000),
            {"small": 1, "other": 3},
            id="what one node cannot hold goes on to the next",
        ),
    ],
)
def test_nodes_are_taken_by_what_they_give_for_their_price(
    nodes: list[Node], everyone: list[Agent], expected: dict[str, int]
) -> None:
    # Nodes that are alike may stand for each other.
    found = {name.rstrip("0123456789"): number for name, number in first_answer(nodes, everyone).items()}
    assert found == expected


def test_large_and_small_agents_share_nodes() -> None:
    everyone = [*agents("large", 3, cpu=3000), *agents("small", 6, cpu=500)]
    nodes = [node(f"n{i}", price=10) for i in range(6)]
    assert sorted(first_answer(nodes, everyone).values()) == [3, 3, 3]
    fewest = Profile(weights={ScoreName.FEWEST_NODES: 1})
    assert sorted(first_answer(nodes, everyone, fewest).values()) == [3, 3, 3]


def test_nothing_is_proposed_where_nodes_have_no_price() -> None:
    for profile in (Profile(), COST):
        _, problem = compile_problem(snapshot([node("n1")], agents("a", 2, cpu=100), profile=profile))
        assert opening(problem, Deadline(10)) is None


def test_no_more_is_aimed_at_than_there_is_and_fits() -> None:
    nodes = [node(f"n{i}", cpu=1000 * (1 + i % 3), price=5 + i) for i in range(6)]
    everyone = [*agents("a", 5, cpu=700), *agents("b", 5, cpu=900), *agents("c", 9, cpu=300)]
    _, problem = compile_problem(snapshot(nodes, everyone, profile=COST))
    found = opening(problem, Deadline(10))
    assert found is not None
    assert (found.target.sum(axis=1) <= problem.size).all()
    assert (found.target <= problem.cap).all()
    assert (found.target.T @ problem.request <= problem.free).all()
    assert (found.order[np.any(found.target, axis=0)] == 0).all()
