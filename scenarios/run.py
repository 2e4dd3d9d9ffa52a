"""One case after another, or many at once: placed, verified, summed up."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from placewright.models.agent import Agent
from placewright.models.plan import Plan
from placewright.models.rules.resources import UsageIndex
from placewright.models.scores.used_nodes import used_nodes
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.models.unplaced import Unplaced
from placewright.models.whatif import LeftOut, Requested, Served, WhatIf, WhatIfCase
from placewright.scenarios.document import UNCHANGED, Case
from placewright.scenarios.executors import Executor
from placewright.solver.emit import Format, dump
from placewright.solver.place import place
from placewright.solver.rearrangement import rearrangement
from placewright.solver.report_tables import HIDDEN
from placewright.solver.settings import Settings
from placewright.solver.verify import Refused


@dataclass(frozen=True)
class Job:
    """One case with the cluster that it is about. `homes`: where agents ran before, by agent key."""

    case: Case
    snapshot: Snapshot
    homes: Mapping[str, str]
    settings: Settings
    with_plan: bool
    known_warnings: frozenset[str]
    known_notes: frozenset[str]


@dataclass(frozen=True)
class Done:
    """What came of a job. `plan` is the text of a verified plan, "" where none was asked for."""

    result: WhatIfCase | Refused
    plan: str = ""


def jobs(
    snapshot: Snapshot, cases: Sequence[Case], settings: Settings, *, with_plans: bool = False
) -> list[Job]:
    """The cluster as it is, then each case. Raises InputError where an operation has nothing to change."""
    homes = {agent.key: agent.node_name for agent in snapshot.residents}
    warnings, notes = frozenset(snapshot.warnings), frozenset(snapshot.notes)
    return [
        Job(case, case.applied(snapshot), homes, settings, with_plans, warnings, notes)
        for case in (Case(UNCHANGED, ""), *cases)
    ]


def run(
    asked: Sequence[Job], executor: Executor, *, progress: Callable[[str], None] | None = None
) -> list[Done]:
    """Every job done, in their order; the same answers whoever does them."""
    found: list[Done] = []
    for job, done in zip(asked, executor.map(work, asked), strict=True):
        found.append(done)
        if progress is not None:
            progress(f"{len(found)} of {len(asked)}: {job.case.name}")
    return found


def summary(snapshot: Snapshot, results: Sequence[WhatIfCase]) -> WhatIf:
    """All results as one document; what is said of the input is said once."""
    return WhatIf(cases=tuple(results), warnings=snapshot.warnings, notes=snapshot.notes)


def work(job: Job) -> Done:
    """Place one case."""
    began = time.perf_counter()
    snapshot, start = job.snapshot, None
    if job.case.rearrange:
        question = rearrangement(snapshot)
        start = question.home
        snapshot = replace(question.snapshot, agents=(*question.snapshot.agents, *snapshot.pending))
    verdict = place(snapshot, job.settings, start=start)
    if isinstance(verdict, Refused):
        return Done(verdict)
    seconds = 0.0 if job.settings.deterministic else round(time.perf_counter() - began, 3)
    moves = None if not job.case.rearrange else len(list(question.moves(verdict.plan)))
    result = _result(job, verdict.plan, verdict.state, moves, seconds)
    return Done(result, dump(verdict, Format.JSON) if job.with_plan else "")


def _result(job: Job, plan: Plan, state: ClusterState, moved: int | None, seconds: float) -> WhatIfCase:
    snapshot = job.snapshot
    there = {agent.key: node.name for agent, node in state.assignments()}
    wanting = [*snapshot.residents, *snapshot.pending]
    moves = sum(key in there and there[key] != home for key, home in job.homes.items())
    if moved is not None:
        # Agents alike are interchangeable: fewer moves come to the same. Who had to leave is on top.
        displaced = {agent.key for agent in snapshot.pending}
        moves = moved + sum(key in displaced and key in there for key in job.homes)
    in_use = list(used_nodes(state))
    return WhatIfCase(
        name=job.case.name,
        scenario=job.case.scenario,
        parameters=dict(job.case.parameters),
        status=plan.status.value,
        gap=plan.gap,
        nodes=len(snapshot.nodes),
        nodes_in_use=len(in_use),
        agents=len(wanting),
        running=sum(agent.key in there for agent in wanting),
        unplaced=sum(agent.key not in there for agent in wanting),
        pending=len(snapshot.pending),
        moves=moves,
        stopped=sum(agent.key in job.homes and agent.key not in there for agent in wanting),
        price=sum(node.price for node in snapshot.nodes),
        price_in_use=sum(node.price for node in in_use),
        priorities=_served(wanting, there),
        requested=requested(state),
        left_out=left_out(plan.unplaced),
        warnings=tuple(w for w in plan.warnings if w not in job.known_warnings),
        notes=tuple(note for note in plan.notes if note not in job.known_notes),
        seconds=seconds,
    )


def _served(wanting: Sequence[Agent], there: Mapping[str, str]) -> tuple[Served, ...]:
    """By priority, the highest first."""
    asked = Counter(agent.spec.priority for agent in wanting)
    running = Counter(agent.spec.priority for agent in wanting if agent.key in there)
    return tuple(
        Served(priority=priority, agents=asked[priority], running=running[priority])
        for priority in sorted(asked, reverse=True)
    )


def requested(state: ClusterState) -> tuple[Requested, ...]:
    """Every resource that somebody asks for, over all nodes; cpu and memory always."""
    used: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    usage = state.index(UsageIndex)
    for node in state.snapshot.nodes:
        used.update(usage.used(node.name))
        whole.update(node.allocatable)
    others = sorted(name for name, amount in used.items() if amount and name not in HIDDEN)
    names = dict.fromkeys(("cpu", "memory", *others))
    return tuple(Requested(resource=name, used=used[name], whole=whole[name]) for name in names)


def left_out(unplaced: Iterable[Unplaced]) -> tuple[LeftOut, ...]:
    """By priority and reason, the most important first."""
    kinds: dict[tuple[int, str], list[str]] = {}
    for item in unplaced:
        kinds.setdefault((item.priority, item.message), []).append(f"{item.namespace}/{item.agent}")
    ordered = sorted(kinds.items(), key=lambda kind: (-kind[0][0], -len(kind[1]), kind[1]))
    return tuple(
        LeftOut(priority=priority, agents=len(keys), example=min(keys), message=message)
        for (priority, message), keys in ordered
    )
