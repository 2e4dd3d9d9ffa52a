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
from placewright.solver.bound import Bounds
from placewright.solver.clock import Deadline, Phases
from placewright.solver.compilation import Compilation, IntArray
from placewright.solver.compile import compile_problem
from placewright.solver.complete import complete
from placewright.solver.first_answer import first_answer
from placewright.solver.orderly import Orderly, order_of
from placewright.solver.outcome import counts_of
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
SPARE_PASSES = 4.0
"""The same for looking, twice, whether every eviction was needed."""
EMIT_PASSES = 5.0
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
        )
        report(f"strategy: {'one exact model' if search.exact else 'part by part'}")
        answer = _settled(compilation, problem, search.run(), orderly, deadline)
    with phases("explain"):
        plan = make_plan(compilation, problem, answer, settings, out_of_time=deadline.passed)
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


def _reserve(compilation: Compilation, start: IntArray) -> float:
    """Seconds that ordering, explaining and verifying an answer of this size will take."""
    began = time.perf_counter()
    order_of(compilation, start)
    passes = EMIT_PASSES + (SPARE_PASSES if compilation.standing.any() else 0.0)
    return passes * (time.perf_counter() - began)
