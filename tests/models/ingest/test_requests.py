"""Effective requests, limits, non-zero requests and QoS, example by example (§1.2–1.5)."""

from __future__ import annotations

from typing import Any

import pytest

from placewright.models.agent import QosClass
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
            {"cpu": 1},
            id="the sum is rounded up once, not each part",
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


def resized(spec_cpu: str, actual: str, allocated: str, **status: Any) -> Object:
    state = {
        "name": "main",
        "resources": {"requests": {"cpu": actual}},
        "allocatedResources": {"cpu": allocated},
    }
    return pod("p", container(cpu=spec_cpu), nodeName="n1", status={"containerStatuses": [state], **status})


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param(resized("1", "2", "2"), 2000, id="a downsize that is not actuated yet"),
        pytest.param(resized("3", "2", "2"), 3000, id="an upsize counts at once"),
        pytest.param(
            resized(
                "8",
                "2",
                "2",
                conditions=[{"type": "PodResizePending", "status": "True", "reason": "Infeasible"}],
            ),
            2000,
            id="an infeasible resize does not count",
        ),
        pytest.param(
            {**resized("1", "2", "2"), "spec": {"containers": [container(cpu="1")]}},
            1000,
            id="a pending pod counts by its spec alone",
        ),
    ],
)
def test_resizing_in_place(document: Object, expected: int) -> None:
    assert agent_of(document).spec.requests == {"cpu": expected}


def test_overhead_is_added_only_to_limits_that_are_there() -> None:
    document = pod("p", container(limits={"memory": "1Gi"}), overhead={"cpu": "250m", "memory": "120Mi"})
    assert agent_of(document).spec.limits == {"memory": 1144 * MIB}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param(
            pod("p", {"name": "a"}, {"name": "b"}), (200, 400 * MIB), id="two containers that say nothing"
        ),
        pytest.param(pod("p", container(cpu=0)), (0, 200 * MIB), id="an explicit zero stays zero"),
        pytest.param(
            pod("p", {"name": "a"}, overhead={"cpu": "50m"}),
            (150, 200 * MIB),
            id="overhead on top of the default",
        ),
    ],
)
def test_what_scoring_assumes(document: Object, expected: tuple[int, int]) -> None:
    scored = agent_of(document).spec.scoring_requests
    assert (scored["cpu"], scored["memory"]) == expected


FULL = {"cpu": "1", "memory": "1Gi"}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param(
            pod("p", container(limits=FULL)), QosClass.GUARANTEED, id="limits alone default to equal requests"
        ),
        pytest.param(
            pod("p", asking({"nvidia.com/gpu": 1})),
            QosClass.BEST_EFFORT,
            id="only a device is requested",
        ),
        pytest.param(
            pod("p", container(limits=FULL, **FULL), initContainers=[container("i")]),
            QosClass.BURSTABLE,
            id="an init container without limits",
        ),
        pytest.param(pod("p", container(cpu=0)), QosClass.BEST_EFFORT, id="an explicit zero"),
        pytest.param(pod("p", container(cpu="1")), QosClass.BURSTABLE, id="requests without limits"),
        pytest.param(
            pod("p", container(limits=FULL, cpu="500m")), QosClass.BURSTABLE, id="requests below limits"
        ),
        pytest.param(
            pod("p", container(), resources={"requests": FULL, "limits": FULL}),
            QosClass.GUARANTEED,
            id="pod-level resources decide alone",
        ),
        pytest.param(
            pod("p", container(), status={"qosClass": "Guaranteed"}),
            QosClass.GUARANTEED,
            id="the status wins",
        ),
    ],
)
def test_qos_class(document: Object, expected: QosClass) -> None:
    assert agent_of(document).spec.qos is expected


def test_what_containers_leave_open_is_known_to_quotas() -> None:
    assert agent_of(pod("p", container(limits={"cpu": "1"}))).spec.unspecified == {
        "requests.memory",
        "limits.memory",
    }
