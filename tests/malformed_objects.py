"""What users get wrong inside objects that can be read: Kubernetes' and concise ones."""

from __future__ import annotations

from collections.abc import Iterator

from placewright.tests.malformed_inputs import BYTES, JSON, SHAPES, YAML, Malformed


def _pod(spec: str, metadata: str = "name: web") -> str:
    return f"apiVersion: v1\nkind: Pod\nmetadata: {{{metadata}}}\nspec: {{{spec}}}\n"


def _requests(amounts: str) -> str:
    return _pod(f"containers: [{{name: c, resources: {{requests: {{{amounts}}}}}}}]")


def _node(status: str, spec: str = "") -> str:
    return f"apiVersion: v1\nkind: Node\nmetadata: {{name: n}}\nspec: {{{spec}}}\nstatus: {{{status}}}\n"


def _object(version: str, kind: str, rest: str, metadata: str = "name: x") -> str:
    return f"apiVersion: {version}\nkind: {kind}\nmetadata: {{{metadata}}}\n{rest}\n"


_POD = "Pod default/web: "
_CPU = "spec.containers[0].resources.requests.cpu"
_AFFINITY = "requiredDuringSchedulingIgnoredDuringExecution"

KUBERNETES = (
    Malformed("no metadata", "apiVersion: v1\nkind: Pod\nspec: {containers: []}", "metadata"),
    Malformed("no name", _pod("", metadata="namespace: x"), "metadata.name"),
    Malformed("an empty name", _pod("", metadata="name: ''"), "metadata.name"),
    Malformed("a name that is a number", _pod("", metadata="name: 5"), "metadata.name"),
    Malformed("a label of two lines", _pod("", 'name: web, labels: {"a\\nb": 1}'), r"metadata.labels.a\nb"),
    Malformed("a name of 5,000 letters", _pod("priority: x", f"name: {'a' * 5000}"), "Pod default/aaaa"),
    Malformed("metadata that is a list", "kind: Pod\nmetadata: []\nspec: {}", "metadata"),
    Malformed("a spec that is text", "kind: Pod\nmetadata: {name: web}\nspec: abc", f"{_POD}spec"),
    Malformed("containers that are a mapping", _pod("containers: {a: b}"), f"{_POD}spec.containers"),
    Malformed("a quantity with a wrong suffix", _requests("cpu: 1K"), f"{_POD}{_CPU}"),
    Malformed("a quantity that is a word", _requests("cpu: much"), f"{_POD}{_CPU}"),
    Malformed("an empty quantity", _requests("cpu: ''"), f"{_POD}{_CPU}"),
    Malformed("a quantity with a blank inside", _requests("cpu: 1 m"), f"{_POD}{_CPU}"),
    Malformed("a quantity with two suffixes", _requests("cpu: 1e3Mi"), f"{_POD}{_CPU}"),
    Malformed("a quantity in hexadecimal", _requests("cpu: '0x10'"), f"{_POD}{_CPU}"),
    Malformed("a quantity of a dot", _requests("cpu: '.'"), f"{_POD}{_CPU}"),
    Malformed("a quantity that is true", _requests("cpu: true"), f"{_POD}{_CPU}"),
    Malformed("a quantity that is a list", _requests("cpu: [1]"), f"{_POD}{_CPU}"),
    Malformed("a negative request", _requests("cpu: -1"), f"{_POD}{_CPU}"),
    Malformed(
        "a request beyond 64 bits", _requests("cpu: 1e30"), f"{_POD}{_CPU}: expected a quantity that fits"
    ),
    Malformed("a request of a huge exponent", _requests("cpu: '1e999999999'"), f"{_POD}{_CPU}"),
    Malformed(
        "an annotation of data without a size",
        _pod("", "name: web, annotations: {placewright.io/needs-data: llama}"),
        f"{_POD}metadata.annotations.placewright.io/needs-data: expected a comma separated list",
    ),
    Malformed(
        "a Service that selects by a list",
        _object("v1", "Service", "spec: {selector: [app]}"),
        "Service default/x: spec.selector: expected an object",
    ),
    Malformed(
        "a ReplicaSet that selects by a map",
        _object("apps/v1", "ReplicaSet", "spec: {selector: {matchLabels: web}}"),
        "ReplicaSet default/x: spec.selector.matchLabels: expected an object",
    ),
    Malformed(
        "a label that is a number",
        _pod("", "name: web, labels: {v: 1}"),
        f"{_POD}metadata.labels.v",
    ),
    Malformed("a label that is true", _pod("", "name: web, labels: {v: yes}"), f"{_POD}metadata.labels.v"),
    Malformed("a priority that is text", _pod("priority: high"), f"{_POD}spec.priority"),
    Malformed("a priority with decimals", _pod("priority: 1.5"), f"{_POD}spec.priority"),
    Malformed(
        "a port that is text",
        _pod("containers: [{ports: [{hostPort: http}]}]"),
        "ports[0].hostPort",
    ),
    Malformed(
        "an unknown operator of a toleration",
        _pod("tolerations: [{key: a, operator: Is}]"),
        f"{_POD}spec.tolerations[0].operator",
    ),
    Malformed(
        "an unknown effect of a toleration",
        _pod("tolerations: [{key: a, effect: Never}]"),
        f"{_POD}spec.tolerations[0].effect",
    ),
    Malformed(
        "an unknown operator of node affinity",
        _pod(
            f"affinity: {{nodeAffinity: {{{_AFFINITY}: {{nodeSelectorTerms: "
            "[{matchExpressions: [{key: a, operator: Equals, values: [b]}]}]}}}"
        ),
        "matchExpressions[0].operator",
    ),
    Malformed(
        "values that are numbers",
        _pod(
            f"affinity: {{nodeAffinity: {{{_AFFINITY}: {{nodeSelectorTerms: "
            "[{matchExpressions: [{key: a, operator: Gt, values: [8]}]}]}}}"
        ),
        "matchExpressions[0].values[0]",
    ),
    Malformed(
        "an affinity term without topologyKey",
        _pod(f"affinity: {{podAffinity: {{{_AFFINITY}: [{{labelSelector: {{}}}}]}}}}"),
        "topologyKey",
    ),
    Malformed(
        "maxSkew 0",
        _pod("topologySpreadConstraints: [{maxSkew: 0, topologyKey: z, whenUnsatisfiable: DoNotSchedule}]"),
        f"{_POD}spec.topologySpreadConstraints[0].maxSkew",
    ),
    Malformed(
        "an unknown whenUnsatisfiable",
        _pod("topologySpreadConstraints: [{maxSkew: 1, topologyKey: z, whenUnsatisfiable: Please}]"),
        f"{_POD}spec.topologySpreadConstraints[0].whenUnsatisfiable",
    ),
    Malformed("a taint without effect", _node("", "taints: [{key: a}]"), "Node n: spec.taints[0].effect"),
    Malformed("a taint as text", _node("", "taints: ['a=b:NoSchedule']"), "Node n: spec.taints[0]"),
    Malformed("a bad allocatable", _node("allocatable: {cpu: lots}"), "Node n: status.allocatable"),
    Malformed("a negative allocatable", _node("allocatable: {cpu: -4}"), "Node n: status.allocatable"),
    Malformed("a cordon that is text", _node("", "unschedulable: 'true'"), "Node n: spec.unschedulable"),
    Malformed(
        "two nodes of one name",
        _node("") + "---\n" + _node("allocatable: {cpu: 1}"),
        "Node n: given twice",
    ),
    Malformed("two Pods of one name", _pod("") + "---\n" + _pod("priority: 1"), f"{_POD}given twice"),
    Malformed(
        "devices that are no JSON",
        _object("v1", "Node", "", "name: x, annotations: {placewright.io/devices: 'two'}"),
        "Node x: metadata.annotations.placewright.io/devices",
    ),
    Malformed(
        "a budget with a bad percentage",
        _object("policy/v1", "PodDisruptionBudget", "spec: {selector: {}, minAvailable: half}"),
        "PodDisruptionBudget default/x: spec.minAvailable",
    ),
    Malformed(
        "a quota with a bad amount",
        _object("v1", "ResourceQuota", "spec: {hard: {cpu: lots}}"),
        "ResourceQuota default/x: spec.hard",
    ),
    Malformed(
        "a quota with an unknown scope",
        _object("v1", "ResourceQuota", "spec: {hard: {cpu: 1}, scopes: [Everyone]}"),
        "ResourceQuota default/x: spec.scopes[0]",
    ),
    Malformed(
        "a priority class without value",
        _object("scheduling.k8s.io/v1", "PriorityClass", "value: high"),
        "PriorityClass x: value",
    ),
    Malformed(
        "a storage class with an unknown binding mode",
        _object("storage.k8s.io/v1", "StorageClass", "provisioner: p\nvolumeBindingMode: Later"),
        "StorageClass x: volumeBindingMode",
    ),
    Malformed(
        "a gang of text",
        _object("scheduling.x-k8s.io/v1alpha1", "PodGroup", "spec: {minMember: all}"),
        "PodGroup default/x: spec.minMember",
    ),
)


def _agent(fields: str) -> str:
    return f"agents: [{{name: web, {fields}}}]"


def _concise_node(fields: str) -> str:
    return f"nodes: [{{name: n, allocatable: {{cpu: 4}}, {fields}}}]"


CONCISE = (
    Malformed("nodes that are a mapping", "nodes: {a: b}", "nodes: expected a list, found a mapping"),
    Malformed("an agent that is text", "agents: [web]", 'agents[0]: expected a mapping, found "web"'),
    Malformed("an unknown section", "agents: []\nqotas: []", 'unknown field "qotas"; did you mean "quotas"?'),
    Malformed("an agent without name", "agents: [{replicas: 2}]", "agents[0]: name: is missing"),
    Malformed("a name with a blank", "agents: [{name: 'a b'}]", "agent a b: name: expected a name"),
    Malformed("a name of a million letters", f"agents: [{{name: {'a' * 10**6}}}]", "name: expected a name"),
    Malformed("negative replicas", _agent("replicas: -1"), "replicas: expected at least 0, found -1"),
    Malformed("a trillion replicas", _agent("replicas: 1000000000000"), "replicas: expected at most"),
    Malformed("half a replica", _agent("replicas: 1.5"), "replicas: expected a whole number, found 1.5"),
    Malformed(
        "too many nodes in all",
        "nodes: [{name: a, count: 99999, capacity: {cpu: 1}}, {name: b, count: 2, capacity: {cpu: 1}}]",
        "more than 100,000 nodes",
    ),
    Malformed(
        "a negative quantity", _agent("requests: {cpu: -1}"), "agent web: requests.cpu: expected a quantity"
    ),
    Malformed(
        "a quantity in words", _agent("limits: {memory: 2 GB}"), "limits.memory: expected a quantity such as"
    ),
    Malformed("a number in place of amounts", _agent("requests: 4"), "requests: expected a mapping, found 4"),
    Malformed(
        "a taint of a bare key", _concise_node("taints: [gpu]"), "node n: taints[0]: expected a taint such as"
    ),
    Malformed(
        "a taint with a wrong effect", _concise_node("taints: ['a=b:No']"), "taints[0]: expected a taint"
    ),
    Malformed(
        "a taint that is a number", _concise_node("taints: [5]"), "taints[0]: expected a mapping, found 5"
    ),
    Malformed(
        "a node with both zone and zones", _concise_node("zone: a, zones: [b]"), "zone or zones, not both"
    ),
    Malformed("a price in words", _concise_node("price: cheap"), "node n: price: expected a price per hour"),
    Malformed("a negative price", _concise_node("price: -1"), "node n: price: expected a price per hour"),
    Malformed(
        "a device without resource", _concise_node("devices: [{count: 1}]"), "devices[0].resource: is missing"
    ),
    Malformed("a share of two devices", _agent("devices: [{resource: g, count: 2, milli: 500}]"), "a share"),
    Malformed(
        "more than a whole device",
        _agent("devices: [{resource: g, milli: 1001}]"),
        "milli: expected at most 1000",
    ),
    Malformed(
        "a gang of nobody", _agent("gang: {name: g, minMember: 0}"), "gang.minMember: expected at least 1"
    ),
    Malformed(
        "a gang of two sizes",
        "agents: [{name: a, gang: {name: g, minMember: 1}}, {name: b, gang: {name: g, minMember: 2}}]",
        "agent b: gang.minMember: the size of gang g",
    ),
    Malformed(
        "maxSkew 0 in a constraint",
        _agent("topologySpreadConstraints: [{maxSkew: 0, topologyKey: z, labelSelector: {}}]"),
        "agent web: topologySpreadConstraints[0].maxSkew: expected at least 1, found 0",
    ),
    Malformed(
        "a constraint that counts nobody",
        _agent("topologySpreadConstraints: [{topologyKey: z}]"),
        "topologySpreadConstraints[0].labelSelector: is missing",
    ),
    Malformed(
        "In without values",
        _agent(
            f"affinity: {{nodeAffinity: {{{_AFFINITY}: {{nodeSelectorTerms: "
            "[{matchExpressions: [{key: a, operator: In}]}]}}}"
        ),
        "operator In needs values",
    ),
    Malformed(
        "affinity of an unknown kind",
        _agent("affinity: {podAntiAfinity: {}}"),
        'did you mean "podAntiAffinity"?',
    ),
    Malformed(
        "a toleration of everything but a value",
        _agent("tolerations: [{value: x}]"),
        "without a key the operator",
    ),
    Malformed(
        "a port out of range", _agent("hostPorts: [70000]"), "hostPorts[0].hostPort: expected at most 65535"
    ),
    Malformed(
        "containers and requests",
        _agent("requests: {cpu: 1}, containers: [{name: c}]"),
        "containers or requests",
    ),
    Malformed(
        "containers that are wrong inside",
        _agent("containers: [{resources: {requests: {cpu: x}}}]"),
        "Pod default/web",
    ),
    Malformed(
        "two agents of one name",
        "agents: [{name: a}, {name: a}]",
        "agent a: the name default/a is given twice",
    ),
    Malformed(
        "two nodes of one name, by count",
        "nodes: [{name: n, count: 2, capacity: {cpu: 1}}, {name: n-1, capacity: {cpu: 1}}]",
        "node n-1: the name n-1 is given twice, also by node n",
    ),
    Malformed(
        "a percentage without sign",
        "disruptionBudgets: [{name: b, selector: {}, minAvailable: '50'}]",
        "disruption budget b: minAvailable: expected a number of agents or a percentage",
    ),
    Malformed(
        "a budget with both bounds",
        "disruptionBudgets: [{name: b, selector: {}, minAvailable: 1, maxUnavailable: 1}]",
        "one of them",
    ),
    Malformed(
        "a talk to nobody", _agent("talksTo: [{weight: 2}]"), "talksTo[0]: give labelSelector or matchLabels"
    ),
    Malformed(
        "a talk without traffic", _agent("talksTo: [{matchLabels: {a: b}, weight: 0}]"), "talksTo[0].weight"
    ),
    Malformed("data of no size", _agent("needsData: {llama: much}"), "needsData.llama: expected a quantity"),
    Malformed("data with a comma in its name", _concise_node("data: ['a,b']"), "node n: data[0]"),
    Malformed("data as a text", _concise_node("data: llama"), 'data: expected a list, found "llama"'),
    Malformed("an agent that waits and is ready", _agent("ready: true"), "ready is for an agent that runs"),
    Malformed("a service that selects nobody", "services: [{name: s}]", "service s: selector: is missing"),
    Malformed(
        "a compose file", "services: {web: {image: nginx}}", "services: expected a list, found a mapping"
    ),
    Malformed(
        "a service given twice",
        "services: [{name: s, selector: {}}, {name: s, selector: {}}]",
        "service s: the name default/s is given twice",
    ),
    Malformed("a quota without amounts", "quotas: [{name: q}]", "quota q: hard: is missing"),
    Malformed(
        "a running agent that is not admitted",
        _agent("node: n, admitted: false"),
        "agent web: an agent that runs",
    ),
    Malformed(
        "our kind with another version",
        "apiVersion: placewright.io/v2\nkind: Cluster\nagents: []",
        "apiVersion: expected placewright.io/v1",
    ),
    Malformed(
        "our version with another kind",
        "apiVersion: placewright.io/v1\nkind: Clutser",
        'did you mean "Cluster"?',
    ),
)


def every() -> Iterator[Malformed]:
    """All malformed inputs."""
    for table in (BYTES, JSON, YAML, SHAPES, KUBERNETES, CONCISE):
        yield from table
