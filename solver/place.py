"""The whole line for one round: snapshot in, verified plan out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from placewright.models.plan import Status
from placewright.models.profile import ScoreName
from placewright.models.rules import RULES
from placewright.models.rules.base import Rule
from placewright.models.snapshot import Snapshot
from placewright.solver.baseline import baseline_counts
from placewright.solver.blueprint import blueprint
from placewright.solver.bound import affordable
from placewright.solver.clock import Deadline, Phases
from placewright.solver.compilation import Compilation, IntArray
from placewright.solver.compile import compile_problem
from placewright.solver.complete import complete, spare
from placewright.solver.construct import construct
from placewright.solver.hand_out import hand_out_devices
from placewright.solver.objectives.weighted import WeightedObjective
from placewright.solver.opening import opening
from placewright.solver.outcome import counts_of, outcome, settled_counts
from placewright.solver.planning import make_plan
from placewright.solver.preempt import make_room
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
PACKING = (ScoreName.MOST_ALLOCATED, ScoreName.FRAGMENTATION)
"""Scores for which filling nodes one after the other is a good start."""
GUIDED_SECONDS_PER_PAIR = 8e-7
"""What it takes to compare one node for one agent by what it costs the levels, about."""
GUIDED_SHARE = 0.4
"""The part of the time left that comparing may take."""
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
    with phases("construct"):
        known = None if start is None else counts_of(compilation, start)
        first, bounds = _first_answer(compilation, problem, deadline, known)
        deadline = deadline.minus(_reserve(compilation, first) - settings.time_limit * EMIT_SHARE)
    with phases("solve"):
        search = Search(
            problem,
            first,
            _acceptor(compilation),
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
    return verdict.timed({name: round(seconds, 6) for name, seconds in phases.seconds.items()})


def _first_answer(
    compilation: Compilation, problem: Problem, deadline: Deadline, known: IntArray | None
) -> tuple[IntArray, tuple[int, ...]]:
    """The best of several constructions, and the bounds of the relaxation that the first of them follows.

    The packed one only where those before left agents out, or where the profile would rather have nodes full.
    """
    pending = list(compilation.pending)
    reachable = int(np.minimum(problem.size, problem.cap.sum(axis=1))[pending].sum())
    baseline = baseline_counts(compilation, deadline, _acceptor(compilation))
    # Without time for the relaxation there still is time for an answer.
    followed = affordable(problem, deadline.remaining() / 2)
    plan = blueprint(problem, deadline.remaining() / 2) if followed else None
    best = construct(compilation, deadline, target=plan.target if plan else None)
    for packed in (False, True):
        if int(best[pending].sum()) == reachable or deadline.passed:
            break
        other = construct(compilation, deadline, packed=packed)
        best = max(best, other, key=lambda count: _rank(problem, count))
    if _packs(compilation.snapshot) and not deadline.passed:
        other = construct(compilation, deadline, packed=True)
        best = max(best, other, key=lambda count: _rank(problem, count))
    cheap = opening(problem, Deadline(deadline.remaining() / 4))
    if cheap is not None:
        other = construct(compilation, deadline, target=cheap.target, opening=cheap.order)
        best = max(best, other, key=lambda count: _rank(problem, count))
    guided = _guided(compilation, problem, deadline)
    if guided is not None:
        best = max(best, guided, key=lambda count: _rank(problem, count))
    if compilation.standing.any() and int(best[pending].sum()) < reachable:
        best = max(best, make_room(compilation, best, deadline), key=lambda count: _rank(problem, count))
    if baseline is not None:
        best = max(best, baseline, key=lambda count: _rank(problem, count))
    if known is not None and _acceptor(compilation)(known):
        # Of equals the one that is known: nobody need move for it.
        best = max(known, best, key=lambda count: _rank(problem, count))
    return settled_counts(compilation, best), plan.bounds if plan else ()


def _guided(compilation: Compilation, problem: Problem, deadline: Deadline) -> IntArray | None:
    """Agents one after the other to where they cost the levels least; None without levels or time for it."""
    weighted = [level for level in problem.levels if isinstance(level, WeightedObjective)]
    tallies = [tally for level in weighted if (tally := level.tally()) is not None]
    seconds = GUIDED_SECONDS_PER_PAIR * len(compilation.snapshot.pending) * len(compilation.nodes)
    if not tallies or seconds > deadline.remaining() * GUIDED_SHARE:
        return None
    return construct(compilation, Deadline(deadline.remaining() * GUIDED_SHARE), tallies=tallies)


def _sparing(compilation: Compilation, problem: Problem, answer: Answer, deadline: Deadline) -> Answer:
    """The answer without evictions that were not needed after all: only an unproven one can have such."""
    if not compilation.standing.any() or all(level.value == level.bound for level in answer.levels):
        return answer
    count = spare(compilation, answer.count, deadline)
    values = (level.value(count) for level in problem.levels)
    levels = (replace(known, value=value) for known, value in zip(answer.levels, values, strict=True))
    return replace(answer, count=count, levels=tuple(levels))


def _packs(snapshot: Snapshot) -> bool:
    """Whether a score is the better the fuller some nodes are, and the emptier the others."""
    profile = snapshot.options.profile
    staged = {part for stage in profile.stages for part in stage.parts}
    return any(profile.weight(name) > 0 or name in staged for name in PACKING)


def _reserve(compilation: Compilation, start: IntArray) -> float:
    """Seconds that ordering, explaining and verifying an answer of this size will take."""
    began = time.perf_counter()
    made = outcome(compilation, start)
    devices = hand_out_devices(compilation.snapshot, made.steps) or {}
    find_order(compilation.snapshot, made.steps, devices, evicted=made.evicted)
    return EMIT_PASSES * (time.perf_counter() - began)


def _rank(problem: Problem, count: IntArray) -> tuple[int, ...]:
    """Larger is better, level by level."""
    return tuple(
        level.value(count) if level.sense == "maximize" else -level.value(count) for level in problem.levels
    )


def _acceptor(compilation: Compilation) -> Callable[[IntArray], bool]:
    """Whether every rule accepts counts as a finished placement: the guard of partial solves."""

    def accepts(count: IntArray) -> bool:
        made = outcome(compilation, count)
        devices = hand_out_devices(compilation.snapshot, made.steps)
        if devices is None:
            return False
        state = made.state(compilation.snapshot, devices)
        return not any(True for rule in RULES for _ in rule.violations(state))

    return accepts
