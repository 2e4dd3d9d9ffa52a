"""Shareable devices, case by case."""

from __future__ import annotations

import pytest

from placewright.models.agent import DeviceRequest
from placewright.models.node import DevicePool
from placewright.models.rules.devices import RULE, choose_devices, free_devices
from placewright.models.state import ClusterState
from placewright.tests.builders import agent, node, snapshot
from placewright.tests.rule_checks import messages, open_nodes, state_of

GPU = "nvidia.com/gpu"


def want(count: int = 1, milli: int = 1000, *models: str) -> tuple[DeviceRequest, ...]:
    return (DeviceRequest(GPU, count, milli, models),)


TWO_T4 = node("n1", devices=(DevicePool(GPU, 2, "T4"),))
MIXED = node("n1", devices=(DevicePool(GPU, 1, "T4"), DevicePool(GPU, 2, "A10")))


@pytest.mark.parametrize(
    ("held", "asked", "admitted"),
    [
        pytest.param((), want(2), True, id="whole devices fit in their number"),
        pytest.param((), want(3), False, id="and no more"),
        pytest.param((want(1, 600),), want(1, 400), True, id="shares fill a device to the last milli"),
        pytest.param(
            (want(1, 600), want(1, 600)), want(1, 401), False, id="a share is of one device, not of the sum"
        ),
        pytest.param((want(1, 100),), want(2), False, id="a touched device is not whole"),
        pytest.param((want(1, 100),), want(1), True, id="the untouched one is"),
        pytest.param((), want(1, 500, "A10"), False, id="a model that is not there"),
        pytest.param((), want(1, 500, "A10", "T4"), True, id="one of several models"),
    ],
)
def test_what_fits_beside_what_runs(
    held: tuple[tuple[DeviceRequest, ...], ...], asked: tuple[DeviceRequest, ...], admitted: bool
) -> None:
    running = [agent(f"r{i}", devices=d, on="n1", device_ids=(i,)) for i, d in enumerate(held)]
    cluster = snapshot([TWO_T4], [*running, agent("a", devices=asked)])
    assert open_nodes(RULE, cluster, "a") == ({"n1"} if admitted else set())


def test_ids_run_on_through_a_nodes_pools() -> None:
    cluster = snapshot([MIXED], [agent("a", devices=want(2, 1000, "A10"))])
    assert choose_devices(ClusterState(cluster), cluster.agents[0], MIXED) == (1, 2)


def test_the_fullest_device_that_holds_a_share_is_chosen() -> None:
    running = [agent("r", devices=want(1, 300), on="n1", device_ids=(1,))]
    cluster = snapshot([TWO_T4], [*running, agent("a", devices=want(1, 500))])
    state = ClusterState(cluster)
    assert choose_devices(state, cluster.agent_by_key["default/a"], TWO_T4) == (1,)
    assert free_devices(state, TWO_T4, GPU) == [1000, 700]


def test_running_agents_without_recorded_devices_are_assumed_packed() -> None:
    running = [agent(f"r{i}", devices=want(1, 500), on="n1") for i in range(2)]
    cluster = snapshot([TWO_T4], running)
    assert sorted(free_devices(ClusterState(cluster), TWO_T4, GPU)) == [0, 1000]


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        pytest.param((), "0 of 1 devices assigned", id="no device named"),
        pytest.param((7,), "not distinct devices it may use", id="a device that is not there"),
        pytest.param((0,), "device 0 holds 1100 of 1000 milli", id="a device that is full"),
    ],
)
def test_a_plan_is_blamed_for_the_devices_it_hands_out(ids: tuple[int, ...], message: str) -> None:
    running = agent("r", devices=want(1, 600), on="n1", device_ids=(0,))
    cluster = snapshot([TWO_T4], [running, agent("a", devices=want(1, 500))])
    [violation] = RULE.violations(state_of(cluster, {"a": "n1"}, {"a": ids}))
    assert message in violation.message


def test_messages_say_what_is_missing() -> None:
    cluster = snapshot([node("n1")], [agent("a", devices=want())])
    assert messages(RULE, cluster, "a") == {"node(s) had no nvidia.com/gpu devices"}
    cluster = snapshot([TWO_T4], [agent("a", devices=want(1, 1000, "A10", "H100"))])
    assert messages(RULE, cluster, "a") == {"node(s) had no nvidia.com/gpu of model A10|H100"}
