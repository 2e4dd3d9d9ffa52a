"""Counts are accepted exactly where the rules accept the agents themselves, once those are placed."""

from __future__ import annotations

from itertools import product
from random import Random
from typing import Any

import numpy as np
import pytest

from placewright.models.agent import DeviceRequest, HostPort
from placewright.models.node import DevicePool
from placewright.models.policy import PodGroup
from placewright.models.rules import RULES
from placewright.models.snapshot import Snapshot
from placewright.solver.accept import Accepts, acceptor
from placewright.solver.compilation import Compilation, IntArray
from placewright.solver.compile import compile_problem
from placewright.solver.hand_out import hand_out_devices
from placewright.solver.outcome import outcome
from placewright.tests.builders import HOSTNAME, ZONE, agent, agents, near, node, snapshot, spread
from placewright.tests.tiny import GPU, tiny_cluster, two_profiles

NODES = [node("n1", zone="a", cpu=1000), node("n2", zone="b", cpu=1000)]


def asked(cluster: Snapshot, *, preempt: bool = False) -> tuple[Compilation, Accepts]:
    compilation, problem = compile_problem(cluster, preempt=preempt)
    return compilation, acceptor(compilation, problem)


def accepted(cluster: Snapshot, where: dict[str, tuple[int, ...]], *, preempt: bool = False) -> bool:
    """Whether so many on each node are, by the name of a group's first agent; those who run stay."""
    compilation, accepts = asked(cluster, preempt=preempt)
    count = compilation.home.copy()
    for g, group in enumerate(compilation.groups):
        if not compilation.standing[g] or group.agent.name in where:
            count[g] = where.get(group.agent.name, count[g])
    return accepts(count)


@pytest.mark.parametrize(
    ("fields", "where", "fine"),
    [
        pytest.param({"cpu": 400}, (2, 2), True, id="as many as fit"),
        pytest.param({"cpu": 400}, (3, 0), False, id="more than a node holds"),
        pytest.param({"cpu": 100}, (3, 2), False, id="more than there are"),
        pytest.param({"node_selector": {ZONE: "a"}}, (0, 1), False, id="where it may not be"),
        pytest.param({"spread": (spread(app="w"),)}, (2, 0), False, id="uneven"),
        pytest.param({"spread": (spread(app="w"),)}, (2, 1), True, id="even enough"),
        pytest.param({"anti_affinity": (near(HOSTNAME, app="w"),)}, (2, 0), False, id="not apart"),
        pytest.param({"host_ports": (HostPort(80),)}, (1, 1), True, id="a port on each node"),
        pytest.param({"host_ports": (HostPort(80),)}, (2, 0), False, id="a port twice"),
        pytest.param({"affinity": (near(app="db"),)}, (1, 0), False, id="without company"),
        pytest.param({"pod_group": "gang"}, (1, 1), False, id="too few of a gang"),
        pytest.param({"pod_group": "gang"}, (2, 1), True, id="enough of it"),
    ],
)
def test_what_a_rule_forbids_is_not_accepted(
    fields: dict[str, Any], where: tuple[int, int], fine: bool
) -> None:
    cluster = snapshot(
        NODES, agents("w", 4, labels={"app": "w"}, **fields), pod_groups=(PodGroup("default", "gang", 3),)
    )
    assert accepted(cluster, {"w-0": where}) is fine


def test_devices_that_cannot_be_handed_out_are_not_there() -> None:
    """Three parts of six tenths are less than two devices, and a device holds one of them."""
    two = node("n1", devices=(DevicePool(GPU, 2, "T4"),))
    small = agents("s", 3, devices=(DeviceRequest(GPU, 1, 600, ()),))
    assert accepted(snapshot([two], small), {"s-0": (2,)})
    assert not accepted(snapshot([two], small), {"s-0": (3,)})


def test_who_runs_may_leave_and_come_back_elsewhere_and_not_be_there_twice() -> None:
    low, high = agent("low", on="n1", cpu=600), agent("high", cpu=600, priority=5)
    cluster = snapshot(NODES, [low, high])
    assert not accepted(cluster, {"high": (1, 0)}, preempt=True)
    compilation, accepts = asked(cluster, preempt=True)
    [(standing, back)] = compilation.running.returning.items()
    [waiting] = compilation.pending
    count = np.zeros_like(compilation.home)
    count[waiting, 0] = count[back, 1] = 1
    assert accepts(count)
    count[standing, 0] = 1
    assert not accepts(count)


def allows(compilation: Compilation, count: IntArray) -> bool:
    """What every rule says of the agents, one by one."""
    made = outcome(compilation, count)
    devices = hand_out_devices(compilation.snapshot, made.steps)
    if devices is None:
        return False
    state = made.state(compilation.snapshot, devices)
    return not any(True for rule in RULES for _ in rule.violations(state))


def check(cluster: Snapshot, rng: Random) -> tuple[int, int]:
    """(accepted, not) of a few counts that caps allow."""
    compilation, problem = compile_problem(cluster)
    accepts = acceptor(compilation, problem)
    said = [0, 0]
    for _ in range(6):
        count = np.array(
            [[rng.choice((0, 0, 1, int(most))) for most in row] for row in np.minimum(problem.cap, 2)],
            dtype=np.int64,
        ).reshape(problem.cap.shape)
        count = np.minimum(count, problem.cap)
        if (count.sum(axis=1) > problem.size).any():
            continue
        fine = accepts(count)
        assert fine is allows(compilation, count)
        said[not fine] += 1
    return said[0], said[1]


def test_counts_are_accepted_exactly_where_rules_accept_the_agents() -> None:
    said = [0, 0]
    for seed, kind in product(range(150), (tiny_cluster, two_profiles)):
        rng = Random(seed)
        told = check(kind(rng), rng)
        said = [said[0] + told[0], said[1] + told[1]]
    assert min(said) > 100, said
