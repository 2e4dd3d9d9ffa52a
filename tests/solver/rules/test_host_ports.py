"""Host ports as constraints: between groups, within one, beside what runs and what is fixed."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ortools.sat.python import cp_model

from placewright.models.agent import Agent, HostPort
from placewright.models.rules import RULES
from placewright.solver.compile import compile_problem
from placewright.solver.rules.host_ports import HostPortsEncoder
from placewright.solver.rules.resources import ResourcesEncoder
from placewright.solver.variables import Variables
from placewright.tests.builders import agent, agents, node, snapshot
from placewright.tests.solver.rules.exact import check_exact
from placewright.tests.solving import solve_tiny

ENCODERS = (ResourcesEncoder, HostPortsEncoder)
HERE, THERE = "127.0.0.1", "10.0.0.1"


def holding(name: str, *ports: HostPort, on: str = "") -> Agent:
    return agent(name, host_ports=ports, on=on)


@pytest.mark.parametrize(
    ("asking", "placed"),
    [
        pytest.param([holding("p", HostPort(80)), holding("q", HostPort(81))], 2, id="two ports"),
        pytest.param([holding("p", HostPort(80)), holding("q", HostPort(80))], 1, id="one port for two"),
        pytest.param(agents("p", 3, host_ports=(HostPort(80),)), 1, id="one port for a whole group"),
        pytest.param(
            [holding("p", HostPort(80)), holding("q", HostPort(80, "UDP"))], 2, id="one port in two protocols"
        ),
        pytest.param(
            [holding("p", HostPort(80, ip=HERE)), holding("q", HostPort(80, ip=THERE))], 2, id="two addresses"
        ),
        pytest.param(
            [
                holding("p", HostPort(80)),
                holding("q", HostPort(80, ip=HERE)),
                holding("s", HostPort(80, ip=THERE)),
            ],
            2,
            id="two addresses rather than the wildcard",
        ),
        pytest.param([holding("p", HostPort(80), HostPort(80))], 1, id="the same port twice in one agent"),
        pytest.param(
            [holding("p", HostPort(80), HostPort(81)), holding("q", HostPort(81), HostPort(82))],
            1,
            id="one port of several in common",
        ),
        pytest.param([holding("p", HostPort(443)), holding("q", HostPort(80))], 1, id="one that is held"),
    ],
)
def test_how_many_share_a_node(asking: list[Agent], placed: int) -> None:
    cluster = snapshot([node("n1")], [*asking, holding("r", HostPort(443), on="n1")])
    assert len(solve_tiny(cluster, RULES, ENCODERS)) == placed


def test_what_is_fixed_keeps_its_port() -> None:
    nodes = [node("n1"), node("n2")]
    cluster = snapshot(
        nodes, [*agents("p", 2, host_ports=(HostPort(80),)), holding("q", HostPort(80, ip=HERE))]
    )
    _, problem = compile_problem(cluster, rules=RULES, encoders=ENCODERS)
    fixed = np.zeros_like(problem.cap)
    fixed[0, 0] = 1
    part = problem.fixing(fixed, np.array([0, 1]))
    x = Variables(cp_model.CpModel(), part.cap, part.size)
    for encoder in part.encoders:
        encoder.encode(x)
    x.model.maximize(x.sum([0, 1]))
    solver = cp_model.CpSolver()
    assert solver.solve(x.model) == cp_model.OPTIMAL
    assert solver.objective_value == 1


PORT = st.builds(
    HostPort,
    st.sampled_from((80, 81)),
    st.sampled_from(("TCP", "TCP", "UDP")),
    st.sampled_from((HostPort.ip, HERE, THERE, "::")),
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    count=st.integers(1, 2),
    asked=st.lists(st.lists(PORT, max_size=2), min_size=1, max_size=4),
    held=st.lists(PORT, max_size=2),
)
def test_as_many_are_placed_as_the_rule_allows(
    count: int, asked: list[list[HostPort]], held: list[HostPort]
) -> None:
    nodes = [node(f"n{i}") for i in range(count)]
    waiting = [holding(f"p{i}", *ports) for i, ports in enumerate(asked)]
    cluster = snapshot(nodes, [*waiting, *(holding(f"r{i}", p, on="n0") for i, p in enumerate(held))])
    check_exact(cluster, ENCODERS, Random(len(waiting)))
