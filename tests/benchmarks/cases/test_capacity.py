"""The workload of the capacity benchmark, and what it is compared with."""

from __future__ import annotations

from pathlib import Path

import orjson

from placewright.benchmarks.capacity_baselines import baselines
from placewright.benchmarks.cases.capacity import workload


def test_the_workload_has_as_many_agents_as_asked_for_and_is_the_same_each_time() -> None:
    made = workload(700, seed=3)
    assert sum(agent["replicas"] for agent in made["agents"]) == 700
    assert len(made["agents"]) == 7
    assert workload(700, seed=3) == made


def test_each_baseline_places_everybody_and_pays_for_whole_nodes(tmp_path: Path) -> None:
    cluster, catalog = tmp_path / "cluster.json", tmp_path / "catalog.json"
    agents = [{"name": "web", "replicas": 3, "labels": {"app": "web"}, "requests": {"cpu": 1}}]
    types = [
        {"name": "one", "price": 1, "allocatable": {"cpu": 1}},
        {"name": "three", "price": "2.5", "allocatable": {"cpu": 3}},
    ]
    cluster.write_bytes(orjson.dumps({"agents": agents}))
    catalog.write_bytes(orjson.dumps({"kind": "Catalog", "zones": ["a", "b"], "types": types}))
    found = {one.name: (one.cost, one.nodes, one.placed) for one in baselines(str(cluster), str(catalog))}
    assert found == {
        "single best type": (2_500_000, 1, 3),
        "cheapest per agent": (2_500_000, 1, 3),
        "first fit decreasing": (2_500_000, 1, 3),
    }
