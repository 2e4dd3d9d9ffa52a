"""Caps on limits as constraints: limits or requests, whichever is more, up to a share of the node."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placewright.models.agent import Agent
from placewright.models.profile import Profile
from placewright.models.rules import RULES
from placewright.models.snapshot import Snapshot
from placewright.solver.compile import compile_problem
from placewright.solver.rules.limit_overcommit import LimitOvercommitEncoder
from placewright.solver.rules.resources import ResourcesEncoder
from placewright.tests.builders import agent, agents, node, snapshot
from placewright.tests.solver.rules.exact import check_exact
from placewright.tests.solving import solve_tiny

ENCODERS = (ResourcesEncoder, LimitOvercommitEncoder)


def capped(everyone: list[Agent], **caps: int) -> Snapshot:
    """One node with 1000 milli of cpu; caps in thousandths of it."""
    return snapshot([node("n1", cpu=1000)], everyone, profile=Profile(limit_caps=caps or {"cpu": 1500}))


def limited(count: int, cpu: int, name: str = "p", **fields: Any) -> list[Agent]:
    return agents(name, count, limits={"cpu": cpu}, **fields)


@pytest.mark.parametrize(
    ("everyone", "kept", "more"),
    [
        pytest.param(limited(3, 500), 2, 1, id="feasible: up to the cap exactly"),
        pytest.param(limited(2, 751), 1, 0, id="infeasible: a milli over"),
        pytest.param(limited(1, 1501), 0, 0, id="infeasible: one that is beyond it alone"),
        pytest.param([*limited(1, 1500), agent("free")], 1, 1, id="feasible: who has no limit adds nothing"),
    ],
)
def test_who_comes_beside_what_is_fixed(everyone: list[Agent], kept: int, more: int) -> None:
    fixed = {agent.key: "n1" for agent in everyone[:kept]}
    assert len(solve_tiny(capped(everyone), RULES, ENCODERS, fixed)) == kept + more


@pytest.mark.parametrize(
    ("everyone", "caps", "placed"),
    [
        pytest.param([*limited(1, 900, "r", on="n1"), *limited(2, 300)], {}, 2, id="what runs counts"),
        pytest.param([*limited(1, 1600, "r", on="n1"), *limited(2, 1)], {}, 0, id="beyond the cap already"),
        pytest.param(
            [*limited(1, 1600, "r", on="n1"), agent("p")], {}, 1, id="which who adds nothing may be"
        ),
        pytest.param(agents("p", 3, cpu=300, limits={"cpu": 100}), {"cpu": 600}, 2, id="a request is more"),
        pytest.param(limited(3, 500), {"memory": 0}, 3, id="another resource is capped"),
        pytest.param(limited(2, 0), {"cpu": 0}, 2, id="a cap of nothing, and nothing limited"),
        pytest.param(limited(2, 1), {"cpu": 0}, 0, id="a cap of nothing"),
    ],
)
def test_how_many_are_placed(everyone: list[Agent], caps: dict[str, int], placed: int) -> None:
    assert len(solve_tiny(capped(everyone, **caps), RULES, ENCODERS)) == placed


def test_no_group_is_offered_more_than_the_cap_leaves() -> None:
    _, problem = compile_problem(capped(limited(9, 400)), rules=RULES, encoders=ENCODERS)
    assert problem.cap.tolist() == [[3]]


def random_cluster(rng: Random) -> Snapshot:
    """Four agents at most with limits, requests, both or neither, on nodes some of which are full of limits."""
    caps = {name: rng.choice((0, 500, 1200, 1501)) for name in rng.choice((("cpu",), ("cpu", "x/gpu")))}
    nodes = [
        node(f"n{i}", cpu=rng.choice((0, 999, 1000)), pods=rng.choice((1, 2, 9)), extra={"x/gpu": 2})
        for i in range(rng.randint(1, 3))
    ]
    pending: list[Agent] = []
    while len(pending) < 4 and (not pending or rng.random() < 0.8):
        fields = _template(rng)
        pending += [agent(f"p{len(pending)}-{i}", **fields) for i in range(rng.choice((1, 1, 2)))]
    running = [agent(f"r{i}", on=rng.choice(nodes).name, **_template(rng)) for i in range(rng.randint(0, 2))]
    everyone = [*pending[:4], *running]
    return snapshot(nodes, rng.sample(everyone, len(everyone)), profile=Profile(limit_caps=caps))


def _template(rng: Random) -> dict[str, Any]:
    limits = {"cpu": rng.choice((0, 300, 601)), "x/gpu": rng.choice((0, 1, 2))}
    return {
        "cpu": rng.choice((0, 0, 200, 500)),
        "extra": {"x/gpu": 1} if rng.random() < 0.3 else {},
        "limits": {name: amount for name, amount in limits.items() if rng.random() < 0.7},
    }


@settings(max_examples=30, deadline=None, derandomize=True)
@given(rng=st.randoms(use_true_random=False))
def test_as_many_are_placed_as_the_rule_allows(rng: Random) -> None:
    check_exact(random_cluster(rng), ENCODERS, rng)
