"""The bound of wishes: reached where it can be, never beyond what is possible."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placewright.models.agent import Agent, SpreadConstraint, WeightedAffinityTerm
from placewright.models.node import Node
from placewright.models.policy import ResourceQuota
from placewright.models.profile import Profile, ScoreName
from placewright.models.scores.base import WORST
from placewright.models.snapshot import Snapshot
from placewright.solver.bound import level_bound
from placewright.solver.compile import compile_problem
from placewright.solver.objectives import pairs
from placewright.solver.objectives.weighted import WeightedObjective
from placewright.solver.relaxation import Relaxation
from placewright.tests.brute_force import best_values
from placewright.tests.builders import HOSTNAME, ZONE, agent, agents, near, node, snapshot, spread
from placewright.tests.tiny import tiny_cluster

EVERY_PAIR_SCORE = (ScoreName.INTER_POD_AFFINITY, ScoreName.POD_TOPOLOGY_SPREAD, ScoreName.TRAFFIC_LOCALITY)


def soft(key: str, app: str = "x") -> SpreadConstraint:
    return replace(spread(key, app=app), hard=False)


def wants(weight: int, app: str, key: str = HOSTNAME) -> dict[str, Any]:
    return {"preferred_affinity": (WeightedAffinityTerm(weight, near(key, app=app)),)}


def judged_by(cluster: Snapshot, *scores: ScoreName) -> Snapshot:
    profile = Profile(weights=dict.fromkeys(scores, 1))
    return replace(cluster, options=replace(cluster.options, profile=profile))


def bound(nodes: list[Node], everyone: list[Agent]) -> int:
    """The bound of the scores when every agent is placed."""
    cluster = judged_by(snapshot(nodes, everyone), *EVERY_PAIR_SCORE)
    _, problem = compile_problem(cluster)
    return level_bound(problem, len(problem.levels) - 1, [len(cluster.pending)])


SMALL = {"cpu": 1000}
FOUR = [node(f"n{i}", cpu=4000, zone="ab"[i % 2]) for i in range(4)]


@pytest.mark.parametrize(
    ("everyone", "expected"),
    [
        pytest.param(
            agents("x", 8, labels={"app": "x"}, spread=(soft(HOSTNAME),), **SMALL),
            -(-8 * WORST // 7),
            id="two on each of four nodes: each has one of seven peers near",
        ),
        pytest.param(
            agents("x", 6, labels={"app": "x"}, spread=(soft(ZONE),), **SMALL),
            -(-6 * 2 * WORST // 5),
            id="three in each of two zones that one class of nodes spans",
        ),
        pytest.param(
            [
                agent("there", labels={"app": "x"}, on="n0"),
                *agents("x", 3, labels={"app": "x"}, spread=(soft(HOSTNAME),), **SMALL),
            ],
            0,
            id="around one that runs there is room to keep apart",
        ),
        pytest.param(
            agents("x", 5, labels={"app": "x"}, cpu=2000, **wants(100, "x")),
            5 * WORST - 5 * WORST // 4,
            id="of four wanted peers only one fits on the same node",
        ),
        pytest.param(
            [agent("a", cpu=3000, **wants(100, "b")), *agents("b", 4, labels={"app": "b"}, cpu=2000)],
            WORST // 2,
            id="what fits beside the owner is not seen, what fits on its node is",
        ),
        pytest.param(
            [agent("a", cpu=1000, **wants(-100, "b")), *agents("b", 3, labels={"app": "b"}, cpu=4000)],
            0,
            id="one node is left for who avoids them",
        ),
    ],
)
def test_the_bound_sees_what_must_be(everyone: list[Agent], expected: int) -> None:
    assert bound(FOUR, everyone) == expected


@pytest.mark.parametrize("cells", [0, 3, 10_000])
def test_bounds_hold_however_few_variables_they_may_have(cells: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs, "MOST_CELLS", cells)
    for seed in range(12):
        cluster = judged_by(tiny_cluster(Random(seed)), *EVERY_PAIR_SCORE)
        best = best_values(cluster)
        _, problem = compile_problem(cluster)
        values = [best[level.name] for level in problem.levels]
        assert level_bound(problem, len(values) - 1, values[:-1]) <= values[-1], f"seed {seed}"


def test_alike_groups_on_one_node_are_owners_and_company_at_once() -> None:
    # Two groups of one that want each other: counting at most one owner to a node made the bound too high.
    two = [agent(f"x-{i}", labels={"app": "x"}, cpu=1000 + i, **wants(100, "x")) for i in range(2)]
    assert bound([node("n1"), node("n2")], two) == 0


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False))
def test_each_wish_alone_is_bounded_by_its_cost_in_any_answer(rng: Random) -> None:
    cluster = judged_by(tiny_cluster(rng), *EVERY_PAIR_SCORE)
    _, problem = compile_problem(cluster)
    count = problem.running.home.copy()
    open_pairs = np.argwhere(problem.cap > 0).tolist()
    for g, n in rng.sample(open_pairs, min(5, len(open_pairs))):
        count[g, n] = min(int(problem.cap[g, n]), int(problem.size[g] - count[g].sum()))
    if ((count.T @ problem.request) > problem.room).any():
        return
    scores = problem.levels[-1]
    assert isinstance(scores, WeightedObjective)
    for _, term in scores.terms:
        relaxation = Relaxation(problem.cap, problem.size, problem.request, problem.room, problem.running)
        for g in range(len(problem.size)):
            relaxation.at_least([g], int(count[g].sum()))
            relaxation.at_most([relaxation.sum([g])], int(count[g].sum()))
        expression = term.relax(relaxation)
        assert expression is not None
        least = relaxation.least([expression])
        assert least is not None
        assert least <= term.value(count)


def test_who_is_wanted_and_spread_out_is_never_near_as_a_whole() -> None:
    # Two of six in each of three zones: wherever an owner goes, it misses four.
    zones = [node(f"n{i}", cpu=8000, zone="abc"[i % 3]) for i in range(6)]
    wanted = agents("x", 6, labels={"app": "x"}, spread=(spread(app="x"),), **SMALL)
    owners = agents("y", 3, **wants(100, "x", ZONE), cpu=500)
    assert bound(zones, [*wanted, *owners]) == 3 * WORST * 4 // 6


def test_the_fewer_there_may_be_of_who_is_spread_the_fewer_are_near() -> None:
    # A quota leaves 12 of 30, four in each zone: wherever an owner goes, it misses 26. Without whole numbers
    # a zone may have two thirds of one more.
    zones = [node(f"n{i}", cpu=8000, zone="abc"[i % 3]) for i in range(6)]
    fields: dict[str, Any] = {"labels": {"app": "x"}, "spread": (spread(app="x"),), "admitted": False}
    wanted = agents("x", 30, cpu=500, **fields)
    owners = agents("y", 3, **wants(100, "x", ZONE), cpu=500)
    left = ResourceQuota("default", "cpu", {"requests.cpu": 6000}, used={})
    cluster = judged_by(snapshot(zones, [*wanted, *owners], quotas=(left,)), *EVERY_PAIR_SCORE)
    _, problem = compile_problem(cluster)
    assert 25_333 <= level_bound(problem, 1, [15]) <= 26_000


@pytest.mark.parametrize(("weight", "best"), [(10, 16_000), (50, 31_000), (100, 44_000)])
def test_of_two_who_own_a_wish_each_is_as_near_as_it_can_be_itself(weight: int, best: int) -> None:
    # x is softly spread, z is not, and both would be where y is. The best values are those of an exact solve.
    nodes = [node(f"n{i}", cpu=4000, zone="abc"[i]) for i in range(3)]
    x = agents("x", 6, cpu=100, labels={"app": "x"}, **wants(weight, "y", ZONE), spread=(soft(ZONE),))
    z = agents("z", 6, cpu=100, labels={"app": "z"}, **wants(weight, "y", ZONE))
    company = agents("y", 9, cpu=100, labels={"app": "y"})
    assert 0.95 * best <= bound(nodes, [*x, *z, *company]) <= best


@pytest.mark.parametrize(("weight", "best"), [(5, 24_500), (10, 26_500), (50, 41_667)])
def test_who_is_spread_evenly_is_not_near_everybody(weight: int, best: int) -> None:
    # x would be where y is, and y is softly spread: the more x wants it, the more of y comes to its zone. The
    # best values are those that an exact solve proves.
    nodes = [node(f"n{i}", cpu=4000, zone="abc"[i]) for i in range(3)]
    owners = agents("x", 6, cpu=100, labels={"app": "x"}, **wants(weight, "y", ZONE))
    company = agents("y", 9, cpu=100, labels={"app": "y"}, spread=(soft(ZONE, "y"),))
    assert 0.97 * best <= bound(nodes, [*owners, *company]) <= best


def test_a_group_that_would_be_near_itself_and_spread_meets_all_of_itself_in_one_zone() -> None:
    # How uneven it is counts twice, for owners and for those it means: in a row of the relaxation it was once.
    nodes = [node(f"n{i}", cpu=4000, zone="ab"[i % 2]) for i in range(2)]
    everyone = agents("x", 2, labels={"app": "x"}, **wants(60, "x", ZONE), spread=(soft(ZONE),), **SMALL)
    cluster = judged_by(snapshot(nodes, everyone), *EVERY_PAIR_SCORE)
    assert bound(nodes, everyone) <= best_values(cluster)["scores"]
