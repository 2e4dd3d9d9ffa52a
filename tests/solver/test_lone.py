"""Where one agent is all there is to place: the best of all answers, proven without a model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import NoReturn

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placewright.models.agent import Agent
from placewright.models.plan import Plan, Status
from placewright.models.profile import Profile, ScoreName
from placewright.models.snapshot import Snapshot
from placewright.solver import engine, lone, relaxation
from placewright.solver.accept import acceptor
from placewright.solver.clock import Deadline
from placewright.solver.compile import compile_problem
from placewright.solver.objectives import TERMS
from placewright.solver.place import place
from placewright.solver.settings import Settings
from placewright.solver.verify import VerifiedPlan
from placewright.tests.brute_force import best_values
from placewright.tests.builders import HOSTNAME, agent, agents, near, node, snapshot
from placewright.tests.solver.objectives.test_every_term import judged_by
from placewright.tests.test_stages import ORDERS, ordered
from placewright.tests.tiny import tiny_cluster, two_profiles

CASES = settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
SETTINGS = Settings(time_limit=10.0, workers=1)
PACKING = Profile(weights={ScoreName.MOST_ALLOCATED: 1})


def with_one_pending(cluster: Snapshot) -> Snapshot:
    """The same cluster, of those that wait only the first."""
    others = {agent.key for agent in cluster.pending[1:]}
    return replace(cluster, agents=tuple(agent for agent in cluster.agents if agent.key not in others))


def placed(cluster: Snapshot, start: dict[str, str] | None = None) -> Plan:
    verdict = place(cluster, SETTINGS, start=start)
    assert isinstance(verdict, VerifiedPlan), verdict
    return verdict.plan


def assert_best(cluster: Snapshot) -> None:
    plan = placed(cluster)
    assert plan.status is Status.OPTIMAL
    best = best_values(cluster)
    assert [level.value for level in plan.levels] == [best[level.name] for level in plan.levels]


@pytest.mark.parametrize("make", [tiny_cluster, two_profiles], ids=["", "with filters switched off"])
@settings(CASES, max_examples=60)
@given(rng=st.randoms(use_true_random=False))
def test_it_is_what_exhaustive_search_finds(make: Callable[[Random], Snapshot], rng: Random) -> None:
    assert_best(with_one_pending(make(rng)))


@pytest.mark.parametrize("stages", ORDERS.values(), ids=ORDERS.keys())
@settings(CASES, max_examples=15)
@given(rng=st.randoms(use_true_random=False))
def test_it_is_in_any_order_of_importance(stages: tuple[dict[str, int], ...], rng: Random) -> None:
    assert_best(with_one_pending(ordered(tiny_cluster(rng), stages, rng)))


@pytest.mark.parametrize("name", list(TERMS), ids=str)
@settings(CASES, max_examples=15)
@given(rng=st.randoms(use_true_random=False))
def test_it_is_whatever_the_score(name: ScoreName, rng: Random) -> None:
    assert_best(with_one_pending(judged_by(rng, name)))


@pytest.mark.parametrize("name", list(TERMS), ids=str)
@settings(CASES, max_examples=15)
@given(rng=st.randoms(use_true_random=False))
def test_what_one_agent_alone_is_worth_is_what_the_level_says_of_counts(name: ScoreName, rng: Random) -> None:
    _, problem = compile_problem(judged_by(rng, name))
    for level in problem.levels:
        for g in range(len(problem.size)):
            alone = level.alone(g, problem.cap)
            for n in np.flatnonzero(problem.cap[g]).tolist():
                count = np.zeros_like(problem.cap)
                count[g, n] = 1
                assert alone[n] == level.value(count)


@pytest.fixture
def _no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    def made(*_: object, **__: object) -> NoReturn:
        raise AssertionError("a model was made")

    monkeypatch.setattr(engine.Engine, "__init__", made)
    monkeypatch.setattr(relaxation.Relaxation, "__init__", made)


@pytest.mark.usefixtures("_no_model")
def test_no_model_is_made_for_it() -> None:
    there = [agent(f"r{i}", cpu=500 * i, on=f"n{i}") for i in range(1, 5)]
    cluster = snapshot([node(f"n{i}") for i in range(5)], [*there, agent("a", cpu=2500)], profile=PACKING)
    plan = placed(cluster)
    assert plan.status is Status.OPTIMAL
    # Beside 1,500 it fits just so.
    assert [binding.node for binding in plan.bindings] == ["n3"]


@pytest.mark.usefixtures("_no_model")
def test_where_rules_refuse_the_best_node_it_is_the_next_best() -> None:
    there = [agent("r1", cpu=1000, on="n1", labels={"app": "x"}), agent("r2", cpu=500, on="n2")]
    shy = agent("a", cpu=500, anti_affinity=(near(HOSTNAME, app="x"),))
    plan = placed(snapshot([node(f"n{i}") for i in range(3)], [*there, shy], profile=PACKING))
    assert (plan.status, [binding.node for binding in plan.bindings]) == (Status.OPTIMAL, ["n2"])


@pytest.mark.usefixtures("_no_model")
def test_where_rules_refuse_every_node_it_is_proven_that_nobody_is_placed() -> None:
    there = agent("r", cpu=100, on="n0", labels={"app": "x"})
    shy = agent("a", cpu=500, anti_affinity=(near(HOSTNAME, app="x"),))
    plan = placed(snapshot([node("n0")], [there, shy]))
    assert (plan.status, plan.bindings, len(plan.unplaced)) == (Status.OPTIMAL, (), 1)


def test_of_equal_nodes_it_is_the_one_that_is_known() -> None:
    cluster = snapshot([node(f"n{i}") for i in range(4)], [agent("a", cpu=500)])
    assert [b.node for b in placed(cluster, start={"default/a": "n2"}).bindings] == ["n2"]


def test_a_known_node_that_is_not_the_best_is_left() -> None:
    cluster = snapshot([node("n0"), node("n1")], [agent("r", cpu=500, on="n0"), agent("a", cpu=500)])
    assert [b.node for b in placed(cluster, start={"default/a": "n0"}).bindings] == ["n1"]


@pytest.mark.parametrize(
    ("pending", "preempt"),
    [
        pytest.param(agents("a", 2), False, id="two of a kind"),
        pytest.param([agent("a", priority=1)], True, id="somebody may leave for it"),
    ],
)
def test_it_is_not_told_where_more_is_to_be_decided(pending: list[Agent], preempt: bool) -> None:
    cluster = snapshot([node("n")], [agent("r", on="n"), *pending])
    compilation, problem = compile_problem(cluster, preempt=preempt)
    nobody = np.zeros_like(problem.cap)
    accepts = acceptor(compilation, problem)
    assert lone.lone(compilation, problem, Deadline(10.0), accepts, nobody) is None


def test_where_too_many_nodes_are_refused_others_look_for_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lone, "MOST_REFUSED", 1)
    there = [agent(f"r{i}", cpu=1000, on=f"n{i}", labels={"app": "x"}) for i in range(4)]
    shy = agent("a", cpu=500, anti_affinity=(near(HOSTNAME, app="x"),))
    cluster = snapshot([node(f"n{i}") for i in range(5)], [*there, shy], profile=PACKING)
    compilation, problem = compile_problem(cluster)
    problem = replace(problem, cap=compilation.cap)  # as if the encoder had not closed these nodes
    nobody = np.zeros_like(problem.cap)
    accepts = acceptor(compilation, problem)
    assert lone.lone(compilation, problem, Deadline(10.0), accepts, nobody) is None
    assert [binding.node for binding in placed(cluster).bindings] == ["n4"]
