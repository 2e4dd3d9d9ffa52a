"""The whole line for a rebalance: snapshot in, a verified plan of waves out.

Target and path are found together: where no path leads to a target, or only a longer one, the target is cut
off and the next best one is looked for, while there is time.
"""

from __future__ import annotations

from collections.abc import Callable

from placewright.models.collection import collection_of_new, collection_paused
from placewright.models.goals import Goals
from placewright.models.rebalance_options import RebalanceOptions
from placewright.models.snapshot import Snapshot
from placewright.solver.clock import Deadline, Phases
from placewright.solver.moves.pareto import pareto
from placewright.solver.moves.question import ask
from placewright.solver.moves.reached import VERIFY_SHARE, Seeker
from placewright.solver.moves.target import Finder
from placewright.solver.moves.task import Task
from placewright.solver.moves.writing import Writer
from placewright.solver.settings import Settings
from placewright.solver.verify_rebalance import RefusedRebalance, VerifiedRebalance, verify_rebalance


def rebalance(
    snapshot: Snapshot,
    goals: Goals,
    options: RebalanceOptions,
    settings: Settings,
    *,
    progress: Callable[[str], None] | None = None,
) -> VerifiedRebalance | RefusedRebalance:
    """What should move, and in which order. Expected failures are in the plan, never raised.

    Raises UsageError where the goals name nodes that are not there.
    """
    with collection_of_new():
        return _rebalanced(snapshot, goals, options, settings, progress or (lambda _: None))


def _rebalanced(
    snapshot: Snapshot,
    goals: Goals,
    options: RebalanceOptions,
    settings: Settings,
    report: Callable[[str], None],
) -> VerifiedRebalance | RefusedRebalance:
    phases = Phases()
    whole = Deadline(settings.time_limit)
    with phases("compile"), collection_paused():
        question = ask(snapshot, goals, options.policy)
        task = Task(question, goals, options, settings, report)
        finder = Finder(task)
    report(f"{len(question.home)} agents may move, {len(question.pinned)} stay")
    found = Seeker(task, finder, whole).best(phases)
    with phases("plan"), collection_paused():
        plan = Writer(task, whole.minus(settings.time_limit * VERIFY_SHARE)).plan(found)
    if options.pareto:
        with phases("pareto"):
            most = len({move.key for move in plan.all_moves})
            points = tuple(pareto(finder, most, Deadline(settings.time_limit)))
            plan = plan.model_copy(update={"pareto": points})
    with phases("verify"), collection_paused():
        verdict = verify_rebalance(snapshot, plan)
    if isinstance(verdict, RefusedRebalance) or settings.deterministic:
        return verdict
    return verdict.timed({name: round(seconds, 6) for name, seconds in phases.seconds.items()})
