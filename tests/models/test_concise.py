"""The concise form: nodes, policies, errors, and what its documentation says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from placewright.models.errors import InputError
from placewright.models.ingest.load import load_snapshot
from placewright.models.node import DevicePool, Node
from placewright.models.options import Options
from placewright.models.policy import PodGroup
from placewright.models.selector import Effect, Taint
from placewright.models.wire.concise import ConciseAgent, ConciseCluster, ConciseNode
from placewright.tests.builders import HOSTNAME, MIB, ZONE
from placewright.tests.models.concise import NODE, load


def one_node(fields: str) -> Node:
    (node,) = load(f"nodes: [{{name: n, allocatable: {{cpu: 4}}, {fields}}}]").nodes
    return node


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
