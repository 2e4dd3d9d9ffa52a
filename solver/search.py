"""Drives the levels: each is pushed to its optimum, or as far as time allows, and kept for those below.

A problem that one model can hold is solved exactly. A larger one is improved neighbourhood by
neighbourhood: everything on a few tens of nodes is freed, re-solved with what is unplaced, and kept where
it is better. Either way an answer exists from the start, and can only improve.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from placewright.models.plan import gap
from placewright.solver.accept import Accepts
from placewright.solver.bound import Bounds, KnownBound, tighter
from placewright.solver.clock import Deadline
from placewright.solver.compilation import IntArray
from placewright.solver.crew import Alone, Crew, Processes, crew_for
from placewright.solver.engine import Engine, ModelMismatchError
from placewright.solver.neighbourhoods import Neighbourhoods, Part
from placewright.solver.objectives.base import Objective
from placewright.solver.objectives.weighted import WeightedObjective
from placewright.solver.parts import Task, Tried, put
from placewright.solver.previous import MOST_GAP
from placewright.solver.problem import Problem
from placewright.solver.settings import Settings, Strategy

EXACT_PAIRS = 12_000
"""Above this many (group, node) variables a model is solved in parts."""

BOUND_SHARE = 0.5
"""The part of the time left that the linear bound may take."""

HASTY_SHARE = 0.08
"""The part of the time left that who is not patient gives a level, its bound included."""

PARTS_FIRST_PAIRS = 3_000
"""Above this many variables an exact model is slow to improve an answer: parts come first, then the proof."""
PARTS_FIRST_SHARE = 0.7
"""The part of a level's time that they may take."""

PART_SECONDS = 3.0
"""What a part may take at most."""

MOST_CUTS = 20
"""Answers without an order of bindings that are cut off on each level, before the best known one is kept."""

PATIENCE = 40
"""Parts in a row that may bring nothing before the time goes to the next level."""
HASTY = 10
"""The same for who is not patient."""


@dataclass(frozen=True)
class LevelValue:
    """A level's value in the answer, and the bound proven for it given the levels above."""

    value: int
    bound: int


@dataclass(frozen=True)
class Answer:
    """Counts (G, N), and one `LevelValue` for each level of the problem.

    looked: by the position of a level, the seconds that there were for its bound, where more may help.
    """

    count: IntArray
    levels: tuple[LevelValue, ...]
    warnings: tuple[str, ...] = ()
    looked: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True)
class InOrder:
    """Counts (G, N) for which there is an order of bindings: those asked about, or others like them.

    Where it is others, `tangled` are groups that no order takes as they were, whatever the other groups do,
    as far as that can be said; `proven`: for certain.
    """

    count: IntArray
    tangled: tuple[int, ...] = ()
    proven: bool = True


class Search:
    """One problem, one incumbent. `accepts` guards each neighbourhood's result against the rules.

    `bounds` are those of the first levels as far as they are known, as `Bounds` takes them. `complete` takes
    up what a better answer for one level leaves to the others. `in_order`: with it, answers of an exact model
    have an order of bindings, the first one included. An answer that has none is cut off, and its like with
    an order taken where that is better than what is known. Who is not `patient` ends when parts no longer
    bring anything, before time is up. `tolerances`: gaps at which a level, by its name, is good enough.
    """

    def __init__(
        self,
        problem: Problem,
        start: IntArray,
        accepts: Accepts,
        settings: Settings,
        deadline: Deadline,
        progress: Callable[[str], None],
        bounds: Sequence[KnownBound] = (),
        complete: Callable[[IntArray], IntArray] | None = None,
        in_order: Callable[[IntArray], InOrder] | None = None,
        *,
        patient: bool = True,
        tolerances: Mapping[str, float] | None = None,
    ) -> None:
        self._problem = problem
        self.exact = _is_exact(problem, settings)
        self._in_order = in_order if self.exact else None
        self._best = start if self._in_order is None else self._in_order(start).count
        self._accepts = accepts
        self._settings = settings
        self._deadline = deadline
        self._progress = progress
        self._engine: Engine | None = None
        self._crew: Crew = Alone(problem, settings)
        self._open = ExitStack()
        self._bounds = Bounds(problem, bounds)
        self._complete = complete
        self._cut_off = False
        """Whether something was cut off without a proof that it has no order: proofs then are none."""
        self._patient = patient
        self._tolerances = tolerances or {}
        self._valued: dict[str, tuple[IntArray, int]] = {}
        self._looked: dict[int, float] = {}
        self.warnings: list[str] = []

    def run(self) -> Answer:
        """Optimise the levels in order until all are proven or time is up."""
        with self._open:
            levels = self._levels()
        if isinstance(self._crew, Processes) and self._crew.lost:
            self.warnings.append(f"{self._crew.lost} worker processes died, or took too long and were ended")
        return Answer(self._best, levels, tuple(self.warnings), self._looked)

    def _levels(self) -> tuple[LevelValue, ...]:
        kept: list[LevelValue] = []
        for index, level in enumerate(self._problem.levels):
            bound = self._optimise(index, level, kept)
            # A level above can gain while a lower one is pushed; its kept value is then out of date.
            kept = [
                LevelValue(self._value(above), known.bound)
                for above, known in zip(self._problem.levels, kept, strict=False)
            ]
            kept.append(LevelValue(self._value(level), bound))
            self._progress(f"{level.name}: {kept[-1].value} (bound {bound})")
        return tuple(kept)

    def _optimise(self, index: int, level: Objective, kept: list[LevelValue]) -> int:
        """Improve the incumbent on one level; returns the level's proven bound."""
        hasty = Deadline(math.inf if self._patient else self._deadline.remaining() * HASTY_SHARE)
        time_left = min(self._deadline.remaining() * BOUND_SHARE, hasty.remaining())
        above = [known.value for known in kept]
        # Who asks for the best there is wants the best bound, too.
        content = self._settings.gap > 0.0 or not self._patient
        enough = partial(self._is_good_enough, level) if content else None
        fair = partial(self._is_fair, level)
        value = self._value(level)
        bound = self._bounds.level(index, above, time_left, self._best, enough, fair, value=value)
        if not self._is_fair(level, bound):
            self._looked[index] = time_left
        if self._is_good_enough(level, bound) or self._deadline.passed:
            return bound
        seconds = min(self._share(index), hasty.remaining())
        if not self.exact:
            self._improve_by_parts(index, level, bound, seconds)
            return bound
        if int(np.count_nonzero(self._problem.cap)) > PARTS_FIRST_PAIRS:
            until = Deadline(seconds)
            self._improve_by_parts(index, level, bound, seconds * PARTS_FIRST_SHARE, PATIENCE)
            seconds = until.remaining()
        return self._solve_exactly(index, level, bound, seconds)

    def _share(self, index: int) -> float:
        """Seconds for a level: half of what is left, all of it for the last.

        Evictions are settled between the placed levels: what they take they take from the placed ones.
        """
        if index == len(self._problem.levels) - 1:
            return self._deadline.remaining()
        return self._deadline.remaining() * (0.5 if self._problem.levels[index].sense == "maximize" else 0.25)

    def _solve_exactly(self, index: int, level: Objective, bound: int, seconds: float) -> int:
        if self._engine is None:
            self._engine = Engine(self._problem, self._settings)
        for above in range(index):
            self._engine.keep(above, self._value(self._problem.levels[above]))
        until = Deadline(min(seconds, self._deadline.remaining()))
        for _ in range(MOST_CUTS):
            if until.passed:
                break
            try:
                answer = self._engine.optimise(index, self._best, until.remaining())
            except ModelMismatchError as fault:
                # A verified answer is there all the same; what cannot be had is the proof.
                self.warnings.append(
                    f"level {fault} was not optimised: the model refuses a valid answer (a bug)"
                )
                break
            if answer.bound is not None and not self._cut_off:
                bound = tighter(level, answer.bound, bound)
            better = answer.count is not None and self._is_better(answer.count, index)
            if answer.count is None or not better or self._take(answer.count, index):
                break
        return bound

    def _take(self, count: IntArray, index: int) -> bool:
        """Make better counts the incumbent, or their like with an order: False where they have none."""
        if self._in_order is None:
            self._best = self._completed(count, index)
            return True
        found = self._in_order(count)
        if found.count is not count:
            self._cut_off |= not found.proven
            if self._is_better(found.count, index):
                self._best = found.count
            if self._engine is None or not found.tangled:
                return True
            return not self._engine.forbid(found.tangled, count)
        more = self._completed(count, index)
        self._best = more if self._in_order(more).count is more else count
        return True

    def _is_better(self, count: IntArray, index: int) -> bool:
        """Whether counts are better on a level, and on none above it worse."""
        above = self._problem.levels[:index]
        worse = any(_better(level, self._value(level), level.value(count)) for level in above)
        level = self._problem.levels[index]
        return not worse and _better(level, level.value(count), self._value(level))

    def _completed(self, count: IntArray, index: int) -> IntArray:
        """The counts with what is left taken up, unless a level down to `index` is the worse for it."""
        if self._complete is None or self._deadline.passed:
            return count
        more = self._complete(count)
        levels = self._problem.levels[: index + 1]
        worse = any(_better(level, level.value(count), level.value(more)) for level in levels)
        return count if worse else more

    def _improve_by_parts(
        self, index: int, level: Objective, bound: int, seconds: float, patience: int | None = None
    ) -> None:
        until = Deadline(seconds)
        last = self._patient and index == len(self._problem.levels) - 1 and patience is None
        most = PATIENCE if self._patient else HASTY
        neighbourhoods = Neighbourhoods(self._problem, self._settings.seed + index)
        if not isinstance(self._crew, Processes):
            self._crew = crew_for(self._problem, self._settings, seconds, self._open)
        crew = self._crew
        futile = 0
        while not until.passed and not self._is_good_enough(level, bound) and (last or futile < most):
            while crew.idle and self._begin_part(crew, neighbourhoods, index, until):
                pass
            if not crew.busy:
                break
            for task, tried in crew.done(until.remaining()):
                gain = self._merge(task.part, tried, index)
                if task.level == index:
                    neighbourhoods.learn(task.part, gain, tried.work, finished=tried.finished)
                futile = 0 if gain else futile + 1
        if summary := neighbourhoods.summary():
            self._progress(f"parts that made {level.name} better, of those tried: {summary}")

    def _begin_part(self, crew: Crew, neighbourhoods: Neighbourhoods, index: int, until: Deadline) -> bool:
        """Let somebody solve another part; False where there is none besides those that are being solved."""
        part = neighbourhoods.choose(self._best, [task.part for task in crew.busy])
        if part is not None:
            above = tuple(self._value(known) for known in self._problem.levels[:index])
            crew.begin(self._best, Task(part, index, above, min(until.remaining(), PART_SECONDS)))
        return part is not None

    def _merge(self, part: Part, tried: Tried, index: int) -> int:
        """Take a part as it was solved into the incumbent; how much better this level is for it."""
        if tried.there is None:
            return 0
        level, before = self._problem.levels[index], self._best
        candidate = put(self._problem, before, part, tried.there)
        if not self._is_better(candidate, index) or not self._accepts(candidate):
            return 0
        if self._in_order is not None and self._in_order(candidate).count is not candidate:
            return 0
        value, self._best = self._value(level), candidate
        return abs(self._value(level) - value)

    def _is_good_enough(self, level: Objective, bound: int) -> bool:
        """Whether the incumbent is proven to be the best on a level, or as close to it as is asked for."""
        enough = max(self._settings.gap, self._tolerances.get(level.name, 0.0))
        return gap(self._value(level), bound) <= enough

    def _is_fair(self, level: Objective, bound: int) -> bool:
        """Whether a bound of the scores says so much that who is not patient leaves it at that."""
        hasty = not self._patient and isinstance(level, WeightedObjective)
        return hasty and gap(self._value(level), bound) <= MOST_GAP

    def _value(self, level: Objective) -> int:
        """What the incumbent is worth on a level. Incumbents are replaced, never changed in place."""
        of, value = self._valued.get(level.name, (None, 0))
        if of is not self._best:
            value = level.value(self._best)
            self._valued[level.name] = (self._best, value)
        return value


def _is_exact(problem: Problem, settings: Settings) -> bool:
    if settings.strategy is Strategy.AUTO:
        return int(np.count_nonzero(problem.cap)) <= EXACT_PAIRS
    return settings.strategy is Strategy.EXACT


def _better(level: Objective, value: int, than: int) -> bool:
    return value > than if level.sense == "maximize" else value < than
