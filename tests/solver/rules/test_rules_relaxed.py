"""What rules say in the linear relaxation: every placement they accept is a point of it, and it is tight."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placewright.models.policy import ResourceQuota
from placewright.models.rules import topology_spread
from placewright.models.snapshot import Snapshot
from placewright.solver.bound import level_bound, relaxed
from placewright.solver.compilation import IntArray
from placewright.solver.compile import compile_problem
from placewright.solver.outcome import outcome
from placewright.solver.problem import Problem
from placewright.tests.builders import ZONE, agent, agents, near, node, snapshot, spread

WEB = {"app": "web"}
ZONES = [node(f"n{i}", cpu=4000, zone="abc"[i % 3]) for i in range(6)]


def placed_bound(cluster: Snapshot) -> int:
    _, problem = compile_problem(cluster)
    return level_bound(problem, 0, [])


@pytest.mark.parametrize(
    ("cluster", "expected"),
    [
        pytest.param(
            snapshot(
                [*ZONES[:2], node("full", cpu=0, zone="c")],
                agents("w", 8, cpu=100, labels=WEB, spread=(spread(app="web"),)),
            ),
            2,
            id="spread: a zone that takes nobody holds the others back",
        ),
        pytest.param(
            snapshot(
                ZONES,
                [
                    *(agent(f"there-{i}", labels=WEB, on="n0") for i in range(4)),
                    *agents("w", 9, cpu=1000, labels=WEB, spread=(spread(app="web"),)),
                ],
            ),
            9,
            id="spread: around those who run there",
        ),
        pytest.param(
            snapshot(
                ZONES[:2],
                agents("w", 8, cpu=100, labels=WEB, spread=(replace(spread(app="web"), min_domains=3),)),
            ),
            2,
            id="spread: with fewer domains than minDomains",
        ),
        pytest.param(
            snapshot(ZONES, agents("w", 8, cpu=100, labels=WEB, anti_affinity=(near(app="web"),))),
            3,
            id="anti-affinity: one in each zone",
        ),
        pytest.param(
            snapshot(
                ZONES,
                agents("w", 8, cpu=1000, admitted=False),
                quotas=(ResourceQuota("default", "q", {"requests.cpu": 5500}, used={}),),
            ),
            5,
            id="quota: what it leaves",
        ),
    ],
)
def test_the_bound_of_placed_agents_knows_the_rule(cluster: Snapshot, expected: int) -> None:
    assert placed_bound(cluster) == expected


def random_spread(rng: Random) -> Snapshot:
    """Three zones, some agents there, two groups that count of which one or both are owners."""
    constraint = replace(spread(app="web", skew=rng.randint(1, 2)), min_domains=rng.choice((1, 1, 4)))
    there = [agent(f"r{i}", labels=WEB, on=f"n{rng.randrange(3)}") for i in range(rng.randint(0, 4))]
    owners = agents("o", rng.randint(1, 4), cpu=100, labels=WEB, spread=(constraint,))
    both = (constraint,) if rng.random() < 0.4 else ()
    others = agents("p", rng.randint(0, 3), cpu=200, labels=WEB, spread=both)
    nodes = [node(f"n{i}", cpu=rng.choice((200, 400, 4000)), zone="abc"[i]) for i in range(3)]
    return snapshot(nodes, [*there, *owners, *others])


def accepted(rng: Random, cluster: Snapshot, problem: Problem, some: int) -> list[IntArray]:
    """Some counts that fit and that spread accepts as a finished placement."""
    compilation, _ = compile_problem(cluster)
    rows = [
        [row for row in product(*(range(int(most) + 1) for most in cap)) if sum(row) <= size]
        for cap, size in zip(problem.cap, problem.size, strict=True)
    ]
    found: list[IntArray] = []
    for _ in range(some):
        count = np.array([rng.choice(row) for row in rows], dtype=np.int64)
        if ((count.T @ problem.request) <= problem.free).all():
            state = outcome(compilation, count).state(cluster, {})
            if not list(topology_spread.RULE.violations(state)):
                found.append(count)
    return found


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False))
def test_whatever_spread_accepts_is_a_point_of_its_lines(rng: Random) -> None:
    cluster = random_spread(rng)
    _, problem = compile_problem(cluster)
    for count in accepted(rng, cluster, problem, 30):
        relaxation = relaxed(problem)
        for c, nodes in enumerate(relaxation.members):
            for g in relaxation.groups_of(c):
                here = float(count[g, nodes].sum())
                relaxation.row([(relaxation.arrivals(c, [g]), 1.0)], least=here, most=here)
                ceiling = relaxation.ceiling(g, np.arange(3), 3)
                assert (count[g] <= ceiling).all()
        assert relaxation.least([relaxation.sum(range(len(problem.size)))]) == count.sum()


def test_of_agents_that_are_spread_each_zone_has_a_third() -> None:
    cluster = snapshot(ZONES, agents("w", 10, cpu=100, labels=WEB, spread=(spread(app="web"),)))
    compilation, problem = compile_problem(cluster)
    zones = compilation.domains(ZONE).of_node
    assert relaxed(problem).ceiling(0, zones, 3).tolist() == [4, 4, 4]
