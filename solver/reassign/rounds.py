"""Rounds of walks side by side, each from the best of the one before it.

Walks of the first round send several away for one who needs the room of all of them (evict.py), which takes
half of their time. Where agents are large that is the only way on. Later on, where there is less to gain,
every other walk does so.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from placewright.solver.compilation import IntArray
from placewright.solver.reassign.arrays import Reassignment
from placewright.solver.reassign.board import Board
from placewright.solver.reassign.cool import Heat, Walker, cool
from placewright.solver.reassign.halve import STRETCHES, Clock, halve
from placewright.solver.reassign.state import copied, state_of

LEAST_WALKS = 2
"""So many are made on one core, too."""
HOT, COLD = 0.5, 0.01
"""The first temperature beside what agents cost in the mean, and the last one beside what each could gain."""
FALL, SPAN = 0.3, 30.0
"""How hot later rounds begin beside what each could gain, each round less, and how far they cool down."""
BACK = 3.0
"""How hot the second round begins at least beside where walks of the first one that began hot ended."""
LATE = 2
"""How many walks of each worker join the first round only when it is not so hot any more."""
MOST_CELLS = 20_000_000
"""How large the tables of who is where may be of all walks that begin: each has its own."""


class Walks:
    """Rounds of walks with numbers of their own; each round goes on from the best of the one before it."""

    def __init__(self, problem: Reassignment, seed: int, workers: int) -> None:
        self._problem = problem
        self._seeds = np.random.SeedSequence(seed)
        self._draws = self._drawn(max(LEAST_WALKS, workers))
        self._least = 0.0

    def translate(self, where: IntArray) -> None:
        """Have all loops as machine code before clocks of walks begin to run."""
        once = iter((0.0, 1.0)).__next__
        cool(self._problem, where, np.random.default_rng(0), once, Heat(1.0, 1.0, True), tries=1)

    def first(self, board: Board, elapsed: Clock) -> IntArray:
        """The best assignment (A,) of the first round from a board: of many walks few go on (halve.py)."""
        gain = board.hope() / len(board.where)
        heat = Heat(max(gain, HOT * float(board.size.mean())), COLD * gain)
        self._least = heat.cold * BACK
        workers = len(self._draws)
        state = state_of(self._problem, board.where)
        fit = max(workers, MOST_CELLS // state.on_node.size - LATE * workers)
        early, late = min(STRETCHES[0][0] * workers, fit), LATE * workers
        walkers = [Walker(copied(state), draws, evicting=True) for draws in self._drawn(early + late)]
        return halve(walkers[:early], walkers[early:], workers, heat, gain, elapsed)

    def next(self, board: Board, turn: int, elapsed: Clock) -> IntArray:
        """The best assignment (A,) of a later round.

        What is left to gain does not tell how much has to be given up for it. So rounds begin no colder than
        if each went once more over a part of what the one before it did.
        """
        gain = board.hope() / len(board.where)
        hot = max(gain * FALL**turn, self._least * FALL ** (turn - 1))

        def walked(number: int) -> IntArray:
            heat = Heat(hot, hot / SPAN, evicting=number % 2 == 1)
            return cool(self._problem, board.where, self._draws[number], elapsed(1.0), heat)

        walks = range(len(self._draws))
        with ThreadPoolExecutor(len(walks)) as pool:
            return min(pool.map(walked, walks), key=self._problem.value)

    def _drawn(self, walks: int) -> list[np.random.Generator]:
        return [np.random.default_rng(seed) for seed in self._seeds.spawn(walks)]
