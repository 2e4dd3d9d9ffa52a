"""What is asked for to no effect is named, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from placewright.tests.objects import Object, build, node, obj, pod

HOST = "kubernetes.io/hostname"
NODE = node("n1", meta={"labels": {HOST: "n1", "zone": "a"}})
BARE = node("n2", meta={"labels": {"zone": "a"}})
USER = pod("p", volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}])


def apart(key: str) -> Object:
    term = {"topologyKey": key, "labelSelector": {"matchLabels": {"app": "x"}}}
    required = {"requiredDuringSchedulingIgnoredDuringExecution": [term]}
    return pod("p", affinity={"podAntiAffinity": required})


def claim(**fields: Any) -> Object:
    return obj("PersistentVolumeClaim", "c", spec={"storageClassName": "std"}, **fields)


def storage_class(mode: str) -> Object:
    return obj("StorageClass", "std", api="storage.k8s.io/v1", provisioner="csi.x", volumeBindingMode=mode)


@pytest.mark.parametrize(
    ("objects", "warning"),
    [
        pytest.param(
            [NODE, apart("hostname")],
            "required anti-affinity by a label that no node has: it keeps nobody apart (1, first default/p)",
            id="a label that there is not",
        ),
        pytest.param([BARE, apart(HOST)], "by a label that no node has", id="nodes without their names"),
        pytest.param(
            [NODE, BARE, apart(HOST)],
            f"nodes without the label {HOST}: anti-affinity by it keeps nobody apart there (1, first n2)",
            id="one node without its name",
        ),
        pytest.param(
            [NODE, storage_class("Immediate"), claim(), USER],
            "their agents wait for it (1, first default/p)",
            id="a new claim that binds at once",
        ),
    ],
)
def test_what_is_in_vain_is_named(objects: list[Object], warning: str) -> None:
    assert len([said for said in build(*objects).warnings if warning in said]) == 1


@pytest.mark.parametrize(
    "objects",
    [
        pytest.param([NODE, BARE, apart("zone")], id="a label that nodes have"),
        pytest.param([NODE, apart(HOST)], id="nodes with their names"),
        pytest.param([apart(HOST)], id="there are no nodes at all"),
        pytest.param([NODE, BARE, pod("p")], id="nobody asks for the label"),
        pytest.param([NODE, storage_class("WaitForFirstConsumer"), claim(), USER], id="a claim that waits"),
        pytest.param(
            [NODE, storage_class("Immediate"), claim(meta={"uid": "u"}), USER],
            id="a claim of a cluster, which its controllers know of",
        ),
    ],
)
def test_what_has_an_effect_is_not(objects: list[Object]) -> None:
    assert build(*objects).warnings == ()


JOB = obj("Job", "j", api="batch/v1", spec={"template": {"spec": {"containers": [{"name": "c"}]}}})


def test_workloads_without_agents_are_a_reason_to_say_how_to_make_them() -> None:
    told = "1 workloads (first Job default/j) and no agents: --expand-workloads makes the agents that workloads lack"
    assert build(NODE, JOB).notes == (told,)
    assert build(NODE, JOB, expand=True).notes == ()
    assert build(NODE, JOB, pod("p")).notes == ()
    assert build(NODE).notes == ()
