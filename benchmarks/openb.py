"""The Alibaba GPU cluster trace of 2023 ("openb") as one batch.

Reads the trace's CSV files, writes the cluster in the concise form, and with --place solves it and prints
what was placed, the bound, the gap and where the time went:

    python benchmarks/openb.py ../shared/data/openb --out openb.json
    python benchmarks/openb.py ../shared/data/openb --place --time-limit 60
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from placewright.models.ingest.load import load_snapshot
from placewright.models.options import Options
from placewright.models.snapshot import Snapshot
from placewright.solver.place import place
from placewright.solver.settings import Settings
from placewright.solver.verify import Refused, VerifiedPlan

GPU = "nvidia.com/gpu"
NODES = "openb_node_list_gpu_node.csv"
PODS = "openb_pod_list_{}.csv"
PODS_PER_NODE = 1000
"""The trace has no limit of agents per node; this one never binds."""


def rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a CSV file by column."""
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def convert(folder: Path, variant: str = "default") -> dict[str, Any]:
    """The trace as a concise document. The whole list of pods is one batch: creation times are not used."""
    return {
        "nodes": [_node(row) for row in rows(folder / NODES)],
        "agents": [_agent(row) for row in rows(folder / PODS.format(variant))],
    }


def _node(row: dict[str, str]) -> dict[str, Any]:
    devices = [{"resource": GPU, "count": int(row["gpu"]), "model": row["model"]}] if int(row["gpu"]) else []
    allocatable = {"cpu": f"{row['cpu_milli']}m", "memory": f"{row['memory_mib']}Mi", "pods": PODS_PER_NODE}
    return {"name": row["sn"], "allocatable": allocatable, "devices": devices}


def _agent(row: dict[str, str]) -> dict[str, Any]:
    agent: dict[str, Any] = {
        "name": row["name"],
        "requests": {"cpu": f"{row['cpu_milli']}m", "memory": f"{row['memory_mib']}Mi"},
    }
    if int(row["num_gpu"]):
        models = row["gpu_spec"].split("|") if row["gpu_spec"] else []
        wanted = {"resource": GPU, "count": int(row["num_gpu"]), "milli": int(row["gpu_milli"])}
        agent["devices"] = [{**wanted, "models": models}]
    return agent


def load(document: dict[str, Any]) -> Snapshot:
    """The document through the ordinary reader."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "openb.json"
        path.write_text(json.dumps(document), encoding="utf-8")
        return load_snapshot([str(path)], Options())


def allocated_share(verified: VerifiedPlan) -> float:
    """The part of all GPU milli-shares that placed agents hold."""
    snapshot = verified.snapshot
    whole = sum(pool.count * 1000 for node in snapshot.nodes for pool in node.devices)
    bound = (snapshot.agent_by_key[binding.key] for binding in verified.plan.bindings)
    return sum(r.count * r.milli for agent in bound for r in agent.spec.devices) / whole


def report(snapshot: Snapshot, verdict: VerifiedPlan | Refused, seconds: dict[str, float]) -> None:
    """Print the figures, one a line."""
    if isinstance(verdict, Refused):
        sys.exit(f"the answer did not verify: {verdict.violations[0]}")
    plan = verdict.plan
    print(f"nodes {len(snapshot.nodes)}, agents {len(snapshot.pending)}, status {plan.status}")
    print(f"placed {len(plan.bindings)}, unplaced {len(plan.unplaced)}, verified")
    print(f"GPU milli-shares allocated {100 * allocated_share(verdict):.2f} %")
    for level in plan.levels:
        print(f"{level.name}: value {level.value}, bound {level.bound}, gap {100 * level.gap:.3f} %")
    for name, value in {**seconds, **plan.timing}.items():
        print(f"{name} {value:.2f} s")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


def main() -> None:
    """Convert, and where asked place and report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    default = Path(__file__).parent.parent.parent / "shared" / "data" / "openb"
    parser.add_argument("folder", nargs="?", type=Path, default=default, help="where the CSV files are")
    parser.add_argument("--variant", default="default", choices=("default", "gpushare100"))
    parser.add_argument("--out", type=Path, help="write the concise document here")
    parser.add_argument("--place", action="store_true", help="solve it and print the figures")
    parser.add_argument("--time-limit", type=float, default=60.0, metavar="SECONDS")
    arguments = parser.parse_args()
    document = convert(arguments.folder, arguments.variant)
    if arguments.out:
        arguments.out.write_text(json.dumps(document, indent=1), encoding="utf-8")
    if arguments.place:
        start = time.perf_counter()
        snapshot = load(document)
        reading = time.perf_counter() - start
        verdict = place(snapshot, Settings(time_limit=arguments.time_limit))
        report(snapshot, verdict, {"read": reading})


if __name__ == "__main__":
    main()
