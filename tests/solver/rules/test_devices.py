"""Devices as constraints: exact against every way to hand out ids, beside what runs and what is fixed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ortools.sat.python import cp_model

from placewright.models.agent import Agent, DeviceRequest
from placewright.models.node import DevicePool, Node
from placewright.models.rules import RULES
from placewright.models.rules.devices import RULE, allowed_ids
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.solver.compilation import IntArray
from placewright.solver.compile import compile_problem
from placewright.solver.problem import Problem
from placewright.solver.rules.devices import DevicesEncoder
from placewright.solver.rules.resources import ResourcesEncoder
from placewright.solver.variables import Variables
from placewright.tests.builders import agent, agents, node, snapshot
from placewright.tests.solving import solve_tiny

GPU = "gpu"
ENCODERS = (ResourcesEncoder, DevicesEncoder)
MODELS = ((), (), ("T4",), ("A10",), ("T4", "A10"))


def ask(milli: int = 1000, count: int = 1, *models: str) -> DeviceRequest:
    return DeviceRequest(GPU, count, milli, models)


def one_node(*pools: tuple[int, str], **fields: object) -> Node:
    return node("n1", devices=tuple(DevicePool(GPU, count, model) for count, model in pools), **fields)  # type: ignore[arg-type]


def pending(*requests: DeviceRequest) -> list[Agent]:
    return [agent(f"p{i}", devices=(request,)) for i, request in enumerate(requests)]


MIXED = one_node((1, "T4"), (2, "A10"))


@pytest.mark.parametrize(
    ("where", "asking", "placed"),
    [
        pytest.param(MIXED, pending(ask(1000, 1, "T4"), ask(1000, 2)), 2, id="each finds what it may use"),
        pytest.param(MIXED, pending(ask(1000, 3), ask(100)), 1, id="all whole leaves no share"),
        pytest.param(MIXED, pending(*[ask(600)] * 4), 3, id="one large share on each device"),
        pytest.param(MIXED, pending(*[ask(500, 1, "T4")] * 3), 2, id="two halves of the only model allowed"),
        pytest.param(
            MIXED, pending(ask(1000, 1, "T4"), ask(400, 1, "T4"), ask(1000, 2)), 2, id="a share or a whole"
        ),
        pytest.param(
            one_node((2, "")),
            pending(*[ask(m) for m in (400, 400, 300, 300, 300, 300)]),
            6,
            id="exactly full, though largest first gets stuck",
        ),
        pytest.param(one_node((8, "")), pending(*[ask(1000, 4)] * 3), 2, id="whole ones are only counted"),
        pytest.param(
            MIXED,
            [agent("p", devices=(ask(), ask(1000, 1, "T4"))), agent("q", devices=(ask(), ask()))],
            1,
            id="several requests of one agent",
        ),
    ],
)
def test_how_many_fit_on_one_node(where: Node, asking: list[Agent], placed: int) -> None:
    assert len(solve_tiny(snapshot([where], asking), RULES, ENCODERS)) == placed


@pytest.mark.parametrize(
    ("running", "placed"),
    [
        pytest.param(
            [(600, (0,)), (600, (0,))], 1, id="an overcommitted device takes nothing from the other"
        ),
        pytest.param([(600, ()), (500, ())], 0, id="unknown ones are not on one device if they do not fit"),
        pytest.param([(600, ()), (400, ())], 1, id="and are assumed to be if they do"),
    ],
)
def test_a_whole_device_beside_what_runs(running: list[tuple[int, tuple[int, ...]]], placed: int) -> None:
    there = [
        agent(f"r{i}", devices=(ask(milli),), on="n1", device_ids=ids)
        for i, (milli, ids) in enumerate(running)
    ]
    cluster = snapshot([one_node((2, ""))], [*there, *pending(ask())])
    assert len(solve_tiny(cluster, RULES, ENCODERS)) == placed


def random_cluster(rng: Random) -> Snapshot:
    nodes = [
        node(
            f"n{i}",
            devices=tuple(DevicePool(GPU, 1, rng.choice(("T4", "A10"))) for _ in range(rng.randint(1, 3))),
        )
        for i in range(rng.randint(1, 2))
    ]
    waiting: list[Agent] = []
    while len(waiting) < 4:
        wants = tuple(random_request(rng) for _ in range(rng.choice((1, 1, 1, 2))))
        waiting += [agent(f"p{len(waiting)}-{i}", devices=wants) for i in range(rng.choice((1, 1, 2)))]
    running = [random_resident(rng, i, rng.choice(nodes)) for i in range(rng.randint(0, 3))]
    return snapshot(nodes, [*waiting[:4], *running])


def random_request(rng: Random) -> DeviceRequest:
    milli = rng.choice((300, 400, 500, 600, 1000, 1000))
    return ask(milli, rng.choice((1, 1, 2)), *rng.choice(MODELS))


def random_resident(rng: Random, i: int, where: Node) -> Agent:
    ids = rng.choice(((), (rng.randrange(3),), (0, 1)))
    return agent(f"r{i}", devices=(random_request(rng),), on=where.name, device_ids=ids)


def ways(cluster: Snapshot, waiting: Agent) -> Iterator[tuple[Node, tuple[int, ...]]]:
    """Every node and every choice of ids there for an agent, whoever else is there."""
    for where in cluster.nodes:
        choices = [combinations(allowed_ids(where, r), r.count) for r in waiting.spec.devices]
        for parts in product(*map(list, choices)):
            yield where, tuple(i for part in parts for i in part)


def most_placed(cluster: Snapshot, state: ClusterState, waiting: list[Agent]) -> int:
    """The most agents that can be placed without a violation; knows nothing of packings."""
    if not waiting:
        return 0
    first, rest = waiting[0], waiting[1:]
    best = most_placed(cluster, state, rest)
    for where, ids in ways(cluster, first):
        if best == len(waiting):
            break
        state.place(first, where, ids)
        if not any(True for _ in RULE.violations(state)):
            best = max(best, 1 + most_placed(cluster, state, rest))
        state.remove(first, where)
    return best


FEW = settings(max_examples=60, deadline=None, derandomize=True)


@FEW
@given(rng=st.randoms(use_true_random=False))
def test_as_many_are_placed_as_any_choice_of_ids_allows(rng: Random) -> None:
    cluster = random_cluster(rng)
    expected = most_placed(cluster, ClusterState(cluster), list(cluster.pending))
    assert len(solve_tiny(cluster, RULES, ENCODERS)) == expected


def encoded(problem: Problem) -> Variables:
    x = Variables(cp_model.CpModel(), problem.cap, problem.size)
    for encoder in problem.encoders:
        encoder.encode(x)
    return x


def counts(cluster: Snapshot, placed: dict[str, str]) -> tuple[Problem, IntArray]:
    compilation, problem = compile_problem(cluster, rules=RULES, encoders=ENCODERS)
    group_of = {a.key: g for g, group in enumerate(compilation.groups) for a in group.members}
    count = np.zeros_like(problem.cap)
    for key, where in placed.items():
        count[group_of[key], compilation.node_index[where]] += 1
    return problem, count


@FEW
@given(rng=st.randoms(use_true_random=False))
def test_a_hint_says_everything(rng: Random) -> None:
    """With every variable held at its hint the model has an answer: nothing is left to search for."""
    cluster = random_cluster(rng)
    problem, count = counts(cluster, solve_tiny(cluster, RULES, ENCODERS))
    x = encoded(problem)
    hints = {variable.index: value for variable, value in x.hints(count)}
    assert len(hints) == len(x.model.proto.variables)
    for variable, value in x.hints(count):
        x.model.add(variable == value)
    assert cp_model.CpSolver().solve(x.model) in (cp_model.OPTIMAL, cp_model.FEASIBLE)


@FEW
@given(rng=st.randoms(use_true_random=False))
def test_what_is_fixed_keeps_devices_though_which_is_still_open(rng: Random) -> None:
    cluster = random_cluster(rng)
    placed = solve_tiny(cluster, RULES, ENCODERS)
    kept = dict(list(placed.items())[::2])
    problem, fixed = counts(cluster, kept)
    part = problem.fixing(fixed, np.arange(len(cluster.nodes)))
    x = encoded(part)
    x.model.maximize(x.sum(range(len(part.size))))
    solver = cp_model.CpSolver()
    assert solver.solve(x.model) == cp_model.OPTIMAL
    # The others fit beside them, as they did before; and no more agents do than did in all.
    assert solver.objective_value == len(placed) - len(kept)


def test_no_group_is_offered_more_than_its_devices_hold() -> None:
    cluster = snapshot([one_node((4, ""))], agents("p", 9, devices=(ask(600),)))
    _, problem = compile_problem(cluster)
    assert problem.cap.tolist() == [[4]]


def test_agents_that_want_the_same_share_their_variables() -> None:
    where = one_node((2, ""))
    alike = [agent(f"p{i}", cpu=i, devices=(ask(500),)) for i in range(8)]
    _, problem = compile_problem(snapshot([where], alike), rules=RULES, encoders=ENCODERS)
    # One count for each group, and one part for each device whatever the number of groups.
    assert len(encoded(problem).model.proto.variables) == 8 + 2
