"""The whole line for one round: snapshot in, verified plan out."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from placewright.models.collection import collection_of_new, collection_paused
from placewright.models.plan import Plan, Status
from placewright.models.rules import RULES
from placewright.models.rules.base import Rule
from placewright.models.snapshot import Snapshot
from placewright.solver.accept import Accepts, acceptor
from placewright.solver.bound import KnownBound
from placewright.solver.budget import Budget
from placewright.solver.clock import Deadline, Phases, WorkDeadline
from placewright.solver.compilation import Compilation, IntArray
from placewright.solver.compile import compile_until
from placewright.solver.complete import complete
from placewright.solver.first_answer import better, first_answer, looked_over_once, plain, resumed
from placewright.solver.late_proof import proven_late
from placewright.solver.lone import lone
from placewright.solver.nobody import can_place_nobody, nobody_placed, too_short
from placewright.solver.orderly import Orderly
from placewright.solver.outcome import counts_of, settled_counts
from placewright.solver.planning import make_plan
from placewright.solver.preempt import make_room
from placewright.solver.previous import Previous
from placewright.solver.problem import Problem
from placewright.solver.rules import ENCODERS
from placewright.solver.rules.base import Encoder
from placewright.solver.search import Answer, Search
from placewright.solver.settings import Settings
from placewright.solver.shortening import relevelled, shortened, shortens
from placewright.solver.verify import Refused, VerifiedPlan, verify

Progress = Callable[[str], None]
LEAST = 2.0
"""Seconds of processor time that the plainest answer gets at least: better late than nobody placed."""


def place(
    snapshot: Snapshot,
    settings: Settings,
    *,
    progress: Progress | None = None,
    start: Mapping[str, str] | None = None,
    previous: Previous | None = None,
    rules: Sequence[Rule] = RULES,
    encoders: Sequence[type[Encoder]] = ENCODERS,
) -> VerifiedPlan | Refused:
    """Place the pending agents of `snapshot`. Expected failures are in the plan, never raised.

    `start`: an answer that is known, agent key -> node name; none that is worse comes out. `previous`: the
    round before, followed as far as it still holds; the search ends once it is as close to its bounds as that
    was, or nothing more is found.
    `rules` and `encoders` are for tests that leave one out; verification always uses every rule.
    """
    report = progress or (lambda _: None)
    phases = Phases()
    budget = Budget(snapshot, settings.time_limit, evicting=settings.preempt)
    unhurried = settings.deterministic or not can_place_nobody(snapshot)
    began = time.process_time()
    with phases("compile"), collection_paused():
        until = Deadline(math.inf) if unhurried else budget.compiling()
        compiled = compile_until(until, snapshot, rules=rules, encoders=encoders, preempt=settings.preempt)
    if compiled is None:
        report("the time limit leaves no time to compile")
        return _nobody(snapshot, settings, phases)
    compilation, problem = compiled
    budget.compiled(time.process_time() - began)
    report(f"{len(snapshot.pending)} agents in {len(compilation.groups)} groups, {len(snapshot.nodes)} nodes")
    answered = partial(
        _answered, compilation, problem, budget, settings, phases, report, start=start, previous=previous
    )
    with collection_of_new():
        verdict, most, seconds = answered()
        # What was reckoned before anything was done may have been far too careful.
        while most is not None and isinstance(verdict, VerifiedPlan) and not settings.deterministic:
            if not budget.again(most, len(verdict.plan.bindings), seconds):
                break
            anew, most, seconds = answered()
            if isinstance(anew, Refused) or _worth(anew) <= _worth(verdict):
                break
            verdict = anew
    return verdict


def _worth(verdict: VerifiedPlan) -> list[int]:
    """Larger is better, level by level."""
    return [level.value if level.sense == "maximize" else -level.value for level in verdict.plan.levels]


def _answered(
    compilation: Compilation,
    problem: Problem,
    budget: Budget,
    settings: Settings,
    phases: Phases,
    report: Progress,
    *,
    start: Mapping[str, str] | None,
    previous: Previous | None,
) -> tuple[VerifiedPlan | Refused, int | None, float]:
    """The best plan that there is time for, verified; for how many agents there was, if not for all; and the
    seconds that it took.
    """
    snapshot, began = compilation.snapshot, time.perf_counter()
    accepts = acceptor(compilation, problem)
    with phases("construct"):
        begun = _begin(compilation, problem, budget, settings, accepts, start, previous)
    if begun.most is not None:
        report(f"the time limit leaves room for {begun.most} agents")
    with phases("solve"):
        orderly = Orderly(compilation, problem, begun.deadline)
        search = _search(compilation, problem, settings, begun, accepts, orderly, report, previous)
        report(f"strategy: {'one exact model' if search.exact else 'part by part'}")
        found = search.run()
    # Not turned on in between: all that was made would be walked once more.
    with collection_paused():
        with phases("solve"):
            answer = _settled(compilation, problem, found, orderly, begun.deadline)
            if not settings.deterministic and any(level.value != level.bound for level in answer.levels):
                answer = _proven_late(compilation, problem, settings, begun, answer, orderly, budget)
        with phases("explain"):
            # An answer that is known is wanted as it is.
            whole = settings.deterministic or start is not None
            plan = _explained(compilation, problem, settings, begun, answer, orderly, budget, whole=whole)
        return _verified(snapshot, plan, settings, phases), begun.most, time.perf_counter() - began


def _nobody(snapshot: Snapshot, settings: Settings, phases: Phases) -> VerifiedPlan | Refused:
    """The plan that lists everybody as left out."""
    with collection_paused():
        with phases("explain"):
            plan = nobody_placed(snapshot, settings)
        return _verified(snapshot, plan, settings, phases)


def _verified(snapshot: Snapshot, plan: Plan, settings: Settings, phases: Phases) -> VerifiedPlan | Refused:
    """The last gate, with the seconds of each phase where they may be told."""
    with phases("verify"):
        verdict = verify(snapshot, plan)
    if isinstance(verdict, Refused):
        return replace(verdict, plan=plan.model_copy(update={"status": Status.INVALID}))
    return verdict if settings.deterministic else verdict.timed(phases.rounded())


@dataclass(frozen=True)
class _Begun:
    """Counts (G, N) to start from, bounds of the first levels, and until when to search.

    `most`: how many agents the limit leaves time for, where that is not all of them.
    """

    count: IntArray
    bounds: tuple[KnownBound, ...]
    deadline: Deadline
    most: int | None


def _begin(
    compilation: Compilation,
    problem: Problem,
    budget: Budget,
    settings: Settings,
    accepts: Accepts,
    start: Mapping[str, str] | None,
    previous: Previous | None,
) -> _Begun:
    later = shortens(compilation) and not settings.deterministic
    most = budget.most(shortens=later)
    if previous is not None:
        start = compilation.seats = previous.places
    known = None if start is None else counts_of(compilation, start)
    seconds = budget.construction(len(compilation.snapshot.pending) if most is None else most)
    until = WorkDeadline(seconds, min(LEAST, settings.time_limit))

    def first(most: int | None) -> IntArray:
        if previous is None or known is None:
            return plain(compilation, problem, until, most)
        return resumed(compilation, problem, until, np.minimum(known, problem.cap), most)

    quick = first(most)
    if most is not None and not later:
        fewer = budget.still(most)
        quick, most = (first(fewer), fewer) if fewer < most else (quick, most)
    deadline = budget.search(int(quick.sum()), len(compilation.nodes) * _waiting(compilation, quick))
    if most is None:
        liked = quick if known is None or not known.any() else known
        only = lone(compilation, problem, deadline, accepts, liked)
        if only is not None:
            return _Begun(*only, deadline, None)
    if most is None and (previous is None or not previous.alike):
        utmost = budget.utmost(int(quick.sum()))
        found, bounds = first_answer(
            compilation, problem, deadline, accepts, quick, known, settings.gap, utmost
        )
        return _Begun(found, bounds, deadline, None)
    if known is not None and accepts(known):
        quick = better(problem, known, quick)
    if compilation.standing.any():
        quick = better(problem, quick, make_room(compilation, quick, until, most))
    if most is None:
        quick = looked_over_once(compilation, problem, deadline, accepts, quick)
    search_until = deadline if most is None else Deadline(0.0)
    return _Begun(settled_counts(compilation, quick), (), search_until, most)


def _search(
    compilation: Compilation,
    problem: Problem,
    settings: Settings,
    begun: _Begun,
    accepts: Accepts,
    orderly: Orderly,
    report: Progress,
    previous: Previous | None,
) -> Search:
    """The search from where it has begun; after a round that was much like this one it is less patient."""
    alike = previous if previous is not None and previous.alike else None
    return Search(
        problem,
        begun.count,
        accepts,
        settings,
        begun.deadline,
        report,
        begun.bounds,
        lambda count: complete(compilation, count, begun.deadline),
        orderly.in_order,
        patient=alike is None,
        tolerances=None if alike is None else alike.gaps,
    )


def _proven_late(
    compilation: Compilation,
    problem: Problem,
    settings: Settings,
    begun: _Begun,
    answer: Answer,
    orderly: Orderly,
    budget: Budget,
) -> Answer:
    """The answer with the bounds that there was no time for, if there is now that it has an order."""
    placed = len(orderly.order(answer.count).order)
    looks = len(compilation.nodes) * _waiting(compilation, answer.count)
    until = budget.proof(placed, orderly.took, looks)
    return proven_late(problem, answer, begun.bounds, settings.gap, until)


def _explained(
    compilation: Compilation,
    problem: Problem,
    settings: Settings,
    begun: _Begun,
    answer: Answer,
    orderly: Orderly,
    budget: Budget,
    *,
    whole: bool,
) -> Plan:
    """The answer as a plan, with the reasons of who is left out as far as there is time for them.

    Unless it is to stay `whole`, the least important are left out where there is no time for all.
    """
    replayed = orderly.order(answer.count)
    placed, most = len(replayed.order), begun.most
    # The order says how long an agent takes here and now, as nothing before it did.
    tellable = placed if whole else budget.tellable(placed, orderly.took)
    short = None
    if tellable < placed:
        short = shortened(compilation, replayed, tellable, orderly.entangled)
    if short is not None:
        count, replayed = short
        answer = relevelled(problem, answer, count, begun.deadline)
        placed = most = tellable
    hurried = most is not None
    if hurried:
        why = f"placing, ordering and verifying {most} of them is what it allows"
        warning = too_short(compilation.snapshot, settings, why)
        answer = replace(answer, warnings=(*answer.warnings, warning))
    return make_plan(
        compilation,
        problem,
        answer,
        replayed,
        settings,
        out_of_time=begun.deadline.passed,
        explaining=None if settings.deterministic else budget.explanation(placed, hurried=hurried),
    )


def _waiting(compilation: Compilation, count: IntArray) -> int:
    """How many kinds of agents are left out, at least in part."""
    pending = list(compilation.pending)
    return int((count[pending].sum(axis=1) < compilation.size[pending]).sum())


def _settled(
    compilation: Compilation, problem: Problem, answer: Answer, orderly: Orderly, deadline: Deadline
) -> Answer:
    """The answer with an order of bindings, and without evictions that were not needed after all.

    Only an unproven answer can have such.
    """
    proven = all(level.value == level.bound for level in answer.levels)
    count = orderly.in_order(answer.count).count
    if compilation.standing.any() and not (proven and count is answer.count):
        count = orderly.without_needless(count)
    if count is answer.count:
        return answer
    left_out = int((answer.count - count)[list(compilation.pending)].sum())
    warnings = answer.warnings
    if left_out > 0:
        warnings = (
            *warnings,
            f"{left_out} agents stay pending as no order of bindings was found that takes them",
        )
    return replace(relevelled(problem, answer, count, deadline), warnings=warnings)
