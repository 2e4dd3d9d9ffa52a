"""The whole line for one round: snapshot in, verified plan out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from placewright.models.plan import Status
from placewright.models.rules import RULES
from placewright.models.rules.base import Rule
from placewright.models.snapshot import Snapshot
from placewright.solver.accept import acceptor
from placewright.solver.clock import Deadline, Phases
from placewright.solver.compilation import Compilation, IntArray
from placewright.solver.compile import compile_problem
from placewright.solver.complete import complete, spare
from placewright.solver.construct import construct
from placewright.solver.first_answer import first_answer
from placewright.solver.hand_out import hand_out_devices
from placewright.solver.outcome import counts_of, outcome
from placewright.solver.planning import make_plan
from placewright.solver.problem import Problem
from placewright.solver.replay import find_order
from placewright.solver.rules import ENCODERS
from placewright.solver.rules.base import Encoder
from placewright.solver.search import Answer, Search
from placewright.solver.settings import Settings
from placewright.solver.verify import Refused, VerifiedPlan, verify

Progress = Callable[[str], None]
EMIT_SHARE = 0.1
"""The part of the time limit that is kept for ordering, explaining and verifying, at least."""
SPARE_PASSES = 4.0
"""The same for looking, twice, whether every eviction was needed."""
LAST_RESORT = 2.0
"""Seconds for an answer without evictions, where the one that was found has some that nobody needed."""
EMIT_PASSES = 4.0
"""How often what comes after the solve goes over the placement, in passes of `find_order`."""


def place(
    snapshot: Snapshot,
    settings: Settings,
    *,
    progress: Progress | None = None,
    start: Mapping[str, str] | None = None,
    rules: Sequence[Rule] = RULES,
    encoders: Sequence[type[Encoder]] = ENCODERS,
) -> VerifiedPlan | Refused:
    """Place the pending agents of `snapshot`. Expected failures are in the plan, never raised.

    `start`: an answer that is known, agent key -> node name; none that is worse comes out. `rules` and
    `encoders` are for tests that leave one out; verification always uses every rule.
    """
    report = progress or (lambda _: None)
    phases = Phases()
    deadline = Deadline(settings.time_limit * (1.0 - EMIT_SHARE))
    with phases("compile"):
        compilation, problem = compile_problem(
            snapshot, rules=rules, encoders=encoders, preempt=settings.preempt
        )
    report(f"{len(snapshot.pending)} agents in {len(compilation.groups)} groups, {len(snapshot.nodes)} nodes")
    accepts = acceptor(compilation, problem)
    with phases("construct"):
        known = None if start is None else counts_of(compilation, start)
        first, bounds = first_answer(compilation, problem, deadline, accepts, known)
        deadline = deadline.minus(_reserve(compilation, first) - settings.time_limit * EMIT_SHARE)
    with phases("solve"):
        search = Search(
            problem,
            first,
            accepts,
            settings,
            deadline,
            report,
            bounds,
            lambda count: complete(compilation, count, deadline),
        )
        report(f"strategy: {'one exact model' if search.exact else 'part by part'}")
        answer = _sparing(compilation, problem, search.run(), deadline)
    with phases("explain"):
        plan = make_plan(compilation, problem, answer, settings, out_of_time=deadline.passed)
    with phases("verify"):
        verdict = verify(snapshot, plan)
    if isinstance(verdict, Refused):
        return replace(verdict, plan=plan.model_copy(update={"status": Status.INVALID}))
    if settings.deterministic:
        return verdict
    return verdict.timed(phases.rounded())


def _sparing(compilation: Compilation, problem: Problem, answer: Answer, deadline: Deadline) -> Answer:
    """The answer without evictions that were not needed after all: only an unproven one can have such."""
    if not compilation.standing.any() or all(level.value == level.bound for level in answer.levels):
        return answer
    count = spare(compilation, answer.count, deadline)
    if count is None:
        # Better nobody is evicted than somebody for nothing.
        count = construct(compilation, problem, Deadline(LAST_RESORT))
    values = (level.value(count) for level in problem.levels)
    levels = (replace(known, value=value) for known, value in zip(answer.levels, values, strict=True))
    return replace(answer, count=count, levels=tuple(levels))


def _reserve(compilation: Compilation, start: IntArray) -> float:
    """Seconds that ordering, explaining and verifying an answer of this size will take."""
    began = time.perf_counter()
    made = outcome(compilation, start)
    devices = hand_out_devices(compilation.snapshot, made.steps) or {}
    find_order(compilation.snapshot, made.steps, devices, evicted=made.evicted)
    passes = EMIT_PASSES + (SPARE_PASSES if compilation.standing.any() else 0.0)
    return passes * (time.perf_counter() - began)
