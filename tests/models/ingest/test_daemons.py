"""DaemonSets: one agent for each node that their controller chooses, tied to it (§3.5)."""

from __future__ import annotations

from typing import Any

import pytest

from placewright.models.selector import Effect, Taint
from placewright.tests.objects import Object, build, container, node, obj, pod


def daemon_set(**spec: Any) -> Object:
    template = {"spec": {"containers": [container(cpu="100m")], **spec}}
    return obj("DaemonSet", "d", api="apps/v1", spec={"template": template})


def tainted(name: str, key: str, effect: str = "NoSchedule") -> Object:
    return node(name, spec={"taints": [{"key": key, "effect": effect}]})


def affinity(*terms: Object) -> Object:
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": list(terms)}}
    return {"nodeAffinity": required}


ON_A = {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a"]}]}
A, B = node("a", meta={"labels": {"zone": "a"}}), node("b", meta={"labels": {"zone": "b"}})


@pytest.mark.parametrize(
    ("spec", "nodes", "chosen"),
    [
        pytest.param({}, [A, B], ["a", "b"], id="every node"),
        pytest.param({"nodeSelector": {"zone": "a"}}, [A, B], ["a"], id="nodes that the selector selects"),
        pytest.param({"affinity": affinity(ON_A)}, [A, B], ["a"], id="nodes that the affinity matches"),
        pytest.param({"affinity": affinity()}, [A, B], [], id="an affinity without terms matches none"),
        pytest.param({"nodeName": "b"}, [A, B], ["b"], id="the node that the template names"),
        pytest.param({}, [tainted("n", "gpu")], [], id="not one with a taint"),
        pytest.param(
            {}, [tainted("n", "gpu", "PreferNoSchedule")], ["n"], id="a taint that only discourages"
        ),
        pytest.param(
            {"tolerations": [{"key": "gpu", "operator": "Exists"}]},
            [tainted("n", "gpu")],
            ["n"],
            id="one it tolerates",
        ),
        pytest.param(
            {},
            [tainted("n", "node.kubernetes.io/not-ready", "NoExecute")],
            ["n"],
            id="a node that is not ready",
        ),
        pytest.param(
            {}, [tainted("n", "node.kubernetes.io/network-unavailable")], [], id="a node without network"
        ),
        pytest.param(
            {"hostNetwork": True},
            [tainted("n", "node.kubernetes.io/network-unavailable")],
            ["n"],
            id="a daemon on the host's network needs no other",
        ),
        pytest.param({}, [node("n", spec={"unschedulable": True})], ["n"], id="a cordoned node"),
        pytest.param({}, [], [], id="no nodes"),
    ],
)
def test_which_nodes_get_a_daemon(spec: Object, nodes: list[Object], chosen: list[str]) -> None:
    seen = build(daemon_set(**spec), *nodes, expand=True)
    assert [agent.name for agent in seen.agents] == [f"d-{name}" for name in chosen]


def running(name: str, **fields: Any) -> Object:
    meta = {"uid": name, "ownerReferences": [{"kind": "DaemonSet", "name": "d", "controller": True}]}
    return pod(name, meta={**meta, **fields.pop("meta", {})}, **fields)


PINNED = affinity({"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["a"]}]})


@pytest.mark.parametrize(
    ("existing", "added"),
    [
        pytest.param(running("d-x", nodeName="a"), ["d-b"], id="one that runs"),
        pytest.param(running("d-x", affinity=PINNED), ["d-b"], id="one that waits for its node"),
        pytest.param(
            running("d-x", nodeName="a", meta={"deletionTimestamp": "2026-01-01T00:00:00Z"}),
            ["d-b"],
            id="one that is being deleted is not replaced yet",
        ),
        pytest.param(
            running("d-x", nodeName="a", status={"phase": "Failed"}),
            ["d-a", "d-b"],
            id="one that failed is replaced",
        ),
        pytest.param(pod("d-a", meta={"uid": "u"}), ["d-a-0", "d-b"], id="somebody else's pod of that name"),
    ],
)
def test_a_node_that_has_its_daemon_gets_no_second(existing: Object, added: list[str]) -> None:
    seen = build(daemon_set(), A, B, existing, expand=True)
    assert [agent.name for agent in seen.agents if not agent.uid] == added


def test_a_daemon_is_tied_to_its_node_alone_and_keeps_what_it_prefers() -> None:
    preferred = [{"weight": 5, "preference": ON_A}]
    stanza = affinity(ON_A)
    stanza["nodeAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"] = preferred
    spec = build(daemon_set(affinity=stanza), A, B, expand=True).agents[0].spec
    assert spec.node_affinity is not None
    assert spec.node_affinity.matches({}, "a")
    assert not spec.node_affinity.matches({"zone": "a"}, "b")
    assert [term.weight for term in spec.preferred_nodes] == [5]


@pytest.mark.parametrize(
    ("key", "effect", "tolerated"),
    [
        pytest.param("not-ready", Effect.NO_EXECUTE, True, id="it stays on a node that is not ready"),
        pytest.param("not-ready", Effect.NO_SCHEDULE, False, id="but the other taint of such a node holds"),
        pytest.param("unreachable", Effect.NO_EXECUTE, True, id="unreachable"),
        pytest.param("disk-pressure", Effect.NO_SCHEDULE, True, id="disk pressure"),
        pytest.param("memory-pressure", Effect.NO_SCHEDULE, True, id="memory pressure"),
        pytest.param("pid-pressure", Effect.NO_SCHEDULE, True, id="pid pressure"),
        pytest.param("unschedulable", Effect.NO_SCHEDULE, True, id="a cordon"),
        pytest.param("out-of-service", Effect.NO_EXECUTE, False, id="a node that was taken out"),
    ],
)
def test_what_a_daemon_tolerates(key: str, effect: Effect, tolerated: bool) -> None:
    spec = build(daemon_set(), A, expand=True).agents[0].spec
    taint = Taint(f"node.kubernetes.io/{key}", effect)
    assert any(toleration.tolerates(taint) for toleration in spec.tolerations) is tolerated
