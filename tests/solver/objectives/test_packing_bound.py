"""The bound on what the nodes in use cost: valid, and tight where it can be."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations_with_replacement

import pytest

from placewright.models.agent import Agent
from placewright.models.node import Node
from placewright.models.profile import Profile, ScoreName
from placewright.models.scores.base import WORST
from placewright.solver.bound import level_bound
from placewright.solver.compile import compile_problem
from placewright.solver.objectives.packing_bound import dual_feasible
from placewright.tests.builders import HOSTNAME, agent, agents, near, node, snapshot

COST, FEWEST = Profile(weights={ScoreName.COST: 1}), Profile(weights={ScoreName.FEWEST_NODES: 1})


def bound(nodes: Sequence[Node], pending: Sequence[Agent], profile: Profile) -> int:
    """The relaxation's bound on the scores where everybody is placed."""
    waiting = sum(1 for a in pending if not a.node_name)
    _, problem = compile_problem(snapshot(nodes, pending, profile=profile))
    return level_bound(problem, len(problem.levels) - 1, [waiting])


NODES = [node(f"n{i}", cpu=1000) for i in range(6)]


@pytest.mark.parametrize(
    ("pending", "nodes"),
    [
        pytest.param(agents("a", 4, cpu=500), 2, id="halves go in pairs"),
        pytest.param(agents("a", 4, cpu=510), 4, id="what is more than half a node has one to itself"),
        pytest.param(agents("a", 6, cpu=340), 3, id="of more than a third only two fit"),
        pytest.param(
            [*agents("a", 3, cpu=600), *agents("b", 3, cpu=400)], 3, id="a large and a small one fill a node"
        ),
        pytest.param(
            agents("a", 3, cpu=10, labels={"app": "a"}, anti_affinity=(near(HOSTNAME, app="a"),)),
            3,
            id="agents that repel each other need a node each",
        ),
    ],
)
def test_as_many_nodes_as_are_needed(pending: list[Agent], nodes: int) -> None:
    assert bound(NODES, pending, FEWEST) == nodes * WORST


def test_the_cheapest_nodes_that_do_are_paid() -> None:
    nodes = [node("dear", cpu=1000, price=90), *(node(f"n{i}", cpu=1000, price=20) for i in range(2))]
    assert bound(nodes, agents("a", 2, cpu=900), COST) == 40
    assert bound(nodes, agents("a", 3, cpu=900), COST) == 130


def test_room_on_nodes_in_use_is_free_of_charge() -> None:
    running = agent("r", cpu=100, on="n1")
    nodes = [node("n1", cpu=1000, price=5), node("n2", cpu=1000, price=5)]
    assert bound(nodes, [running, *agents("a", 2, cpu=450)], COST) == 5
    assert bound(nodes, [running, *agents("a", 2, cpu=460)], COST) > 5


@pytest.mark.parametrize("k", range(1, 6))
def test_no_set_that_fits_on_a_node_counts_for_more_than_one(k: int) -> None:
    free = 12
    for number in range(1, free + 1):
        for requests in combinations_with_replacement(range(1, free + 1), number):
            if sum(requests) <= free:
                assert sum(dual_feasible(k, r, free) for r in requests) <= 1 + 1e-9, requests


def test_a_part_of_a_node_is_a_whole_one() -> None:
    # 2,600 of cpu on nodes of 1,000: three, however small the agents are.
    assert bound(NODES, agents("a", 26, cpu=100), FEWEST) == 3 * WORST
    priced = [node(f"n{i}", cpu=1000, price=30) for i in range(6)]
    assert bound(priced, agents("a", 26, cpu=100), COST) == 90
