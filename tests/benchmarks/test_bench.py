from __future__ import annotations

from pathlib import Path

import pytest

from placewright.benchmarks.bench import OTHER, Bench, isolated

CLUSTER = """
nodes: [{name: only, allocatable: {cpu: 2}}]
agents: [{name: a, replicas: 3, requests: {cpu: 1}}]
"""


def test_a_run_tells_what_came_out_how_long_each_phase_took_and_how_much_memory(tmp_path: Path) -> None:
    cluster = tmp_path / "cluster.yaml"
    cluster.write_text(CLUSTER, encoding="utf-8")
    bench = Bench(cache=tmp_path, data=tmp_path)
    record = bench.place("case", 1, [cluster], limit=5.0, keep=tmp_path / "plan.json")
    assert (record.pending, record.placed, record.status) == (3, 2, "optimal")
    assert record.placed_gap == 0.0
    assert {"read", "compile", "construct", "solve", "explain", "verify", OTHER} <= record.phases.keys()
    assert sum(record.phases.values()) == pytest.approx(record.seconds)
    assert record.peak_mib > 20
    assert record.work > 0.0
    assert (tmp_path / "plan.json").exists()


def test_a_command_that_fails_is_told_with_its_message(tmp_path: Path) -> None:
    bench = Bench(cache=tmp_path, data=tmp_path)
    with pytest.raises(RuntimeError, match=r"case 1: exit code 2: error: .*absent.yaml"):
        bench.place("case", 1, [tmp_path / "absent.yaml"], limit=5.0)


def test_a_function_runs_in_a_process_of_its_own() -> None:
    value, peak = isolated(abs, -3)
    assert value == 3
    assert peak > 5
