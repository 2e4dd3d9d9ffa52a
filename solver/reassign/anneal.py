"""Annealing without rejections: an agent looks at every place and at every exchange, and takes one by chance.

At temperature T a change of d is as likely as exp(-d / T) beside staying. T falls from where bad changes are
common to where only gains are left.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from placewright.solver.compilation import FloatArray, IntArray
from placewright.solver.reassign.board import Board


def anneal(
    board: Board,
    rng: np.random.Generator,
    elapsed: Callable[[], float],
    hot: float,
    cold: float,
    report: Callable[[int, int], None] | None = None,
) -> IntArray:
    """The best assignment (A,) seen while `elapsed` goes from 0 to 1."""
    agents = len(board.where)
    best, best_value = board.where.copy(), board.value
    steps = 0
    while (share := elapsed()) < 1.0:
        temperature = hot * (cold / hot) ** share
        for a in rng.permutation(agents)[:64].tolist():
            step(board, a, temperature, rng)
            if board.value < best_value:
                best, best_value = board.where.copy(), board.value
            steps += 1
        if report is not None:
            report(steps, best_value)
    return best


def step(board: Board, a: int, temperature: float, rng: np.random.Generator) -> None:
    """One agent takes one of its changes, by chance."""
    shifts = board.shifts(a)
    change = np.concatenate((shifts, board.swaps(a)))
    chosen = _drawn(change, temperature, rng)
    if chosen >= len(shifts):
        b = chosen - len(shifts)
        if not board.clashes(a, b):
            board.swap(a, b)
    elif chosen != board.where[a]:
        board.shift(a, chosen)


def _drawn(change: FloatArray, temperature: float, rng: np.random.Generator) -> int:
    sums = np.cumsum(np.exp((change.min() - change) / temperature))
    return int(np.searchsorted(sums, rng.random() * sums[-1], side="right"))
