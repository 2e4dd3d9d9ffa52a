"""Resources as constraints: exact, only where they can bind, and beside what is fixed."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ortools.sat.python import cp_model

from placewright.models.agent import Agent
from placewright.models.rules import RULES
from placewright.models.snapshot import Snapshot
from placewright.solver.compile import compile_problem
from placewright.solver.rules.resources import ResourcesEncoder
from placewright.solver.variables import Variables
from placewright.tests.builders import agent, agents, node, snapshot
from placewright.tests.solver.rules.exact import check_exact
from placewright.tests.solving import solve_tiny

ONLY = (ResourcesEncoder,)


@pytest.mark.parametrize(
    ("running", "asking", "placed"),
    [
        pytest.param({"cpu": 500}, agents("p", 2, cpu=250), 2, id="full to the last milli"),
        pytest.param({"cpu": 501}, agents("p", 2, cpu=250), 1, id="one milli too few"),
        pytest.param({"cpu": 5000}, agents("p", 3, memory=1), 3, id="overcommitted in what nobody asks for"),
        pytest.param({"cpu": 5000}, agents("p", 3, cpu=1), 0, id="overcommitted in what is asked for"),
        pytest.param({}, agents("p", 5), 4, id="a slot for each, with one taken"),
        pytest.param({}, agents("p", 2, extra={"x/y": 1}), 0, id="what the node does not have"),
        pytest.param(
            {}, [*agents("p", 2, cpu=500), agent("q", memory=8192)], 3, id="each resource on its own"
        ),
    ],
)
def test_how_many_fit_beside_what_runs(running: dict[str, Any], asking: list[Agent], placed: int) -> None:
    cluster = snapshot([node("n1", cpu=1000, pods=5)], [agent("r", on="n1", **running), *asking])
    assert len(solve_tiny(cluster, RULES, ONLY)) == placed


def encoded(cluster: Snapshot) -> Variables:
    _, problem = compile_problem(cluster, rules=RULES, encoders=ONLY)
    x = Variables(cp_model.CpModel(), problem.cap, problem.size)
    problem.encoders[0].encode(x)
    return x


def test_a_resource_that_cannot_run_short_has_no_constraint() -> None:
    roomy = encoded(snapshot([node("n1", cpu=9000)], [agent("p", cpu=1000), agent("q", cpu=2000)]))
    tight = encoded(snapshot([node("n1", cpu=2500)], [agent("p", cpu=1000), agent("q", cpu=2000)]))
    assert len(tight.model.proto.constraints) == len(roomy.model.proto.constraints) + 1


def test_what_is_fixed_takes_its_room() -> None:
    cluster = snapshot([node("n1", cpu=1000), node("n2", cpu=1000)], agents("p", 4, cpu=400))
    _, problem = compile_problem(cluster, rules=RULES, encoders=ONLY)
    part = problem.fixing(np.array([[1, 0]]), np.array([0, 1]))
    x = Variables(cp_model.CpModel(), part.cap, part.size)
    part.encoders[0].encode(x)
    x.model.maximize(x.sum([0]))
    solver = cp_model.CpSolver()
    assert solver.solve(x.model) == cp_model.OPTIMAL
    assert solver.objective_value == 3


AMOUNT = st.sampled_from((0, 300, 400, 700))
FEW = settings(max_examples=60, deadline=None, derandomize=True)


@FEW
@given(
    have=st.lists(st.tuples(st.integers(0, 1200), st.integers(0, 3)), min_size=1, max_size=3),
    asked=st.lists(st.tuples(AMOUNT, st.integers(0, 2)), min_size=1, max_size=4),
    running=st.lists(AMOUNT, max_size=2),
)
def test_as_many_are_placed_as_the_rule_allows(
    have: list[tuple[int, int]], asked: list[tuple[int, int]], running: list[int]
) -> None:
    nodes = [node(f"n{i}", cpu=cpu, pods=pods) for i, (cpu, pods) in enumerate(have)]
    waiting = [agent(f"p{i}", cpu=cpu, memory=4096 * gib) for i, (cpu, gib) in enumerate(asked)]
    cluster = snapshot(nodes, [*waiting, *(agent(f"r{i}", cpu=c, on="n0") for i, c in enumerate(running))])
    check_exact(cluster, ONLY, Random(len(waiting)))
