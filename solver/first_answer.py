"""Where the search starts: the best of several constructions, as many as a part of the time allows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from placewright.models.plan import gap
from placewright.models.profile import ScoreName
from placewright.models.snapshot import Snapshot
from placewright.solver.accept import Accepts
from placewright.solver.allotment import allotted
from placewright.solver.baseline import baseline_counts
from placewright.solver.blueprint import Blueprint, blueprint
from placewright.solver.bound import KnownBound, affordable
from placewright.solver.builder import is_special
from placewright.solver.choosing import between_looks
from placewright.solver.clock import Deadline, WorkDeadline
from placewright.solver.compilation import Compilation, IntArray
from placewright.solver.complete import complete
from placewright.solver.construct import construct
from placewright.solver.giving_way import give_way
from placewright.solver.looking_over import looked_over
from placewright.solver.objectives.base import Tally
from placewright.solver.objectives.placed import PlacedObjective
from placewright.solver.objectives.weighted import WeightedObjective
from placewright.solver.opening import opening
from placewright.solver.outcome import settled_counts
from placewright.solver.preempt import make_room
from placewright.solver.problem import Problem

PACKING = (ScoreName.MOST_ALLOCATED, ScoreName.FRAGMENTATION)
"""Scores for which filling nodes one after the other is a good start."""
GUIDED_SECONDS_PER_PAIR = 3e-7
"""What it takes to compare one node once by what an agent costs the levels there, about."""
TURNED_AWAY = 0.01
"""The part of the agents that rules keep from going where the relaxation wants them, or rather more."""
QUICK = 5.0
"""Seconds of which comparing may take its share in the plainest answer, if nodes are to be filled."""
FILLING = 2.0
"""Seconds of processor time that filling up an answer from elsewhere gets at least."""
GUIDED_SHARE = 0.4
"""The part of the time left that comparing may take."""
ALLOTTING_SHARE = 0.1
"""The part of the time left in which it is asked how many of each group quotas allow."""
SOON_SHARE = 0.1
"""The part of the time left for which comparing comes before the relaxation.

More where the relaxation may be cut off, or has to take unlike nodes for one another and knows less than
comparing does.
"""
PLANNED_A_SECOND = 3_000
"""What a plan takes that goes by all levels, in the relaxation's variables, carefully estimated."""
PLAN_SHARE = 0.85
"""The part of the time left that the relaxation's plan may take: on large problems little helps as much."""
FOLLOWING_SHARE = 0.25
"""The part of that time in which a plan is followed, however late it comes: else it was made for nothing."""
URGENT_SHARE = 0.1
"""The part of the time left in which a resumed answer is tried again with those first who came short."""
MOST_URGENT = 3
"""How often that may be."""
LOOKING_SHARE = 0.1
"""The part of the time left in which a resumed answer is looked over."""
CONSTRUCT_SHARE = 0.3
"""The part of the time left after which no further construction is begun."""


def first_answer(
    compilation: Compilation,
    problem: Problem,
    deadline: Deadline,
    accepts: Accepts,
    quick: IntArray,
    known: IntArray | None = None,
    enough: float = 0.0,
    utmost: Deadline | None = None,
) -> tuple[IntArray, tuple[KnownBound, ...]]:
    """Counts (G, N) to start from, and bounds of the first levels as far as the relaxation has told them.

    `quick` is the plain construction, the answer where there is no time for another. `known` is an answer
    from elsewhere, taken where `accepts` agrees and nothing better is found. enough: the gap at which the
    last level is good enough. utmost: until when the relaxation's plan may be made and followed, as an answer
    without it is mostly a bad one; until the deadline if not given.
    """
    until = Deadline(CONSTRUCT_SHARE * deadline.remaining())
    if known is None and _is_good_enough(problem, quick, enough) and accepts(quick):
        return settled_counts(compilation, quick), ()
    baseline = baseline_counts(compilation, deadline, accepts)
    best = better(problem, baseline, quick)
    # Without time for the relaxation, or for all of it, there still is an answer.
    tallies = _all_tallies(problem)
    comparing = _comparing(compilation, tallies, 1.0)
    latest = deadline if utmost is None else utmost
    soon = comparing <= _soon_share(problem, latest.remaining()) * deadline.remaining()
    if soon:
        best = better(problem, best, _guided(compilation, problem, deadline, tallies, comparing))
    seconds = PLAN_SHARE * latest.remaining()
    plan = None
    if affordable(problem, seconds):
        plan = blueprint(problem, seconds, best if soon else None, bounded=enough <= 0.0)
    if plan is not None and plan.drawn:
        # Following a plan is quick, and mostly there is no better start.
        late = Deadline(max(latest.remaining(), FOLLOWING_SHARE * seconds))
        best = better(problem, best, _followed(compilation, problem, late, plan))
    if not soon and not until.passed:
        best = better(problem, best, _guided(compilation, problem, deadline, tallies, comparing))
    for make in _further(compilation, problem, deadline):
        if until.passed:
            break
        best = better(problem, best, make(best))
    for found in _gave_way(compilation, problem, until, best, plan):
        best = better(problem, best, found)
    if baseline is None and compilation.standing.any() and _left_out(compilation, problem, best):
        best = better(problem, best, make_room(compilation, best, deadline))
    if known is not None and accepts(known):
        if _left_out(compilation, problem, known):
            known = complete(compilation, known, WorkDeadline(deadline.remaining(), FILLING))
        # Of equals the one that is known: nobody need move for it.
        best = better(problem, known, best)
    return settled_counts(compilation, best), plan.bounds if plan else ()


def plain(
    compilation: Compilation,
    problem: Problem,
    deadline: Deadline,
    most: int | None = None,
) -> IntArray:
    """Counts (G, N) of the first construction, the answer where there is no time for another.

    Where filling nodes is what the scores want it fills them, by what they cost the levels if that is soon
    told. Spreading everybody would be the worst of all answers, and no later round could mend it.
    """
    packed = _packs(compilation.snapshot)
    tallies = _tallies(compilation, problem, Deadline(QUICK), 1.0) if packed else []
    number = allotted(problem, problem.cap, ALLOTTING_SHARE * deadline.remaining())
    return construct(compilation, problem, deadline, packed=packed, number=number, tallies=tallies, most=most)


def resumed(
    compilation: Compilation,
    problem: Problem,
    deadline: Deadline,
    target: IntArray,
    most: int | None = None,
) -> IntArray:
    """Counts (G, N) of the round before as far as the rules allow it.

    Whoever is new, or has lost its place, goes where it costs the levels least; of those that quotas limit as
    many as before, or as many as there may be now.
    """
    pending = list(compilation.pending)
    new = int((problem.size - target.sum(axis=1))[pending].clip(min=0).sum())
    share = min(1.0, new / max(1, int(problem.size[pending].sum())))
    number = allotted(problem, target, deadline.remaining() * GUIDED_SHARE)
    number = problem.size if number is None else number
    # Of those that there may be fewer of than before the last ones give way.
    earlier = np.cumsum(target, axis=1) - target
    target = np.clip(number[:, None] - earlier, 0, target)
    tallies = partial(_tallies, compilation, problem, deadline, share)
    until = Deadline(URGENT_SHARE * deadline.remaining())
    urgent: set[int] = set()

    def follow() -> IntArray:
        return construct(
            compilation,
            problem,
            deadline,
            packed=_packs(compilation.snapshot),
            target=target,
            number=number,
            tallies=tallies(),
            most=most,
            urgent=urgent,
        )

    best = found = follow()
    for _ in range(MOST_URGENT if most is None else 0):
        short = set(np.flatnonzero(found.sum(axis=1) < number).tolist()) & set(pending)
        if short <= urgent or until.passed:
            break
        # Who finds no place where it had one comes first the next time; others are not that hard to place.
        urgent |= short
        found = follow()
        best = better(problem, best, found)
    return best


def looked_over_once(
    compilation: Compilation, problem: Problem, deadline: Deadline, accepts: Accepts, count: IntArray
) -> IntArray:
    """Counts (G, N) with agents where they cost the levels less, if there is time and the rules agree."""
    tallies = _tallies(compilation, problem, deadline, TURNED_AWAY)
    until = Deadline(LOOKING_SHARE * deadline.remaining())
    found = looked_over(compilation, problem, count, tallies, until)
    return better(problem, count, found) if accepts(found) else count


def _further(
    compilation: Compilation, problem: Problem, deadline: Deadline
) -> Iterator[Callable[[IntArray], IntArray | None]]:
    """More constructions, the most promising first; each is told the best so far."""
    yield (
        lambda best: (
            construct(compilation, problem, deadline, packed=not _packs(compilation.snapshot))
            if _left_out(compilation, problem, best)
            else None
        )
    )
    yield lambda _: _cheap(compilation, problem, deadline)


def _gave_way(
    compilation: Compilation, problem: Problem, until: Deadline, best: IntArray, plan: Blueprint | None
) -> Iterator[IntArray]:
    """The best so far with large agents left out for several small ones, where more could be placed."""
    stays = np.array_equal(best[compilation.standing], compilation.home[compilation.standing])
    placing = [level for level in problem.levels if isinstance(level, PlacedObjective)]
    known = [bound.value for bound in plan.bounds[: len(placing)]] if plan else []
    if until.passed or not stays or known == [level.value(best) for level in placing]:
        return
    tallies = partial(_tallies, compilation, problem, until, TURNED_AWAY)
    yield from give_way(
        compilation,
        problem,
        best,
        lambda target, number: construct(
            compilation, problem, until, target=target, number=number, tallies=tallies()
        ),
        until,
    )


def better(problem: Problem, one: IntArray | None, other: IntArray | None) -> IntArray:
    """The better of two by the levels in their order; None is none."""
    found = [count for count in (one, other) if count is not None]
    return max(found, key=lambda count: _rank(problem, count))


def _is_good_enough(problem: Problem, count: IntArray, enough: float) -> bool:
    """Whether no answer can better any level, the last one by more than a gap that is good enough.

    Then there is nothing to compare with. A gap of the last level alone: for the sake of time nobody is left
    out whom another answer would place.
    """
    gaps = [gap(level.value(count), level.limit(problem.cap)) for level in problem.levels]
    return not any(gaps[:-1]) and max(gaps[-1:], default=0.0) <= (enough if len(gaps) > 1 else 0.0)


def _left_out(compilation: Compilation, problem: Problem, count: IntArray) -> bool:
    """Whether agents are left out that a node could hold."""
    pending = list(compilation.pending)
    reachable = np.minimum(problem.size, problem.cap.sum(axis=1))[pending].sum()
    return int(count[pending].sum()) < int(reachable)


def _cheap(compilation: Compilation, problem: Problem, deadline: Deadline) -> IntArray | None:
    """Where nodes have a price, those that hold the most for it."""
    cheap = opening(problem, Deadline(deadline.remaining() / 4))
    if cheap is None:
        return None
    return construct(compilation, problem, deadline, target=cheap.target, opening=cheap.order)


def _guided(
    compilation: Compilation,
    problem: Problem,
    deadline: Deadline,
    tallies: Sequence[Tally],
    seconds: float,
) -> IntArray | None:
    """Agents one after the other to where they cost the levels least; None without levels or time for it.

    `tallies`, of nobody yet, are told of all who come; `seconds`: what comparing takes, about. Where it takes
    longer than it should, the last ones go where most is left.
    """
    comparing = deadline.remaining() * GUIDED_SHARE
    if not tallies or seconds > comparing:
        return None
    number = allotted(problem, problem.cap, ALLOTTING_SHARE * deadline.remaining())
    until = Deadline(comparing)
    return construct(compilation, problem, deadline, number=number, tallies=tallies, comparing=until)


def _followed(compilation: Compilation, problem: Problem, deadline: Deadline, plan: Blueprint) -> IntArray:
    """Agents to where the relaxation wants them; whom the rules turn away there goes where it costs least."""
    tallies = _tallies(compilation, problem, deadline, TURNED_AWAY)
    return construct(compilation, problem, deadline, target=plan.target, number=plan.number, tallies=tallies)


def _tallies(compilation: Compilation, problem: Problem, deadline: Deadline, share: float) -> list[Tally]:
    """What a share of the agents is compared by; nothing without levels that compare, or time for it."""
    tallies = _all_tallies(problem)
    return tallies if _comparing(compilation, tallies, share) <= deadline.remaining() * GUIDED_SHARE else []


def _all_tallies(problem: Problem) -> list[Tally]:
    """One of each level that says what an agent costs on a node."""
    weighted = [level for level in problem.levels if isinstance(level, WeightedObjective)]
    return [tally for level in weighted if (tally := level.tally()) is not None]


def _soon_share(problem: Problem, seconds: float) -> float:
    """The part of the `seconds` left for which comparing comes before the relaxation."""
    sure = problem.classes.alike and problem.classes.columns <= PLANNED_A_SECOND * PLAN_SHARE * seconds
    return SOON_SHARE if sure else GUIDED_SHARE


def _comparing(compilation: Compilation, tallies: Sequence[Tally], share: float) -> float:
    """Seconds that it takes, about, to compare nodes for a share of the agents."""
    looks = 0
    for g in compilation.pending:
        group = compilation.groups[g]
        special = is_special(compilation, group.agent)
        at_once = 1 if special else between_looks(len(compilation.nodes), tallies, g, group.size)
        looks += -(-group.size // at_once)
    return GUIDED_SECONDS_PER_PAIR * share * looks * len(compilation.nodes)


def _rank(problem: Problem, count: IntArray) -> tuple[int, ...]:
    """Larger is better, level by level."""
    return tuple(
        level.value(count) if level.sense == "maximize" else -level.value(count) for level in problem.levels
    )


def _packs(snapshot: Snapshot) -> bool:
    """Whether a score is the better the fuller some nodes are, and the emptier the others."""
    profile = snapshot.options.profile
    staged = {part for stage in profile.stages for part in stage.parts}
    return any(profile.weight(name) > 0 or name in staged for name in PACKING)
