"""Whoever there is no time left for is left out, the least important first; what remains is an answer."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placewright.models.plan import Plan, Status
from placewright.models.policy import PodGroup
from placewright.models.snapshot import Snapshot
from placewright.solver.budget import Budget
from placewright.solver.clock import Deadline
from placewright.solver.compile import compile_problem
from placewright.solver.orderly import Orderly
from placewright.solver.place import place
from placewright.solver.settings import Settings
from placewright.solver.shortening import shortened, shortens
from placewright.solver.verify import VerifiedPlan
from placewright.tests.brute_force import best_values
from placewright.tests.builders import ZONE, agents, near, node, snapshot, spread
from placewright.tests.tiny import tiny_cluster

CASES = settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, max_examples=80)


def told(cluster: Snapshot, most: int, **knobs: object) -> Plan:
    """The verified plan where there is time to tell of so many agents."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Budget, "tellable", lambda _, placed, __: min(placed, most))
        verdict = place(cluster, Settings(**{"time_limit": 20.0, "workers": 1, **knobs}))  # type: ignore[arg-type]
    assert isinstance(verdict, VerifiedPlan), verdict
    return verdict.plan


def mixed() -> Snapshot:
    """Two priorities; the important ones spread over zones, the others follow them there."""
    nodes = [node(f"n{i}", zone=f"z{i % 2}") for i in range(4)]
    web = agents("web", 4, cpu=500, priority=9, labels={"app": "web"}, spread=(spread(ZONE, app="web"),))
    job = agents("job", 4, cpu=500, affinity=(near(app="web"),))
    pending = [*job, *web]
    Random(1).shuffle(pending)
    return snapshot(nodes, pending)


@settings(CASES)
@given(st.randoms(use_true_random=False), st.integers(0, 6))
def test_what_remains_of_any_answer_is_one_and_its_bounds_hold(rng: Random, most: int) -> None:
    cluster = tiny_cluster(rng)
    plan = told(cluster, most)
    best, first = best_values(cluster), plan.levels[0] if plan.levels else None
    if first is not None:
        assert first.value <= best[first.name] <= first.bound


def test_the_least_important_are_left_out_first() -> None:
    plan = told(mixed(), 5)
    assert sorted(binding.agent.split("-")[0] for binding in plan.bindings) == ["job", *["web"] * 4]
    assert {item.agent.split("-")[0] for item in plan.unplaced} == {"job"}
    assert len(plan.unplaced) == 3


def test_it_is_said_how_many_the_limit_allowed_for() -> None:
    plan = told(mixed(), 5)
    assert any("ordering and verifying 5 of them is what it allows" in text for text in plan.warnings)
    assert not told(mixed(), 8).warnings


def test_what_is_left_out_for_lack_of_time_is_no_proof_that_it_could_not_come() -> None:
    plan = told(mixed(), 3)
    assert plan.status is Status.FEASIBLE
    assert [(level.value, level.bound) for level in plan.levels[:2]] == [(3, 4), (0, 4)]


def test_a_deterministic_answer_never_depends_on_how_long_its_order_took() -> None:
    assert len(told(mixed(), 0, deterministic=True).bindings) == 8


def test_no_part_of_a_gang_is_an_answer() -> None:
    gang = agents("worker", 3, cpu=100, pod_group="gang")
    cluster = snapshot([node("n1")], gang, pod_groups=(PodGroup("default", "gang", 3),))
    compilation, _ = compile_problem(cluster)
    assert not shortens(compilation)
    assert len(told(cluster, 2).bindings) == 3


def test_those_that_nobody_rests_on_are_left_out_before_important_ones_that_came_late() -> None:
    # Who follows somebody less important comes after them, and was left out with the end of the order.
    base = agents("base", 1, cpu=100, labels={"app": "base"})
    follow = agents("follow", 2, cpu=100, affinity=(near(app="base"),), priority=9)
    loose = agents("loose", 4, cpu=100)
    pending = [*loose, *follow, *base]
    Random(2).shuffle(pending)
    plan = told(snapshot([node("n1", zone="a"), node("n2", zone="b")], pending), 3)
    assert sorted(binding.agent for binding in plan.bindings) == ["base-0", "follow-0", "follow-1"]


def test_the_last_ones_of_those_that_others_rest_on_go_as_soon_as_nobody_does() -> None:
    base = agents("base", 1, cpu=100, labels={"app": "base"})
    follow = agents("follow", 2, cpu=100, affinity=(near(app="base"),), priority=9)
    plan = told(snapshot([node("n1", zone="a")], [*follow, *base]), 1)
    assert [binding.agent for binding in plan.bindings] == ["base-0"]


@pytest.mark.parametrize("most", range(9))
def test_as_many_remain_as_are_asked_for_each_of_whom_the_counts_name(most: int) -> None:
    compilation, problem = compile_problem(mixed())
    verdict = place(mixed(), Settings(time_limit=20.0, workers=1))
    assert isinstance(verdict, VerifiedPlan)
    count = compilation.home.copy()
    where = {binding.key: binding.node for binding in verdict.plan.bindings}
    for g in compilation.pending:
        for member in compilation.groups[g].members:
            count[g, compilation.node_index[where[member.key]]] += 1
    orderly = Orderly(compilation, problem, Deadline(10.0))
    found = shortened(compilation, orderly.order(count), most, orderly.entangled)
    assert found is not None
    fewer, replayed = found
    assert fewer.sum() == len(replayed.order) == len({agent.key for agent, _ in replayed.order}) == most
    assert (fewer <= count).all()
    there = np.zeros_like(fewer)
    for agent, one in replayed.order:
        there[compilation.group_of[agent.key], compilation.node_index[one.name]] += 1
    assert (there == fewer).all()
