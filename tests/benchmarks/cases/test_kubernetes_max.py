from __future__ import annotations

from collections import Counter
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson

from placewright.benchmarks.cases.kubernetes_max import (
    AGENTS_PER_NODE,
    LOAD,
    PRIORITIES,
    WITH_QUOTA,
    node_objects,
    templates,
    write,
)
from placewright.models.ingest.load import load_snapshot
from placewright.models.options import Options
from placewright.models.snapshot import Snapshot

NODES = 60


@cache
def snapshot() -> Snapshot:
    stream = BytesIO()
    write(NODES, stream)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "cluster.json"
        path.write_bytes(stream.getvalue())
        return load_snapshot([str(path)], Options(), expand_workloads=True)


def test_it_has_thirty_agents_a_node_that_ask_for_95_percent_of_the_cpu() -> None:
    cluster = snapshot()
    assert (len(cluster.nodes), len(cluster.pending)) == (NODES, NODES * AGENTS_PER_NODE)
    have = sum(node.allocatable["cpu"] for node in cluster.nodes)
    asked = sum(agent.spec.requests["cpu"] for agent in cluster.pending)
    assert LOAD - 0.02 < asked / have <= LOAD
    assert {agent.spec.priority for agent in cluster.pending} == set(PRIORITIES.values())


def test_the_rules_have_the_shares_that_are_asked_for() -> None:
    found = Counter(kind for template in templates(5_000) for kind in _kinds(template.rules))
    assert len(templates(5_000)) == 500
    shares = {kind: round(100 * count / 500) for kind, count in found.items()}
    expected = {"spread": 30, "apart": 15, "near": 10, "select": 20, "tolerate": 5, "prefer": 20}
    assert all(abs(shares[kind] - share) <= 4 for kind, share in expected.items()), shares


def _kinds(rules: dict[str, object]) -> list[str]:
    text = orjson.dumps(rules).decode()
    signs = {
        "spread": "topologySpreadConstraints",
        "apart": "podAntiAffinity",
        "near": '"podAffinity":{"required',
        "select": "nodeSelector",
        "tolerate": "tolerations",
        "prefer": "preferredDuring",
    }
    return [kind for kind, sign in signs.items() if sign in text]


def test_a_twentieth_of_the_nodes_is_tainted_and_zones_and_pools_are_even() -> None:
    nodes = list(node_objects(240))
    assert sum("taints" in node["spec"] for node in nodes) == 12
    for label, parts in (("topology.kubernetes.io/zone", 3), ("pool", 4)):
        counts = Counter(node["metadata"]["labels"][label] for node in nodes)
        assert set(counts.values()) == {240 // parts}


def test_five_namespaces_ask_for_more_than_their_quota() -> None:
    cluster = snapshot()
    assert len(cluster.quotas) == WITH_QUOTA
    for quota in cluster.quotas:
        asked = sum(a.spec.requests["cpu"] for a in cluster.pending if a.namespace == quota.namespace)
        assert 0.85 * asked < quota.hard["requests.cpu"] < asked
    bound = {quota.namespace for quota in cluster.quotas}
    assert all((agent.namespace in bound) != agent.admitted for agent in cluster.pending)


def test_agents_are_of_real_size() -> None:
    pod = orjson.dumps(templates(50)[0].pod(0), option=orjson.OPT_INDENT_2)
    assert 3_000 < len(pod) < 8_000
