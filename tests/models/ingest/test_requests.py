"""Effective requests and limits, example by example (§1.2, §1.3)."""

from __future__ import annotations

from typing import Any

import pytest

from placewright.models.ingest.requests import survives
from placewright.tests.builders import MIB
from placewright.tests.objects import Object, agent_of, container, pod

GIB = 1024 * MIB


def asking(requests: dict[str, Any]) -> Object:
    return container(**requests)


def sidecar(**requests: Any) -> Object:
    return {**container("side", **requests), "restartPolicy": "Always"}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param(
            pod(
                "p",
                container("a", cpu="200m"),
                container("b", cpu="300m"),
                initContainers=[container("i", cpu="1")],
            ),
            {"cpu": 1000},
            id="the larger of all containers and an init container",
        ),
        pytest.param(
            pod(
                "p",
                container("a", cpu="500m"),
                initContainers=[container("i", cpu="1")],
                overhead={"cpu": "100m"},
            ),
            {"cpu": 1100},
            id="overhead comes on top",
        ),
        pytest.param(
            pod(
                "p",
                container(cpu="400m"),
                initContainers=[container("i", cpu="700m"), sidecar(cpu="500m"), container("j", cpu="600m")],
            ),
            {"cpu": 1100},
            id="an init container runs beside the sidecars before it",
        ),
        pytest.param(
            pod("p", container(cpu="100m"), initContainers=[sidecar(cpu="500m"), sidecar(cpu="500m")]),
            {"cpu": 1100},
            id="sidecars run beside the main containers",
        ),
        pytest.param(
            pod(
                "p",
                container("a", memory="1Gi", cpu="1"),
                container("b", memory="1Gi"),
                resources={"requests": {"memory": "3Gi"}},
            ),
            {"memory": 3 * GIB, "cpu": 1000},
            id="pod-level requests override, others come from the containers",
        ),
        pytest.param(
            pod("p", container("a", memory="4Gi"), resources={"requests": {"memory": "3Gi"}}),
            {"memory": 3 * GIB},
            id="downwards too",
        ),
        pytest.param(
            pod("p", container(cpu="1"), resources={"limits": {"memory": "2Gi", "cpu": "2"}}),
            {"cpu": 1000, "memory": 2 * GIB},
            id="a pod-level limit fills what the containers leave out",
        ),
        pytest.param(
            pod("p", *(container(c, cpu="0.0001") for c in "abc")),
            {"cpu": 3},
            id="each amount is rounded up to a thousandth when it is stored, and then they add up",
        ),
        pytest.param(
            pod("p", container(limits={"cpu": "2"})),
            {"cpu": 2000},
            id="a limit is a request where none is given",
        ),
        pytest.param(
            pod("p", asking({"nvidia.com/gpu": 1, "storage": "1Gi", "foo": 1})),
            {"nvidia.com/gpu": 1},
            id="unknown names are dropped",
        ),
        pytest.param(
            pod("p", asking({"hugepages-2Mi": "4Mi"})),
            {"hugepages-2Mi": 4 * MIB},
            id="hugepages are kept",
        ),
        pytest.param(pod("p", container(cpu=0)), {}, id="zero is nothing"),
    ],
)
def test_effective_requests(document: Object, expected: dict[str, int]) -> None:
    assert agent_of(document).spec.requests == expected


def test_overhead_is_added_only_to_limits_that_are_there() -> None:
    document = pod("p", container(limits={"memory": "1Gi"}), overhead={"cpu": "250m", "memory": "120Mi"})
    assert agent_of(document).spec.limits == {"memory": 1144 * MIB}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param(
            pod("p", container(cpu="1"), initContainers=[container("i", memory="1Gi")]),
            {"cpu": 1000, "memory": GIB},
            id="each resource by itself",
        ),
        pytest.param(
            pod("p", container(cpu="1"), initContainers=[container("i", cpu="1"), container("j", cpu="1")]),
            {"cpu": 1000},
            id="init containers run one after another",
        ),
        pytest.param(
            pod("p", container(cpu="100m"), initContainers=[container("i", cpu="600m"), sidecar(cpu="500m")]),
            {"cpu": 600},
            id="a sidecar does not run beside the inits before it",
        ),
        pytest.param(
            pod("p", container(), resources={"requests": {"memory": "1Gi"}}, overhead={"memory": "1Gi"}),
            {"memory": 2 * GIB},
            id="overhead on top of a pod-level request",
        ),
        pytest.param(
            pod("p", asking({"nvidia.com/gpu": 2}), resources={"requests": {"nvidia.com/gpu": 1}}),
            {"nvidia.com/gpu": 2},
            id="devices are not requested at pod level",
        ),
        pytest.param(
            pod("p", asking({"hugepages-2Mi": "2Mi"}), resources={"limits": {"hugepages-2Mi": "8Mi"}}),
            {"hugepages-2Mi": 8 * MIB},
            id="a pod-level limit of hugepages is the request",
        ),
        pytest.param(
            pod("p", container(cpu="2"), resources={"requests": {"cpu": "1"}, "limits": {"cpu": "4"}}),
            {"cpu": 1000},
            id="a pod-level request stands against limits and containers",
        ),
        pytest.param(
            pod("p", container(cpu="0.1", memory="0.5")),
            {"cpu": 100, "memory": 1},
            id="a fraction of a byte is a byte",
        ),
        pytest.param(pod("p", container(cpu=None)), {}, id="null is nothing"),
        pytest.param(pod("p", {"name": "c", "resources": None}), {}, id="resources that are null"),
        pytest.param(
            pod("p", {"name": "c", "resources": {"requests": None, "limits": None}}),
            {},
            id="requests that are null",
        ),
        pytest.param(
            pod("p", asking({"ephemeral-storage": "1Gi", "attachable-volumes-csi-d": 1})),
            {"ephemeral-storage": GIB, "attachable-volumes-csi-d": 1},
            id="storage and volumes are kept",
        ),
    ],
)
def test_more_effective_requests(document: Object, expected: dict[str, int]) -> None:
    assert agent_of(document).spec.requests == expected


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("cpu", True),
        ("memory", True),
        ("ephemeral-storage", True),
        ("hugepages-1Gi", True),
        ("attachable-volumes-aws-ebs", True),
        ("kubernetes.io/batch-cpu", True),
        ("sub.kubernetes.io/x", True),
        ("nvidia.com/gpu", True),
        ("example.com/a_b.c", True),
        ("storage", False),
        ("foo", False),
        ("pods", False),
        ("requests.example.com/gpu", False),
        ("a/b/c", False),
        ("/x", False),
        ("x/", False),
        ("Upper.Case/x", False),
        ("example.com/-x", False),
    ],
)
def test_which_resources_schedulers_keep(name: str, kept: bool) -> None:
    assert survives(name) is kept


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param(
            pod("p", container("a", limits={"cpu": "1"}), container("b", limits={"cpu": "2"})),
            {"cpu": 3000},
            id="limits add up",
        ),
        pytest.param(
            pod("p", container(limits={"cpu": "1"}), initContainers=[container("i", limits={"cpu": "4"})]),
            {"cpu": 4000},
            id="the larger of containers and an init container",
        ),
        pytest.param(pod("p", container(cpu="1")), {}, id="a request is no limit"),
        pytest.param(
            pod("p", container(limits={"cpu": "1"}), resources={"limits": {"cpu": "5"}}),
            {"cpu": 5000},
            id="a pod-level limit overrides",
        ),
        pytest.param(
            pod("p", container(limits={"cpu": "0"}), overhead={"cpu": "1"}),
            {},
            id="overhead adds nothing to zero",
        ),
    ],
)
def test_limits(document: Object, expected: dict[str, int]) -> None:
    assert agent_of(document).spec.limits == expected
