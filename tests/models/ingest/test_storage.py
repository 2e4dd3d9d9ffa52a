"""Claims, volumes, classes and CSI reports from their objects."""

from __future__ import annotations

from typing import Any

import pytest

from placewright.models.errors import InputError
from placewright.tests.builders import MIB
from placewright.tests.objects import Object, build, obj, pod

LIVE = {"uid": "u"}


def test_storage_of_all_kinds() -> None:
    seen = build(
        obj(
            "PersistentVolumeClaim",
            "c",
            meta={"annotations": {"pv.kubernetes.io/bind-completed": "yes"}, **LIVE},
            spec={
                "volumeName": "v",
                "resources": {"requests": {"storage": "1Gi"}},
                "accessModes": ["ReadWriteOnce"],
            },
        ),
        obj(
            "PersistentVolume",
            "v",
            spec={
                "capacity": {"storage": "2Gi"},
                "csi": {"driver": "d", "volumeHandle": "h"},
                "claimRef": {"namespace": "default", "name": "c"},
            },
        ),
        obj(
            "StorageClass",
            "s",
            provisioner="d",
            volumeBindingMode="WaitForFirstConsumer",
            allowedTopologies=[{"matchLabelExpressions": [{"key": "zone", "values": ["a"]}]}],
        ),
        obj(
            "CSINode",
            "n1",
            spec={"drivers": [{"name": "d", "topologyKeys": ["zone"], "allocatable": {"count": 3}}]},
        ),
        obj("CSIDriver", "d", spec={"storageCapacity": True}),
        obj(
            "CSIStorageCapacity",
            "k",
            storageClassName="s",
            nodeTopology={},
            capacity="10Gi",
            maximumVolumeSize="5Gi",
        ),
        obj("VolumeAttachment", "a", spec={"nodeName": "n1", "source": {"persistentVolumeName": "v"}}),
    ).storage
    claim = seen.claims["default", "c"]
    assert (claim.bound, claim.request, claim.admitted) == (True, 1024 * MIB, True)
    assert (seen.volumes["v"].driver, seen.volumes["v"].handle, seen.volumes["v"].claim) == (
        "d",
        "h",
        ("default", "c"),
    )
    assert seen.classes["s"].wait_for_first_consumer
    assert seen.csi_nodes["n1"][0].limit == 3
    assert seen.capacity_checked_drivers == {"d"}
    assert seen.capacities[0].largest == 5 * 1024 * MIB
    assert seen.attachments[0].volume_name == "v"


def claim(name: str = "c", *, meta: Object | None = None, **spec: Any) -> Object:
    return obj("PersistentVolumeClaim", name, meta=meta or {}, spec=spec)


def storage_class(name: str, created: str = "", **annotations: str) -> Object:
    marks = {f"storageclass.kubernetes.io/{key.replace('_', '-')}": v for key, v in annotations.items()}
    meta = {"annotations": marks, "creationTimestamp": created or None}
    return obj("StorageClass", name, meta=meta, provisioner="d")


DEFAULTS = (
    storage_class("old", "2025-01-01T00:00:00Z", is_default_class="true"),
    storage_class("young", "2026-01-01T00:00:00Z", is_default_class="true"),
    storage_class("youngest", "2026-06-01T00:00:00Z", is_default_class="false"),
)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param(claim(), "young", id="a new claim gets the youngest default"),
        pytest.param(claim(storageClassName=None), "young", id="null is absent"),
        pytest.param(claim(storageClassName=""), "", id="the empty class is a choice"),
        pytest.param(claim(storageClassName="old"), "old", id="a class that is named"),
        pytest.param(claim(meta=LIVE), "", id="a live claim stays as it is"),
        pytest.param(
            claim(meta={"annotations": {"volume.beta.kubernetes.io/storage-class": "beta"}}),
            "beta",
            id="the class in the old annotation",
        ),
    ],
)
def test_the_class_of_a_claim(document: Object, expected: str) -> None:
    assert build(document, *DEFAULTS).storage.claims["default", "c"].storage_class == expected


BOUND = {"annotations": {"pv.kubernetes.io/bind-completed": "yes"}}


@pytest.mark.parametrize(
    ("document", "field", "expected"),
    [
        pytest.param(claim(volumeName="v", meta=BOUND), "bound", True, id="bound"),
        pytest.param(claim(volumeName="v"), "bound", False, id="a volume's name alone does not bind"),
        pytest.param(claim(meta=BOUND), "bound", False, id="nor does the annotation alone"),
        pytest.param(
            claim(meta={"annotations": {"volume.kubernetes.io/selected-node": "n1"}}),
            "selected_node",
            "n1",
            id="a node was selected for it",
        ),
        pytest.param(claim(meta=LIVE), "admitted", True, id="one with a uid exists"),
        pytest.param(claim(), "admitted", False, id="one without is new"),
        pytest.param(
            claim(meta={"deletionTimestamp": "2026-01-01T00:00:00Z"}), "terminating", True, id="being deleted"
        ),
        pytest.param({**claim(), "status": {"phase": "Lost"}}, "phase", "Lost", id="lost"),
        pytest.param(claim(), "phase", "Pending", id="no status is pending"),
        pytest.param(claim(), "volume_mode", "Filesystem", id="a file system unless it says block"),
        pytest.param(
            claim(accessModes=["ReadWriteOncePod"]), "access_modes", {"ReadWriteOncePod"}, id="access modes"
        ),
        pytest.param(
            {**claim(meta=LIVE), "status": {"allocatedResources": {"storage": "2Gi"}}},
            "allocated",
            2048 * MIB,
            id="what a resize has reserved",
        ),
    ],
)
def test_what_a_claim_is(document: Object, field: str, expected: Any) -> None:
    assert getattr(build(document).storage.claims["default", "c"], field) == expected


def ephemeral(**spec: Any) -> Object:
    return pod("p", volumes=[{"name": "v", "ephemeral": {"volumeClaimTemplate": {"spec": spec}}}])


def test_a_new_agents_ephemeral_claim_comes_with_it() -> None:
    seen = build(ephemeral(resources={"requests": {"storage": "1Gi"}}), *DEFAULTS).storage
    made = seen.claims["default", "p-v"]
    assert made.owner is not None
    assert (made.owner.name, made.request, made.storage_class, made.admitted) == (
        "p",
        1024 * MIB,
        "young",
        False,
    )


def test_an_ephemeral_claim_that_exists_stands() -> None:
    seen = build(ephemeral(), claim("p-v", meta=LIVE, storageClassName="old")).storage
    assert seen.claims["default", "p-v"].storage_class == "old"


def test_a_live_agents_ephemeral_claim_is_not_invented() -> None:
    document = ephemeral()
    document["metadata"]["uid"] = "u"
    assert build(document).storage.claims == {}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        pytest.param(
            claim(resources={"requests": {"storage": "x"}}), "storage: expected a quantity", id="a bad size"
        ),
        pytest.param(claim(resources={"requests": {"storage": "-1"}}), "at least 0", id="a negative size"),
        pytest.param(
            claim(accessModes="ReadWriteOnce"), "spec.accessModes", id="access modes that are no list"
        ),
        pytest.param(obj("PersistentVolume", "v"), "spec: required", id="a volume without spec"),
        pytest.param(obj("StorageClass", "s"), "provisioner: required", id="a class without provisioner"),
        pytest.param(
            obj("StorageClass", "s", provisioner="p", volumeBindingMode="Later"),
            "volumeBindingMode",
            id="a bad mode",
        ),
        pytest.param(
            obj("CSINode", "n", spec={"drivers": [{}]}), "spec.drivers[0].name", id="a driver without name"
        ),
        pytest.param(
            obj("CSINode", "n", spec={"drivers": [{"name": "d", "allocatable": {"count": -1}}]}),
            "allocatable.count",
            id="a negative limit",
        ),
        pytest.param(
            obj("CSIStorageCapacity", "k", storageClassName="s", capacity="much"),
            "capacity",
            id="a bad capacity",
        ),
        pytest.param(
            obj("VolumeAttachment", "a", spec={"source": {}}), "spec.nodeName", id="attached to no node"
        ),
        pytest.param(
            obj("CSIDriver", "d", spec={"storageCapacity": "yes"}),
            "spec.storageCapacity",
            id="a flag in quotes",
        ),
    ],
)
def test_bad_storage_is_one_clear_error(document: Object, message: str) -> None:
    with pytest.raises(InputError) as caught:
        build(document)
    assert message in str(caught.value)
