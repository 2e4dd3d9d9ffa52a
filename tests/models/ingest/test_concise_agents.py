"""Agents in the concise form: what becomes of each field, of replicas and of terms."""

from __future__ import annotations

import pytest

from placewright.models.agent import ClaimUse, DeviceRequest, HostPort, Phase, QosClass, Talk
from placewright.models.selector import AffinityTerm, Operator, Requirement, match_labels
from placewright.tests.builders import MIB
from placewright.tests.models.concise import NODE, load, one_agent


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
        tolerations: [{key: gpu, operator: Exists}, {operator: Exists, tolerationSeconds: 60}],
        affinity: {
          nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [
            {matchExpressions: [{key: cores, operator: Gt, values: ["8"]}]}]}},
          podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [
            {topologyKey: host, labelSelector: {matchLabels: {a: b}}}]}},
        topologySpreadConstraints: [{topologyKey: zone, maxSkew: 2, labelSelector: {matchLabels: {a: b}}}]
        """
    ).spec
    assert [(t.operator, t.for_a_time) for t in spec.tolerations] == [("Exists", False), ("Exists", True)]
    assert spec.node_affinity is not None
    assert spec.node_affinity.terms[0].match_expressions == (Requirement("cores", Operator.GT, ("8",)),)
    assert spec.anti_affinity[0].selector == match_labels({"a": "b"})
    assert spec.anti_affinity[0].namespaces == {"default"}
    assert (spec.spread[0].max_skew, spec.spread[0].hard) == (2, True)


def test_replicas_are_numbered_from_zero_and_share_their_spec() -> None:
    agents = load(f"{NODE}agents: [{{name: web, replicas: 3}}, {{name: none, replicas: 0}}]").agents
    assert [agent.name for agent in agents] == ["web-0", "web-1", "web-2"]
    assert len({id(agent.spec) for agent in agents}) == 1
