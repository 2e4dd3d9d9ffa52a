"""Nodes: amounts, labels, taints, images, devices, prices (§3.4, §15.3)."""

from __future__ import annotations

from typing import Any

import pytest

from placewright.models.errors import InputError
from placewright.models.selector import Effect, Taint
from placewright.tests.builders import MIB
from placewright.tests.objects import build, obj


def test_a_node_with_everything() -> None:
    seen = build(
        obj(
            "Node",
            "n1",
            meta={
                "labels": {"zone": "a"},
                "annotations": {
                    "placewright.io/price": "0.192",
                    "placewright.io/devices": '[{"resource":"gpu","count":2,"model":"T4"}]',
                },
            },
            spec={"unschedulable": True, "taints": [{"key": "k", "effect": "NoExecute"}]},
            status={
                "allocatable": {"cpu": "3920m", "memory": "1Gi"},
                "images": [{"names": ["a:1", "a@sha"], "sizeBytes": 5}],
            },
        )
    ).nodes[0]
    assert seen.allocatable == {"cpu": 3920, "memory": 1024 * MIB}
    assert (seen.price, seen.unschedulable, seen.images) == (192_000, True, {"a:1": 5, "a@sha": 5})
    assert seen.taints == (Taint("k", Effect.NO_EXECUTE),)
    assert (seen.devices[0].count, seen.devices[0].model) == (2, "T4")


def test_allocatable_that_is_missing_is_the_capacity() -> None:
    seen = build(obj("Node", "n1", status={"capacity": {"cpu": "2", "pods": "10"}}))
    assert seen.nodes[0].allocatable == {"cpu": 2000, "pods": 10}


@pytest.mark.parametrize(
    ("kind", "status", "keys"),
    [
        ("Ready", "False", ["not-ready", "not-ready"]),
        ("Ready", "Unknown", ["unreachable", "unreachable"]),
        ("Ready", "True", []),
        ("MemoryPressure", "True", ["memory-pressure"]),
        ("DiskPressure", "True", ["disk-pressure"]),
        ("PIDPressure", "True", ["pid-pressure"]),
        ("NetworkUnavailable", "True", ["network-unavailable"]),
        ("MemoryPressure", "False", []),
    ],
)
def test_taints_from_conditions_only_when_asked(kind: str, status: str, keys: list[str]) -> None:
    sick = obj(
        "Node", "n1", status={"allocatable": {"pods": 1}, "conditions": [{"type": kind, "status": status}]}
    )
    assert build(sick).nodes[0].taints == ()
    derived = build(sick, taints_from_conditions=True).nodes[0].taints
    assert [taint.key.rpartition("/")[2] for taint in derived] == keys


def test_a_cordon_is_a_taint_too_when_taints_are_derived_and_known_taints_stay() -> None:
    own = {"key": "node.kubernetes.io/not-ready", "value": "by hand", "effect": "NoSchedule"}
    sick = obj(
        "Node",
        "n1",
        spec={"unschedulable": True, "taints": [own]},
        status={"allocatable": {"pods": 1}, "conditions": [{"type": "Ready", "status": "False"}]},
    )
    assert build(sick, taints_from_conditions=True).nodes[0].taints == (
        Taint("node.kubernetes.io/not-ready", Effect.NO_SCHEDULE, "by hand"),
        Taint("node.kubernetes.io/not-ready", Effect.NO_EXECUTE),
        Taint("node.kubernetes.io/unschedulable", Effect.NO_SCHEDULE),
    )


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({}, {}, id="a node that says nothing has nothing"),
        pytest.param({"status": None, "spec": None}, {}, id="null is absent"),
        pytest.param(
            {"status": {"allocatable": None, "capacity": {"cpu": 1}}},
            {"cpu": 1000},
            id="allocatable that is null is the capacity",
        ),
        pytest.param(
            {"status": {"allocatable": {}, "capacity": {"cpu": 1}}},
            {},
            id="allocatable that is empty is empty",
        ),
        pytest.param({"status": {"allocatable": {"cpu": "1.5"}}}, {"cpu": 1500}, id="cpu counts in milli"),
        pytest.param({"status": {"allocatable": {"cpu": 2}}}, {"cpu": 2000}, id="a bare number"),
        pytest.param(
            {"status": {"allocatable": {"hugepages-2Mi": "4Mi", "nvidia.com/gpu": "8"}}},
            {"hugepages-2Mi": 4 * MIB, "nvidia.com/gpu": 8},
            id="hugepages and devices count in units",
        ),
        pytest.param(
            {"status": {"allocatable": {"memory": "100Mi", "pods": "0"}}},
            {"memory": 100 * MIB, "pods": 0},
            id="zero is kept",
        ),
    ],
)
def test_what_a_node_can_hold(fields: dict[str, Any], expected: dict[str, int]) -> None:
    assert build(obj("Node", "n1", **fields)).nodes[0].allocatable == expected


@pytest.mark.parametrize(
    ("annotations", "message"),
    [
        pytest.param({"placewright.io/price": "cheap"}, "expected a price per hour", id="a price in words"),
        pytest.param({"placewright.io/price": "-1"}, "at least 0", id="a negative price"),
        pytest.param({"placewright.io/price": "1e12"}, "at most 1000000", id="a price beyond all bounds"),
        pytest.param(
            {"placewright.io/devices": "two"}, "expected a JSON list", id="devices that are no JSON"
        ),
        pytest.param({"placewright.io/devices": "{}"}, "expected a JSON list", id="devices that are no list"),
        pytest.param(
            {"placewright.io/devices": '[{"count":1}]'},
            "[0].resource: required",
            id="a device of no resource",
        ),
        pytest.param(
            {"placewright.io/devices": '[{"resource":"g","count":-1}]'}, "[0].count", id="a negative count"
        ),
        pytest.param(
            {"placewright.io/devices": '[{"resource":"g","count":"2"}]'}, "[0].count", id="a count in quotes"
        ),
        pytest.param({"placewright.io/soft-capacity": "cpu"}, "such as cpu=6", id="a target without amount"),
        pytest.param({"placewright.io/soft-capacity": "cpu=1,cpu=2"}, "given twice", id="two targets"),
        pytest.param({"placewright.io/price": 1}, "annotations", id="an annotation that is a number"),
    ],
)
def test_bad_annotations_are_one_clear_error(annotations: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        build(obj("Node", "n1", meta={"annotations": annotations}))
    assert "Node n1: metadata.annotations" in str(caught.value)
    assert message in str(caught.value)


def test_a_price_is_exact_to_a_millionth_and_rounded_up() -> None:
    priced = obj("Node", "n1", meta={"annotations": {"placewright.io/price": "0.0000001"}})
    assert build(priced).nodes[0].price == 1


def test_a_node_was_last_heard_of_at_the_latest_heartbeat_of_its_conditions() -> None:
    conditions = [
        {"type": "MemoryPressure", "status": "False", "lastHeartbeatTime": "2026-01-01T12:00:00Z"},
        {"type": "Ready", "status": "True", "lastHeartbeatTime": "2026-01-01T12:05:00Z"},
        {"type": "NetworkUnavailable", "status": "False"},
    ]
    seen = build(obj("Node", "n1", status={"conditions": conditions}), obj("Node", "n2"))
    assert [n.heartbeat for n in seen.nodes] == ["2026-01-01T12:05:00Z", ""]
