"""Each kind: the least that is one, and what it must have."""

from __future__ import annotations

from typing import Any

import pytest

from placewright.models.errors import InputError
from placewright.models.ingest.objects import SCHEMAS
from placewright.models.ingest.workloads import KINDS
from placewright.models.wire.base import Wire, parse
from placewright.models.wire.pod import Pod

METADATA = {"name": "x"}
LEAST: dict[str, dict[str, Any]] = {
    "Pod": {"spec": {}},
    "Node": {},
    "Namespace": {},
    "PersistentVolumeClaim": {"spec": {}},
    "PersistentVolume": {"spec": {}},
    "StorageClass": {"provisioner": "p"},
    "CSINode": {"spec": {}},
    "CSIDriver": {"spec": {}},
    "CSIStorageCapacity": {"storageClassName": "s"},
    "VolumeAttachment": {"spec": {"nodeName": "n", "source": {}}},
    "ResourceQuota": {},
    "LimitRange": {},
    "PodDisruptionBudget": {},
    "PriorityClass": {"value": 1},
    "PodGroup": {},
    "DeviceClass": {},
    "RuntimeClass": {},
    "Service": {},
    **{kind: {} for kind in KINDS},
}


def schema_of(kind: str) -> type[Wire]:
    return Pod if kind == "Pod" else SCHEMAS[kind]


def test_every_kind_is_here() -> None:
    assert LEAST.keys() == SCHEMAS.keys() | {"Pod"}


@pytest.mark.parametrize("kind", LEAST)
def test_the_least_that_is_one(kind: str) -> None:
    document = {"metadata": METADATA, **LEAST[kind]}
    assert parse(schema_of(kind), document) == parse(schema_of(kind), {**document, "unknown": {"a": [1]}})


@pytest.mark.parametrize("kind", LEAST)
def test_without_a_name_it_is_none(kind: str) -> None:
    for metadata in ({}, {"name": ""}, {"name": None}, {"name": 1}):
        with pytest.raises(InputError) as caught:
            parse(schema_of(kind), {"metadata": metadata, **LEAST[kind]})
        assert caught.value.field == "metadata.name"


@pytest.mark.parametrize(
    ("kind", "missing"),
    [(kind, field) for kind, fields in LEAST.items() for field in ("metadata", *fields)],
)
def test_what_it_must_have(kind: str, missing: str) -> None:
    document = {"metadata": METADATA, **LEAST[kind]}
    del document[missing]
    with pytest.raises(InputError) as caught:
        parse(schema_of(kind), document)
    assert (caught.value.field, caught.value.message) == (missing, "required, but missing")


@pytest.mark.parametrize("kind", LEAST)
def test_a_spec_that_is_no_mapping(kind: str) -> None:
    if "spec" not in schema_of(kind).model_fields:
        pytest.skip("this kind has no spec")
    with pytest.raises(InputError) as caught:
        parse(schema_of(kind), {"metadata": METADATA, **LEAST[kind], "spec": "x"})
    assert caught.value.field == "spec"


@pytest.mark.parametrize(
    ("kind", "spec", "field"),
    [
        pytest.param("Deployment", {"replicas": -1}, "spec.replicas", id="fewer replicas than none"),
        pytest.param("Deployment", {"replicas": "2"}, "spec.replicas", id="replicas in quotes"),
        pytest.param("Job", {"parallelism": 1.5}, "spec.parallelism", id="half a pod"),
        pytest.param("Job", {"suspend": "true"}, "spec.suspend", id="a flag in quotes"),
        pytest.param(
            "StatefulSet", {"ordinals": {"start": -1}}, "spec.ordinals.start", id="a negative ordinal"
        ),
        pytest.param(
            "StatefulSet",
            {"volumeClaimTemplates": [{"metadata": {}, "spec": {}}]},
            "spec.volumeClaimTemplates[0].metadata.name",
            id="a claim template without name",
        ),
        pytest.param("DaemonSet", {"template": {}}, "spec.template.spec", id="a template without spec"),
        pytest.param("ReplicaSet", {"replicas": 10**9}, "spec.replicas", id="a billion replicas"),
    ],
)
def test_bad_workloads(kind: str, spec: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(schema_of(kind), {"metadata": METADATA, "spec": spec})
    assert caught.value.field == field
