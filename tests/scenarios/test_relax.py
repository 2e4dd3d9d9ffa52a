"""By how much a rule would have to give way: the number, the nodes, and that it is enough."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from placewright.models.agent import Agent, HostPort
from placewright.models.ingest.load import load_snapshot
from placewright.models.node import Node
from placewright.models.options import Options
from placewright.models.policy import ResourceQuota
from placewright.models.rules import RULES
from placewright.models.rules.cordon import UNSCHEDULABLE
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.scenarios.relax import relaxations
from placewright.tests.builders import HOSTNAME, ZONE, agent, node, snapshot, spread, taint, toleration
from placewright.tests.tiny import tiny_cluster

RULE_OF = {rule.name: rule for rule in RULES}
Told = dict[str, tuple[str, tuple[str, ...]]]


def relaxed(cluster: Snapshot, name: str = "x") -> Told:
    """What is said of each rule: the change, and the nodes that it opens."""
    found = relaxations(ClusterState(cluster), cluster.agent_by_key[f"default/{name}"])
    return {item.rule: (item.change, item.nodes) for item in found}


def test_an_agent_that_has_a_place_needs_nothing() -> None:
    assert relaxed(snapshot([node("n")], [agent("x")])) == {}


@pytest.mark.parametrize(
    ("there", "fields", "expected"),
    [
        pytest.param(
            [node("a", cpu=500, memory=100)],
            {"cpu": 1000, "memory": 200},
            {"resources": ("500m cpu, 100Mi memory more, or so much less asked for", ("a",))},
            id="all amounts that are short",
        ),
        pytest.param(
            [node("a", cpu=1000), node("b", cpu=1000), node("c", cpu=900)],
            {"cpu": 1500},
            {"resources": ("500m cpu more, or so much less asked for", ("a", "b"))},
            id="all nodes that lack as little",
        ),
        pytest.param(
            [node("a", pods=0)],
            {},
            {"resources": ("1 pods more, or so much less asked for", ("a",))},
            id="a pod slot",
        ),
        pytest.param(
            [node("a", taints=[taint("x"), taint("y", "1", "NoExecute"), taint("z", "", "PreferNoSchedule")])],
            {"tolerations": (toleration("x", operator="Exists"),)},
            {"taints": ("tolerate y=1:NoExecute", ("a",))},
            id="only taints that repel and are not tolerated",
        ),
        pytest.param([node("a", zone="a")], {"spread": (spread("rack", app="x"),)}, {"topology_spread": ("a label rack on the node", ("a",))}, id="a label for spread"),
        pytest.param(
            [node("a", cpu=100, unschedulable=True)], {"cpu": 200}, {}, id="nothing where two rules object"
        ),
    ],
)  # fmt: skip
def test_what_is_told(there: list[Node], fields: dict[str, Any], expected: Told) -> None:
    assert relaxed(snapshot(there, [agent("x", **fields)])) == expected


def test_a_port_that_is_taken_is_told_on_each_node() -> None:
    ports: dict[str, Any] = {"host_ports": (HostPort(80),)}
    there = [agent("one", on="a", **ports), agent("two", on="b", **ports), agent("x", **ports)]
    assert relaxed(snapshot([node("a"), node("b")], there)) == {
        "host_ports": ("another host port", ("a", "b"))
    }


def test_the_least_skew_that_would_do_is_told_over_all_constraints() -> None:
    even = (spread(app="x"), spread(HOSTNAME, app="x"))
    there = [
        *(agent(f"a{i}", on="a", labels={"app": "x"}) for i in range(2)),
        agent("b0", on="b", labels={"app": "x"}),
        agent("x", labels={"app": "x"}, spread=even),
    ]
    nodes = [
        node("a", zone="a"),
        node("b", zone="b"),
        node("c", zone="c", pods=0),
    ]
    assert relaxed(snapshot(nodes, there))["topology_spread"] == (
        f"maxSkew 2 instead of 1 over {ZONE}, maxSkew 2 instead of 1 over {HOSTNAME}",
        ("b",),
    )


def test_a_cordon_with_the_taint_that_comes_with_it_is_one_thing_in_the_way() -> None:
    """Read from an API server every cordoned node has both: uncordoning was never proposed."""
    closed = node("a", unschedulable=True, taints=[UNSCHEDULABLE])
    assert relaxed(snapshot([closed], [agent("x")])) == {"cordon": ("uncordon", ("a",))}
    guarded = replace(closed, taints=(UNSCHEDULABLE, taint("gpu")))
    assert relaxed(snapshot([guarded], [agent("x")])) == {}


def test_uncordoning_is_proposed_for_a_node_that_is_read_from_a_file(tmp_path: Any) -> None:
    source = tmp_path / "cluster.yaml"
    source.write_text(
        "apiVersion: v1\nkind: Node\nmetadata: {name: a}\nspec: {unschedulable: true}\n"
        "status: {allocatable: {cpu: 1, memory: 1Gi, pods: 10}}\n"
        "---\napiVersion: v1\nkind: Pod\nmetadata: {name: x}\n"
        "spec: {containers: [{name: main, resources: {requests: {cpu: 100m}}}]}\n"
    )
    assert relaxed(load_snapshot([str(source)], Options())) == {"cordon": ("uncordon", ("a",))}


def test_a_quota_says_what_it_would_have_to_allow_on_every_node() -> None:
    quota = ResourceQuota("default", "q", {"pods": 1}, used={"pods": 1})
    cluster = snapshot([node("a"), node("b")], [agent("x", admitted=False)], quotas=(quota,))
    assert relaxed(cluster) == {"quota": ("quota q: pods 2 instead of 1", ("a", "b"))}


def given_way(cluster: Snapshot, waits: Agent, rule: str, name: str) -> Snapshot | None:
    """The cluster once a rule gives way on a node, without looking at what was told; None: of another rule."""
    nodes = {n.name: n for n in cluster.nodes}
    there = nodes[name]
    if rule == "resources":
        nodes[name] = replace(there, allocatable=dict.fromkeys(there.allocatable, 10**15))
    elif rule == "cordon":
        nodes[name] = replace(there, unschedulable=False)
    elif rule == "taints":
        nodes[name] = replace(there, taints=())
    else:
        return None
    return replace(cluster, nodes=tuple(nodes.values()))


def test_what_gives_way_objects_no_more_and_is_told_wherever_one_rule_alone_objects() -> None:
    told = 0
    for seed in range(250):
        cluster = tiny_cluster(Random(seed))
        state = ClusterState(cluster)
        for waits in cluster.pending:
            alone: dict[str, list[str]] = {}
            for where in cluster.nodes:
                objecting = [rule.name for rule in RULES if rule.rejects(state, waits, where) is not None]
                if len(objecting) == 1:
                    alone.setdefault(objecting[0], []).append(where.name)
            found = list(relaxations(state, waits))
            assert {item.rule for item in found} == set(alone)
            for item in found:
                assert item.nodes
                assert set(item.nodes) <= set(alone[item.rule])
                larger = given_way(cluster, waits, item.rule, item.nodes[0])
                if larger is not None:
                    opened = larger.node_by_name[item.nodes[0]]
                    # Taints that are honoured by spread change what it counts: it may object now.
                    assert RULE_OF[item.rule].rejects(ClusterState(larger), waits, opened) is None
                    told += 1
    assert told > 100
