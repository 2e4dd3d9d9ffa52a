"""How good a cluster is as it stands: its levels beside the best rearrangement's, and what is proven."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from placewright.models.comparison import ComparedLevel, ComparedPlan
from placewright.models.snapshot import Snapshot
from placewright.models.standing import Pinned, Standing
from placewright.solver.compare import Contender, compare
from placewright.solver.place import place
from placewright.solver.rearrangement import Rearrangement, rearrangement
from placewright.solver.report_tables import percent
from placewright.solver.settings import Settings
from placewright.solver.verify import Refused, VerifiedPlan

NOW, BEST = "as it stands", "best found"


def standing(
    snapshot: Snapshot, settings: Settings, *, progress: Callable[[str], None] | None = None
) -> Standing | Refused:
    """How far the running agents are from the best placement of them; pending agents are left out.

    The question is placed anew with the present placement as the answer that is known, so that the best found
    is never worse. `Refused` is an answer that did not verify: a bug.
    """
    question = rearrangement(snapshot)
    verdict = place(
        question.snapshot,
        replace(settings, preempt=False, require_all=False),
        progress=progress,
        start=question.home,
    )
    if isinstance(verdict, Refused):
        return verdict
    return _standing(question, verdict)


def _standing(question: Rearrangement, verified: VerifiedPlan) -> Standing:
    contenders = [Contender(NOW, question.as_it_stands()), Contender(BEST, verified.plan)]
    comparison = compare(question.snapshot, contenders)
    now, best = comparison.plans
    moves = tuple(question.moves(verified.plan)) if comparison.decided_by else ()
    short = _short(now)
    proven = _short(best) is None
    return Standing(
        profile=comparison.profile,
        verdict=verdict(len(question.home), now, best, len(moves)),
        gap=(short.gap or 0.0) if short else 0.0,
        proven=proven,
        movable=len(question.home),
        pinned=tuple(
            Pinned(reason=reason, agents=agents) for reason, agents in sorted(question.pinned.items())
        ),
        tolerated=question.tolerated,
        ignored=question.ignored,
        now=now,
        best=best,
        moves=moves,
        warnings=verified.plan.warnings,
        notes=question.snapshot.notes,
        timing=verified.plan.timing,
    )


def _short(plan: ComparedPlan) -> ComparedLevel | None:
    """The first level at which a plan is not what is proven to be the best."""
    return next((level for level in plan.levels if level.value != level.bound), None)


def verdict(movable: int, now: ComparedPlan, best: ComparedPlan, moves: int) -> str:
    """In one line: how far from the best possible, and what is known of that."""
    short = _short(now)
    if not movable:
        return "no running agent could be anywhere else"
    if short is None:
        return f"the cluster is as good as can be: no rearrangement of {movable} agents is better, proven"
    line = f"the cluster is within {percent(short.gap or 0.0)} of the best possible ({short.name}), proven; "
    found = next(level for level in best.levels if level.name == short.name)
    count = f"{moves} {'move' if moves == 1 else 'moves'}"
    if _short(best) is None:
        return f"{line}the best takes {count}"
    if not moves:
        return f"{line}nothing better was found"
    if not found.gap:
        return f"{line}the best found is as good as that and takes {count}"
    return f"{line}the best found is within {percent(found.gap or 0.0)} and takes {count}"
