"""Bounds that there was no time for in the search, where ordering took less than was kept free for it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from placewright.models.plan import gap
from placewright.solver.bound import Bounds, KnownBound, tighter
from placewright.solver.clock import Deadline
from placewright.solver.problem import Problem
from placewright.solver.search import Answer, LevelValue

MORE = 2.0
"""How many times as long as before a bound may be looked for, for it to be worth looking again."""


def proven_late(
    problem: Problem, answer: Answer, known: Sequence[KnownBound], enough: float, until: Deadline
) -> Answer:
    """The answer with bounds for levels that are open, where there is much more time than there was.

    `known`: bounds of the first levels, as `Bounds` takes them; enough: the gap at which a bound will do.
    """
    bounds = Bounds(problem, known)
    above = [has.value for has in answer.levels]
    found: list[LevelValue] = []
    for index, (level, has) in enumerate(zip(problem.levels, answer.levels, strict=True)):
        bound = has.bound
        seconds = until.remaining()
        if gap(has.value, bound) > enough and seconds > MORE * answer.looked.get(index, math.inf):
            will_do, count = partial(_will_do, has.value, enough), answer.count
            asked = bounds.level(index, above[:index], seconds, count, will_do, value=has.value)
            bound = tighter(level, bound, asked)
        found.append(LevelValue(has.value, bound))
    return replace(answer, levels=tuple(found))


def _will_do(value: int, enough: float, bound: int) -> bool:
    return gap(value, bound) <= enough
