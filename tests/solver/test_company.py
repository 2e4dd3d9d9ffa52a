"""Company for those who must have it: nobody is lost, and nobody is meant for a domain without any."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import numpy as np
import pytest

from placewright.models.agent import Agent
from placewright.solver.blueprint import blueprint
from placewright.solver.clock import Deadline
from placewright.solver.company import accompanied
from placewright.solver.compile import compile_problem
from placewright.solver.construct import construct
from placewright.solver.problem import Problem
from placewright.tests.builders import ZONE, agents, near, node, snapshot

ZONES = "abc"


def three_zones(*pending: Agent) -> tuple[dict[str, int], Problem]:
    """A node in each of three zones; group by its first agent's name."""
    compilation, problem = compile_problem(snapshot([node(f"n{z}", zone=z) for z in ZONES], pending))
    return {group.agent.name: g for g, group in enumerate(compilation.groups)}, problem


def settled(problem: Problem, by_zone: dict[int, list[int]], number: dict[int, int]) -> dict[int, list[int]]:
    """What becomes of agents by group and zone, where each zone is a class of nodes."""
    whole = {(g, c): many for g, row in by_zone.items() for c, many in enumerate(row) if many}
    found = accompanied(whole, problem, [np.array([c]) for c in range(len(ZONES))], number)
    return {g: [found.get((g, c), 0) for c in range(len(ZONES))] for g in by_zone}


def chain(*apps: str, size: int = 6) -> list[Agent]:
    """Groups of which each leans on the next, the last on nobody."""
    return [
        agent
        for app, leader in zip(apps, (*apps[1:], None), strict=True)
        for agent in agents(
            app, size, cpu=100, labels={"app": app}, affinity=(near(ZONE, app=leader),) if leader else ()
        )
    ]


def test_one_of_the_company_moves_to_a_domain_that_has_none() -> None:
    name, problem = three_zones(*chain("x", "y"))
    x, y = name["x-0"], name["y-0"]
    found = settled(problem, {x: [2, 2, 2], y: [4, 2, 0]}, {})
    assert found == {x: [2, 2, 2], y: [3, 2, 1]}


def test_company_that_is_nowhere_yet_comes_first_to_where_most_lean_on_it() -> None:
    name, problem = three_zones(*chain("x", "y"))
    x, y = name["x-0"], name["y-0"]
    assert settled(problem, {x: [1, 3, 2], y: [0, 0, 0]}, {y: 1})[y] == [0, 1, 0]


def test_where_company_cannot_be_everywhere_all_go_where_it_is() -> None:
    name, problem = three_zones(*chain("x", "y"))
    x, y = name["x-0"], name["y-0"]
    assert settled(problem, {x: [1, 3, 2], y: [0, 1, 0]}, {}) == {x: [0, 6, 0], y: [0, 1, 0]}


def test_those_who_lean_on_whoever_left_follow() -> None:
    name, problem = three_zones(*chain("x", "y", "z"))
    x, y, z = name["x-0"], name["y-0"], name["z-0"]
    found = settled(problem, {x: [2, 2, 2], y: [2, 3, 1], z: [0, 1, 0]}, {})
    assert found == {x: [0, 6, 0], y: [0, 6, 0], z: [0, 1, 0]}


@pytest.mark.parametrize("seed", range(20))
def test_nobody_is_lost_and_everybody_has_company(seed: int) -> None:
    rng = Random(seed)
    name, problem = three_zones(*chain("w", "x", "y", "z"))
    by_zone = {g: [rng.randint(0, 2) for _ in ZONES] for g in name.values()}
    for row in by_zone.values():
        row[rng.randrange(3)] += 1
    found = settled(problem, by_zone, {})
    assert {g: sum(row) for g, row in found.items()} == {g: sum(row) for g, row in by_zone.items()}
    line = [found[name[f"{app}-0"]] for app in "wxyz"]
    for owners, company in pairwise(line):
        assert all(there or not here for here, there in zip(owners, company, strict=True)), found


def test_a_blueprint_with_a_chain_can_be_followed() -> None:
    # The relaxation spreads the first over all zones and knows not that the last is one alone.
    nodes = [node(f"n{i}", cpu=4000, zone=ZONES[i % 3]) for i in range(6)]
    pending = [*chain("x", "y"), *agents("z", 1, cpu=100, labels={"app": "z"})]
    pending += agents("u", 6, cpu=100, labels={"app": "u"}, affinity=(near(ZONE, app="z"),))
    compilation, problem = compile_problem(snapshot(nodes, pending))
    plan = blueprint(problem)
    count = construct(compilation, problem, Deadline(10), target=plan.target, number=plan.number)
    assert plan.target.sum() == len(pending)
    assert (count == plan.target).all()
