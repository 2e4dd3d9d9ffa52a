"""A placement in the making: by counts where they tell, agent by agent where they do not, and what is taken back."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import numpy as np
import pytest

from placewright.models.agent import Agent, ClaimUse, DeviceRequest, Disk, HostPort
from placewright.models.node import DevicePool, Node
from placewright.models.policy import PodGroup
from placewright.models.profile import FitArgs, Profile
from placewright.models.rules import RULES
from placewright.solver.builder import Builder, is_special
from placewright.solver.clock import Deadline
from placewright.solver.compilation import Compilation
from placewright.solver.compile import compile_problem
from placewright.solver.hand_out import hand_out_devices
from placewright.solver.outcome import outcome
from placewright.tests.builders import HOSTNAME, agent, agents, near, node, snapshot, spread
from placewright.tests.tiny import tiny_cluster

WEB = {"app": "web"}
ZONES = [node("n0", zone="a"), node("n1", zone="b"), node("n2", zone="c")]


def builder(
    nodes: Sequence[Node], pending: Sequence[Agent], *, most: int | None = None, **fields: Any
) -> tuple[Builder, dict[str, int]]:
    """And the groups by the names of their agents."""
    shuffled = Random(3).sample(pending, len(pending))
    compilation, problem = compile_problem(snapshot(nodes, shuffled, **fields))
    names = {a.name.split("-")[0]: g for g, group in enumerate(compilation.groups) for a in group.members}
    return Builder(compilation, problem, False, None, (), None, most), names


def rows(made: Builder, groups: dict[str, int]) -> dict[str, list[int]]:
    return {name: made.count[g].tolist() for name, g in groups.items()}


PORT: dict[str, Any] = {"host_ports": (HostPort(80),)}


@pytest.mark.parametrize("fields", [{}, PORT], ids=["by counts", "one by one"])
def test_so_many_of_a_group_are_placed_and_the_rest_when_asked_again(fields: dict[str, Any]) -> None:
    made, group = builder(ZONES, agents("a", 3, cpu=100, **fields))
    assert made.place_group(group["a"], Deadline(9.0), most=2)
    assert made.total == 2
    assert made.place_group(group["a"], Deadline(9.0))
    assert rows(made, group) == {"a": [1, 1, 1]}


@pytest.mark.parametrize("fields", [{}, PORT], ids=["by counts", "one by one"])
def test_whom_no_node_has_room_for_is_said_to_be_left(fields: dict[str, Any]) -> None:
    made, group = builder(ZONES, agents("a", 4, cpu=3000, **fields))
    assert not made.place_group(group["a"], Deadline(9.0))
    assert made.total == 3


@pytest.mark.parametrize("fields", [{}, PORT], ids=["by counts", "one by one"])
def test_nobody_is_placed_beyond_how_many_there_may_be_in_all(fields: dict[str, Any]) -> None:
    made, group = builder(ZONES, [*agents("a", 2, cpu=100, **fields), *agents("b", 2, cpu=200)], most=3)
    for name in ("a", "b"):
        assert made.place_group(group[name], Deadline(9.0))
    assert made.total == 3


@pytest.mark.parametrize("fields", [{}, PORT], ids=["by counts", "one by one"])
def test_a_target_is_followed_as_far_as_the_rules_accept_it(fields: dict[str, Any]) -> None:
    apart = (near(HOSTNAME, app="web"),)
    made, group = builder(ZONES, agents("w", 3, cpu=100, labels=WEB, anti_affinity=apart, **fields))
    made.place_at(group["w"], np.array([2, 0, 1]), Deadline(9.0))
    assert rows(made, group) == {"w": [1, 0, 1]}
    made.place_at(group["w"], np.array([0, 1, 0]), Deadline(9.0))
    assert rows(made, group) == {"w": [1, 1, 1]}


def test_without_time_nobody_is_placed() -> None:
    for fields in ({}, PORT):
        made, group = builder(ZONES, agents("a", 3, cpu=100, **fields))
        made.place_group(group["a"], Deadline(0.0))
        made.place_at(group["a"], np.array([1, 1, 1]), Deadline(0.0))
        assert made.total == 0


def test_company_comes_along_into_each_domain_that_is_wanted_and_to_no_more_than_one_each() -> None:
    follows = agents("f", 4, cpu=100, affinity=(near(app="lead"),))
    leads = agents("l", 5, cpu=100, labels={"app": "lead"})
    made, group = builder(ZONES, [*follows, *leads])
    made.escort(group["f"])
    assert rows(made, group) == {"f": [0, 0, 0], "l": [1, 1, 1]}
    made.escort(group["f"])
    assert made.total == 3


def test_company_comes_only_where_the_target_has_those_who_need_it() -> None:
    follows = agents("f", 2, cpu=100, affinity=(near(app="lead"),))
    made, group = builder(ZONES, [*follows, *agents("l", 5, cpu=100, labels={"app": "lead"})])
    target = np.zeros_like(made.count)
    target[group["f"], 1] = 2
    made.escort(group["f"], target)
    assert rows(made, group)["l"] == [0, 1, 0]


def test_company_that_needs_company_brings_it() -> None:
    chain = [
        agent("last", affinity=(near(app="middle"),)),
        agent("middle", labels={"app": "middle"}, affinity=(near(app="first"),)),
        agent("first", labels={"app": "first"}),
    ]
    made, group = builder([ZONES[0]], chain)
    made.escort(group["last"])
    assert rows(made, group) == {"last": [0], "middle": [1], "first": [1]}


def test_those_who_lean_on_each_other_in_a_circle_do_not_bring_each_other_for_ever() -> None:
    circle = [
        agent("one", labels={"app": "1"}, affinity=(near(app="2"),)),
        agent("two", labels={"app": "2"}, affinity=(near(app="1"),)),
    ]
    made, group = builder(ZONES, circle)
    made.escort(group["one"])
    assert made.total == 0


def test_a_gang_that_stays_too_small_is_taken_off_again_and_with_it_who_leans_on_it() -> None:
    gang = agents("g", 3, cpu=3000, labels={"app": "gang"}, pod_group="gang")
    leans = agents("l", 2, cpu=100, affinity=(near(app="gang"),))
    made, group = builder(
        ZONES[:2], [*gang, *leans, agent("o", cpu=200)], pod_groups=(PodGroup("default", "gang", 3),)
    )
    for name in ("g", "l", "o"):
        made.place_group(group[name], Deadline(9.0))
    assert {name: sum(row) for name, row in rows(made, group).items()} == {"g": 2, "l": 2, "o": 1}
    made.remove_violations()
    assert {name: sum(row) for name, row in rows(made, group).items()} == {"g": 0, "l": 0, "o": 1}
    assert made.total == 1


def test_skew_that_came_later_is_taken_off_again() -> None:
    # Whoever the selector means raises the count, spread or not.
    even = agents("e", 3, cpu=100, labels=WEB, spread=(spread(app="web"),))
    made, group = builder(
        ZONES, [*even, *agents("p", 4, cpu=1000, labels=WEB, node_selector={HOSTNAME: "n0"})]
    )
    made.place_group(group["e"], Deadline(9.0))
    made.place_group(group["p"], Deadline(9.0))
    made.remove_violations()
    assert rows(made, group) == {"e": [0, 1, 1], "p": [3, 0, 0]}


@pytest.mark.parametrize(
    "fields",
    [
        {"host_ports": (HostPort(80),)},
        {"claims": (ClaimUse("c"),)},
        {"disks": (Disk("ebs", ("v",)),)},
        {"devices": (DeviceRequest("example.com/gpu", 1),)},
        {"pod_group": "gang"},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_rules_are_asked_agent_by_agent_where_counts_do_not_tell(fields: dict[str, Any]) -> None:
    assert is_special(*_compiled(agent("a", cpu=100, **fields)))


def test_counts_tell_of_everybody_else() -> None:
    plain = agent("a", cpu=100, labels=WEB, affinity=(near(app="web"),), spread=(spread(app="web"),))
    assert not is_special(*_compiled(plain))


def test_beside_those_whom_a_profile_does_not_check_rules_are_asked_too() -> None:
    off = Profile(off=frozenset({"NodePorts"}))
    unchecked = Profile(fit=FitArgs(ignored_resources=frozenset({"example.com/x"})))
    assert is_special(*_compiled(agent("a", cpu=100), profile=off))
    asks = agent("a", cpu=100, extra={"example.com/x": 1})
    assert is_special(*_compiled(asks, profile=unchecked))
    assert not is_special(*_compiled(agent("a", cpu=100), profile=unchecked))


def _compiled(pending: Agent, **options: Any) -> tuple[Compilation, Agent]:
    nodes = [node("n0", devices=(DevicePool("example.com/gpu", 1, "T4"),), extra={"example.com/x": 1})]
    compilation, _ = compile_problem(snapshot(nodes, [pending], **options))
    return compilation, pending


def test_whatever_the_turns_what_is_left_in_the_end_breaks_no_rule() -> None:
    rng = Random(8)
    placed = 0
    for _ in range(40):
        cluster = tiny_cluster(rng)
        compilation, problem = compile_problem(cluster)
        made = Builder(compilation, problem, rng.random() < 0.5, None, (), None, None)
        for g in rng.sample(range(len(problem.size)), len(problem.size)):
            made.place_at(g, np.array([rng.randint(0, 1) for _ in cluster.nodes]), Deadline(9.0))
            made.place_group(g, Deadline(9.0))
        made.remove_violations()
        steps = outcome(compilation, made.count)
        devices = hand_out_devices(cluster, steps.steps)
        assert devices is not None
        state = steps.state(cluster, devices)
        assert not [violation for rule in RULES for violation in rule.violations(state)]
        placed += made.total
    assert placed > 40
