"""Filters that a profile switches off: its agents are not asked, and are there for everybody else."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ortools.sat.python import cp_model

from placewright.models.agent import Agent, HostPort, SpreadConstraint
from placewright.models.node import Node
from placewright.models.profile import DefaultSpread, FitArgs, Profile
from placewright.models.rules import RULES
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.solver.compilation import Compilation, IntArray
from placewright.solver.compile import compile_problem
from placewright.solver.place import place
from placewright.solver.problem import Problem
from placewright.solver.settings import Settings
from placewright.solver.variables import Variables
from placewright.solver.verify import VerifiedPlan
from placewright.tests.builders import (
    ZONE,
    agent,
    agents,
    near,
    node,
    node_affinity,
    requirement,
    snapshot,
    taint,
)
from placewright.tests.tiny import two_profiles

GPU = "example.com/gpu"
APP = {"app": "a"}
BOTH = frozenset({"default-scheduler", "free"})


def free(name: str, **fields: Any) -> Agent:
    """An agent whose profile switches something off."""
    return agent(name, scheduler_name="free", **fields)


def cluster(nodes: list[Node], everyone: list[Agent], **profile: Any) -> Snapshot:
    other = Profile(name="free", scheduler_name="free", **profile)
    return snapshot(nodes, everyone, scheduler_names=BOTH, profiles=(other,))


def placed(seen: Snapshot) -> dict[str, str]:
    verdict = place(seen, Settings(time_limit=20, workers=1))
    assert isinstance(verdict, VerifiedPlan), verdict
    return {binding.agent: binding.node for binding in verdict.plan.bindings}


TAINTED = node("n1", taints=[taint("gpu")])


@pytest.mark.parametrize(
    ("off", "nodes", "wish"),
    [
        pytest.param("TaintToleration", [TAINTED], {}, id="a taint"),
        pytest.param("NodeUnschedulable", [node("n1", unschedulable=True)], {}, id="a cordon"),
        pytest.param("NodeAffinity", [node("n1")], {"node_selector": {"a": "b"}}, id="a node selector"),
        pytest.param("NodeResourcesFit", [node("n1", pods=0)], {}, id="pod slots"),
        pytest.param("NodeResourcesFit", [node("n1", cpu=100)], {"cpu": 200}, id="a request"),
        pytest.param(
            "InterPodAffinity", [node("n1", zone="z")], {"affinity": (near(app="x"),)}, id="company"
        ),
        pytest.param(
            "PodTopologySpread",
            [node("n1")],
            {"spread": (SpreadConstraint(ZONE, 1, None),)},
            id="a zone that the node does not have",
        ),
    ],
)
def test_an_agent_is_not_asked_for_what_its_profile_switches_off(
    off: str, nodes: list[Node], wish: dict[str, Any]
) -> None:
    assert placed(cluster(nodes, [free("a", **wish), agent("b", **wish)], off=frozenset({off}))) == {
        "a": "n1"
    }
    assert placed(cluster(nodes, [free("a", **wish), agent("b", **wish)])) == {}


def test_without_resources_to_find_any_number_goes_to_a_node() -> None:
    many = [free(f"a{i}", cpu=300) for i in range(5)]
    assert (
        len(placed(cluster([node("n1", cpu=1000, pods=2)], many, off=frozenset({"NodeResourcesFit"})))) == 5
    )


def test_what_is_not_checked_counts_for_others() -> None:
    everyone = [free("large", cpu=900, priority=1), agent("small", cpu=200)]
    seen = cluster([node("n1", cpu=1000)], everyone, off=frozenset({"NodeResourcesFit"}))
    assert placed(seen) == {"large": "n1"}
    two = cluster([node("n1", cpu=1000), node("n2", cpu=500)], everyone, off=frozenset({"NodeResourcesFit"}))
    where = placed(two)
    assert where["large"] != where["small"]


def test_an_ignored_resource_is_left_to_others() -> None:
    nodes = [node("n1", extra={GPU: 1}), node("n2")]
    everyone = [free("a", extra={GPU: 1}), free("b", extra={GPU: 1}), agent("c", extra={GPU: 1}, priority=1)]
    seen = cluster(nodes, everyone, fit=FitArgs(ignored_resources=frozenset({GPU})))
    assert placed(seen) == {"a": "n2", "b": "n2", "c": "n1"}
    group = cluster(nodes, everyone, fit=FitArgs(ignored_groups=frozenset({"example.com"})))
    assert placed(group) == placed(seen)


@pytest.mark.parametrize("name", ["cpu", "memory", "hugepages-2Mi", "requests.kubernetes.io/x"])
def test_only_extended_resources_can_be_ignored(name: str) -> None:
    fit = FitArgs(ignored_resources=frozenset({name}), ignored_groups=frozenset({"requests.kubernetes.io"}))
    assert placed(cluster([node("n1", cpu=100, memory=1)], [free("a", extra={name: 2**40})], fit=fit)) == {}


def test_two_that_are_not_checked_share_a_port_and_nobody_else_does() -> None:
    ports: dict[str, Any] = {"host_ports": (HostPort(80),)}
    everyone = [free("a", **ports), free("b", **ports), agent("c", **ports)]
    seen = cluster([node("n1")], everyone, off=frozenset({"NodePorts"}))
    assert placed(seen) == {"a": "n1", "b": "n1"}


def test_two_that_are_not_checked_share_a_zone_that_their_terms_guard() -> None:
    apart: dict[str, Any] = {"labels": APP, "anti_affinity": (near(app="a"),)}
    everyone = [free("a", **apart), free("b", **apart), agent("c", **apart)]
    seen = cluster([node("n1", zone="z")], everyone, off=frozenset({"InterPodAffinity"}))
    assert placed(seen) == {"a": "n1", "b": "n1"}


def test_who_is_not_checked_is_company_for_others() -> None:
    together: dict[str, Any] = {"labels": APP, "affinity": (near(app="b"),)}
    everyone = [free("lead", labels={"app": "b"}, affinity=(near(app="none"),)), agent("follow", **together)]
    seen = cluster([node("n1", zone="z")], everyone, off=frozenset({"InterPodAffinity"}))
    assert placed(seen) == {"lead": "n1", "follow": "n1"}


def test_a_profile_that_does_not_preempt_evicts_nobody() -> None:
    everyone = [agent("low", on="n1", cpu=900), free("high", cpu=900, priority=9)]
    for off, evicted in ((frozenset({"DefaultPreemption"}), 0), (frozenset[str](), 1)):
        verdict = place(
            cluster([node("n1", cpu=1000)], everyone, off=off),
            Settings(time_limit=20, workers=1, preempt=True),
        )
        assert isinstance(verdict, VerifiedPlan), verdict
        assert len(verdict.plan.evictions) == evicted


def test_hard_defaults_spread_agents_that_a_service_selects() -> None:
    nodes = [node("n1", zone="x"), node("n2", zone="y", pods=1), node("n3")]
    default = DefaultSpread(False, (SpreadConstraint(ZONE, 1, None),))
    selected = near(app="a").selector
    web = [replace(one, spread_selector=selected) for one in agents("a", 4, labels=APP)]
    seen = snapshot(nodes, web, profile=Profile(default_spread=default))
    # One fits into y, so two into x; n3 has no zone.
    assert sorted(placed(seen).values()) == ["n1", "n1", "n2"]
    bare = snapshot(nodes, agents("a", 4, labels=APP), profile=Profile(default_spread=default))
    assert len(placed(bare)) == 4


def test_added_affinity_is_asked_of_the_agents_of_its_profile() -> None:
    pool = node_affinity([requirement("pool", "In", "a")])
    nodes = [node("n1", labels={"pool": "a"}), node("n2", labels={"pool": "b"}, cpu=100_000)]
    seen = cluster(nodes, [free("a"), agent("b", cpu=50_000)], added_affinity=pool)
    assert placed(seen) == {"a": "n1", "b": "n2"}


def solved(problem: Problem) -> IntArray:
    """Counts (G, N) that place the most."""
    model = cp_model.CpModel()
    x = Variables(model, problem.cap, problem.size)
    for encoder in problem.encoders:
        encoder.encode(x)
    model.maximize(x.sum(range(len(problem.size))))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    assert solver.solve(model) == cp_model.OPTIMAL
    count = np.zeros_like(problem.cap)
    for (g, n), variable in x.items():
        count[g, n] = solver.value(variable)
    return count


def broken(seen: Snapshot, compilation: Compilation, count: IntArray) -> list[object]:
    state = ClusterState(seen)
    for g, group in enumerate(compilation.groups):
        nodes = [n for n in range(len(seen.nodes)) for _ in range(int(count[g, n]))]
        for one, n in zip(group.members, nodes, strict=False):
            state.place(one, seen.nodes[n])
    return [violation for rule in RULES for violation in rule.violations(state)]


@settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, max_examples=150)
@given(st.randoms(use_true_random=False))
def test_a_part_that_is_solved_around_fixed_agents_breaks_nothing(rng: Random) -> None:
    cluster = two_profiles(rng)
    everyone = [replace(one, spec=replace(one.spec, devices=(), pod_group="")) for one in cluster.agents]
    seen = replace(cluster, agents=tuple(everyone))
    compilation, problem = compile_problem(seen)
    whole = solved(problem)
    assert broken(seen, compilation, whole) == []
    nodes = np.array([n for n in range(len(seen.nodes)) if rng.random() < 0.5], dtype=np.int64)
    fixed = whole.copy()
    fixed[:, nodes] = 0
    again = fixed + solved(problem.fixing(fixed, nodes))
    assert again.sum() == whole.sum()
    assert broken(seen, compilation, again) == []
