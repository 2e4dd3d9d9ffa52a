"""What all wire schemas share: as lenient and as strict as the API server, and one clear error."""

from __future__ import annotations

from typing import Any

import pytest

from placewright.models.errors import InputError
from placewright.models.wire.base import parse, path
from placewright.models.wire.meta import LabelSelectorWire, Metadata
from placewright.models.wire.pod import (
    AffinityWire,
    Container,
    ContainerPort,
    Pod,
    PodSpec,
    PodStatus,
    SpreadConstraintWire,
    TolerationWire,
)


@pytest.mark.parametrize(
    ("location", "text"),
    [
        pytest.param(("spec", "containers", 0, "image"), "spec.containers[0].image", id="names and indexes"),
        pytest.param(("spec", "nodeSelector", "a/b"), "spec.nodeSelector.a/b", id="a key of a mapping"),
        pytest.param(("hard", "cpu", "str"), "hard.cpu", id="the members of a union are left out"),
        pytest.param((0,), "[0]", id="an index alone"),
        pytest.param((), "", id="nothing"),
    ],
)
def test_a_path_reads_like_the_document(location: tuple[str | int, ...], text: str) -> None:
    assert path(location) == text


@pytest.mark.parametrize(
    ("document", "message"),
    [
        pytest.param({}, "metadata: required, but missing", id="what is required"),
        pytest.param([], "expected a", id="a list for an object"),
        pytest.param(None, "expected a", id="nothing for an object"),
        pytest.param(
            {"metadata": {"name": 5}, "spec": {}},
            "metadata.name: expected a string, found 5",
            id="a number",
        ),
        pytest.param(
            {"metadata": {"name": "p", "labels": {"a": True}}, "spec": {}},
            "metadata.labels.a: expected a string, found true",
            id="a label that is true",
        ),
        pytest.param(
            {"metadata": {"name": "p"}, "spec": {"containers": [{"resources": {"requests": {"cpu": [1]}}}]}},
            "spec.containers[0].resources.requests.cpu: ",
            id="an amount that is a list",
        ),
        pytest.param(
            {"metadata": {"name": "p"}, "spec": {"hostNetwork": "yes"}},
            'spec.hostNetwork: expected true or false, found "yes"',
            id="a flag in words",
        ),
        pytest.param(
            {"metadata": {"name": "p"}, "spec": {"priority": True}},
            "spec.priority: expected an integer, found true",
            id="a number that is true",
        ),
        pytest.param(
            {"metadata": {"name": "p"}, "spec": {"tolerations": [{"effect": "x" * 500}]}},
            "spec.tolerations[0].effect: ",
            id="a long word is cut",
        ),
    ],
)
def test_an_error_says_where_what_and_what_instead(document: object, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(Pod, document)
    assert message in str(caught.value)
    assert len(str(caught.value)) < 250
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("schema", "document", "field", "value"),
    [
        pytest.param(Metadata, {"name": "x", "labels": None}, "labels", {}, id="a mapping"),
        pytest.param(Metadata, {"name": "x", "namespace": None}, "namespace", "", id="text"),
        pytest.param(PodSpec, {"containers": None}, "containers", [], id="a list"),
        pytest.param(PodSpec, {"hostNetwork": None}, "host_network", False, id="a flag"),
        pytest.param(PodSpec, {"affinity": None}, "affinity", None, id="an object"),
        pytest.param(PodSpec, {"priority": None}, "priority", None, id="a number"),
        pytest.param(PodStatus, {"phase": None}, "phase", None, id="a choice"),
        pytest.param(LabelSelectorWire, {"matchLabels": None}, "match_labels", {}, id="a selector's labels"),
    ],
)
def test_null_is_absent(schema: Any, document: dict[str, Any], field: str, value: object) -> None:
    empty = {key: item for key, item in document.items() if item is not None}
    assert getattr(parse(schema, document), field) == value
    assert parse(schema, document) == parse(schema, empty)


@pytest.mark.parametrize(
    ("schema", "document"),
    [
        pytest.param(TolerationWire, {"operator": "Is"}, id="an unknown operator of a toleration"),
        pytest.param(TolerationWire, {"effect": "NoRun"}, id="an unknown effect"),
        pytest.param(ContainerPort, {"hostPort": 65536}, id="a port out of range"),
        pytest.param(ContainerPort, {"hostPort": -1}, id="a negative port"),
        pytest.param(ContainerPort, {"protocol": "HTTP"}, id="an unknown protocol"),
        pytest.param(SpreadConstraintWire, {"maxSkew": 0, "topologyKey": "z"}, id="a skew of zero"),
        pytest.param(SpreadConstraintWire, {"maxSkew": 1, "topologyKey": ""}, id="an empty topology key"),
        pytest.param(
            SpreadConstraintWire, {"maxSkew": 1, "topologyKey": "z", "minDomains": 0}, id="no domains"
        ),
        pytest.param(
            SpreadConstraintWire,
            {"maxSkew": 1, "topologyKey": "z", "nodeTaintsPolicy": "Maybe"},
            id="an unknown policy",
        ),
        pytest.param(
            LabelSelectorWire,
            {"matchExpressions": [{"key": "a", "operator": "Gt"}]},
            id="Gt is for nodes alone",
        ),
        pytest.param(LabelSelectorWire, {"matchLabels": {"a": None}}, id="a label that is null"),
        pytest.param(PodSpec, {"priority": 2**31}, id="a priority beyond 32 bits"),
        pytest.param(PodSpec, {"preemptionPolicy": "Always"}, id="an unknown preemption policy"),
        pytest.param(PodStatus, {"qosClass": "Best"}, id="an unknown QoS class"),
        pytest.param(PodSpec, {"volumes": [{"persistentVolumeClaim": {}}]}, id="a claim without name"),
        pytest.param(
            AffinityWire,
            {"podAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 101}]}},
            id="a weight above a hundred",
        ),
    ],
)
def test_what_the_api_server_refuses_is_refused(schema: Any, document: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        parse(schema, document)


def test_unknown_fields_are_passed_over() -> None:
    assert parse(Container, {"name": "c", "lifecycle": {"preStop": 1}}) == parse(Container, {"name": "c"})
