"""The cheapest node that takes an agent: like one that is there, or from a catalog."""

from __future__ import annotations

from typing import Any

import pytest

from placewright.models.agent import Agent, OwnerReference, Phase
from placewright.models.ingest.catalog import read_catalog
from placewright.models.node import Node
from placewright.models.repair import Purchase
from placewright.models.rules.cordon import UNSCHEDULABLE
from placewright.scenarios.one_node import cheapest_node
from placewright.tests.builders import HOSTNAME, agent, near, node, snapshot, spread, taint, toleration
from placewright.tests.solver.capacity.questions import kind

WAITS = agent("x", cpu=1000)
DAEMON = OwnerReference("DaemonSet", "log")


def bought(
    nodes: list[Node], waits: Agent = WAITS, *others: Agent, catalog: dict[str, Any] | None = None
) -> Purchase | None:
    offers = None if catalog is None else read_catalog({"kind": "Catalog", **catalog})
    return cheapest_node(snapshot(nodes, [*others, waits]), waits, offers)


def runs(name: str, on: str, **fields: Any) -> Agent:
    return agent(name, on=on, phase=Phase.RUNNING, **fields)


@pytest.mark.parametrize(
    ("nodes", "waits", "like"),
    [
        pytest.param(
            [node("dear", price=5), node("cheap", price=2), node("small", cpu=500, price=1)],
            WAITS,
            "cheap",
            id="the cheapest that is large enough",
        ),
        pytest.param([node("small", cpu=500)], WAITS, None, id="none is large enough"),
        pytest.param(
            [node("a", zone="a", price=1), node("b", zone="b", price=2)],
            agent("x", node_selector={"topology.kubernetes.io/zone": "b"}),
            "b",
            id="one that its selector admits",
        ),
        pytest.param(
            [node("a", taints=[taint("gpu")]), node("b", price=2)], WAITS, "b", id="not with a taint of its kind"
        ),
        pytest.param(
            [node("a", taints=[taint("gpu")])],
            agent("x", tolerations=(toleration("gpu", operator="Exists"),)),
            "a",
            id="unless it is tolerated",
        ),
        pytest.param(
            [node("a")], agent("x", node_selector={HOSTNAME: "a"}), None, id="another one of that name there is not"
        ),
        pytest.param([], WAITS, None, id="nothing to be like"),
        pytest.param([node("a")], agent("x", owner=DAEMON), None, id="for a DaemonSet's agent nothing is bought"),
    ],
)  # fmt: skip
def test_what_is_bought_is_like_one_that_is_there(nodes: list[Node], waits: Agent, like: str | None) -> None:
    found = bought(nodes, waits)
    assert (None if found is None else found.like) == like


@pytest.mark.parametrize(
    "taints",
    [
        pytest.param([UNSCHEDULABLE], id="the taint of the cordon"),
        pytest.param(
            [taint("node.kubernetes.io/not-ready"), taint("node.kubernetes.io/not-ready", "", "NoExecute")],
            id="not ready",
        ),
        pytest.param([taint("node.kubernetes.io/disk-pressure")], id="short of disk"),
        pytest.param(
            [taint("node.cloudprovider.kubernetes.io/uninitialized", "true")], id="not initialised yet"
        ),
    ],
)
def test_what_is_wrong_with_a_node_is_not_wrong_with_a_new_one(taints: list[Any]) -> None:
    """The field of a cordon was taken off, and not the taint that every cordoned node has as well."""
    assert bought([node("a", price=3, unschedulable=True, taints=taints)]) == Purchase(like="a", price=3)


def test_daemons_take_their_part_of_a_new_node_first() -> None:
    log = runs("log", "a", cpu=300, owner=DAEMON)
    nodes = [node("a", cpu=1200, price=1), node("b", cpu=2000, price=2, labels={"size": "l"})]
    assert bought(nodes, WAITS, log) == Purchase(like="b", price=2)
    assert bought(nodes, WAITS) == Purchase(like="a", price=1)


def test_others_may_keep_an_agent_off_whatever_is_bought() -> None:
    web = {"app": "web"}
    nodes = [node("a", zone="a", price=1), node("b", zone="b", price=2)]
    apart = agent("x", labels=web, anti_affinity=(near(app="web"),))
    assert bought(nodes, apart, runs("r", "a", labels=web)) == Purchase(like="b", price=2)
    assert bought(nodes, apart, runs("r", "a", labels=web), runs("s", "b", labels=web)) is None
    even = agent("x", labels=web, spread=(spread(app="web"),))
    assert bought(nodes, even, runs("r", "a", labels=web)) == Purchase(like="b", price=2)


def test_a_name_that_is_taken_is_not_given_again() -> None:
    other = node("a-more", cpu=100, price=9)
    assert bought([node("a", price=1), other], WAITS, runs("r", "a", cpu=4000)) == Purchase(like="a", price=1)


@pytest.mark.parametrize(
    ("catalog", "expected"),
    [
        pytest.param(
            {"types": [kind("small", 1, 3), kind("big", 4, 10)]},
            Purchase(type="small", price=3_000_000),
            id="the cheapest that is on offer",
        ),
        pytest.param(
            {"types": [{**kind("small", 1, 3), "max": 0}, kind("big", 4, 10)]},
            Purchase(type="big", price=10_000_000),
            id="not what cannot be had",
        ),
        pytest.param(
            {
                "types": [
                    {**kind("odd", 2, 5), "spot": {"price": 1, "interruptionRisk": "0.5"}},
                    kind("big", 4, 10),
                ],
                "mostInterruptions": "0.2",
            },
            Purchase(type="odd", price=5_000_000),
            id="nothing that is interrupted too often",
        ),
        pytest.param(
            {"types": [{**kind("odd", 2, 5), "spot": {"price": 1, "interruptionRisk": "0.5"}}]},
            Purchase(type="odd", spot=True, price=1_000_000),
            id="but where nobody minds",
        ),
        pytest.param({"types": [kind("tiny", 0, 1)]}, None, id="nothing is large enough"),
    ],
)
def test_what_is_bought_from_a_catalog(catalog: dict[str, Any], expected: Purchase | None) -> None:
    assert bought([node("there", cpu=100)], agent("x", cpu=900), catalog=catalog) == expected


def test_daemons_of_a_catalog_come_to_what_is_bought_and_not_those_of_the_cluster() -> None:
    log = runs("log", "there", cpu=600, owner=DAEMON)
    types = [kind("small", 1, 3), kind("big", 4, 10)]
    there, waits = [node("there", cpu=600)], agent("x", cpu=900)
    assert bought(there, waits, log, catalog={"types": types}) == Purchase(type="big", price=10_000_000)
    none = {"types": types, "daemons": []}
    assert bought(there, waits, log, catalog=none) == Purchase(type="small", price=3_000_000)
