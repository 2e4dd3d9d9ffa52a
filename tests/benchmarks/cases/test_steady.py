from __future__ import annotations

from io import BytesIO
from pathlib import Path

from placewright.benchmarks.cases.steady import write
from placewright.models.ingest.load import load_snapshot
from placewright.models.options import Options
from placewright.models.rules import RULES
from placewright.models.state import ClusterState

NODES = 60


def test_four_fifths_run_where_every_rule_lets_them_and_one_a_node_is_pending(tmp_path: Path) -> None:
    stream = BytesIO()
    write(NODES, stream)
    path = tmp_path / "cluster.json"
    path.write_bytes(stream.getvalue())
    snapshot = load_snapshot([str(path)], Options())
    running = [agent for agent in snapshot.agents if agent.node_name]
    assert len(snapshot.pending) == NODES
    assert 0.75 < len(running) / (30 * NODES) <= 0.8
    state = ClusterState(snapshot)
    assert [violation for rule in RULES for violation in rule.violations(state)] == []
    for node in snapshot.nodes:
        used = sum(agent.spec.requests["cpu"] for agent in running if agent.node_name == node.name)
        assert used <= node.allocatable["cpu"]
    loads = {tuple(sorted(a.name for a in running if a.node_name == node.name)) for node in snapshot.nodes}
    assert len(loads) == NODES
