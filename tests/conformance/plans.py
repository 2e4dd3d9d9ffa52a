"""Plans that `place` makes, replayed: kube-scheduler's own filters, binding by binding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from placewright.models.options import Options
from placewright.models.plan import Plan
from placewright.solver.place import place
from placewright.solver.settings import Settings
from placewright.solver.verify import Refused
from placewright.tests.conformance.cases.words import Object
from placewright.tests.conformance.compare import Difference, snapshot_of
from placewright.tests.conformance.harness import Harness


@dataclass
class Replays:
    """What was replayed, and what was refused."""

    plans: int = 0
    bindings: int = 0
    evictions: int = 0
    unordered: int = 0
    refused: list[Difference] = field(default_factory=list)


def plan_of(objects: Sequence[Object], options: Options, seconds: float, *, preempt: bool) -> Plan | Refused:
    """placewright's plan for a cluster."""
    settings = Settings(time_limit=seconds, preempt=preempt)
    verdict = place(snapshot_of(objects, options), settings)
    return verdict if isinstance(verdict, Refused) else verdict.plan


def replay(
    harness: Harness,
    cluster: int,
    objects: Sequence[Object],
    options: Options,
    seconds: float,
    found: Replays,
    *,
    preempt: bool,
) -> None:
    """Plan for one cluster and ask kube-scheduler about each step. A plan that says it has no order has failed.

    What the plan evicts is gone before the first binding.
    """
    plan = plan_of(objects, options, seconds, preempt=preempt)
    if isinstance(plan, Refused):
        found.refused.append(Difference(cluster, "", "", "plan", "does not verify", str(plan.violations[:1])))
        return
    if not plan.sequential:
        found.unordered += 1
        found.refused.append(Difference(cluster, "", "", "plan", "has no order", "is not asked"))
        return
    answers = harness.ask(objects, plan.model_dump(mode="json", by_alias=True))
    found.plans += 1
    found.bindings += len(answers)
    found.evictions += len(plan.evictions)
    found.refused.extend(_refused(cluster, answer) for answer in answers if not answer["accepted"])


def _refused(cluster: int, answer: dict[str, Any]) -> Difference:
    why = answer["refused"]
    words = f"refuses by {why['plugin']} ({'; '.join(why.get('reasons') or ())})"
    return Difference(cluster, answer["pod"], answer["node"], f"step {answer['step']}", "binds", words)
