"""The whole line for one round: snapshot in, verified plan out."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from placewright.models.collection import collection_of_new, collection_paused
from placewright.models.plan import Plan, Status
from placewright.models.rules import RULES
from placewright.models.rules.base import Rule
from placewright.models.snapshot import Snapshot
from placewright.solver.attempt import Attempt, Progress
from placewright.solver.budget import Budget
from placewright.solver.clock import Deadline, Phases
from placewright.solver.compile import compile_until
from placewright.solver.nobody import can_place_nobody, nobody_placed
from placewright.solver.previous import Previous
from placewright.solver.rules import ENCODERS
from placewright.solver.rules.base import Encoder
from placewright.solver.settings import Settings
from placewright.solver.verify import Refused, VerifiedPlan, verify


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
    attempt = Attempt(compilation, problem, budget, settings, phases, report, start, previous)

    def answered() -> tuple[VerifiedPlan | Refused, int | None, float]:
        """The verified plan; for how many agents there was time, if not for all; and the seconds it took."""
        began = time.perf_counter()
        found = attempt.searched()
        # Not turned on in between: all that was made would be walked once more.
        with collection_paused():
            verdict = _verified(snapshot, attempt.plan(found), settings, phases)
        return verdict, found.begun.most, time.perf_counter() - began

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
