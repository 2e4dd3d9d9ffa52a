"""The next round: 2 % of the agents of `kubernetes-max` are others, and one node in 200 is gone.

Solved from nothing, and with `--previous` from the answer to the cluster as it was. Where the round from
nothing is within the gap that is asked for long before its limit, and so ends with less than the warm one,
it is solved from nothing once more, with the gap that the warm one came to.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from typing import BinaryIO

from placewright.benchmarks.bench import Bench
from placewright.benchmarks.cases.kubernetes_max import cluster_file, objects
from placewright.benchmarks.objects import Object, write_list
from placewright.benchmarks.record import Record
from placewright.benchmarks.registry import Case, register

CHANGED, GONE = 0.02, 0.005
"""Shares of the Pods that are replaced by new ones, and of the nodes that are gone."""
LIMIT = 60.0
GAP = "1%"
EARLY = 0.8
"""The part of the limit before which a round from nothing was not cut off."""
PATIENCE = 10.0
"""How many times as long as the warm round a round from nothing may take that is to be as close."""


def changed(items: Iterable[Object], seed: int = 1) -> Iterator[Object]:
    """The same objects a round later."""
    rng = Random(seed)
    for item in items:
        if item["kind"] == "Node" and rng.random() < GONE:
            continue
        if item["kind"] == "Pod" and rng.random() < CHANGED:
            meta = item["metadata"]
            yield {**item, "metadata": {**meta, "name": f"{meta['name']}-new", "uid": f"{meta['uid']}-new"}}
        else:
            yield item


def write(nodes: int, stream: BinaryIO) -> None:
    """The changed cluster as one file."""
    write_list(changed(objects(nodes)), stream)


def measure(bench: Bench, nodes: int) -> Iterator[Record]:
    """The changed cluster from nothing, and from the plan for the cluster before."""
    before, after = cluster_file(bench, nodes), bench.file(f"warm-{nodes}.json", partial(write, nodes))
    options = ("--expand-workloads", "--gap", GAP)
    with tempfile.TemporaryDirectory() as folder:
        plan = Path(folder) / "before.json"
        bench.place("warm", nodes, [before], options, limit=LIMIT, keep=plan)
        cold = bench.place("warm", nodes, [after], options, limit=LIMIT, variant="cold")
        yield cold
        more = (*options, "--previous", str(plan))
        warm = bench.place("warm", nodes, [after], more, limit=LIMIT, variant="from the previous plan")
    yield replace(warm, extra={**warm.extra, **judged(cold, warm)})
    if cold.seconds < EARLY * cold.limit and warm.levels:
        close = ("--expand-workloads", "--gap", f"{100 * warm.levels[-1].gap:.4f}%")
        patient = max(LIMIT, PATIENCE * warm.seconds)
        as_close = bench.place("warm", nodes, [after], close, limit=patient, variant="cold, as close as that")
        beside = {f"the warm round: {how}": value for how, value in judged(as_close, warm).items()}
        yield replace(as_close, extra=beside)


def judged(cold: Record, warm: Record) -> dict[str, str | float]:
    """How much faster the warm round was, in all and in searching alone, and whether it is as good."""
    return {
        "faster": cold.seconds / warm.seconds,
        "faster, construct and solve": _searching(cold) / _searching(warm),
        "as good": "yes" if _rank(warm) >= _rank(cold) else "no",
    }


def _searching(record: Record) -> float:
    return sum(record.phases.get(name, 0.0) for name in ("bound", "construct", "solve"))


def _rank(record: Record) -> tuple[int, ...]:
    """Larger is better, at the first level that differs."""
    return tuple(lv.value if lv.sense == "maximize" else -lv.value for lv in record.levels)


register(
    Case(
        name="warm",
        about="kubernetes-max again after 2 % has changed, from nothing and from the previous plan",
        sizes=(50, 500),
        full=(5_000,),
        measure=measure,
    )
)
