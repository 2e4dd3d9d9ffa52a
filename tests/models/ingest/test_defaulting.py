"""What the API server does at creation: priority classes and limit ranges (§1.2, §10.1, §12.7)."""

from __future__ import annotations

from typing import Any

import pytest

from placewright.models.errors import InputError
from placewright.tests.builders import MIB
from placewright.tests.objects import Object, agent_of, container, obj, pod

LIVE = {"uid": "u"}


CLASSES = (
    obj("PriorityClass", "high", value=1000, preemptionPolicy="Never"),
    obj("PriorityClass", "usual", value=5, globalDefault=True),
)


@pytest.mark.parametrize(
    ("document", "priority", "refused"),
    [
        pytest.param(pod("p", priorityClassName="high"), 1000, False, id="a named class"),
        pytest.param(pod("p"), 5, False, id="the global default"),
        pytest.param(pod("p", priority=7), 7, False, id="a number given"),
        pytest.param(
            pod("p", priorityClassName="system-node-critical"),
            2_000_001_000,
            False,
            id="a class of the system",
        ),
        pytest.param(
            pod("p", priorityClassName="ghost"), 0, True, id="an unknown class is refused at creation"
        ),
        pytest.param(pod("p", meta=LIVE), 0, False, id="a live pod without priority has none"),
        pytest.param(
            pod("p", meta=LIVE, priority=3, priorityClassName="ghost"),
            3,
            False,
            id="a live pod's number stands",
        ),
        pytest.param(pod("p", priority=-5), -5, False, id="negative priorities are legal"),
    ],
)
def test_priority(document: Object, priority: int, refused: bool) -> None:
    seen = agent_of(document, *CLASSES)
    assert (seen.spec.priority, bool(seen.refusal)) == (priority, refused)


LIMITS = obj(
    "LimitRange",
    "l",
    spec={
        "limits": [
            {
                "type": "Container",
                "default": {"memory": "1Gi"},
                "defaultRequest": {"memory": "512Mi", "cpu": "100m"},
                "max": {"memory": "2Gi"},
                "min": {"cpu": "50m"},
            }
        ]
    },
)


@pytest.mark.parametrize(
    ("document", "requests", "refused"),
    [
        pytest.param(
            pod("p", {"name": "c"}),
            {"memory": 512 * MIB, "cpu": 100},
            False,
            id="defaults fill what is missing",
        ),
        pytest.param(
            pod("p", container(limits={"memory": "2Gi"})),
            {"memory": 2048 * MIB, "cpu": 100},
            False,
            id="a limit is a request before defaults apply",
        ),
        pytest.param(
            pod("p", container(limits={"memory": "3Gi"})),
            {"memory": 3072 * MIB, "cpu": 100},
            True,
            id="above the maximum",
        ),
        pytest.param(
            pod("p", container(cpu="10m")), {"memory": 512 * MIB, "cpu": 10}, True, id="below the minimum"
        ),
        pytest.param(pod("p", {"name": "c"}, meta=LIVE), {}, False, id="live pods were defaulted long ago"),
    ],
)
def test_limit_ranges(document: Object, requests: dict[str, int], refused: bool) -> None:
    seen = agent_of(document, LIMITS)
    assert (seen.spec.requests, bool(seen.refusal)) == (requests, refused)


def test_the_lowest_of_several_default_classes_counts_and_gives_its_name() -> None:
    low, high = (obj("PriorityClass", n, value=v, globalDefault=True) for n, v in (("low", 1), ("high", 9)))
    seen = agent_of(pod("p"), high, low).spec
    assert (seen.priority, seen.priority_class_name) == (1, "low")


@pytest.mark.parametrize(
    ("document", "policy"),
    [
        pytest.param(pod("p", priorityClassName="high"), "Never", id="the class says"),
        pytest.param(
            pod("p", priorityClassName="high", preemptionPolicy="PreemptLowerPriority"),
            "PreemptLowerPriority",
            id="the agent says",
        ),
        pytest.param(pod("p"), "PreemptLowerPriority", id="nobody says"),
        pytest.param(pod("p", meta=LIVE, preemptionPolicy="Never"), "Never", id="a live pod says"),
        pytest.param(
            pod("p", meta=LIVE, priorityClassName="high"),
            "PreemptLowerPriority",
            id="a live pod does not say",
        ),
    ],
)
def test_whether_an_agent_may_preempt(document: Object, policy: str) -> None:
    assert agent_of(document, *CLASSES).spec.preemption_policy == policy


@pytest.mark.parametrize(
    ("document", "priority", "refused"),
    [
        pytest.param(pod("p", nodeName="n1"), 5, False, id="one that runs has the default class"),
        pytest.param(pod("p", nodeName="n1", priorityClassName="ghost"), 0, False, id="and is never refused"),
        pytest.param(
            pod("p", meta={"annotations": {"placewright.io/admitted": "true"}}, priorityClassName="high"),
            1000,
            False,
            id="one that is said to exist has its class",
        ),
    ],
)
def test_agents_without_uid_that_exist(document: Object, priority: int, refused: bool) -> None:
    seen = agent_of(document, *CLASSES, LIMITS)
    assert (seen.spec.priority, bool(seen.refusal)) == (priority, refused)
    assert seen.spec.requests == {}


def limit_range(**item: Any) -> Object:
    return obj("LimitRange", "l", spec={"limits": [{"type": "Container", **item}]})


@pytest.mark.parametrize(
    ("item", "main", "requests", "limits"),
    [
        pytest.param(
            {"default": {"cpu": "1"}}, {}, 1000, 1000, id="a default limit is a default request too"
        ),
        pytest.param({"defaultRequest": {"cpu": "1"}}, {}, 1000, None, id="a default request is no limit"),
        pytest.param({"max": {"cpu": "2"}}, {}, 2000, 2000, id="a maximum is the default limit"),
        pytest.param({"min": {"cpu": "1"}}, {}, 1000, None, id="a minimum is the default request"),
        pytest.param(
            {"min": {"cpu": "1"}, "max": {"cpu": "4"}},
            {},
            4000,
            4000,
            id="the default limit comes before the minimum",
        ),
        pytest.param(
            {"default": {"cpu": "3"}, "max": {"cpu": "4"}},
            {},
            3000,
            3000,
            id="a default that is given stands",
        ),
        pytest.param(
            {"defaultRequest": {"cpu": "1"}},
            {"limits": {"cpu": "2"}},
            2000,
            2000,
            id="a limit that is given is the request",
        ),
        pytest.param(
            {"default": {"cpu": "4"}, "defaultRequest": {"cpu": "1"}},
            {"requests": {"cpu": "3"}},
            3000,
            4000,
            id="what is given stands, what is open is filled",
        ),
    ],
)
def test_what_a_limit_range_fills_in(item: Object, main: Object, requests: int, limits: int | None) -> None:
    seen = agent_of(pod("p", {"name": "main", "resources": main}), limit_range(**item))
    assert (seen.spec.requests.get("cpu"), seen.spec.limits.get("cpu")) == (requests, limits)
    assert seen.refusal == ""


@pytest.mark.parametrize(
    ("item", "main", "refusal"),
    [
        pytest.param(
            {"max": {"cpu": "2"}},
            container(limits={"cpu": "3"}),
            "LimitRange: maximum cpu usage per container main is 2",
            id="a limit above the maximum",
        ),
        pytest.param({"max": {"cpu": "2"}}, container(limits={"cpu": "2"}), "", id="a limit at the maximum"),
        pytest.param(
            {"min": {"cpu": "2"}},
            container(cpu="1"),
            "LimitRange: minimum cpu usage per container main is 2",
            id="a request below the minimum",
        ),
        pytest.param({"min": {"cpu": "2"}}, container(cpu="2"), "", id="a request at the minimum"),
        pytest.param(
            {"maxLimitRequestRatio": {"cpu": "2"}},
            container(cpu="1", limits={"cpu": "3"}),
            "LimitRange: cpu limit to request ratio per container main is at most 2",
            id="a ratio above the greatest",
        ),
        pytest.param(
            {"maxLimitRequestRatio": {"cpu": "2"}},
            container(cpu="1", limits={"cpu": "2"}),
            "",
            id="a ratio at it",
        ),
        pytest.param(
            {"type": "Pod", "max": {"cpu": "2"}},
            container(limits={"cpu": "3"}),
            "LimitRange: maximum cpu usage per pod is 2",
            id="a whole pod above its maximum",
        ),
        pytest.param(
            {"type": "Pod", "max": {"cpu": "2"}},
            container(),
            "LimitRange: maximum cpu usage per pod is 2",
            id="a pod without the limit that its maximum asks for",
        ),
        pytest.param(
            {"default": {"cpu": "1"}},
            container(cpu="2"),
            "the request of cpu is above its limit in container main",
            id="a request above the default limit",
        ),
        pytest.param(
            {"type": "PersistentVolumeClaim", "max": {"storage": 1}},
            container(),
            "",
            id="claims are not pods",
        ),
    ],
)
def test_what_a_limit_range_refuses(item: Object, main: Object, refusal: str) -> None:
    assert agent_of(pod("p", main), limit_range(**item)).refusal == refusal


@pytest.mark.parametrize(
    ("item", "second", "refusal"),
    [
        pytest.param(
            {"max": {"cpu": "1"}},
            container("b", cpu="900m"),
            "LimitRange: maximum cpu usage per pod is 1",
            id="together they request more than the maximum",
        ),
        pytest.param(
            {"min": {"cpu": "1"}},
            container("b", cpu="900m"),
            "LimitRange: minimum cpu usage per pod is 1",
            id="limits add up to less than the minimum",
        ),
        pytest.param({"max": {"cpu": "1"}}, container("b", cpu="500m"), "", id="both are within the maximum"),
    ],
)
def test_a_whole_pod_is_held_by_requests_and_by_the_limits_that_there_are(
    item: Object, second: Object, refusal: str
) -> None:
    first = container("a", cpu="500m", limits={"cpu": "500m"})
    assert agent_of(pod("p", first, second), limit_range(type="Pod", **item)).refusal == refusal


def test_a_ratio_to_a_limit_of_zero_is_none() -> None:
    document = pod("p", container(limits={"cpu": "0"}), resources={"requests": {"cpu": "100m"}})
    seen = agent_of(document, limit_range(type="Pod", maxLimitRequestRatio={"cpu": "2"}))
    assert seen.refusal == "LimitRange: cpu limit to request ratio per pod is at most 2"


def test_a_limit_range_does_not_see_overhead() -> None:
    document = pod("p", container(limits={"cpu": "1"}), overhead={"cpu": "500m"}, runtimeClassName="kata")
    seen = agent_of(document, limit_range(type="Pod", max={"cpu": "1"}))
    assert seen.refusal == ""
    assert (seen.spec.requests["cpu"], seen.spec.limits["cpu"]) == (1500, 1500)


def test_what_a_pod_requests_as_a_whole_is_filled_in_before_containers_get_their_defaults() -> None:
    document = pod("p", {"name": "c"}, resources={"limits": {"cpu": "2", "memory": "1500m"}})
    seen = agent_of(document, limit_range(defaultRequest={"cpu": "100m"}))
    assert (seen.spec.requests, seen.refusal) == ({"cpu": 2000, "memory": 2}, "")


@pytest.mark.parametrize(
    ("whole", "containers", "refusal"),
    [
        pytest.param(
            {"requests": {"cpu": "1"}},
            [container("a", cpu="600m"), container("b", cpu="600m")],
            "the containers request more cpu than spec.resources",
            id="containers request more",
        ),
        pytest.param(
            {"limits": {"cpu": "1"}},
            [container("a", cpu="100m", limits={"cpu": "2"})],
            "the limit of cpu is above that of spec.resources in container a",
            id="a container's limit is higher",
        ),
        pytest.param(
            {"requests": {"cpu": "2"}, "limits": {"cpu": "1"}},
            [container("a")],
            "the request of cpu is above its limit in spec.resources",
            id="more than its own limit",
        ),
        pytest.param(
            {"requests": {"cpu": "1"}, "limits": {"cpu": "1"}},
            [
                container("a", cpu="500m", limits={"cpu": "1"}),
                container("b", cpu="500m", limits={"cpu": "1"}),
            ],
            "",
            id="limits of containers may add up to more",
        ),
    ],
)
def test_containers_stay_within_what_the_whole_pod_asks_for(
    whole: Object, containers: list[Object], refusal: str
) -> None:
    assert agent_of(pod("p", *containers, resources=whole)).refusal == refusal
    assert agent_of(pod("p", *containers, meta=LIVE, resources=whole)).refusal == ""


def test_a_limit_range_is_of_its_namespace() -> None:
    elsewhere = pod("p", container(), meta={"namespace": "other"})
    assert agent_of(elsewhere, limit_range(default={"cpu": "1"})).spec.requests == {}


def test_init_containers_are_held_to_a_limit_range_too() -> None:
    document = pod("p", container(cpu="1"), initContainers=[container("i", cpu="1m")])
    assert "container i" in agent_of(document, limit_range(min={"cpu": "1"})).refusal


def test_a_request_above_its_own_limit_is_refused_at_creation_only() -> None:
    wrong = container(cpu="2", limits={"cpu": "1"})
    assert agent_of(pod("p", wrong)).refusal == "the request of cpu is above its limit in container main"
    assert agent_of(pod("p", wrong, meta=LIVE)).refusal == ""


@pytest.mark.parametrize(
    ("size", "refusal"),
    [
        pytest.param(
            "1Gi", "LimitRange: minimum storage usage per PersistentVolumeClaim is 2Gi", id="too small"
        ),
        pytest.param("2Gi", "", id="at the minimum"),
        pytest.param("4Gi", "", id="at the maximum"),
        pytest.param(
            "5Gi", "LimitRange: maximum storage usage per PersistentVolumeClaim is 4Gi", id="too large"
        ),
    ],
)
def test_an_agent_whose_new_claim_is_refused_is_refused(size: str, refusal: str) -> None:
    claim = {"resources": {"requests": {"storage": size}}}
    document = pod("p", volumes=[{"name": "v", "ephemeral": {"volumeClaimTemplate": {"spec": claim}}}])
    bounds = limit_range(type="PersistentVolumeClaim", min={"storage": "2Gi"}, max={"storage": "4Gi"})
    assert agent_of(document, bounds).refusal == refusal


@pytest.mark.parametrize("field", ["min", "max", "default", "defaultRequest", "maxLimitRequestRatio"])
def test_a_bad_amount_in_a_limit_range_is_told_there(field: str) -> None:
    with pytest.raises(InputError) as caught:
        agent_of(pod("p"), limit_range(**{field: {"cpu": "x"}}))
    assert f"LimitRange default/l: spec.limits[0].{field}.cpu: expected a quantity" in str(caught.value)
