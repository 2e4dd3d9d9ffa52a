"""Minimal conflicts: named cases, and each member necessary by exhaustive search on random tiny clusters."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import product
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placewright.models.agent import Agent, DeviceRequest, HostPort
from placewright.models.node import DevicePool, Node
from placewright.models.policy import ResourceQuota
from placewright.models.repair import Conflict, Member
from placewright.models.rules import RULES
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.solver.conflict import SWITCHED, asked_of_all, conflict
from placewright.solver.groups import group_pending
from placewright.solver.hand_out import hand_out_devices
from placewright.solver.outcome import Outcome
from placewright.solver.settings import Settings
from placewright.tests.builders import ZONE, agent, agents, near, node, snapshot, spread, taint
from placewright.tests.tiny import tiny_cluster

SETTINGS = Settings(time_limit=60.0)


def found(before: Snapshot, last: str = "") -> set[tuple[str, tuple[str, ...]]]:
    answer = conflict(before, SETTINGS, last)
    assert answer is not None
    assert answer.minimal
    return {(member.rule, tuple(key.partition("/")[2] for key in member.agents)) for member in answer.members}


def test_where_all_can_be_placed_there_is_no_conflict() -> None:
    assert conflict(snapshot([node("n")], agents("a", 3, cpu=1000)), SETTINGS) is None


@pytest.mark.parametrize(
    ("nodes", "fields", "rules"),
    [
        pytest.param([node("n", cpu=1000)], {"cpu": 2000}, {"resources"}, id="too large"),
        pytest.param([node("n", taints=[taint("gpu")])], {}, {"taints"}, id="a taint"),
        pytest.param([node("n", unschedulable=True)], {}, {"cordon"}, id="a cordon"),
        pytest.param(
            [node("a", zone="a", unschedulable=True), node("b", zone="b")],
            {"node_selector": {ZONE: "a"}},
            {"cordon", "node_affinity"},
            id="the only node that is wanted is closed",
        ),
        pytest.param(
            [node("a", cpu=500), node("b", taints=[taint("gpu")])],
            {"cpu": 1000},
            {"resources", "taints"},
            id="too large here, not let in there",
        ),
    ],
)
def test_an_agent_in_conflict_with_nodes(nodes: list[Node], fields: dict[str, Any], rules: set[str]) -> None:
    assert found(snapshot(nodes, [agent("x", **fields)])) == {(rule, ("x",)) for rule in rules}


def test_rules_that_play_no_part_are_not_named() -> None:
    nodes = [node("n", cpu=1000, zone="a"), node("t", taints=[taint("gpu")], cpu=100, zone="b")]
    before = snapshot(nodes, [agent("x", cpu=2000, host_ports=(HostPort(80),), labels={"app": "x"})])
    assert found(before) == {("resources", ("x",))}


def test_two_that_keep_each_other_out_are_named_once() -> None:
    apart = (near("kubernetes.io/hostname", app="x"),)
    before = snapshot([node("n")], agents("x", 2, labels={"app": "x"}, anti_affinity=apart))
    assert found(before) == {("inter_agent_affinity", ("x-0", "x-1"))}


def test_the_one_in_question_is_named_rather_than_others() -> None:
    before = snapshot([node("n", cpu=1000)], [agent("a", cpu=600), agent("b", cpu=700)])
    # Whoever is not asked may be where there is no room: either alone is in conflict with the other's being there.
    assert found(before, "default/a") == {("resources", ("a",))}
    assert found(before, "default/b") == {("resources", ("b",))}


def test_a_quota_is_about_all_agents() -> None:
    quota = ResourceQuota("default", "q", {"pods": 1}, used={})
    before = snapshot([node("n")], agents("a", 2, admitted=False), quotas=(quota,))
    assert found(before) == {("quota", ())}


def test_what_devices_lack_is_not_blamed_on_resources() -> None:
    gpus = node("n", devices=(DevicePool("example.com/gpu", 1),))
    before = snapshot([gpus], agents("x", 2, devices=(DeviceRequest("example.com/gpu", 1),)))
    assert found(before) == {("devices", ())}


def test_spread_conflicts_with_what_closes_a_zone() -> None:
    nodes = [node("a", zone="a"), node("b", zone="b", taints=[taint("gpu")])]
    before = snapshot(nodes, agents("x", 2, labels={"app": "x"}, spread=(spread(app="x"),)))
    assert found(before) == {("topology_spread", ("x-0", "x-1")), ("taints", ("x-0", "x-1"))}


def assert_minimal(rng: Random) -> None:
    """The members cannot all hold, and without any one of them the others can."""
    before = _few(tiny_cluster(rng))
    answer = conflict(before, SETTINGS)
    everything = {Member(rule=rule.name) for rule in RULES}
    if answer is None:
        assert _possible(before, everything, whole=True)
        return
    assert isinstance(answer, Conflict)
    assert answer.minimal
    members = set(answer.members)
    assert not _possible(before, members)
    for member in members:
        assert _possible(before, members - {member}), member


def _few(before: Snapshot) -> Snapshot:
    """At most four pending agents: every placement of them is looked at."""
    left = {one.key for one in before.pending[4:]}
    return replace(before, agents=tuple(one for one in before.agents if one.key not in left))


def _possible(before: Snapshot, members: Collection[Member], *, whole: bool = False) -> bool:
    """Whether all pending agents can be placed where only these rules are asked, of these agents."""
    asked = before if whole else _switched(before, members)
    names = {member.rule for member in members if not member.agents}
    alone = {(member.rule, key) for member in members for key in member.agents}
    for steps in _placements(asked):
        devices = hand_out_devices(asked, steps)
        if devices is None and ("devices" in names):
            continue
        state = Outcome((), steps).state(asked, devices or {})
        if not any(_broken(state, names, alone, whole=whole)):
            return True
    return False


def _broken(
    state: ClusterState, names: Collection[str], alone: Collection[tuple[str, str]], *, whole: bool
) -> Iterator[bool]:
    for rule in RULES:
        for violation in rule.violations(state):
            switched = rule.plugin in SWITCHED and not whole
            yield switched or rule.name in names or (rule.name, violation.agent) in alone


def _switched(before: Snapshot, members: Collection[Member]) -> Snapshot:
    """The snapshot where each group's profile has off what is not asked of it."""
    plugins = {rule.name: rule.plugin for rule in RULES if rule.plugin in SWITCHED}
    asked: dict[str, set[str]] = {}
    for member in members:
        assert bool(member.agents) == (member.rule not in asked_of_all(before))
        for key in member.agents or before.agent_by_key:
            if member.rule in plugins:
                asked.setdefault(key, set()).add(plugins[member.rule])
    profiles, specs = [], {}
    for i, group in enumerate(group_pending(before)):
        name = f"scheduler-{i}"
        off = SWITCHED - asked.get(group.agent.key, set())
        profiles.append(replace(before.profile_of(group.agent), scheduler_name=name, off=off))
        specs.update({one.key: replace(one.spec, scheduler_name=name) for one in group.members})
    everyone = tuple(replace(a, spec=specs[a.key]) if a.key in specs else a for a in before.agents)
    names = before.options.scheduler_names | {profile.scheduler_name for profile in profiles}
    options = replace(before.options, profiles=tuple(profiles), scheduler_names=names)
    return replace(before, agents=everyone, options=options)


def _placements(before: Snapshot) -> Iterator[tuple[tuple[Agent, Node], ...]]:
    for nodes in product(before.nodes, repeat=len(before.pending)):
        yield tuple(zip(before.pending, nodes, strict=True))


CASES = settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


@settings(CASES, max_examples=30)
@given(st.randoms(use_true_random=False))
def test_every_member_is_necessary(rng: Random) -> None:
    assert_minimal(rng)


@pytest.mark.slow
@settings(CASES, max_examples=300)
@given(st.randoms(use_true_random=False))
def test_every_member_is_necessary_on_many(rng: Random) -> None:
    assert_minimal(rng)
