"""Objects to snapshot: every kind, defaulting, workloads, warnings and refusals."""

from __future__ import annotations

from typing import Any

import pytest

from placewright.models.agent import HostPort
from placewright.models.errors import InputError
from placewright.models.policy import Scope, ScopeRequirement
from placewright.models.selector import Effect, Taint
from placewright.tests.builders import MIB, requirement
from placewright.tests.objects import Object, agent_of, build, container, node, obj, pod

LIVE = {"uid": "u"}


def test_a_node_with_everything() -> None:
    seen = build(
        obj(
            "Node",
            "n1",
            meta={
                "labels": {"zone": "a"},
                "annotations": {
                    "placewright.io/price": "0.192",
                    "placewright.io/devices": '[{"resource":"gpu","count":2,"model":"T4"}]',
                },
            },
            spec={"unschedulable": True, "taints": [{"key": "k", "effect": "NoExecute"}]},
            status={
                "allocatable": {"cpu": "3920m", "memory": "1Gi"},
                "images": [{"names": ["a:1", "a@sha"], "sizeBytes": 5}],
            },
        )
    ).nodes[0]
    assert seen.allocatable == {"cpu": 3920, "memory": 1024 * MIB}
    assert (seen.price, seen.unschedulable, seen.images) == (192_000, True, {"a:1": 5, "a@sha": 5})
    assert seen.taints == (Taint("k", Effect.NO_EXECUTE),)
    assert (seen.devices[0].count, seen.devices[0].model) == (2, "T4")


def test_allocatable_that_is_missing_is_the_capacity() -> None:
    seen = build(obj("Node", "n1", status={"capacity": {"cpu": "2", "pods": "10"}}))
    assert seen.nodes[0].allocatable == {"cpu": 2000, "pods": 10}


@pytest.mark.parametrize(
    ("kind", "status", "keys"),
    [
        ("Ready", "False", ["not-ready", "not-ready"]),
        ("Ready", "Unknown", ["unreachable", "unreachable"]),
        ("Ready", "True", []),
        ("MemoryPressure", "True", ["memory-pressure"]),
        ("DiskPressure", "True", ["disk-pressure"]),
        ("PIDPressure", "True", ["pid-pressure"]),
        ("NetworkUnavailable", "True", ["network-unavailable"]),
        ("MemoryPressure", "False", []),
    ],
)
def test_taints_from_conditions_only_when_asked(kind: str, status: str, keys: list[str]) -> None:
    sick = obj(
        "Node", "n1", status={"allocatable": {"pods": 1}, "conditions": [{"type": kind, "status": status}]}
    )
    assert build(sick).nodes[0].taints == ()
    derived = build(sick, taints_from_conditions=True).nodes[0].taints
    assert [taint.key.rpartition("/")[2] for taint in derived] == keys


@pytest.mark.parametrize(
    ("ports", "spec", "expected"),
    [
        pytest.param([{"containerPort": 80, "hostPort": 8080}], {}, [HostPort(8080)], id="a host port"),
        pytest.param([{"containerPort": 80}], {}, [], id="a container port alone"),
        pytest.param(
            [{"containerPort": 80}],
            {"hostNetwork": True},
            [HostPort(80)],
            id="on the host's network it is one",
        ),
        pytest.param(
            [{"containerPort": 80, "hostPort": 1, "hostIP": "10.0.0.1", "protocol": "UDP"}],
            {},
            [HostPort(1, "UDP", "10.0.0.1")],
            id="address and protocol",
        ),
    ],
)
def test_host_ports(ports: list[Object], spec: dict[str, Any], expected: list[HostPort]) -> None:
    assert list(agent_of(pod("p", {"name": "c", "ports": ports}, **spec)).spec.host_ports) == expected


def test_only_sidecars_among_init_containers_have_host_ports() -> None:
    port = {"ports": [{"containerPort": 1, "hostPort": 1}]}
    other = {"ports": [{"containerPort": 2, "hostPort": 2}]}
    document = pod(
        "p", initContainers=[{"name": "i", **port}, {"name": "s", "restartPolicy": "Always", **other}]
    )
    assert agent_of(document).spec.host_ports == (HostPort(2),)


def affine(**term: Any) -> Object:
    required = {"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "x"}}, **term}
    stanza = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [required]}}
    return pod("p", meta={"namespace": "own", "labels": {"rev": "7"}}, affinity=stanza)


def test_a_terms_namespaces_are_resolved() -> None:
    assert agent_of(affine()).spec.affinity[0].namespaces == {"own"}
    assert agent_of(affine(namespaces=["a", "b"])).spec.affinity[0].namespaces == {"a", "b"}
    selected = agent_of(affine(namespaceSelector={})).spec
    assert (selected.affinity[0].namespaces, selected.crosses_namespaces) == (frozenset(), True)


def test_match_label_keys_are_merged_where_the_agent_has_them() -> None:
    term = agent_of(affine(matchLabelKeys=["rev", "absent"], mismatchLabelKeys=["rev"])).spec.affinity[0]
    assert term.selector is not None
    assert term.selector.requirements == (
        requirement("app", "In", "x"),
        requirement("rev", "In", "7"),
        requirement("rev", "NotIn", "7"),
    )
    assert agent_of(affine(labelSelector=None, matchLabelKeys=["rev"])).spec.affinity[0].selector is None


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


def test_a_quota_with_scopes() -> None:
    spec = {
        "hard": {"cpu": "2", "pods": 4},
        "scopes": ["NotTerminating"],
        "scopeSelector": {
            "matchExpressions": [{"scopeName": "PriorityClass", "operator": "In", "values": ["high"]}]
        },
    }
    quota = build(obj("ResourceQuota", "q", spec=spec, status={"used": {"cpu": "500m"}})).quotas[0]
    assert (quota.hard, quota.used) == ({"cpu": 2000, "pods": 4}, {"cpu": 500})
    assert quota.scopes == (
        ScopeRequirement(Scope.NOT_TERMINATING),
        ScopeRequirement(Scope.PRIORITY_CLASS, "In", ("high",)),
    )


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


def owned(name: str, kind: str, owner: str, **status: Any) -> Object:
    meta = {"ownerReferences": [{"kind": kind, "name": owner, "controller": True}], **LIVE}
    return pod(name, meta=meta, status=status)


TEMPLATE = {"metadata": {"labels": {"app": "w"}}, "spec": {"containers": [container(cpu="100m")]}}


def workload(kind: str, **spec: Any) -> Object:
    return obj(kind, "w", api="apps/v1", spec={"template": TEMPLATE, **spec})


@pytest.mark.parametrize(
    ("objects", "names"),
    [
        pytest.param([workload("Deployment", replicas=2)], ["w-0", "w-1"], id="a deployment without pods"),
        pytest.param([workload("Deployment")], ["w-0"], id="one replica is the default"),
        pytest.param(
            [
                workload("Deployment", replicas=3),
                obj(
                    "ReplicaSet",
                    "w-abc",
                    meta={"ownerReferences": [{"kind": "Deployment", "name": "w", "controller": True}]},
                    spec={"replicas": 3, "template": TEMPLATE},
                ),
                owned("w-abc-1", "ReplicaSet", "w-abc"),
            ],
            ["w-0", "w-1"],
            id="pods of a replica set count for its deployment",
        ),
        pytest.param(
            [workload("StatefulSet", replicas=2, ordinals={"start": 5})],
            ["w-5", "w-6"],
            id="ordinals of a stateful set",
        ),
        pytest.param(
            [workload("Job", parallelism=3, completions=2)],
            ["w-0", "w-1"],
            id="a job makes no more than it needs",
        ),
        pytest.param([workload("Job", suspend=True)], [], id="a suspended job makes none"),
        pytest.param(
            [workload("DaemonSet"), node("n1"), node("n2")],
            ["w-n1", "w-n2"],
            id="a daemon set makes one for each node",
        ),
        pytest.param(
            [workload("ReplicaSet", replicas=2), owned("w-9", "ReplicaSet", "w", phase="Failed")],
            ["w-0", "w-1"],
            id="a pod that has failed is replaced",
        ),
        pytest.param([workload("ReplicaSet", replicas=0)], [], id="no replicas"),
    ],
)
def test_workloads_are_expanded_when_asked(objects: list[Object], names: list[str]) -> None:
    assert [a.name for a in build(*objects, expand=True).pending if not a.uid] == names
    assert [a.name for a in build(*objects).pending if not a.uid] == []


def test_a_daemon_is_pinned_to_its_node_and_tolerates_a_cordon() -> None:
    seen = build(workload("DaemonSet"), node("n1"), node("n2"), expand=True)
    pinned = seen.agent_by_key["default/w-n2"].spec
    assert pinned.node_affinity is not None
    assert [n.name for n in seen.nodes if pinned.node_affinity.matches(n.labels, n.name)] == ["n2"]
    assert any(t.key == "node.kubernetes.io/unschedulable" for t in pinned.tolerations)


def test_stateful_sets_bring_their_claims() -> None:
    claim = {
        "metadata": {"name": "data"},
        "spec": {"storageClassName": "s", "resources": {"requests": {"storage": 1}}},
    }
    seen = build(workload("StatefulSet", replicas=1, volumeClaimTemplates=[claim]), expand=True)
    assert seen.storage.claims["default", "data-w-0"].admitted is False
    assert [use.name for use in seen.agents[0].spec.claims] == ["data-w-0"]


def test_equal_templates_share_one_spec() -> None:
    seen = build(*(pod(f"p{i}", container(cpu="1")) for i in range(3)))
    assert len({id(a.spec) for a in seen.agents}) == 1


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
        pytest.param([pod("p", status={"nominatedNodeName": "n1"})], "nominated node", id="a nominated node"),
    ],
)
def test_what_is_not_modelled_is_named(objects: list[Object], warning: str) -> None:
    assert [w for w in build(*objects).warnings if warning in w]


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
