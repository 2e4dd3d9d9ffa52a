"""The whole line for one round: snapshot in, verified plan out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from placewright.models.plan import Status
from placewright.models.rules import RULES
from placewright.models.rules.base import Rule
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.solver.accept import acceptor
from placewright.solver.bound import Bounds
from placewright.solver.clock import Deadline, Phases, WorkDeadline
from placewright.solver.compilation import Compilation, IntArray
from placewright.solver.compile import compile_problem
from placewright.solver.complete import complete
from placewright.solver.first_answer import first_answer, plain
from placewright.solver.orderly import Orderly
from placewright.solver.outcome import counts_of, outcome
from placewright.solver.planning import make_plan
from placewright.solver.problem import Problem
from placewright.solver.rules import ENCODERS
from placewright.solver.rules.base import Encoder
from placewright.solver.search import Answer, LevelValue, Search
from placewright.solver.settings import Settings
from placewright.solver.verify import Refused, VerifiedPlan, verify

Progress = Callable[[str], None]
EMIT_SHARE = 0.1
"""The part of the time limit that is kept for ordering, explaining and verifying, at least."""
SPARE_PASSES = 120.0
"""The same for looking, twice, whether every eviction was needed."""
LEAST = 2.0
"""Seconds of processor time that the plainest answer gets at least: better late than nobody placed."""
FLOOR = 30e-6
"""The same for each pending agent: it takes a quarter of that on an idle machine."""
EMIT_PASSES = 120.0
"""What it takes to order, explain and verify, in times that it takes to put agents on their nodes."""
SAMPLE = 5_000
"""Agents by which that time is measured."""


def place(
    snapshot: Snapshot,
    settings: Settings,
    *,
    progress: Progress | None = None,
    start: Mapping[str, str] | None = None,
    warm: bool = False,
    rules: Sequence[Rule] = RULES,
    encoders: Sequence[type[Encoder]] = ENCODERS,
) -> VerifiedPlan | Refused:
    """Place the pending agents of `snapshot`. Expected failures are in the plan, never raised.

    `start`: an answer that is known, agent key -> node name; none that is worse comes out. `warm`: it is that
    of the round before, followed as far as it still holds, and the search ends once nothing more is found.
    `rules` and `encoders` are for tests that leave one out; verification always uses every rule.
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
        least = max(min(LEAST, settings.time_limit), FLOOR * len(snapshot.pending))
        known = None if start is None else counts_of(compilation, start)
        target = None
        if warm and start is not None and known is not None:
            compilation.seats = start
            target = np.minimum(known, problem.cap)
        quick = plain(compilation, problem, WorkDeadline(deadline.remaining(), least), target)
        deadline = deadline.minus(_reserve(compilation, quick) - settings.time_limit * EMIT_SHARE)
        first, bounds = first_answer(compilation, problem, deadline, accepts, quick, known, warm=warm)
    with phases("solve"):
        orderly = Orderly(compilation, problem, deadline)
        search = Search(
            problem,
            first,
            accepts,
            settings,
            deadline,
            report,
            bounds,
            lambda count: complete(compilation, count, deadline),
            orderly.in_order,
            patient=not warm,
        )
        report(f"strategy: {'one exact model' if search.exact else 'part by part'}")
        answer = _settled(compilation, problem, search.run(), orderly, deadline)
    with phases("explain"):
        replayed = orderly.order(answer.count)
        plan = make_plan(compilation, problem, answer, replayed, settings, out_of_time=deadline.passed)
    with phases("verify"):
        verdict = verify(snapshot, plan)
    if isinstance(verdict, Refused):
        return replace(verdict, plan=plan.model_copy(update={"status": Status.INVALID}))
    if settings.deterministic:
        return verdict
    return verdict.timed(phases.rounded())


def _settled(
    compilation: Compilation, problem: Problem, answer: Answer, orderly: Orderly, deadline: Deadline
) -> Answer:
    """The answer with an order of bindings, and without evictions that were not needed after all.

    Only an unproven answer can have such. Where a level is worse for it the bounds below are worked out anew:
    they are given what the levels above have.
    """
    proven = all(level.value == level.bound for level in answer.levels)
    count = orderly.in_order(answer.count).count
    if compilation.standing.any() and not (proven and count is answer.count):
        count = orderly.without_needless(count)
    if count is answer.count:
        return answer
    bounds, worse = Bounds(problem), False
    levels: list[LevelValue] = []
    for index, (level, known) in enumerate(zip(problem.levels, answer.levels, strict=True)):
        value = level.value(count)
        bound = known.bound
        if worse:
            bound = bounds.level(index, [above.value for above in levels], deadline.remaining())
        worse = worse or (value < known.value if level.sense == "maximize" else value > known.value)
        levels.append(LevelValue(value, bound))
    left_out = int((answer.count - count)[list(compilation.pending)].sum())
    warnings = answer.warnings
    if left_out > 0:
        warnings = (
            *warnings,
            f"{left_out} agents stay pending as no order of bindings was found that takes them",
        )
    return replace(answer, count=count, levels=tuple(levels), warnings=warnings)


def _reserve(compilation: Compilation, count: IntArray) -> float:
    """Seconds that ordering, explaining and verifying an answer will take, about, on this machine."""
    snapshot = compilation.snapshot
    steps = outcome(compilation, count).steps[:SAMPLE]
    if not steps:
        return 0.0
    times = []
    for _ in range(2):
        state = ClusterState(snapshot)
        began = time.perf_counter()
        for agent, node in steps:
            state.place(agent, node)
        times.append(time.perf_counter() - began)
    passes = EMIT_PASSES + (SPARE_PASSES if compilation.standing.any() else 0.0)
    agents = len(snapshot.pending) + len(snapshot.residents) / 4
    return passes * agents * min(times) / len(steps)
