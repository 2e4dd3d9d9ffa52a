"""A process that solves parts of one problem for another process, which is told what the parts hold then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from placewright.models.child import answer_all
from placewright.solver.compilation import IntArray
from placewright.solver.parts import Task, Tried, solve_part
from placewright.solver.problem import Problem
from placewright.solver.settings import Settings


@dataclass(frozen=True)
class Asked:
    """A part to solve, and what has changed in the answer since the last one, nobody placed at first.

    places: flat indices into the counts (G, N), values: what is there now.
    """

    places: IntArray
    values: IntArray
    task: Task


def changes(known: IntArray | None, count: IntArray) -> tuple[IntArray, IntArray]:
    """Flat indices and values of the counts (G, N) that are not as they were known."""
    flat = count.reshape(-1)
    places = np.flatnonzero(flat if known is None else flat != known.reshape(-1))
    return places, flat[places]


def main() -> None:
    """Solve the parts that standard input names until it ends; the first thing is what `solver` takes."""
    answer_all(lambda setup: solver(*setup))


def solver(problem: Problem, settings: Settings) -> Callable[[Asked], Tried]:
    """What answers one question after the other, from the first on."""
    count = np.zeros(problem.cap.shape, dtype=np.int64)

    def solve(asked: Asked) -> Tried:
        count.reshape(-1)[asked.places] = asked.values
        return solve_part(problem, settings, count, asked.task)

    return solve
