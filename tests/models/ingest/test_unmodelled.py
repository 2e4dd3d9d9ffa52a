"""What could change placement and is not modelled is named, once for each finding."""

from __future__ import annotations

from typing import Any

import pytest

from placewright.tests.objects import Object, build, container, node, obj, pod


def affine(**term: Any) -> Object:
    required = {"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "x"}}, **term}
    stanza = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [required]}}
    return pod("p", meta={"namespace": "own", "labels": {"rev": "7"}}, affinity=stanza)


@pytest.mark.parametrize(
    ("objects", "warning"),
    [
        pytest.param(
            [pod("p", resourceClaims=[{"name": "gpu"}])],
            "spec.resourceClaims",
            id="dynamic resource allocation",
        ),
        pytest.param([pod("p", schedulingGroup={"podGroupName": "g"})], "schedulingGroup", id="native gangs"),
        pytest.param([pod("p", runtimeClassName="gvisor")], "runtimeClassName", id="a runtime class"),
        pytest.param(
            [affine(namespaceSelector={"matchLabels": {"a": "b"}})],
            "no Namespace is in the snapshot",
            id="namespaces are missing",
        ),
        pytest.param([pod("p", nodeName="gone")], "not in the snapshot", id="an agent without its node"),
        pytest.param(
            [pod("p", schedulerName="volcano")], "pending for another scheduler", id="somebody else's agents"
        ),
        pytest.param(
            [obj("Node", "n1", status={})], "no allocatable pods", id="a node that can hold nothing"
        ),
        pytest.param(
            [obj("ResourceQuota", "q", spec={"hard": {"pods": 1}})],
            "usage is recomputed",
            id="a quota without status",
        ),
        pytest.param([node(memory="100Ti")], "nodes with more than 64Ti", id="a node beyond all bounds"),
        pytest.param(
            [pod("p", container(memory="1Ei"))], "agents that ask for more than 64Ti", id="an endless request"
        ),
        pytest.param(
            [pod("p", container("a", memory="6E"), container("b", memory="6E"))],
            "agents that ask for more than 64Ti",
            id="requests that only together exceed 64 bits",
        ),
        pytest.param(
            [pod("p", container(limits={"cpu": "99999999999"}))], "have such a limit", id="an endless limit"
        ),
        pytest.param([pod("p", status={"nominatedNodeName": "n1"})], "nominated node", id="a nominated node"),
    ],
)
def test_what_is_not_modelled_is_named(objects: list[Object], warning: str) -> None:
    assert [w for w in build(*objects).warnings if warning in w]


def test_preferences_that_read_labels_of_missing_namespaces_are_named_too() -> None:
    selecting = affine(namespaceSelector={"matchLabels": {"a": "b"}})
    stanza = selecting["spec"]["affinity"]["podAffinity"]
    term = stanza.pop("requiredDuringSchedulingIgnoredDuringExecution")[0]
    stanza["preferredDuringSchedulingIgnoredDuringExecution"] = [{"weight": 1, "podAffinityTerm": term}]
    assert len(mentions("no Namespace is in the snapshot", selecting)) == 1


def mentions(text: str, *objects: Object, **options: Any) -> list[str]:
    return [warning for warning in build(*objects, **options).warnings if text in warning]


READY = {"conditions": [{"type": "Ready", "status": "True"}], "allocatable": {"pods": 1}}
SICK = {"conditions": [{"type": "Ready", "status": "False"}], "allocatable": {"pods": 1}}


def preferring(*values: str) -> Object:
    expression = {"key": "cores", "operator": "Gt", "values": list(values)}
    term = {"weight": 1, "preference": {"matchExpressions": [expression]}}
    return {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [term]}}


@pytest.mark.parametrize(
    ("objects", "text"),
    [
        pytest.param(
            [obj("Node", "n1", status={"capacity": {"pods": 1}})],
            "nodes without status.allocatable: their capacity is taken for it (1, first n1)",
            id="allocatable is missing",
        ),
        pytest.param([obj("Node", "n1", status=SICK)], "bad condition", id="a sick node without its taint"),
        pytest.param(
            [pod("p", volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}])],
            "no PersistentVolumeClaim is in the snapshot",
            id="claims are missing",
        ),
        pytest.param(
            [
                pod("p", volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}]),
                obj(
                    "PersistentVolumeClaim",
                    "c",
                    meta={"annotations": {"pv.kubernetes.io/bind-completed": "yes"}},
                    spec={"volumeName": "v"},
                ),
            ],
            "no PersistentVolume is in the snapshot",
            id="volumes are missing",
        ),
        pytest.param(
            [obj("PersistentVolume", "v", spec={"awsElasticBlockStore": {"volumeID": "x"}})],
            "in-tree volumes",
            id="a volume of the old kind",
        ),
        pytest.param(
            [pod("p", affinity=preferring("many"))], "preferred node affinity", id="a preference in words"
        ),
        pytest.param(
            [
                obj("Namespace", "own"),
                affine(namespaceSelector={"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}),
            ],
            "NotIn and DoesNotExist alone",
            id="a negative namespaceSelector",
        ),
        pytest.param(
            [pod("p", hostNetwork=True, hostUsers=False)],
            "declaredFeatures",
            id="a feature that nodes declare",
        ),
        pytest.param([pod("p", workloadRef={"name": "w"})], "workloadRef", id="a gang by its older name"),
        pytest.param(
            [pod("p", container(limits={"deviceclass.resource.kubernetes.io/gpu": "1"}))],
            "stand for a DeviceClass",
            id="a class of devices by its own name",
        ),
        pytest.param(
            [
                pod("p", container(limits={"example.com/gpu": "1"})),
                obj(
                    "DeviceClass",
                    "gpu",
                    api="resource.k8s.io/v1",
                    spec={"extendedResourceName": "example.com/gpu"},
                ),
            ],
            "stand for a DeviceClass",
            id="an extended resource that devices are behind",
        ),
        pytest.param(
            [pod("p", tolerations=[{"key": "sla", "operator": "Gt", "value": "900"}])],
            "a toleration with Gt or Lt",
            id="a comparison that is off",
        ),
    ],
)
def test_more_that_is_named(objects: list[Object], text: str) -> None:
    assert len(mentions(text, *objects)) == 1


@pytest.mark.parametrize(
    "objects",
    [
        pytest.param([node("n1"), pod("p")], id="an ordinary agent and node"),
        pytest.param([obj("Node", "n1", status=READY)], id="a healthy node"),
        pytest.param(
            [pod("p", resourceClaims=[{"name": "g"}], status={"phase": "Succeeded"})],
            id="an agent that ended",
        ),
        pytest.param(
            [pod("p", meta={"uid": "u"}, runtimeClassName="gvisor")],
            id="a live agent's overhead was added long ago",
        ),
        pytest.param(
            [pod("p", runtimeClassName="gvisor", overhead={"cpu": "1m"})], id="overhead that is given"
        ),
        pytest.param([pod("p", affinity=preferring("8"))], id="a preference that can be parsed"),
        pytest.param(
            [
                pod("p", volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}]),
                obj("PersistentVolumeClaim", "c", meta={"uid": "u"}, spec={}),
            ],
            id="a claim that is there",
        ),
        pytest.param(
            [pod("p", nodeName="gone", status={"phase": "Failed"})], id="an ended agent without its node"
        ),
        pytest.param(
            [affine(namespaceSelector={"matchLabels": {"kubernetes.io/metadata.name": "own"}})],
            id="namespaces that are asked for by name",
        ),
        pytest.param([affine(namespaceSelector={})], id="every namespace is asked for"),
        pytest.param(
            [pod("p", container(limits={"example.com/gpu": "1"})), obj("DeviceClass", "gpu", spec={})],
            id="a class of devices that no resource stands for",
        ),
    ],
)
def test_what_needs_no_warning(objects: list[Object]) -> None:
    assert build(*objects).warnings == ()


def test_a_sick_node_is_no_news_where_taints_are_derived() -> None:
    assert mentions("bad condition", obj("Node", "n1", status=SICK), taints_from_conditions=True) == []


def test_comparisons_are_no_news_where_they_are_switched_on() -> None:
    comparing = pod("p", tolerations=[{"key": "sla", "operator": "Lt", "value": "900"}])
    assert mentions("Gt or Lt", comparing, taint_comparison_operators=True) == []


def test_one_warning_for_a_finding_with_its_count_and_first_example() -> None:
    pods = [pod(f"p{i}", resourceClaims=[{"name": "g"}]) for i in range(3)]
    assert mentions("resourceClaims", *pods) == [
        "spec.resourceClaims (dynamic resource allocation) is not modelled (3, first default/p0)"
    ]
    nodes = [obj("Node", f"n{i}", status={"allocatable": {"cpu": 1}}) for i in range(4)]
    assert mentions("allocatable pods", *nodes) == [
        "nodes with no allocatable pods: nothing can be placed on them (4, first n0)"
    ]


def test_gated_agents_are_a_note() -> None:
    gated = [pod(f"p{i}", schedulingGates=[{"name": "wait"}]) for i in range(2)]
    assert build(*gated).notes == ("2 agents wait for scheduling gates (first default/p0): not placed",)
