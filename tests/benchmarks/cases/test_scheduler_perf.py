from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest

from placewright.benchmarks.cases.scheduler_perf import FLOOR_SIZE, SHAPES, write
from placewright.models.ingest.load import load_snapshot
from placewright.models.options import Options
from placewright.solver.place import place
from placewright.solver.settings import Settings
from placewright.solver.verify import VerifiedPlan

NODES = 500


@pytest.mark.parametrize(
    ("name", "nodes", "running", "pending"),
    [
        ("plain", 500, 100, 1_000),
        ("plain-many", 500, 500, 5_000),
        ("affinity", 500, 500, 500),
        ("anti-affinity", 500, 100, 200),
        ("anti-affinity-ns", 600, 400, 200),
        ("mixed", 500, 1_000, 500),
        ("spread", 500, 500, 500),
        ("preemption", 500, 2_000, 500),
    ],
)
def test_shapes_have_the_numbers_of_the_tests_they_are_taken_from(
    name: str, nodes: int, running: int, pending: int
) -> None:
    shape = SHAPES[name](NODES)
    assert shape.nodes == nodes
    assert sum(pods.count for pods in shape.pods if pods.node is not None) == running
    assert sum(pods.count for pods in shape.pods if pods.node is None) == pending


@pytest.mark.parametrize(
    ("name", "seconds"),
    [
        ("plain", 15),
        ("plain-many", 62),
        ("affinity", 143),
        ("anti-affinity", 33),
        ("anti-affinity-ns", 83),
        ("mixed", 36),
        ("spread", 11),
        ("preemption", None),
    ],
)
def test_the_implied_time_is_the_agents_to_place_at_the_floors_rate(name: str, seconds: int | None) -> None:
    implied = SHAPES[name](FLOOR_SIZE).implied
    assert (None if implied is None else round(implied)) == seconds


@pytest.mark.parametrize("name", sorted(SHAPES.keys() - {"anti-affinity-ns"}))
def test_everybody_can_be_placed(name: str, tmp_path: Path) -> None:
    shape = SHAPES[name](5)
    stream = BytesIO()
    write(shape, stream)
    path = tmp_path / "cluster.json"
    path.write_bytes(stream.getvalue())
    snapshot = load_snapshot([str(path)], Options())
    verdict = place(snapshot, Settings(time_limit=2.0, workers=1, preempt="--preempt" in shape.options))
    assert isinstance(verdict, VerifiedPlan)
    assert verdict.plan.unplaced == ()
    assert len(verdict.plan.evictions) == (15 if name == "preemption" else 0)
