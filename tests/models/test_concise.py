"""The concise form: what each field becomes in the snapshot, and what is refused in which words."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from placewright.models.agent import Agent, ClaimUse, DeviceRequest, HostPort, Phase, QosClass, Talk
from placewright.models.errors import InputError
from placewright.models.ingest.load import load_snapshot
from placewright.models.node import DevicePool, Node
from placewright.models.options import Options
from placewright.models.policy import PodGroup
from placewright.models.selector import AffinityTerm, Effect, Operator, Requirement, Taint, match_labels
from placewright.models.snapshot import Snapshot
from placewright.models.wire.concise import ConciseAgent, ConciseCluster, ConciseNode
from placewright.tests.builders import HOSTNAME, MIB, ZONE

NODE = "nodes: [{name: n, allocatable: {cpu: 4, memory: 8Gi}}]\n"


def load(text: str) -> Snapshot:
    return load_snapshot(["-"], Options(), stdin=io.BytesIO(text.encode()))


def one_node(fields: str) -> Node:
    (node,) = load(f"nodes: [{{name: n, allocatable: {{cpu: 4}}, {fields}}}]").nodes
    return node


def one_agent(fields: str, more: str = "") -> Agent:
    (agent,) = load(f"{NODE}{more}\nagents: [{{name: a, {fields}}}]").agents
    return agent


@pytest.mark.parametrize(
    ("fields", "attribute", "expected"),
    [
        pytest.param(
            "labels: {a: b}", "labels", {HOSTNAME: "n", "a": "b"}, id="the hostname label is the name"
        ),
        pytest.param(f"labels: {{{HOSTNAME}: h}}", "labels", {HOSTNAME: "h"}, id="unless it is given"),
        pytest.param("zone: a", "labels", {HOSTNAME: "n", ZONE: "a"}, id="zone is a label"),
        pytest.param(
            "zones: [a, b]", "labels", {HOSTNAME: "n", ZONE: "a"}, id="one node is in the first zone"
        ),
        pytest.param("labels: ~", "allocatable", {"cpu": 4000, "pods": 110}, id="pods is 110 unless given"),
        pytest.param(
            "taints: ['g=1:NoExecute']", "taints", (Taint("g", Effect.NO_EXECUTE, "1"),), id="a taint as text"
        ),
        pytest.param(
            "taints: ['g:NoSchedule']",
            "taints",
            (Taint("g", Effect.NO_SCHEDULE),),
            id="a taint without value",
        ),
        pytest.param(
            "taints: [{key: g, effect: PreferNoSchedule}]",
            "taints",
            (Taint("g", Effect.PREFER_NO_SCHEDULE),),
            id="a taint as a mapping",
        ),
        pytest.param("unschedulable: true", "unschedulable", True, id="cordoned"),
        pytest.param("price: '0.000001'", "price", 1, id="the smallest price is one millionth"),
        pytest.param("price: 0.1", "price", 100_000, id="a price that no binary fraction holds is exact"),
        pytest.param("price: 3", "price", 3_000_000, id="a whole price"),
        pytest.param(
            "softCapacity: {cpu: 1.5, memory: 1Gi}",
            "soft_capacity",
            {"cpu": 1500, "memory": 2**30},
            id="up to what it had better be used",
        ),
        pytest.param("images: {app:1: 350Mi}", "images", {"app:1": 350 * MIB}, id="an image with its size"),
        pytest.param(
            "devices: [{resource: gpu, count: 2, model: P100}]",
            "devices",
            (DevicePool("gpu", 2, "P100"),),
            id="devices of a model",
        ),
        pytest.param("data: [llama, faq]", "data", {"llama", "faq"}, id="data that is there"),
    ],
)
def test_what_a_nodes_field_becomes(fields: str, attribute: str, expected: object) -> None:
    assert getattr(one_node(fields), attribute) == expected


def test_count_numbers_nodes_from_zero_and_goes_round_the_zones() -> None:
    nodes = load("nodes: [{name: w, count: 4, zones: [a, b, c], allocatable: {cpu: 1}}]").nodes
    assert [(node.name, node.labels[ZONE]) for node in nodes] == [
        ("w-0", "a"),
        ("w-1", "b"),
        ("w-2", "c"),
        ("w-3", "a"),
    ]


def test_capacity_serves_where_allocatable_is_not_given() -> None:
    (node,) = load("nodes: [{name: n, capacity: {cpu: 2, pods: 5}}]").nodes
    assert node.allocatable == {"cpu": 2000, "pods": 5}


@pytest.mark.parametrize(
    ("fields", "attribute", "expected"),
    [
        pytest.param("requests: {cpu: 500m}", "requests", {"cpu": 500}, id="a request"),
        pytest.param("requests: {cpu: 0.1}", "requests", {"cpu": 100}, id="a bare decimal is exact"),
        pytest.param(
            "limits: {cpu: 1, memory: 1Mi}, requests: {cpu: 500m}",
            "requests",
            {"cpu": 500, "memory": MIB},
            id="a limit without request is requested",
        ),
        pytest.param(
            "limits: {cpu: 1}, node: n", "requests", {"cpu": 1000}, id="also for an agent that runs"
        ),
        pytest.param(
            "requests: {cpu: 1}, overhead: {cpu: 250m}", "requests", {"cpu": 1250}, id="overhead is added"
        ),
        pytest.param(
            "limits: {cpu: 1, memory: 1Mi}", "qos", QosClass.GUARANTEED, id="limits alone are Guaranteed"
        ),
        pytest.param("requests: ~", "qos", QosClass.BEST_EFFORT, id="nothing requested is BestEffort"),
        pytest.param("priority: -5", "priority", -5, id="a priority"),
        pytest.param("preemptionPolicy: Never", "preemption_policy", "Never", id="a preemption policy"),
        pytest.param("nodeSelector: {a: b}", "node_selector", {"a": "b"}, id="a node selector"),
        pytest.param("schedulerName: mine", "scheduler_name", "mine", id="a scheduler"),
        pytest.param("hostPorts: [80]", "host_ports", (HostPort(80),), id="a host port as a number"),
        pytest.param(
            "hostPorts: [{hostPort: 53, protocol: UDP, hostIP: 10.0.0.1}]",
            "host_ports",
            (HostPort(53, "UDP", "10.0.0.1"),),
            id="a host port as a mapping",
        ),
        pytest.param("ports: [8080]", "host_ports", (), id="a container port takes nothing on the node"),
        pytest.param(
            "ports: [{containerPort: 8080, hostPort: 80}]",
            "host_ports",
            (HostPort(80),),
            id="a container port with a host port takes it",
        ),
        pytest.param("volumes: [data]", "claims", (ClaimUse("data"),), id="a volume's name is a claim"),
        pytest.param(
            "volumes: [{name: v, persistentVolumeClaim: {claimName: data}}]",
            "claims",
            (ClaimUse("data"),),
            id="a volume as Kubernetes writes it",
        ),
        pytest.param(
            "devices: [{resource: gpu, milli: 460, models: [P100]}]",
            "devices",
            (DeviceRequest("gpu", 1, 460, ("P100",)),),
            id="a share of a device of one model",
        ),
        pytest.param(
            "needsData: {llama: 1Mi, faq: 5}", "needs_data", {"llama": MIB, "faq": 5}, id="data it reads"
        ),
        pytest.param(
            "namespace: x, talksTo: [db]",
            "talks_to",
            (Talk(AffinityTerm("", match_labels({"app": "db"}), frozenset({"x"}))),),
            id="an app of its namespace that it talks to",
        ),
        pytest.param(
            "talksTo: [{labelSelector: {matchLabels: {a: b}}, namespace: y, weight: 3}]",
            "talks_to",
            (Talk(AffinityTerm("", match_labels({"a": "b"}), frozenset({"y"})), 3),),
            id="whom it talks to, and how much",
        ),
        pytest.param("gang: g", "pod_group", "g", id="a gang by name"),
        pytest.param("images: [x, y]", "images", ("x", "y"), id="two images"),
        pytest.param("images: [x, y]", "container_count", 2, id="two images are two containers"),
        pytest.param(
            "images: [x, y], requests: {cpu: 1}, limits: {memory: 1Mi}",
            "scoring_requests",
            {"cpu": 1000, "memory": MIB},
            id="for which nothing more is assumed",
        ),
        pytest.param(
            "containers: [{resources: {requests: {cpu: 1}}}, {resources: {limits: {cpu: 2}}}]",
            "requests",
            {"cpu": 3000},
            id="containers as Kubernetes writes them",
        ),
    ],
)
def test_what_an_agents_field_becomes_in_its_spec(fields: str, attribute: str, expected: object) -> None:
    assert getattr(one_agent(fields).spec, attribute) == expected


@pytest.mark.parametrize(
    ("fields", "attribute", "expected"),
    [
        pytest.param("labels: ~", "admitted", False, id="an agent is new"),
        pytest.param("admitted: true", "admitted", True, id="unless it says that it is admitted"),
        pytest.param("admitted: true", "uid", "", id="for which no uid is invented"),
        pytest.param("node: n", "admitted", True, id="or it runs already"),
        pytest.param("node: n", "node_name", "n", id="on this node"),
        pytest.param("node: n", "phase", Phase.RUNNING, id="and then its phase is Running"),
        pytest.param("labels: ~", "phase", Phase.PENDING, id="else it is Pending"),
        pytest.param("labels: ~", "namespace", "default", id="the namespace is default unless given"),
        pytest.param("namespace: x", "namespace", "x", id="a namespace"),
        pytest.param("uid: abc", "uid", "abc", id="a uid"),
        pytest.param("labels: ~", "preemptable", True, id="preemptable unless it says not"),
        pytest.param("preemptable: false", "preemptable", False, id="not preemptable"),
        pytest.param("node: n", "ready", True, id="one that runs is ready"),
        pytest.param("node: n, ready: false", "ready", False, id="unless it says not"),
        pytest.param("node: n, ready: true", "ready", True, id="or it says so"),
        pytest.param("labels: ~", "spread_selector", None, id="no service, no selector of default spread"),
        pytest.param("schedulingGates: [wait]", "scheduling_gates", ("wait",), id="a gate by name"),
        pytest.param(
            "schedulingGates: [{name: wait}]", "scheduling_gates", ("wait",), id="a gate as a mapping"
        ),
        pytest.param(
            "node: n, devices: [{resource: gpu}], deviceIds: [3]", "device_ids", (3,), id="devices it holds"
        ),
    ],
)
def test_what_an_agents_field_becomes(fields: str, attribute: str, expected: object) -> None:
    assert getattr(one_agent(fields), attribute) == expected


def test_a_service_selects_agents_for_default_spread() -> None:
    text = "services: [{name: s, namespace: x, selector: {app: web}}, {name: t, selector: {app: db}}]"
    assert one_agent("namespace: x, labels: {app: web}", text).spread_selector == match_labels({"app": "web"})
    assert one_agent("namespace: x, labels: {app: db}", text).spread_selector is None


def test_terms_are_those_of_kubernetes() -> None:
    spec = one_agent(
        """
        tolerations: [{key: gpu, operator: Exists}],
        affinity: {
          nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [
            {matchExpressions: [{key: cores, operator: Gt, values: ["8"]}]}]}},
          podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [
            {topologyKey: host, labelSelector: {matchLabels: {a: b}}}]}},
        topologySpreadConstraints: [{topologyKey: zone, maxSkew: 2, labelSelector: {matchLabels: {a: b}}}]
        """
    ).spec
    assert spec.tolerations[0].operator == "Exists"
    assert spec.node_affinity is not None
    assert spec.node_affinity.terms[0].match_expressions == (Requirement("cores", Operator.GT, ("8",)),)
    assert spec.anti_affinity[0].selector == match_labels({"a": "b"})
    assert spec.anti_affinity[0].namespaces == {"default"}
    assert (spec.spread[0].max_skew, spec.spread[0].hard) == (2, True)


def test_replicas_are_numbered_from_zero_and_share_their_spec() -> None:
    agents = load(f"{NODE}agents: [{{name: web, replicas: 3}}, {{name: none, replicas: 0}}]").agents
    assert [agent.name for agent in agents] == ["web-0", "web-1", "web-2"]
    assert len({id(agent.spec) for agent in agents}) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("agents: [{name: a, gang: g, replicas: 3}]", 3, id="as large as its agents are many"),
        pytest.param(
            "agents: [{name: a, gang: g, replicas: 3}, {name: b, gang: g}]", 4, id="counted over all entries"
        ),
        pytest.param(
            "agents: [{name: a, gang: {name: g, minMember: 2}, replicas: 3}]",
            2,
            id="as large as an agent says",
        ),
        pytest.param(
            "gangs: [{name: g, minMember: 1}]\nagents: [{name: a, gang: g, replicas: 3}]",
            1,
            id="as large as it is declared",
        ),
        pytest.param(
            "agents: [{name: a, gang: g, replicas: 3}]\n---\nagents: [{name: b, gang: g}]",
            4,
            id="counted over all documents",
        ),
        pytest.param(
            "agents: [{name: a, gang: g, replicas: 3}]\n---\n"
            "{apiVersion: scheduling.x-k8s.io/v1alpha1, kind: PodGroup, "
            "metadata: {name: g}, spec: {minMember: 2}}",
            2,
            id="as large as a PodGroup beside it says",
        ),
    ],
)
def test_a_gangs_size(text: str, expected: int) -> None:
    assert load(text).pod_groups == (PodGroup("default", "g", expected),)


def test_policies_and_storage_reach_the_snapshot() -> None:
    snapshot = load(
        """
        nodes: [{name: n, allocatable: {cpu: 4}}]
        namespaces: {shop: {labels: {team: web}}, empty: }
        priorityClasses: [{name: high, value: 100}]
        quotas: [{name: q, namespace: shop, hard: {cpu: 2}, used: {cpu: 500m}, scopes: [NotBestEffort]}]
        disruptionBudgets: [{name: b, selector: {}, maxUnavailable: 50%, disruptionsAllowed: 1}]
        storageClasses: [{name: fast, provisioner: csi.example.com, volumeBindingMode: WaitForFirstConsumer}]
        volumes: [{name: pv, spec: {capacity: {storage: 1Gi}}}]
        claims:
          - {name: data, bound: true, spec: {volumeName: pv, resources: {requests: {storage: 1Gi}}}}
          - {metadata: {name: raw, namespace: shop, uid: u}, spec: {storageClassName: fast}}
        agents: [{name: a, priorityClassName: high}]
        """
    )
    assert snapshot.namespaces == {"shop": {"team": "web"}, "empty": {}}
    assert snapshot.agents[0].spec.priority == 100
    (quota,) = snapshot.quotas
    assert (quota.hard, quota.used, len(quota.scopes)) == ({"cpu": 2000}, {"cpu": 500}, 1)
    (budget,) = snapshot.budgets
    assert (budget.max_unavailable, budget.disruptions_allowed) == ("50%", 1)
    assert snapshot.storage.classes["fast"].wait_for_first_consumer
    assert snapshot.storage.volumes["pv"].capacity == 1024 * MIB
    data, raw = snapshot.storage.claims["default", "data"], snapshot.storage.claims["shop", "raw"]
    assert (data.bound, data.volume_name, data.request) == (True, "pv", 1024 * MIB)
    assert (raw.uid, raw.storage_class, raw.bound) == ("u", "fast", False)


def test_kubernetes_objects_and_concise_documents_mix(tmp_path: Path) -> None:
    (tmp_path / "live.yaml").write_text(
        "apiVersion: v1\nkind: Node\nmetadata: {name: live}\nstatus: {allocatable: {cpu: 4, pods: 10}}\n"
        "---\nagents: [{name: in-the-same-file}]\n"
    )
    (tmp_path / "mine.json").write_text('{"agents": [{"name": "mine", "node": "live"}]}')
    snapshot = load_snapshot([str(tmp_path)], Options())
    assert [node.name for node in snapshot.nodes] == ["live"]
    assert [agent.name for agent in snapshot.agents] == ["in-the-same-file", "mine"]


def test_notes_of_the_reader_reach_the_snapshot(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(NODE)
    (tmp_path / "readme.txt").write_text("hello")
    assert (
        f"{tmp_path}: skipped 1 file that holds no objects" in load_snapshot([str(tmp_path)], Options()).notes
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            "agents: [{name: web, requests: {cpu: abc}}]",
            'agent web: requests.cpu: expected a quantity such as 500m or 2, found "abc"',
            id="a bad quantity",
        ),
        pytest.param(
            "agents: [{name: web, requets: {cpu: 1}}]",
            'agent web: unknown field "requets"; did you mean "requests"?',
            id="a typo in a field's name",
        ),
        pytest.param(
            "agents: [{name: web, tolerations: [{key: g, operator: exists}]}]",
            "agent web: tolerations[0].operator: expected Equal, Exists, Lt or Gt, "
            'found "exists"; did you mean "Exists"?',
            id="a typo in a word",
        ),
        pytest.param("agents: [{requests: {cpu: 1}}]", "agents[0]: name: is missing", id="no name"),
        pytest.param(
            "agents: [{name: web, labels: {version: 1}}]",
            "agent web: labels.version: expected a string, found 1",
            id="a label that YAML reads as a number",
        ),
        pytest.param(
            "agents: [{name: a-1}, {name: a, replicas: 2}]",
            "agent a: the name default/a-1 is given twice, also by agent a-1",
            id="replicas that run into another name",
        ),
        pytest.param(
            "nodes: [{name: n}]",
            "node n: allocatable is missing: what can agents use on this node?",
            id="a node of unknown size",
        ),
        pytest.param(
            "nodes: [{name: n, allocatable: {cpu: 1}, price: 0.0000001}]",
            "node n: price: expected a price per hour such as 0.0425 (at most 6 decimals), found 1e-07",
            id="a price too fine to be exact",
        ),
        pytest.param(
            "gangs: [{name: g, minMember: 2}]\nagents: [{name: a, gang: {name: g, minMember: 2}}]",
            "agent a: gang.minMember: the size of gang g is given elsewhere too, and may differ",
            id="a gang's size in two places",
        ),
    ],
)
def test_errors_speak_of_what_was_written(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        load(text)
    assert str(caught.value) == f"-: {message}"


DOCUMENTATION = Path(__file__).resolve().parents[2] / "docs" / "concise-format.md"
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```", DOCUMENTATION.read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_the_documentations_examples_load(number: int) -> None:
    snapshot = load(EXAMPLES[number])
    assert snapshot.nodes or snapshot.quotas


def test_the_documentation_names_every_field_and_section() -> None:
    documented = set(re.findall(r"`([a-zA-Z]+)`", DOCUMENTATION.read_text()))
    for model in (ConciseNode, ConciseAgent, ConciseCluster):
        fields = {field.alias or name for name, field in model.model_fields.items()}
        assert fields - documented <= {"apiVersion", "kind"}
