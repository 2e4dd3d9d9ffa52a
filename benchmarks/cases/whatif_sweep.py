"""A sweep of 40 scenarios: the load grows in ten steps, with all zones and without each of the three.

The cluster runs 192 workloads of a tenth as many replicas as there are nodes: 44 % of its cpu, and 95 % of
what two zones have once it has grown most. Three in ten workloads are spread over the zones, three in twenty
keep replicas on different hosts. Who runs stays; the rest is placed, as many as can be. One process, two, and
a Ray cluster on this machine where Ray is installed.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from placewright.benchmarks.bench import Bench, placewright
from placewright.benchmarks.objects import HOSTNAME, REQUIRED, ZONE
from placewright.benchmarks.record import Record
from placewright.benchmarks.registry import Case, register

WORKLOADS = 192
PRIORITIES = (0, 100, 1_000)
CPUS = (250, 500, 500, 750)
ZONES = ("zone-a", "zone-b", "zone-c")
GROWTH = {"from": 1, "to": 1.45, "step": 0.05}
LIMIT = 20.0
SCENARIOS: list[dict[str, Any]] = [
    {"name": "growth", "sweep": {"growth": GROWTH}, "operations": [{"scale": {"factor": "${growth}"}}]},
    {
        "name": "growth-without-a-zone",
        "sweep": {"growth": GROWTH, "zone": list(ZONES)},
        "operations": [{"scale": {"factor": "${growth}"}}, {"lose": {"zone": "${zone}"}}],
    },
]
PROFILE = {
    "apiVersion": "placewright.io/v1",
    "kind": "Profile",
    "name": "room",
    "levels": ["placed", "disruption"],
}


def cluster(nodes: int) -> dict[str, Any]:
    """A cluster in the concise form, everything running."""
    amounts = {"cpu": 22, "memory": "64Gi"}
    pool = {"name": "n", "count": nodes, "zones": list(ZONES), "allocatable": amounts, "price": "0.5"}
    return {"nodes": [pool], "agents": list(_agents(nodes))}


def _agents(nodes: int) -> Iterator[dict[str, Any]]:
    """Replicas go round the nodes, so that those of one workload are apart and evenly spread."""
    at = 0
    for number in range(WORKLOADS):
        app = f"w{number}"
        for replica in range(nodes // 10):
            yield {
                "name": f"{app}-{replica}",
                "labels": {"app": app},
                "priority": PRIORITIES[number % 3],
                "requests": {"cpu": f"{CPUS[number % 4]}m", "memory": f"{CPUS[(number + 1) % 4]}Mi"},
                "node": f"n-{at % nodes}",
                **_rules(number, app),
            }
            at += 1


def _rules(number: int, app: str) -> dict[str, Any]:
    selector = {"matchLabels": {"app": app}}
    if number % 10 < 3:
        return {"topologySpreadConstraints": [{"topologyKey": ZONE, "labelSelector": selector}]}
    if number % 20 in (3, 4, 5):
        term = {"topologyKey": HOSTNAME, "labelSelector": selector}
        return {"affinity": {"podAntiAffinity": {REQUIRED: [term]}}}
    return {}


def write(nodes: int, stream: BinaryIO) -> None:
    """The cluster as one concise file."""
    stream.write(orjson.dumps(cluster(nodes)))


def measure(bench: Bench, nodes: int) -> Iterator[Record]:
    """The whole command, in each way of sharing the work; answers are compared byte by byte."""
    file = bench.file(f"whatif-{nodes}.json", partial(write, nodes))
    ways = {"1 process": (), "2 processes": ("--processes", "2")}
    if find_spec("ray") is not None:
        ways["Ray"] = ("--executor", "ray")
    first: bytes | None = None
    for variant, how in ways.items():
        with tempfile.TemporaryDirectory() as folder:
            record, answer = _run(bench, nodes, file, variant, how, Path(folder))
        first = answer if first is None else first
        same = "yes" if answer == first else "no"
        yield Record(**{**record, "extra": {**record["extra"], "same answers": same}})


def _run(
    bench: Bench, nodes: int, file: Path, variant: str, how: Sequence[str], folder: Path
) -> tuple[dict[str, Any], bytes]:
    scenarios, profile, out = folder / "scenarios.yaml", folder / "profile.yaml", folder / "out.json"
    scenarios.write_text("\n---\n".join(map(json.dumps, SCENARIOS)), encoding="utf-8")
    profile.write_text(json.dumps(PROFILE), encoding="utf-8")
    limit = bench.limit(LIMIT)
    files = (str(file), "--scenario", str(scenarios), "--profile", str(profile), "--out", str(out))
    ran = placewright("whatif", *files, "--deterministic", "--time-limit", f"{limit:g}s", "-q", *how)
    if ran.code != 0 or not out.exists():
        raise RuntimeError(f"{variant}: exit code {ran.code}: {ran.errors.strip()[-500:]}")
    answer = out.read_bytes()
    cases = json.loads(answer)["cases"]
    proven = sum(case["status"] == "optimal" for case in cases)
    record = {
        "case": "whatif-sweep",
        "size": nodes,
        "variant": variant,
        "status": f"{proven} of {len(cases)} proven",
        "pending": sum(case["pending"] for case in cases),
        "placed": sum(case["pending"] - case["unplaced"] for case in cases),
        "seconds": ran.seconds,
        "peak_mib": ran.peak_mib,
        "limit": limit,
        "extra": {"scenarios": len(cases) - 1},
    }
    return record, answer


register(
    Case(
        name="whatif-sweep",
        about="40 scenarios on one cluster, by one process, two, and Ray",
        sizes=(100,),
        full=(1_000,),
        measure=measure,
    )
)
