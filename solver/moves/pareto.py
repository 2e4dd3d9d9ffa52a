"""What every number of moves would bring: so one sees where it stops paying."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from placewright.models.rebalance_levels import MOVES
from placewright.models.rebalance_plan import ParetoPoint
from placewright.solver.clock import Deadline
from placewright.solver.moves.target import Finder, Target
from placewright.solver.moves.task import Task


def pareto(finder: Finder, most: int, deadline: Deadline) -> Iterator[ParetoPoint]:
    """The best for 0, 1, 2, 5, 10, 20, … moves up to `most`, each with its bound.

    What the moves cost is left out. Each number gets its part of the time; a larger one is never worse.
    """
    steps = [0, *_steps(most)]
    best: ParetoPoint | None = None
    for index, number in enumerate(steps):
        if deadline.passed:
            return
        limited = replace(finder.task.options, max_moves=number, min_gain=0)
        asked, until = finder.limited(limited), Deadline(deadline.remaining() / (len(steps) - index))
        point = _point(finder.task, asked.find(until), number)
        if point is None:
            return
        if finder.task.question.broken:
            # Fewer moves may be better by helping nobody, which is not what was searched.
            point = _bounded(point, min(point.bound, asked.whoever_is_helped(until)(point.level)))
        if best is not None and best.value <= point.value:
            bound = min(point.bound, best.value)
            point = _bounded(best.model_copy(update={"max_moves": number}), bound)
        best = point
        yield point


def _bounded(point: ParetoPoint, bound: int) -> ParetoPoint:
    return point.model_copy(update={"bound": bound, "proven": point.value == bound})


def _steps(most: int) -> Iterator[int]:
    """1, 2, 5, 10, 20, 50, … below `most`, then `most`."""
    number, factor = 1, 1
    while number < most:
        yield number
        factor += 1
        number = (1, 2, 5)[(factor - 1) % 3] * 10 ** ((factor - 1) // 3)
    if most > 0:
        yield most


def _point(task: Task, found: Target, number: int) -> ParetoPoint | None:
    """The first level that is a goal; drain where there is none; None where nothing is asked for."""
    index = next((i for i, name in enumerate(found.names) if name.startswith("goal/")), 0)
    if found.names[index] == MOVES:
        return None
    home = task.question.home
    moved = {key: name for key, name in found.where.items() if home[key] != name}
    value = found.values[index]
    return ParetoPoint(
        max_moves=number,
        moves=len(moved),
        cost=sum(task.trip(key, home[key], name) for key, name in moved.items()),
        level=found.names[index],
        value=value.value,
        bound=value.bound,
        proven=value.value == value.bound,
    )
