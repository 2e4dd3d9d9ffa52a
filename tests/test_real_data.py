"""Real clusters: read, placed, verified. The data lies beside the project and is never part of it."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from placewright.benchmarks.cases import openb
from placewright.models.ingest.load import load_snapshot
from placewright.models.options import Options
from placewright.models.plan import Status
from placewright.solver.place import place
from placewright.solver.settings import Settings
from placewright.solver.verify import VerifiedPlan

ROOT = Path(__file__).parent.parent
DATA = ROOT.parent / "shared" / "data"
BUNDLE = DATA / "kubernetes-objects" / "support-bundle"
OPENB = DATA / "openb"


@pytest.mark.skipif(not BUNDLE.exists(), reason="the support bundle is not here")
def test_a_real_support_bundle_is_read_and_placed() -> None:
    snapshot = load_snapshot([str(BUNDLE)], Options())
    assert (len(snapshot.nodes), len(snapshot.agents)) == (1, 8)
    verdict = place(snapshot, Settings(workers=1))
    assert isinstance(verdict, VerifiedPlan)
    assert verdict.plan.status is Status.OPTIMAL


@pytest.mark.skipif(not BUNDLE.exists(), reason="the support bundle is not here")
def test_its_workloads_need_no_more_agents_than_they_have() -> None:
    expanded = load_snapshot([str(BUNDLE)], Options(), expand_workloads=True)
    assert [agent.key for agent in expanded.pending if agent.owner and agent.owner.kind == "Deployment"] == []


@pytest.mark.slow
@pytest.mark.skipif(not OPENB.exists(), reason="the openb trace is not here")
def test_the_openb_trace_is_placed_as_one_batch_and_verified(tmp_path: Path) -> None:
    file = tmp_path / "openb.json"
    file.write_bytes(orjson.dumps(openb.convert(OPENB)))
    snapshot = load_snapshot([str(file)], Options())
    assert (len(snapshot.nodes), len(snapshot.pending)) == (1213, 8152)
    verdict = place(snapshot, Settings(time_limit=30.0))
    assert isinstance(verdict, VerifiedPlan)
    placed = verdict.plan.levels[0]
    assert placed.value == len(verdict.plan.bindings) >= 7900
    assert placed.value <= placed.bound <= 8152
