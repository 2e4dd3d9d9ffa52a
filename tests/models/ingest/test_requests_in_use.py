"""Requests of running pods, what scores assume, QoS, what quotas ask for (§1.3-1.5)."""

from __future__ import annotations

from typing import Any

import pytest

from placewright.models.agent import QosClass
from placewright.tests.builders import MIB
from placewright.tests.objects import Object, agent_of, container, pod

GIB = 1024 * MIB


def asking(requests: dict[str, Any]) -> Object:
    return container(**requests)


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


STATUS = {"name": "main", "resources": {"requests": {"cpu": "2"}}, "allocatedResources": {"cpu": "2"}}
INFEASIBLE = {"type": "PodResizePending", "status": "True", "reason": "Infeasible"}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param(
            pod(
                "p",
                container(cpu="1"),
                nodeName="n",
                status={"containerStatuses": [{"name": "main", "allocatedResources": {"cpu": "9"}}]},
            ),
            1000,
            id="a status without resources does not count",
        ),
        pytest.param(
            pod(
                "p",
                container(cpu="1"),
                nodeName="n",
                status={"containerStatuses": [{**STATUS, "name": "other"}]},
            ),
            1000,
            id="nor does another container's",
        ),
        pytest.param(
            pod("p", container(cpu="1"), nodeName="n", status={"containerStatuses": None}),
            1000,
            id="null is absent",
        ),
        pytest.param(
            pod(
                "p",
                container("other"),
                initContainers=[{**container("main", cpu="1"), "restartPolicy": "Always"}],
                nodeName="n",
                status={"initContainerStatuses": [STATUS]},
            ),
            2000,
            id="a sidecar is resized too",
        ),
        pytest.param(
            pod(
                "p",
                container("other"),
                initContainers=[container("main", cpu="1")],
                nodeName="n",
                status={"initContainerStatuses": [STATUS]},
            ),
            1000,
            id="a plain init container counts by its spec",
        ),
        pytest.param(
            pod(
                "p",
                container(),
                resources={"requests": {"cpu": "1"}},
                nodeName="n",
                status={"resources": {"requests": {"cpu": "3"}}, "allocatedResources": {"cpu": "2"}},
            ),
            3000,
            id="pod-level resources are resized too",
        ),
        pytest.param(
            pod(
                "p",
                container(),
                resources={"requests": {"cpu": "9"}},
                nodeName="n",
                status={
                    "resources": {"requests": {"cpu": "3"}},
                    "allocatedResources": {"cpu": "2"},
                    "conditions": [{"type": "PodResizePending", "reason": "Infeasible"}],
                },
            ),
            3000,
            id="an infeasible resize at pod level does not count",
        ),
        pytest.param(
            pod(
                "p",
                container(cpu="1"),
                nodeName="n",
                overhead={"cpu": "1"},
                status={"containerStatuses": [STATUS]},
            ),
            3000,
            id="overhead comes on top",
        ),
    ],
)
def test_more_resizing_in_place(document: Object, expected: int) -> None:
    assert agent_of(document).spec.requests == {"cpu": expected}


def test_hugepages_of_a_container_make_the_pod_one_with_limits_whose_requests_are_filled_in() -> None:
    document = pod(
        "p",
        container("main", limits={"hugepages-2Mi": "2Mi"}, cpu="5"),
        resources={"requests": {"memory": "1Gi"}},
        nodeName="n",
        status={"containerStatuses": [STATUS], "conditions": [INFEASIBLE]},
    )
    # Filled in from what the containers say, and so beyond what a resize of theirs changes.
    assert agent_of(document).spec.requests["cpu"] == 5000
    assert agent_of(document).spec.limits["hugepages-2Mi"] == 2 * MIB


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param(
            pod("p", container(cpu="1"), {"name": "b"}), (1100, 400 * MIB), id="each container by itself"
        ),
        pytest.param(pod("p", container(cpu="1", memory="1Mi")), (1000, MIB), id="what is said counts"),
        pytest.param(
            pod("p", container(cpu="50m", memory="1Gi"), initContainers=[{"name": "i"}]),
            (100, GIB),
            id="an init container that says nothing",
        ),
        pytest.param(
            pod("p", {"name": "a"}, {"name": "b"}, resources={"requests": {"cpu": "1"}}),
            (1000, 400 * MIB),
            id="a pod-level request, and what the whole pod leaves open",
        ),
        pytest.param(
            pod("p", container(memory="1Gi"), {"name": "b"}, resources={"requests": {"cpu": "1"}}),
            (1000, GIB),
            id="with a pod-level request nothing is added to what one container says",
        ),
        pytest.param(
            pod("p", container(cpu="1"), nodeName="n", status={"containerStatuses": [STATUS]}),
            (2000, 200 * MIB),
            id="a running pod by what it has",
        ),
        pytest.param(pod("p", container(limits={"cpu": "3"})), (3000, 200 * MIB), id="a limit is said"),
        pytest.param(
            pod("p", asking({"nvidia.com/gpu": 1})), (100, 200 * MIB), id="devices alone say nothing"
        ),
    ],
)
def test_more_of_what_scoring_assumes(document: Object, expected: tuple[int, int]) -> None:
    scored = agent_of(document).spec.scoring_requests
    assert (scored["cpu"], scored["memory"]) == expected


@pytest.mark.parametrize(
    ("document", "missing"),
    [
        pytest.param(pod("p", container(limits=FULL)), set(), id="limits say both"),
        pytest.param(pod("p", asking(FULL)), {"limits.cpu", "limits.memory"}, id="requests are no limits"),
        pytest.param(
            pod("p", container(limits=FULL), {"name": "b"}),
            {"requests.cpu", "requests.memory", "limits.cpu", "limits.memory"},
            id="one container that says nothing",
        ),
        pytest.param(
            pod("p", container(limits=FULL), initContainers=[container("i", limits={"cpu": "1"})]),
            {"requests.memory", "limits.memory"},
            id="an init container counts",
        ),
        pytest.param(
            pod("p", {"name": "b"}, resources={"requests": {"cpu": "1"}}),
            set(),
            id="the pod says it as a whole",
        ),
        pytest.param(
            pod("p", {"name": "b"}, resources={"limits": {"memory": "1Gi"}}), set(), id="so does its limit"
        ),
        pytest.param(
            pod("p", asking(FULL), resources={}),
            {"limits.cpu", "limits.memory"},
            id="an empty whole says nothing",
        ),
    ],
)
def test_what_each_container_must_say_for_a_quota(document: Object, missing: set[str]) -> None:
    assert agent_of(document).spec.unspecified == missing


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param(pod("p", container(cpu="1")), {}, id="nothing where there is no pod-level request"),
        pytest.param(
            pod("p", container(cpu="1"), {"name": "b"}, resources={"requests": {"cpu": "4"}}),
            {"cpu": 1100, "memory": 400 * MIB},
            id="each container counts for what it says, or the default",
        ),
        pytest.param(
            pod("p", {"name": "a"}, resources={"requests": {"memory": "4Gi"}}, overhead={"cpu": "50m"}),
            {"cpu": 150, "memory": 200 * MIB},
            id="overhead is added",
        ),
        pytest.param(
            pod("p", {"name": "a"}, resources={"requests": {"hugepages-2Mi": "4Mi"}}),
            {"cpu": 100, "memory": 200 * MIB, "hugepages-2Mi": 0},
            id="huge pages that only the pod requests are none of a container's",
        ),
    ],
)
def test_what_containers_count_for_without_their_pods_resources(
    document: Object, expected: dict[str, int]
) -> None:
    assert agent_of(document).spec.container_scoring_requests == expected


def test_an_agent_in_the_middle_of_a_resize_is_not_placed_anew_as_its_successor_asks_for_something_else() -> (
    None
):
    def running(cpu: str) -> Object:
        return pod("p", container("main", cpu=cpu), nodeName="n", status={"containerStatuses": [STATUS]})

    assert agent_of(running("2")).recreated
    assert not agent_of(running("1")).recreated
