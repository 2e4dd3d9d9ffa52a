"""Annealing by single tries, as many as machine code makes in the time: several walks side by side.

A try costs a fraction of a microsecond, so that most may fail. What is in use twice while agents are away is
often what there is least of, and wandering uses it up without being any good. So being away has a price as
long as it is hot, which falls with the temperature.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from placewright.solver.compilation import IntArray
from placewright.solver.reassign.arrays import Reassignment
from placewright.solver.reassign.board import Board
from placewright.solver.reassign.state import state_of
from placewright.solver.reassign.walk import walk

LEAST_WALKS = 2
"""So many are made on one core, too."""
TRIES = 1 << 15
"""Between looks at how much time is left."""
PRICE = 20.0
"""What using all of a node twice costs, in temperatures."""
HOT, COLD = 0.5, 0.01
"""The first temperature beside what agents cost in the mean, and the last one beside what each could gain."""
FALL, SPAN = 0.3, 30.0
"""How hot later rounds begin beside what each could gain, each round less, and how far they cool down."""


def cool(
    problem: Reassignment,
    where: IntArray,
    rng: np.random.Generator,
    elapsed: Callable[[], float],
    hot: float,
    cold: float,
    tries: int = TRIES,
) -> IntArray:
    """The best assignment (A,) seen while `elapsed` goes from 0 to 1 and the temperature from hot to cold."""
    state = state_of(problem, where)
    best, value = where.copy(), float(state.value[0])
    log = np.empty((2 * tries, 2), dtype=np.int64)
    while (share := elapsed()) < 1.0:
        temperature = hot * (cold / hot) ** share
        before = value
        logged, kept, value = walk(state, tries, temperature, PRICE * temperature, rng, log, value)
        if value < before:
            best = state.where[:-1].copy()
            for a, n in log[kept:logged][::-1].tolist():
                best[a] = n
    return best


class Walks:
    """Rounds of walks with numbers of their own; each round goes on from the best of the one before it.

    In the first round every other walk begins where nothing of what there is lasts. Where little can be
    gained that loses more than it finds again, so the others begin cooler.
    """

    def __init__(self, problem: Reassignment, seed: int, workers: int) -> None:
        self._problem = problem
        seeds = np.random.SeedSequence(seed).spawn(max(LEAST_WALKS, workers))
        self._draws = [np.random.default_rng(seed) for seed in seeds]

    def round(self, board: Board, turn: int, elapsed: Callable[[], Callable[[], float]]) -> IntArray:
        """The best assignment (A,) of a round from a board. elapsed: makes a clock for each walk."""
        could_gain = board.hope() / len(board.where)

        def one(number: int) -> IntArray:
            hot = could_gain * FALL**turn
            cold = hot / SPAN
            if turn == 0 and number % 2 == 0:
                hot, cold = max(hot, HOT * float(board.size.mean())), COLD * could_gain
            return cool(self._problem, board.where, self._draws[number], elapsed(), hot, cold)

        with ThreadPoolExecutor(len(self._draws)) as pool:
            return min(pool.map(one, range(len(self._draws))), key=self._problem.value)
