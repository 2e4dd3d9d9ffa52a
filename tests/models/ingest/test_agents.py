"""Pods to agents: ports, terms, selectors, volumes, devices, what they are to a round."""

from __future__ import annotations

from typing import Any

import pytest

from placewright.models.agent import HostPort
from placewright.models.errors import InputError
from placewright.tests.builders import requirement
from placewright.tests.objects import Object, agent_of, build, container, pod


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


def test_equal_templates_share_one_spec() -> None:
    seen = build(*(pod(f"p{i}", container(cpu="1")) for i in range(3)))
    assert len({id(a.spec) for a in seen.agents}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param({"labels": {"rev": "1"}}, {"labels": {"rev": "1"}}, id="pods of equal labels"),
        pytest.param({"uid": "a"}, {"uid": "b"}, id="live pods"),
        pytest.param({"labels": {"pod": "1"}}, {"labels": {"pod": "2"}}, id="labels that nothing merges"),
        pytest.param({"annotations": {"x": "1"}}, {"annotations": {"x": "2"}}, id="annotations of others"),
    ],
)
def test_what_does_not_tell_agents_apart_leaves_one_spec(one: Object, other: Object) -> None:
    seen = build(pod("a", container(cpu="1"), meta=one), pod("b", container(cpu="1.0"), meta=other))
    assert seen.agents[0].spec is seen.agents[1].spec


SPREAD = {"maxSkew": 1, "topologyKey": "z", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {}}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(
            pod(
                "a",
                meta={"labels": {"rev": "1"}},
                topologySpreadConstraints=[{**SPREAD, "matchLabelKeys": ["rev"]}],
            ),
            pod(
                "b",
                meta={"labels": {"rev": "2"}},
                topologySpreadConstraints=[{**SPREAD, "matchLabelKeys": ["rev"]}],
            ),
            id="labels that a constraint merges",
        ),
        pytest.param(
            pod("a", meta={"labels": {"scheduling.x-k8s.io/pod-group": "g"}}),
            pod("b", meta={"labels": {"scheduling.x-k8s.io/pod-group": "h"}}),
            id="gangs",
        ),
        pytest.param(
            pod("a", meta={"annotations": {"placewright.io/devices": '[{"resource":"g"}]'}}),
            pod("b", meta={"annotations": {"placewright.io/devices": '[{"resource":"g","milli":500}]'}}),
            id="devices",
        ),
        pytest.param(
            pod("a", meta={"annotations": {"placewright.io/min-domains": "zone=2"}}),
            pod("b", meta={"annotations": {"placewright.io/min-domains": "zone=3"}}),
            id="domains to be in",
        ),
        pytest.param(
            pod("a", meta={"annotations": {"placewright.io/needs-data": "llama=1"}}),
            pod("b", meta={"annotations": {"placewright.io/needs-data": "llama=2"}}),
            id="data that is needed",
        ),
        pytest.param(
            pod("a", status={"qosClass": "BestEffort"}),
            pod("b", status={"qosClass": "Burstable"}),
            id="the class that the status states",
        ),
        pytest.param(
            pod("a", volumes=[{"name": "v", "ephemeral": {"volumeClaimTemplate": {"spec": {}}}}]),
            pod("b", volumes=[{"name": "v", "ephemeral": {"volumeClaimTemplate": {"spec": {}}}}]),
            id="claims that carry the agent's name",
        ),
        pytest.param(
            pod("a", tolerations=[{"operator": "Exists", "tolerationSeconds": 300}]),
            pod("b", tolerations=[{"operator": "Exists"}]),
            id="taints that are tolerated for a time",
        ),
        pytest.param(pod("a", container(cpu="1")), pod("b", container(cpu="2")), id="requests"),
    ],
)
def test_what_tells_agents_apart_leaves_two_specs(one: Object, other: Object) -> None:
    seen = build(one, other)
    assert seen.agents[0].spec.signature != seen.agents[1].spec.signature


OWNER = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "controller": True}


@pytest.mark.parametrize(
    ("field", "one", "other"),
    [
        ("uid", {"uid": "1"}, {"uid": "2"}),
        ("admitted", {}, {"annotations": {"placewright.io/admitted": "true"}}),
        (
            "created",
            {"creationTimestamp": "2026-01-01T00:00:00Z"},
            {"creationTimestamp": "2026-01-02T00:00:00Z"},
        ),
        ("terminating", {}, {"deletionTimestamp": "2026-01-01T00:00:00Z"}),
        ("labels", {"labels": {"a": "1"}}, {"labels": {"a": "2"}}),
        ("namespace", {"namespace": "x"}, {"namespace": "y"}),
        ("owner", {"ownerReferences": [{**OWNER, "name": "r", "uid": "1"}]}, {"ownerReferences": []}),
        ("static", {}, {"annotations": {"kubernetes.io/config.mirror": "x"}}),
        ("preemptable", {}, {"annotations": {"volcano.sh/preemptable": "false"}}),
        ("stays_because", {}, {"annotations": {"karpenter.sh/do-not-disrupt": "true"}}),
        ("move_weight", {}, {"annotations": {"placewright.io/move-weight": "7"}}),
    ],
)
def test_what_one_replica_says_is_not_said_of_the_next(field: str, one: Object, other: Object) -> None:
    replicas = [pod("a", meta=one), pod("b", meta=other), pod("c", meta=one)]
    said = [getattr(agent, field) for agent in build(*replicas).agents]
    assert said[0] != said[1]
    assert said[0] == said[2]


def test_a_gang_is_joined_by_label() -> None:
    assert agent_of(pod("p", meta={"labels": {"scheduling.x-k8s.io/pod-group": "g"}})).spec.pod_group == "g"


@pytest.mark.parametrize(
    ("document", "field", "value"),
    [
        pytest.param(pod("p", meta={"uid": "u"}), "admitted", True, id="one with a uid exists"),
        pytest.param(pod("p"), "admitted", False, id="one without is new"),
        pytest.param(pod("p", nodeName="n1"), "admitted", True, id="one that runs exists"),
        pytest.param(
            pod("p", meta={"annotations": {"placewright.io/admitted": "true"}}),
            "admitted",
            True,
            id="one that is said to exist does",
        ),
        pytest.param(pod("p", status=None), "phase", "Pending", id="no status is pending"),
        pytest.param(pod("p", status={"phase": "Failed"}), "terminal", True, id="one that failed has ended"),
        pytest.param(
            pod("p", meta={"deletionTimestamp": "2026-01-01T00:00:00Z"}),
            "terminating",
            True,
            id="being deleted",
        ),
        pytest.param(
            pod("p", schedulingGates=[{"name": "wait"}]),
            "scheduling_gates",
            ("wait",),
            id="a scheduling gate",
        ),
        pytest.param(
            pod("p", meta={"annotations": {"kubernetes.io/config.mirror": "x"}}),
            "static",
            True,
            id="a mirror pod",
        ),
        pytest.param(
            pod("p", meta={"ownerReferences": [{"kind": "Node", "name": "n1"}]}),
            "static",
            True,
            id="a pod of its node is static",
        ),
        pytest.param(pod("p", status={"nominatedNodeName": "n1"}), "nominated_node", "n1", id="a nomination"),
        pytest.param(
            pod("p", meta={"annotations": {"placewright.io/device-ids": "[0, 2]"}}),
            "device_ids",
            (0, 2),
            id="devices that are held",
        ),
        pytest.param(
            pod("p", meta={"namespace": None}), "namespace", "default", id="no namespace is default"
        ),
    ],
)
def test_what_an_agent_is(document: Object, field: str, value: Any) -> None:
    name = f"{document['metadata'].get('namespace') or 'default'}/p"
    assert getattr(build(document).agent_by_key[name], field) == value


@pytest.mark.parametrize(
    ("references", "owner"),
    [
        pytest.param([{"kind": "ReplicaSet", "name": "r", "controller": True}], "r", id="the controller"),
        pytest.param([{"kind": "ReplicaSet", "name": "r"}], None, id="an owner that does not control"),
        pytest.param(
            [{"kind": "A", "name": "a"}, {"kind": "B", "name": "b", "controller": True}],
            "b",
            id="the controller among owners",
        ),
        pytest.param(None, None, id="no owner"),
    ],
)
def test_who_owns_an_agent(references: list[Object] | None, owner: str | None) -> None:
    seen = agent_of(pod("p", meta={"ownerReferences": references})).owner
    assert (seen.name if seen else None) == owner


@pytest.mark.parametrize(
    ("volume", "claims", "disks"),
    [
        pytest.param({"persistentVolumeClaim": {"claimName": "c"}}, ["c"], [], id="a claim"),
        pytest.param(
            {"ephemeral": {"volumeClaimTemplate": {"spec": {}}}},
            ["p-v"],
            [],
            id="an ephemeral claim is named after both",
        ),
        pytest.param({"emptyDir": {}}, [], [], id="a volume that goes anywhere"),
        pytest.param(
            {"gcePersistentDisk": {"pdName": "d", "readOnly": True}},
            [],
            [("gcePersistentDisk", ("d",), True, False)],
            id="a GCE disk that is only read",
        ),
        pytest.param(
            {"awsElasticBlockStore": {"volumeID": "d", "readOnly": True}},
            [],
            [("awsElasticBlockStore", ("d",), False, True)],
            id="an EBS volume is exclusive even when only read",
        ),
        pytest.param({"iscsi": {"iqn": "q"}}, [], [("iscsi", ("q",), False, False)], id="an iSCSI target"),
        pytest.param(
            {"rbd": {"monitors": ["m"], "image": "i"}},
            [],
            [("rbd", ("rbd", "i"), False, False)],
            id="a Ceph image in the default pool",
        ),
        pytest.param(
            {"persistentVolumeClaim": None, "emptyDir": {}}, [], [], id="a source that is null is absent"
        ),
    ],
)
def test_volumes(volume: Object, claims: list[str], disks: list[Any]) -> None:
    spec = agent_of(pod("p", volumes=[{"name": "v", **volume}])).spec
    assert [use.name for use in spec.claims] == claims
    assert [(d.kind, d.identity, d.read_only, d.always_exclusive) for d in spec.disks] == disks


def test_an_image_that_is_mounted_is_pulled_like_a_containers() -> None:
    mounted = [
        {"name": "weights", "image": {"reference": "models/llm:1", "pullPolicy": "IfNotPresent"}},
        {"name": "scratch", "emptyDir": {}},
    ]
    spec = agent_of(pod("p", {"name": "c", "image": "server:2"}, volumes=mounted)).spec
    assert (spec.images, spec.container_count) == (("server:2", "models/llm:1"), 1)


def test_a_claim_that_is_mounted_twice_is_used_once() -> None:
    source = {"persistentVolumeClaim": {"claimName": "c"}}
    spec = agent_of(pod("p", volumes=[{"name": "a", **source}, {"name": "b", **source}])).spec
    assert [use.name for use in spec.claims] == ["c"]


@pytest.mark.parametrize(
    ("term", "crosses"),
    [
        pytest.param({}, False, id="a term of the own namespace"),
        pytest.param({"namespaces": ["own"]}, True, id="a list of namespaces, even the own one"),
        pytest.param({"namespaceSelector": {}}, True, id="an empty selector is one"),
        pytest.param({"namespaceSelector": None, "namespaces": None}, False, id="null is absent"),
    ],
)
def test_terms_that_cross_namespaces_are_known_to_quotas(term: Object, crosses: bool) -> None:
    assert agent_of(affine(**term)).spec.crosses_namespaces is crosses


def test_minimal_domains_go_with_hard_constraints_only() -> None:
    soft = {**SPREAD, "whenUnsatisfiable": "ScheduleAnyway", "minDomains": 2}
    with pytest.raises(InputError, match=r"spec\.topologySpreadConstraints\[0\]\.minDomains"):
        build(pod("p", topologySpreadConstraints=[soft]))
    hard = agent_of(pod("p", topologySpreadConstraints=[{**SPREAD, "minDomains": 2}])).spec.spread[0]
    assert (hard.min_domains, hard.hard) == (2, True)
