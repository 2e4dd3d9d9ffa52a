"""Annealing without rejections: an agent looks at every place and at every exchange, and takes one by chance.

At temperature T a change of d is as likely as exp(-d / T) beside staying. T falls from where bad changes are
common to where only gains are left, and with what there is left to gain.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from placewright.solver.compilation import FloatArray, IntArray
from placewright.solver.reassign.board import Board

BATCH = 64
"""Agents that are looked at before it is asked again how much time is left."""
LEAST_CHANCE = 0.05
"""How often the least of agents is looked at beside the largest."""


def anneal(
    board: Board,
    rng: np.random.Generator,
    elapsed: Callable[[], float],
    hot: float,
    cold: float,
) -> IntArray:
    """The best assignment (A,) seen while `elapsed` goes from 0 to 1.

    hot, cold: the temperature at first and in the end, beside what an agent could gain in the mean.
    """
    best, best_value = board.where.copy(), board.value
    while (share := elapsed()) < 1.0:
        temperature = board.hope() / len(board.where) * hot * (cold / hot) ** share
        chances = _chances(board, temperature)
        others = np.flatnonzero(chances > LEAST_CHANCE)
        for a in _chosen(board, chances, rng):
            step(board, a, others, temperature, rng)
            if board.value < best_value:
                best, best_value = board.where.copy(), board.value
    return best


def step(board: Board, a: int, others: IntArray, temperature: float, rng: np.random.Generator) -> None:
    """One agent takes one of its changes, by chance: a move, or an exchange with one of `others`."""
    shifts = board.shifts(a)
    change = np.concatenate((shifts, board.swaps(a, others)))
    chosen = _drawn(change, temperature, rng)
    if chosen >= len(shifts):
        b = int(others[chosen - len(shifts)])
        if not board.clashes(a, b):
            board.swap(a, b)
    elif chosen != board.where[a]:
        board.shift(a, chosen)


def _chances(board: Board, temperature: float) -> FloatArray:
    """(A,), up to 1: how worthwhile it is to look at an agent. One that costs little beside the temperature
    wanders about whatever it does.
    """
    chances: FloatArray = np.minimum(1.0, LEAST_CHANCE + board.size / temperature)
    return chances


def _chosen(board: Board, chances: FloatArray, rng: np.random.Generator) -> list[int]:
    """Agents by chance: half of them of all, half of nodes that could take or give more."""
    some: list[int] = rng.choice(len(chances), size=BATCH // 2, p=chances / chances.sum()).tolist()
    for promise in board.promise():
        if promise.any():
            for n in rng.choice(len(promise), size=BATCH // 4, p=promise / promise.sum()).tolist():
                if board.on[n]:
                    crowd = np.fromiter(board.on[n], dtype=np.int64)
                    crowd.sort()
                    some.append(int(rng.choice(crowd, p=chances[crowd] / chances[crowd].sum())))
    return some


def _drawn(change: FloatArray, temperature: float, rng: np.random.Generator) -> int:
    sums = np.cumsum(np.exp((change.min() - change) / temperature))
    return int(np.searchsorted(sums, rng.random() * sums[-1], side="right"))
