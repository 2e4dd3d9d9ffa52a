"""One attempt at a round that is compiled: a first answer, the search from there, and its plan.

What of a limit is left decides how far each step goes. A round may be attempted more than once, where the
limit turns out to leave time for more agents than was thought.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from placewright.models.plan import Plan
from placewright.solver.accept import Accepts, acceptor
from placewright.solver.bound import KnownBound
from placewright.solver.budget import Budget
from placewright.solver.clock import Deadline, Phases, WorkDeadline
from placewright.solver.compilation import Compilation, IntArray
from placewright.solver.complete import complete
from placewright.solver.first_answer import better, first_answer, looked_over_once, plain, resumed
from placewright.solver.late_proof import proven_late
from placewright.solver.lone import lone
from placewright.solver.nobody import too_short
from placewright.solver.orderly import Orderly
from placewright.solver.outcome import counts_of, settled_counts
from placewright.solver.planning import make_plan
from placewright.solver.preempt import make_room
from placewright.solver.previous import Previous
from placewright.solver.problem import Problem
from placewright.solver.search import Answer, Search
from placewright.solver.settings import Settings
from placewright.solver.shortening import relevelled, shortened, shortens

Progress = Callable[[str], None]
LEAST = 2.0
"""Seconds of processor time that the plainest answer gets at least: better late than nobody placed."""


@dataclass(frozen=True)
class Begun:
    """Counts (G, N) to start from, bounds of the first levels, and until when to search.

    `most`: how many agents the limit leaves time for, where that is not all of them.
    """

    count: IntArray
    bounds: tuple[KnownBound, ...]
    deadline: Deadline
    most: int | None


@dataclass(frozen=True)
class Searched:
    """What the search has ended with, from what it has begun with, and the orders it has tried."""

    begun: Begun
    answer: Answer
    orderly: Orderly


@dataclass(frozen=True)
class Attempt:
    """What an attempt is made with. `start`, `previous`: as for `place`."""

    compilation: Compilation
    problem: Problem
    budget: Budget
    settings: Settings
    phases: Phases
    report: Progress
    start: Mapping[str, str] | None
    previous: Previous | None

    def searched(self) -> Searched:
        """The best answer that there is time for."""
        accepts = acceptor(self.compilation, self.problem)
        with self.phases("construct"):
            begun = self._begun(accepts)
        if begun.most is not None:
            self.report(f"the time limit leaves room for {begun.most} agents")
        with self.phases("solve"):
            orderly = Orderly(self.compilation, self.problem, begun.deadline)
            search = self._search(begun, accepts, orderly)
            self.report(f"strategy: {'one exact model' if search.exact else 'part by part'}")
            return Searched(begun, search.run(), orderly)

    def plan(self, found: Searched) -> Plan:
        """The answer in order, with bounds that there is still time for, and explained."""
        with self.phases("solve"):
            answer = self._settled(found)
            if not self.settings.deterministic and any(level.value != level.bound for level in answer.levels):
                answer = self._proven_late(answer, found)
        with self.phases("explain"):
            return self._explained(answer, found)

    def _begun(self, accepts: Accepts) -> Begun:
        compilation, problem, budget, settings = self.compilation, self.problem, self.budget, self.settings
        start, previous = self.start, self.previous
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
        deadline = budget.search(int(quick.sum()), self._looks(quick))
        if most is None:
            liked = quick if known is None or not known.any() else known
            only = lone(compilation, problem, deadline, accepts, liked)
            if only is not None:
                return Begun(*only, deadline, None)
        if most is None and (previous is None or not previous.alike):
            utmost = budget.utmost(int(quick.sum()))
            found, bounds = first_answer(
                compilation, problem, deadline, accepts, quick, known, settings.gap, utmost
            )
            return Begun(found, bounds, deadline, None)
        if known is not None and accepts(known):
            quick = better(problem, known, quick)
        if compilation.standing.any():
            quick = better(problem, quick, make_room(compilation, quick, until, most))
        if most is None:
            quick = looked_over_once(compilation, problem, deadline, accepts, quick)
        search_until = deadline if most is None else Deadline(0.0)
        return Begun(settled_counts(compilation, quick), (), search_until, most)

    def _search(self, begun: Begun, accepts: Accepts, orderly: Orderly) -> Search:
        """From where it has begun; after a round that was much like this one it is less patient."""
        alike = self.previous if self.previous is not None and self.previous.alike else None
        return Search(
            self.problem,
            begun.count,
            accepts,
            self.settings,
            begun.deadline,
            self.report,
            begun.bounds,
            lambda count: complete(self.compilation, count, begun.deadline),
            orderly.in_order,
            patient=alike is None,
            tolerances=None if alike is None else alike.gaps,
        )

    def _settled(self, found: Searched) -> Answer:
        """The answer with an order of bindings, and without evictions that were not needed after all.

        Only an unproven answer can have such.
        """
        compilation, answer, orderly = self.compilation, found.answer, found.orderly
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
        return replace(relevelled(self.problem, answer, count, found.begun.deadline), warnings=warnings)

    def _proven_late(self, answer: Answer, found: Searched) -> Answer:
        """The answer with the bounds that there was no time for, if there is now that it has an order."""
        orderly = found.orderly
        placed = len(orderly.order(answer.count).order)
        until = self.budget.proof(placed, orderly.took, self._looks(answer.count))
        return proven_late(self.problem, answer, found.begun.bounds, self.settings.gap, until)

    def _explained(self, answer: Answer, found: Searched) -> Plan:
        """The answer as a plan, with the reasons of who is left out as far as there is time for them.

        The least important are left out where there is no time for all. But an answer that is known is wanted
        as it is.
        """
        compilation, settings, begun = self.compilation, self.settings, found.begun
        replayed = found.orderly.order(answer.count)
        placed, most = len(replayed.order), begun.most
        # The order says how long an agent takes here and now, as nothing before it did.
        whole = settings.deterministic or self.start is not None
        tellable = placed if whole else self.budget.tellable(placed, found.orderly.took)
        short = None
        if tellable < placed:
            short = shortened(compilation, replayed, tellable, found.orderly.entangled)
        if short is not None:
            count, replayed = short
            answer = relevelled(self.problem, answer, count, begun.deadline)
            placed = most = tellable
        hurried = most is not None
        if hurried:
            why = f"placing, ordering and verifying {most} of them is what it allows"
            warning = too_short(compilation.snapshot, settings, why)
            answer = replace(answer, warnings=(*answer.warnings, warning))
        return make_plan(
            compilation,
            self.problem,
            answer,
            replayed,
            settings,
            out_of_time=begun.deadline.passed,
            explaining=None if settings.deterministic else self.budget.explanation(placed, hurried=hurried),
        )

    def _looks(self, count: IntArray) -> int:
        """(kind of agent, node) pairs to be explained: of kinds that are left out, at least in part."""
        pending = list(self.compilation.pending)
        waiting = int((count[pending].sum(axis=1) < self.compilation.size[pending]).sum())
        return len(self.compilation.nodes) * waiting
