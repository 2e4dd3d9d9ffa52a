"""Annealing by single tries, as many as machine code makes in the time: several walks side by side.

A try costs a fraction of a microsecond, so that most may fail. What is in use twice while agents are away is
often what there is least of, and wandering uses it up without being any good. So being away has a price as
long as it is hot, which falls with the temperature.

Every other walk sends several away for one who needs the room of all of them (evict.py), which takes half of
its time. Where agents are large that is the only way on, and where they are small time that is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from placewright.solver.compilation import IntArray
from placewright.solver.reassign.arrays import Reassignment
from placewright.solver.reassign.board import Board
from placewright.solver.reassign.evict import MOST, evict
from placewright.solver.reassign.state import state_of
from placewright.solver.reassign.walk import walk

LEAST_WALKS = 2
"""So many are made on one core, too."""
TRIES = 1 << 15
"""Between looks at how much time is left."""
CLEARED = 0.2
"""How many tries of walks that evict are for that, beside all others."""
PRICE = 20.0
"""What using all of a node twice costs, in temperatures."""
HOT, COLD = 0.5, 0.01
"""The first temperature beside what agents cost in the mean, and the last one beside what each could gain."""
FALL, SPAN = 0.3, 30.0
"""How hot later rounds begin beside what each could gain, each round less, and how far they cool down."""
BACK = 3.0
"""How hot the second round begins at least beside where walks of the first one that began hot ended."""


class Heat(NamedTuple):
    """The temperature at first and in the end; and whether several are sent away for one."""

    hot: float
    cold: float
    evicting: bool = False


def cool(
    problem: Reassignment,
    where: IntArray,
    rng: np.random.Generator,
    elapsed: Callable[[], float],
    heat: Heat,
    tries: int = TRIES,
) -> IntArray:
    """The best assignment (A,) seen while `elapsed` goes from 0 to 1 and the temperature from hot to cold."""
    state = state_of(problem, where)
    best, value = where.copy(), float(state.value[0])
    cleared = max(1, int(tries * CLEARED))
    kinds = ((walk, tries), (evict, cleared)) if heat.evicting else ((walk, tries),)
    log = np.empty((max(2 * tries, (MOST + 1) * cleared), 2), dtype=np.int64)
    while (share := elapsed()) < 1.0:
        temperature = heat.hot * (heat.cold / heat.hot) ** share
        for made, times in kinds:
            before = value
            logged, kept, value = made(state, times, temperature, PRICE * temperature, rng, log, value)
            if value < before:
                best = state.where[:-1].copy()
                for a, n in log[kept:logged][::-1].tolist():
                    best[a] = n
    return best


Clock = Callable[[], Callable[[], float]]
"""Makes a clock for each walk, which goes from 0 to 1."""


class Walks:
    """Rounds of walks with numbers of their own; each round goes on from the best of the one before it.

    Where little can be gained, beginning so hot that nothing of what there is lasts loses more than it finds
    again. A short round tells, in which every other walk does so; if that ends lower, all do in the first.
    """

    def __init__(self, problem: Reassignment, seed: int, workers: int) -> None:
        self._problem = problem
        seeds = np.random.SeedSequence(seed).spawn(max(LEAST_WALKS, workers))
        self._draws = [np.random.default_rng(seed) for seed in seeds]
        self._least = 0.0

    def translate(self, where: IntArray) -> None:
        """Have all loops as machine code before clocks of walks begin to run."""
        once = iter((0.0, 1.0)).__next__
        cool(self._problem, where, np.random.default_rng(0), once, Heat(1.0, 1.0, True), tries=1)

    def first(self, board: Board, short: Clock, elapsed: Clock) -> IntArray:
        """The best assignment (A,) of the short round and the first one from a board."""
        gain = board.hope() / len(board.where)
        hot = Heat(max(gain, HOT * float(board.size.mean())), COLD * gain)
        mild = Heat(gain, gain / SPAN)
        self._least = hot.cold * BACK
        by_turns = [mild if number % 2 else hot for number in range(len(self._draws))]
        tried = self._walked(board, by_turns, short)
        values = [self._problem.value(where) for where in tried]
        heats = [hot] * len(tried) if min(values[::2]) < min(values[1::2]) else by_turns
        return min((*tried, *self._walked(board, heats, elapsed)), key=self._problem.value)

    def next(self, board: Board, turn: int, elapsed: Clock) -> IntArray:
        """The best assignment (A,) of a later round.

        What is left to gain does not tell how much has to be given up for it. So rounds begin no colder than
        if each went once more over a part of what the one before it did.
        """
        gain = board.hope() / len(board.where)
        hot = max(gain * FALL**turn, self._least * FALL ** (turn - 1))
        heats = [Heat(hot, hot / SPAN)] * len(self._draws)
        return min(self._walked(board, heats, elapsed), key=self._problem.value)

    def _walked(self, board: Board, heats: Sequence[Heat], elapsed: Clock) -> list[IntArray]:
        def one(number: int) -> IntArray:
            heat = heats[number]._replace(evicting=number % 2 == 1)
            return cool(self._problem, board.where, self._draws[number], elapsed(), heat)

        with ThreadPoolExecutor(len(heats)) as pool:
            return list(pool.map(one, range(len(heats))))
