"""What a RuntimeClass adds to agents that are created, and when the API server refuses them."""

from __future__ import annotations

from typing import Any

import pytest

from placewright.models.errors import InputError
from placewright.models.selector import Toleration
from placewright.tests.objects import Object, agent_of, build, container, obj, pod

LIVE = {"uid": "u"}


def runtime(**fields: Any) -> Object:
    return obj("RuntimeClass", "kata", api="node.k8s.io/v1", handler="kata", **fields)


KATA = runtime(
    overhead={"podFixed": {"cpu": "250m", "memory": "100"}},
    scheduling={
        "nodeSelector": {"runtime": "kata"},
        "tolerations": [{"key": "kata", "operator": "Exists"}],
    },
)


def test_overhead_and_scheduling_are_added() -> None:
    document = pod("p", container(cpu="1"), runtimeClassName="kata", nodeSelector={"disk": "ssd"})
    seen = agent_of(document, KATA)
    assert seen.spec.requests == {"cpu": 1250, "memory": 100}
    assert seen.spec.node_selector == {"disk": "ssd", "runtime": "kata"}
    assert seen.spec.tolerations == (Toleration("kata", "Exists"),)
    assert (seen.refusal, build(document, KATA).warnings) == ("", ())


@pytest.mark.parametrize(
    ("spec", "kata", "refusal"),
    [
        pytest.param({"overhead": {"cpu": "0.25", "memory": 100}}, KATA, "", id="the same overhead"),
        pytest.param(
            {"overhead": {"cpu": "1"}}, KATA, "the overhead is not that of its RuntimeClass", id="another one"
        ),
        pytest.param(
            {"overhead": {"cpu": "1"}},
            runtime(),
            "the overhead is not that of its RuntimeClass",
            id="it has none",
        ),
        pytest.param(
            {"nodeSelector": {"runtime": "runc"}},
            KATA,
            "the RuntimeClass wants nodes with runtime=kata, the agent runc",
            id="other nodes",
        ),
        pytest.param({"nodeSelector": {"runtime": "kata"}}, KATA, "", id="the same nodes"),
    ],
)
def test_what_does_not_go_with_a_runtime_class_is_refused(spec: Object, kata: Object, refusal: str) -> None:
    assert agent_of(pod("p", runtimeClassName="kata", **spec), kata).refusal == refusal


@pytest.mark.parametrize("fields", [{"meta": LIVE}, {"nodeName": "n1"}])
def test_to_agents_that_exist_nothing_is_added(fields: Object) -> None:
    assert agent_of(pod("p", runtimeClassName="kata", **fields), KATA).spec.requests == {}


def test_a_class_that_is_not_here_is_named() -> None:
    other = pod("p", runtimeClassName="gvisor")
    assert [w for w in build(other, KATA).warnings if "runtimeClassName" in w]


def test_a_bad_amount_is_told_with_its_field() -> None:
    with pytest.raises(InputError, match=r"RuntimeClass kata: overhead\.podFixed\.cpu: expected a quantity"):
        build(runtime(overhead={"podFixed": {"cpu": "x"}}))
