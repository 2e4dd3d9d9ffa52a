"""Shareable devices, case by case."""

from __future__ import annotations

import pytest

from placewright.models.agent import Agent, DeviceRequest
from placewright.models.node import DevicePool, Node
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


ANY, ONLY_T4 = DeviceRequest(GPU, 1), DeviceRequest(GPU, 1, 1000, ("T4",))
T4_AND_A10 = node("n1", devices=(DevicePool(GPU, 1, "T4"), DevicePool(GPU, 1, "A10")))


@pytest.mark.parametrize(
    ("where", "running", "free"),
    [
        pytest.param(
            T4_AND_A10,
            [agent("r0", devices=(ANY,), on="n1"), agent("r1", devices=(ONLY_T4,), on="n1")],
            [0, 0],
            id="who can only use one model is assumed to have it",
        ),
        pytest.param(
            TWO_T4,
            [agent(f"r{i}", devices=want(1, m), on="n1") for i, m in enumerate((400, 400, *[300] * 4))],
            [0, 0],
            id="shares are assumed to fit together wherever they can",
        ),
        pytest.param(
            TWO_T4,
            [agent("r", devices=want(2), on="n1", device_ids=(0,))],
            [0, 0],
            id="too few recorded ids are as good as none",
        ),
        pytest.param(
            TWO_T4,
            [agent("r", devices=want(2), on="n1", device_ids=(1, 1))],
            [0, 0],
            id="so is one device twice",
        ),
        pytest.param(
            TWO_T4,
            [agent("r", devices=want(), on="n1", device_ids=(9,))],
            [0, 1000],
            id="so is a device that the node does not have",
        ),
        pytest.param(
            TWO_T4,
            [agent(f"r{i}", devices=want(1, 600), on="n1", device_ids=(0,)) for i in range(2)],
            [-200, 1000],
            id="recorded overcommitment stays where it is",
        ),
        pytest.param(
            TWO_T4,
            [agent(f"r{i}", devices=want(1, 600), on="n1") for i in range(3)],
            [-200, 400],
            id="what cannot fit is charged all the same",
        ),
        pytest.param(
            TWO_T4,
            [
                agent("r0", devices=want(1, 500), on="n1"),
                agent("r1", devices=want(), on="n1", device_ids=(0,)),
            ],
            [0, 500],
            id="unknown ones go beside those that are recorded",
        ),
    ],
)
def test_what_running_agents_leave(where: Node, running: list[Agent], free: list[int]) -> None:
    assert free_devices(ClusterState(snapshot([where], running)), where, GPU) == free


def test_what_is_assumed_of_running_agents_does_not_change_with_what_is_placed() -> None:
    cluster = snapshot([TWO_T4], [agent("r", devices=want(1, 500), on="n1"), agent("a", devices=want())])
    # Device 0 is assumed to be in use: a plan that hands it out whole is blamed, whoever could move over.
    [violation] = RULE.violations(state_of(cluster, {"a": "n1"}, {"a": (0,)}))
    assert "device 0 holds 1500 of 1000 milli" in violation.message
    assert not list(RULE.violations(state_of(cluster, {"a": "n1"}, {"a": (1,)})))


def test_several_requests_of_one_agent_are_served_together() -> None:
    cluster = snapshot([T4_AND_A10], [agent("a", devices=(ANY, ONLY_T4)), agent("b", devices=(ONLY_T4,) * 2)])
    assert choose_devices(ClusterState(cluster), cluster.agents[0], T4_AND_A10) == (1, 0)
    assert open_nodes(RULE, cluster, "a") == {"n1"}
    reason = RULE.admits(cluster, cluster.agents[1], T4_AND_A10)
    assert reason is not None
    assert (reason.message, reason.resolvable) == (f"node(s) had too few {GPU} devices", False)


def test_resources_are_numbered_apart_and_ids_follow_the_order_of_the_requests() -> None:
    both = node("n1", devices=(DevicePool(GPU, 1), DevicePool("nic", 2)))
    asking = agent(
        "a", devices=(DeviceRequest("nic", 2), DeviceRequest(GPU, 1, 300), DeviceRequest("nic", 1))
    )
    short = snapshot([both], [asking])
    assert open_nodes(RULE, short, "a") == set()
    fitting = agent(
        "a", devices=(DeviceRequest("nic", 1), DeviceRequest(GPU, 1, 300), DeviceRequest("nic", 1))
    )
    cluster = snapshot([both], [fitting])
    chosen = choose_devices(ClusterState(cluster), fitting, both)
    assert chosen == (0, 0, 1)
    assert not list(RULE.violations(state_of(cluster, {"a": "n1"}, {"a": chosen})))


def test_devices_are_free_again_once_their_holder_is_taken_off() -> None:
    cluster = snapshot([TWO_T4], [agent("r", devices=want(2), on="n1"), agent("a", devices=want())])
    state = ClusterState(cluster)
    assert RULE.rejects(state, cluster.agent_by_key["default/a"], TWO_T4) is not None
    state.remove(cluster.agent_by_key["default/r"], TWO_T4)
    assert RULE.rejects(state, cluster.agent_by_key["default/a"], TWO_T4) is None
