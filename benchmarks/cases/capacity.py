"""The cheapest cluster for agents of many templates, out of every priced instance type of a public cloud.

A hundred agents to a template, sizes long-tailed; a third spread over three zones, others keep apart on
nodes, want one architecture, or ask for GPUs behind a taint. Three DaemonSets run everywhere. Beside the
answer three ways to buy without
looking at the whole: see `capacity_baselines`.
"""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from placewright.benchmarks import instance_types
from placewright.benchmarks.bench import Bench, isolated, placewright
from placewright.benchmarks.capacity_baselines import baselines
from placewright.benchmarks.record import Record
from placewright.benchmarks.registry import Case, register

ZONES = ("a", "b", "c")
DAEMONS = (
    {"name": "log", "requests": {"cpu": "200m", "memory": "400Mi"}},
    {"name": "net", "requests": {"cpu": "100m", "memory": "128Mi"}},
    {"name": "metrics", "requests": {"cpu": "100m", "memory": "180Mi"}},
)
LIMIT = 50.0
"""Seconds; with starting and reading all is done within a minute."""
AGENTS_A_TEMPLATE = 100
ARCHITECTURES = ("amd64", "amd64", "arm64")


def workload(agents: int, seed: int = 0) -> dict[str, Any]:
    """The agents as a concise document."""
    rng = random.Random(seed)
    templates = max(3, agents // AGENTS_A_TEMPLATE)
    weights = [rng.paretovariate(1.2) for _ in range(templates)]
    sizes = [max(1, round(agents * weight / sum(weights))) for weight in weights]
    sizes[sizes.index(max(sizes))] += agents - sum(sizes)
    return {"agents": [_template(rng, f"app-{i}", size) for i, size in enumerate(sizes)]}


def _template(rng: random.Random, name: str, size: int) -> dict[str, Any]:
    cpu = rng.choice((100, 250, 250, 500, 500, 1000, 1000, 2000, 4000))
    memory = max(64, int(cpu * rng.choice((0.5, 1, 2, 2, 4, 4, 8)) * 1.024))
    agent: dict[str, Any] = {
        "name": name,
        "replicas": size,
        "labels": {"app": name},
        "requests": {"cpu": f"{cpu}m", "memory": f"{memory}Mi"},
        "priority": rng.choice((0, 0, 100)),
    }
    selector = {"labelSelector": {"matchLabels": {"app": name}}}
    kind = rng.random()
    if kind < 0.3:
        agent["topologySpreadConstraints"] = [{"topologyKey": "topology.kubernetes.io/zone", **selector}]
    elif kind < 0.45 and size <= 150:
        term = {"topologyKey": "kubernetes.io/hostname", **selector}
        agent["affinity"] = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    elif 0.55 <= kind < 0.6 and size <= 120:
        agent["requests"][instance_types.GPU] = 1
        agent["tolerations"] = [{"key": instance_types.GPU, "operator": "Exists"}]
    if rng.random() < 0.7:
        agent["nodeSelector"] = {"kubernetes.io/arch": rng.choice(ARCHITECTURES)}
    return agent


def write_workload(agents: int, stream: BinaryIO) -> None:
    """The agents as a file."""
    stream.write(orjson.dumps(workload(agents)))


def write_catalog(folder: Path, stream: BinaryIO) -> None:
    """The types as a file."""
    stream.write(orjson.dumps(instance_types.convert(folder, ZONES, DAEMONS)))


def measure(bench: Bench, agents: int) -> Iterator[Record]:
    """The answer for so many agents, and the baselines."""
    cluster = bench.file(f"capacity-{agents}.json", partial(write_workload, agents))
    catalog = bench.file("capacity-catalog.json", partial(write_catalog, bench.data / "instance-types"))
    limit = bench.limit(LIMIT)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "capacity.json"
        options = ("--from-scratch", "--time-limit", f"{limit:g}s", "-q", "--out", str(out))
        ran = placewright("capacity", str(cluster), "--catalog", str(catalog), *options)
        if ran.code or not out.exists():
            raise RuntimeError(f"capacity {agents}: exit code {ran.code}: {ran.errors.strip()[-500:]}")
        told = json.loads(out.read_text(encoding="utf-8"))
    cost = float(told["cost"])
    extra = {
        "cost an hour": cost,
        "at least": float(told["bound"] or 0),
        "gap": f"{100 * (told['gap'] or 0):.2f} %",
        "nodes": sum(line["count"] for line in told["nodes"]),
        "types considered": told["considered"],
    }
    yield Record(
        case="capacity",
        size=agents,
        variant="placewright",
        status=told["status"],
        pending=told["wanted"],
        placed=told["placed"],
        seconds=ran.seconds,
        peak_mib=ran.peak_mib,
        limit=limit,
        phases=told["timing"],
        extra=extra,
    )
    found, peak = isolated(baselines, str(cluster), str(catalog))
    for one in found:
        yield Record(
            case="capacity",
            size=agents,
            variant=one.name,
            pending=told["wanted"],
            placed=one.placed,
            seconds=one.seconds,
            peak_mib=peak,
            extra={
                "cost an hour": one.cost / 1e6,
                "nodes": one.nodes,
                "dearer by": f"{100 * (one.cost / 1e6 / cost - 1):.1f} %",
            },
        )


register(
    Case(
        name="capacity",
        about="the cheapest cluster out of 1,345 priced instance types in three zones",
        sizes=(2_000,),
        full=(20_000,),
        measure=measure,
        unit="agents",
    )
)
