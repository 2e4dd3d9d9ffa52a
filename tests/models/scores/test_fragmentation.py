"""Fragmentation: how much room is left for the shapes that are expected."""

from __future__ import annotations

import pytest

from placewright.models.agent import Agent
from placewright.models.node import Node
from placewright.models.profile import Profile, ScoreName, Shape
from placewright.models.scores.base import WORST
from placewright.models.scores.fragmentation import SCORE
from placewright.models.state import ClusterState
from placewright.solver.bound import level_bound
from placewright.solver.compile import compile_problem
from placewright.solver.place import place
from placewright.solver.settings import Settings
from placewright.solver.verify import VerifiedPlan
from placewright.tests.builders import MIB, agent, agents, node, snapshot, taint

BIG = Shape("big", {"cpu": 2000, "memory": 2048 * MIB}, count=3)
HALF = node("n", cpu=4000, memory=8192)


def profile(*shapes: Shape) -> Profile:
    return Profile(weights={ScoreName.FRAGMENTATION: 1}, shapes=shapes)


@pytest.mark.parametrize(
    ("nodes", "running", "shape", "missing"),
    [
        pytest.param([HALF], [], BIG, 1, id="two of three fit on an empty node"),
        pytest.param([HALF, node("m")], [], BIG, 0, id="room beyond what is wanted is worth nothing"),
        pytest.param(
            [HALF], [agent("a", cpu=100, on="n")], BIG, 2, id="a little use takes a whole copy's room"
        ),
        pytest.param(
            [HALF], [agent("a", memory=7000, on="n")], BIG, 3, id="the resource that runs out first decides"
        ),
        pytest.param([node("n", cpu=2000), node("m", cpu=1900)], [], BIG, 2, id="leftovers do not add up"),
        pytest.param([node("n", pods=1)], [], BIG, 2, id="a copy takes a pod slot"),
        pytest.param([node("n", pods=2)], [agent("a", on="n")], BIG, 2, id="and agents have taken theirs"),
        pytest.param([node("n", unschedulable=True)], [], BIG, 3, id="a cordoned node keeps no room"),
        pytest.param([node("n", taints=[taint("a")])], [], BIG, 3, id="nor does a tainted one"),
        pytest.param(
            [node("n", taints=[taint("a", effect="NoExecute")])], [], BIG, 3, id="whichever taint closes it"
        ),
        pytest.param(
            [node("n", taints=[taint("a", effect="PreferNoSchedule")])],
            [],
            BIG,
            1,
            id="but one that only prefers",
        ),
        pytest.param(
            [HALF], [agent("a", cpu=9000, on="n")], BIG, 3, id="an overcommitted node has none and owes none"
        ),
        pytest.param(
            [HALF], [], Shape("gpu", {"nvidia.com/gpu": 1}, count=2), 2, id="what no node has has no room"
        ),
        pytest.param(
            [HALF],
            [],
            Shape("cpu", {"cpu": 1000, "gpu": 0}, count=5),
            1,
            id="a request of zero asks for nothing",
        ),
        pytest.param(
            [HALF],
            [agent("a", cpu=100, on="n")],
            Shape("big", BIG.requests, 3, 5),
            2 * 5,
            id="weights multiply",
        ),
    ],
)
def test_what_is_missing(nodes: list[Node], running: list[Agent], shape: Shape, missing: int) -> None:
    assert SCORE.value(ClusterState(snapshot(nodes, running)), profile(shape)) == missing * WORST


def test_each_shape_is_judged_alone() -> None:
    shapes = profile(Shape("one", {"cpu": 4000}), Shape("other", {"cpu": 3000}, count=2))
    assert SCORE.value(ClusterState(snapshot([HALF])), shapes) == WORST


def test_small_agents_share_a_node_so_that_the_other_stays_whole() -> None:
    shape = profile(Shape("whole", {"cpu": 4000}))
    cluster = snapshot([node("n1"), node("n2")], agents("a", 4, cpu=1000), profile=shape)
    verdict = place(cluster, Settings(workers=1))
    assert isinstance(verdict, VerifiedPlan)
    assert len({binding.node for binding in verdict.plan.bindings}) == 1
    assert [(level.value, level.bound) for level in verdict.plan.levels[1:]] == [(0, 0)]


def test_the_bound_knows_that_agents_take_the_room() -> None:
    shape = profile(Shape("half", {"cpu": 2000}, count=4))
    cluster = snapshot([node("n1"), node("n2")], agents("a", 3, cpu=2000), profile=shape)
    _, problem = compile_problem(cluster)
    assert level_bound(problem, 1, [3]) == 3 * WORST
