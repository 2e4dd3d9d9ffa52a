"""Objects to snapshot: which are read, once each, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from placewright.models.errors import InputError
from placewright.models.ingest.cluster import build_snapshot
from placewright.models.options import Options
from placewright.models.reader import RawObject, read_objects
from placewright.tests.objects import Object, build, container, node, obj, pod


def test_other_kinds_are_counted_in_a_note_and_equal_repeats_are_read_once() -> None:
    seen = build(
        obj("ConfigMap"),
        obj("Secret"),
        obj("Secret", "y"),
        node("n1"),
        node("n1"),
        obj("PodGroup", "g", api="scheduling.volcano.sh/v1beta1"),
    )
    assert len(seen.nodes) == 1
    assert seen.notes == (
        "kinds that are not read: 1 ConfigMap, 1 PodGroup, 2 Secret",
        "1 objects were given more than once, with the same content: read once",
    )


@pytest.mark.parametrize(
    ("document", "message"),
    [
        pytest.param(
            pod("p", container(cpu="abc")),
            "Pod default/p: spec.containers[0].resources.requests.cpu: expected a quantity",
            id="a bad quantity",
        ),
        pytest.param(pod("p", container(cpu="-1")), "at least 0", id="a negative request"),
        pytest.param(
            pod("p", topologySpreadConstraints=[{"maxSkew": 0, "topologyKey": "z"}]),
            "spec.topologySpreadConstraints[0].maxSkew",
            id="a skew of zero",
        ),
        pytest.param(pod("p", meta={"labels": {"a": 1}}), "metadata.labels.a", id="a label that is a number"),
        pytest.param(
            obj("Node", "n", spec={"taints": [{"key": "k", "effect": "Sometimes"}]}),
            "Node n: spec.taints[0].effect",
            id="an unknown effect",
        ),
        pytest.param({"kind": "Pod", "spec": {}}, "Pod: metadata: required, but missing", id="no metadata"),
        pytest.param(
            obj("PodDisruptionBudget", "b", spec={"minAvailable": 1, "maxUnavailable": 1}),
            "found both",
            id="two contradicting fields",
        ),
    ],
)
def test_bad_objects_are_one_clear_error(document: Object, message: str) -> None:
    with pytest.raises(InputError) as caught:
        build(document)
    assert str(caught.value).startswith("test.yaml: ")
    assert message in str(caught.value)


def test_two_objects_of_one_name_that_differ_are_an_error() -> None:
    with pytest.raises(InputError, match=r"Node n1: given twice, with different content"):
        build(node("n1"), node("n1", cpu="5"))


@pytest.mark.parametrize(
    ("version", "kind", "read"),
    [
        pytest.param("v1", "Node", True, id="the core group"),
        pytest.param("", "Node", True, id="no version"),
        pytest.param("management.cattle.io/v3", "Node", False, id="somebody else's nodes"),
        pytest.param("apps/v1", "Deployment", True, id="a group without dots"),
        pytest.param("extensions/v1beta1", "Deployment", True, id="an old group"),
        pytest.param("batch.volcano.sh/v1alpha1", "Job", False, id="somebody else's jobs"),
        pytest.param("storage.k8s.io/v1", "StorageClass", True, id="a group of Kubernetes"),
        pytest.param("scheduling.x-k8s.io/v1alpha1", "PodGroup", True, id="gangs of coscheduling"),
        pytest.param("scheduling.k8s.io/v1alpha2", "PodGroup", False, id="native gangs"),
        pytest.param("v1", "ConfigMap", False, id="a kind that says nothing of placement"),
    ],
)
def test_which_kinds_are_read(version: str, kind: str, read: bool) -> None:
    fields = {"provisioner": "p"} if kind == "StorageClass" else {}
    notes = build(obj(kind, "x", api=version, **fields)).notes
    assert notes == (() if read else (f"kinds that are not read: 1 {kind}",))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(
            pod("p", meta={"namespace": "a"}), pod("p", meta={"namespace": "b"}), id="other namespaces"
        ),
        pytest.param(obj("ResourceQuota", "x"), obj("LimitRange", "x"), id="other kinds"),
        pytest.param(pod("p"), pod("q"), id="other names"),
    ],
)
def test_objects_of_one_name_that_are_not_the_same(one: Object, other: Object) -> None:
    assert build(one, other).notes == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(
            pod("p"), pod("p", meta={"namespace": "default"}), id="the default namespace, said or not"
        ),
        pytest.param(pod("p"), pod("p", priority=1), id="another spec"),
        pytest.param(
            obj("StorageClass", "s", provisioner="a", meta={"namespace": "x"}),
            obj("StorageClass", "s", provisioner="b"),
            id="a namespace that the kind does not have",
        ),
    ],
)
def test_objects_of_one_name_that_differ(one: Object, other: Object) -> None:
    with pytest.raises(InputError, match="given twice, with different content"):
        build(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(
            pod("p", meta={"resourceVersion": "1"}), pod("p", meta={"resourceVersion": "2"}), id="versions"
        ),
        pytest.param(pod("p", {"name": "c", "env": []}), pod("p", {"name": "c"}), id="what nothing reads"),
        pytest.param(pod("p", meta={"labels": None}), pod("p"), id="what null stands for"),
        pytest.param(
            {**node("n"), "metadata": {"name": "n", "resourceVersion": "1"}}, node("n"), id="nodes' versions"
        ),
    ],
)
def test_objects_that_say_the_same_as_far_as_it_is_read_are_the_same(one: Object, other: Object) -> None:
    assert build(one, other).notes == (
        "1 objects were given more than once, with the same content: read once",
    )


def test_the_order_of_fields_is_not_content() -> None:
    turned = dict(reversed(node("n1").items()))
    assert len(build(node("n1"), turned).nodes) == 1


def test_namespaces_have_labels() -> None:
    seen = build(obj("Namespace", "team", meta={"labels": {"env": "prod"}}))
    assert seen.namespace_labels("team").items() >= {"env": "prod"}.items()
    assert "env" not in seen.namespace_labels("other")


def test_every_namespace_has_its_name_as_a_label_as_the_api_server_gives_it() -> None:
    name = "kubernetes.io/metadata.name"
    seen = build(obj("Namespace", "team", meta={"labels": {name: "somebody-else"}}))
    assert seen.namespace_labels("team")[name] == "team"
    assert seen.namespace_labels("never-read") == {name: "never-read"}


def test_everything_is_read_in_the_order_in_which_it_is_given() -> None:
    seen = build(pod("z"), node("b"), pod("a"), node("a"))
    assert [n.name for n in seen.nodes] == ["b", "a"]
    assert [a.name for a in seen.agents] == ["z", "a"]


BUNDLE = Path(__file__).parents[3].parent / "shared" / "data" / "kubernetes-objects" / "support-bundle"


@pytest.mark.skipif(not BUNDLE.exists(), reason="the support bundle does not lie beside the project")
def test_a_real_support_bundle() -> None:
    raws = [item for item in read_objects([str(BUNDLE)], None, []) if isinstance(item, RawObject)]
    seen = build_snapshot(raws, Options())
    assert [(n.name, n.allocatable["cpu"] > 0, n.allocatable["pods"]) for n in seen.nodes] == [
        (seen.nodes[0].name, True, 110)
    ]
    assert {agent.phase for agent in seen.agents} <= {"Running", "Succeeded", "Pending", "Failed"}
    assert all(agent.admitted for agent in seen.agents)
    # Read twice, everything is there once.
    again = build_snapshot([*raws, *raws], Options())
    assert (again.agents, again.nodes, again.storage) == (seen.agents, seen.nodes, seen.storage)
