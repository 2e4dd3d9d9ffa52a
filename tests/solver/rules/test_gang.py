"""Gangs as constraints: enough members with those that run or are fixed, or none of the pending ones."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placewright.models.agent import Agent
from placewright.models.policy import PodGroup
from placewright.models.rules import RULES
from placewright.models.snapshot import Snapshot
from placewright.solver.compile import compile_problem
from placewright.solver.rules.gang import GangEncoder
from placewright.solver.rules.resources import ResourcesEncoder
from placewright.tests.builders import agent, agents, node, snapshot
from placewright.tests.solver.rules.exact import check_exact, check_many
from placewright.tests.solving import solve_tiny

ENCODERS = (ResourcesEncoder, GangEncoder)


def gang(minimum: int, slots: int, *everyone: Agent) -> Snapshot:
    """One node with so many pod slots, and a gang g."""
    return snapshot([node("n1", pods=slots)], everyone, pod_groups=(PodGroup("default", "g", minimum),))


def members(count: int, name: str = "p", **fields: Any) -> list[Agent]:
    return agents(name, count, pod_group="g", **fields)


@pytest.mark.parametrize(
    ("cluster", "kept", "more"),
    [
        pytest.param(gang(3, 3, *members(3)), ["p-0", "p-1"], 1, id="feasible: the last one completes it"),
        pytest.param(gang(2, 2, *members(3)), ["p-0", "p-1"], 0, id="who is beyond the minimum may wait"),
        pytest.param(gang(3, 9, *members(2)), [], 0, id="infeasible: there are not enough"),
        pytest.param(gang(2, 1, *members(2)), [], 0, id="infeasible: there is room for one"),
        pytest.param(
            gang(3, 3, *members(2), *members(1, "q", cpu=1)), ["q-0"], 2, id="feasible: of several kinds"
        ),
    ],
)
def test_who_comes_beside_what_is_fixed(cluster: Snapshot, kept: list[str], more: int) -> None:
    fixed = {f"default/{name}": "n1" for name in kept}
    assert len(solve_tiny(cluster, RULES, ENCODERS, fixed)) == len(kept) + more


@pytest.mark.parametrize(
    ("cluster", "placed"),
    [
        pytest.param(gang(3, 3, *members(2, "r", on="n1"), *members(2)), 1, id="those that run count"),
        pytest.param(
            gang(3, 9, *members(2, "r", on="n1", terminating=True), *members(1)),
            1,
            id="also those that are being deleted",
        ),
        pytest.param(gang(3, 9, *members(2, "r", on="elsewhere"), *members(1)), 0, id="on no node of ours"),
        pytest.param(
            gang(3, 9, *members(2), *members(1, "s", scheduling_gates=("x",))), 0, id="a gate is no start"
        ),
        pytest.param(
            gang(3, 9, *members(2), *members(1, "s", scheduler_name="other")), 0, id="not another's to place"
        ),
        pytest.param(gang(0, 1, *members(3)), 1, id="a minimum of zero asks for nothing"),
        pytest.param(gang(2, 3, *members(2), agent("alone")), 3, id="who is in none is free"),
        pytest.param(
            gang(2, 9, *members(1), agent("x", namespace="team", pod_group="g")),
            0,
            id="a gang of the same name elsewhere is another, and does not exist",
        ),
    ],
)
def test_how_many_are_placed(cluster: Snapshot, placed: int) -> None:
    assert len(solve_tiny(cluster, RULES, ENCODERS)) == placed


def test_of_two_gangs_that_do_not_fit_together_the_larger_one_is_placed() -> None:
    pending = [*members(2), *agents("q", 3, pod_group="h")]
    gangs = (PodGroup("default", "g", 2), PodGroup("default", "h", 3))
    placed = solve_tiny(snapshot([node("n1", pods=4)], pending, pod_groups=gangs), RULES, ENCODERS)
    assert set(placed) == {f"default/q-{i}" for i in range(3)}


def test_a_gang_that_has_begun_with_fixed_members_is_completed_whoever_else_could_come() -> None:
    cluster = gang(2, 2, *members(1), *members(1, "q", cpu=1), *agents("alone", 5))
    assert set(solve_tiny(cluster, RULES, ENCODERS, {"default/p-0": "n1"})) == {"default/p-0", "default/q-0"}


def test_a_gang_that_stands_already_has_nothing_to_encode() -> None:
    cluster = gang(2, 9, *members(2, "r", on="n1"), *members(2))
    _, problem = compile_problem(cluster, encoders=ENCODERS)
    assert [type(encoder) for encoder in problem.encoders] == [ResourcesEncoder]


def random_cluster(rng: Random) -> Snapshot:
    """Five members at most of two gangs, one of which may not exist; some run, some cannot start."""
    nodes = [node(f"n{i}", cpu=1000, pods=rng.choice((1, 2, 3))) for i in range(rng.randint(1, 2))]
    pending: list[Agent] = []
    while len(pending) < 5 and (not pending or rng.random() < 0.9):
        fields = _template(rng)
        pending += [agent(f"p{len(pending)}-{i}", **fields) for i in range(rng.choice((1, 2, 2)))]
    homes = [*(n.name for n in nodes), "elsewhere"]
    running = [agent(f"r{i}", on=rng.choice(homes), **_template(rng)) for i in range(rng.randint(0, 2))]
    needs = rng.choice(({}, {}, {"cpu": 900}, {"pods": 3}))
    gangs = [PodGroup("default", "g", rng.randint(0, 4), needs), PodGroup("team", "g", rng.randint(1, 2))]
    if rng.random() < 0.7:
        gangs.append(PodGroup("default", "h", rng.randint(1, 3)))
    everyone = [*pending[:5], *running]
    return snapshot(nodes, rng.sample(everyone, len(everyone)), pod_groups=tuple(gangs))


def _template(rng: Random) -> dict[str, Any]:
    return {
        "namespace": rng.choice(("default",) * 4 + ("team",)),
        "pod_group": rng.choice(("g", "g", "g", "h", "")),
        "cpu": rng.choice((0, 0, 400)),
        "terminating": rng.random() < 0.1,
        "scheduling_gates": ("x",) if rng.random() < 0.1 else (),
    }


@settings(max_examples=30, deadline=None, derandomize=True)
@given(rng=st.randoms(use_true_random=False))
def test_as_many_are_placed_as_the_rule_allows(rng: Random) -> None:
    check_exact(random_cluster(rng), ENCODERS, rng)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, 600, 100))
def test_as_many_are_placed_as_the_rule_allows_on_many_clusters(start: int) -> None:
    check_many(random_cluster, ENCODERS, range(start, start + 100))
