"""Reading pods by template: the same as reading each by its schema, only sharing what is equal."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from placewright.models.errors import InputError
from placewright.models.ingest.pods import PodReader, record
from placewright.models.wire.base import parse
from placewright.models.wire.pod import Pod
from placewright.tests.objects import Object, container, pod

TOKEN = {"name": "kube-api-access-x7k2p", "projected": {"sources": []}}
CLAIM = {"name": "data", "persistentVolumeClaim": {"claimName": "c"}}


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(pod("p", container(cpu="1")), id="a plain pod"),
        pytest.param(pod("p", nodeName="n1"), id="one that runs"),
        pytest.param(pod("p", nodeName=None, volumes=None, initContainers=None), id="nulls"),
        pytest.param(pod("p", status={"phase": "Running", "conditions": None}), id="a status"),
        pytest.param(pod("p", initContainers=[{"name": "s", "restartPolicy": "Always"}]), id="a sidecar"),
        pytest.param(pod("p", volumes=[CLAIM]), id="a claim"),
        pytest.param(pod("p", {"name": "c", "ports": [{"hostPort": 1, "hostIP": "::"}]}), id="a host port"),
        pytest.param(
            pod("p", {"name": "c", "env": [{"name": "A", "value": "1"}]}), id="fields that nothing reads"
        ),
    ],
)
def test_what_is_read_is_what_the_schema_reads(document: Object) -> None:
    mine, plain = PodReader().read(document), record(parse(Pod, document))
    assert mine == plain
    assert mine.node_name == ((document["spec"] or {}).get("nodeName") or "")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(pod("a"), pod("b"), id="names"),
        pytest.param(pod("a", nodeName="n1"), pod("a", nodeName="n2"), id="nodes"),
        pytest.param(
            pod("a", volumes=[TOKEN]), pod("b", volumes=[{**TOKEN, "name": "kube-api-access-q"}]), id="tokens"
        ),
        pytest.param(
            pod("a", {"name": "c", "env": []}), pod("b", {"name": "c"}), id="fields that nothing reads"
        ),
        pytest.param(pod("a", hostname="x"), pod("b", hostname="y"), id="host names"),
    ],
)
def test_pods_that_share_their_spec(one: Object, other: Object) -> None:
    reader = PodReader()
    assert reader.read(one).spec is reader.read(other).spec


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(pod("a", container(cpu="1")), pod("a", container(cpu=1)), id="a number and its text"),
        pytest.param(pod("a", hostNetwork=True), pod("a"), id="a flag"),
        pytest.param(pod("a", volumes=[CLAIM]), pod("a", volumes=[TOKEN]), id="claims"),
        pytest.param(pod("a", priority=1), pod("a", priority=2), id="priorities"),
    ],
)
def test_pods_that_do_not(one: Object, other: Object) -> None:
    reader = PodReader()
    assert reader.read(one).spec is not reader.read(other).spec


def test_a_status_is_shared_whatever_its_times_are() -> None:
    def running(since: str) -> Object:
        conditions = [{"type": "Ready", "status": "True", "lastTransitionTime": since}]
        return pod("p", status={"phase": "Running", "startTime": since, "conditions": conditions})

    reader = PodReader()
    assert reader.read(running("a")).status is reader.read(running("b")).status


@pytest.mark.parametrize(
    ("document", "field"),
    [
        pytest.param({"metadata": {"name": "p"}}, "spec", id="no spec"),
        pytest.param({"spec": {}}, "metadata", id="no metadata"),
        pytest.param(pod("p", nodeName=0), "spec.nodeName", id="a node that is a number"),
        pytest.param(pod("p", nodeName=["n"]), "spec.nodeName", id="a node that is a list"),
        pytest.param(pod("p", containers="c"), "spec.containers", id="containers that are text"),
        pytest.param(pod("p", containers=["c"]), "spec.containers[0]", id="a container that is text"),
        pytest.param(
            pod("p", volumes=[TOKEN, {"persistentVolumeClaim": {"claimName": 1}}]),
            "spec.volumes[1].persistentVolumeClaim.claimName",
            id="a claim after a volume that is passed over",
        ),
        pytest.param(pod("p", volumes=[1]), "spec.volumes[0]", id="a volume that is a number"),
        pytest.param({**pod("p"), "status": []}, "status", id="a status that is a list"),
        pytest.param(pod("p", status={"phase": "Great"}), "status.phase", id="an unknown phase"),
        pytest.param(
            pod("p", status={"conditions": [1]}), "status.conditions[0]", id="a condition that is a number"
        ),
        pytest.param(pod("p", hostNetwork="true"), "spec.hostNetwork", id="a flag in quotes"),
        pytest.param(
            pod("p", nodeSelector={"day": datetime.date(2026, 1, 1)}),
            "spec.nodeSelector.day",
            id="a date for a label",
        ),
    ],
)
def test_what_is_wrong_is_told_where_it_stands(document: Object, field: str) -> None:
    with pytest.raises(InputError) as caught:
        PodReader().read(document)
    assert caught.value.field == field


def test_a_date_is_not_the_text_that_it_looks_like() -> None:
    reader = PodReader()

    def on(day: Any) -> Object:
        return pod("p", nodeSelector={"day": day})

    assert reader.read(on("2026-01-01")).spec.node_selector == {"day": "2026-01-01"}
    with pytest.raises(InputError):
        reader.read(on(datetime.date(2026, 1, 1)))
