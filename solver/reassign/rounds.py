"""Rounds of walks side by side: how hot each of them begins, which of them evict (evict.py), and who goes on.

Where the large agents go is decided early, while it is still hot, and no later cooling puts right what went
wrong there: what walks cost on the way tells how they will end. So the first round is a race of more walks
than there are cores. At each of several temperatures all go on from the best few, and the rest is given up.
All that race evict, as large agents are what it is about.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from placewright.solver.compilation import IntArray
from placewright.solver.reassign.arrays import Reassignment
from placewright.solver.reassign.board import Board
from placewright.solver.reassign.cool import Cooled, Heat, cool
from placewright.solver.reassign.state import restarted, state_of

LEAST_WALKS = 2
"""So many are made on one core, too."""
HOT, COLD = 0.5, 0.01
"""The hottest beginning beside what agents cost in the mean, and the end beside what each could gain."""
FALL, SPAN = 0.3, 30.0
"""How hot later rounds begin beside what each could gain, each round less, and how far they cool down."""
BACK = 3.0
"""How hot the second round begins at least beside where the first one ended."""
RACERS, WINNERS = 8, 3
"""How many walks race at least, and how many of them go on."""
LEGS, RACED = 9, 40.0
"""How often it is looked who is best, and how far all cool down meanwhile."""
RACE = 0.8
"""The part of the first round that the race takes: the best then cool down to the end."""

Clock = Callable[[float], Callable[[], float]]
"""Begins a clock for a part of a round's time, which goes from 0 to 1."""


class Walks:
    """Rounds of walks with numbers of their own, from an assignment (A,) on; each round goes on from the best
    of the one before it.

    The race begins so hot that nothing of what there is lasts. Where little can be gained that loses more
    than it finds again, so there is a short round before it that begins milder, from the same assignment.
    """

    def __init__(self, problem: Reassignment, where: IntArray, seed: int, workers: int) -> None:
        self._problem = problem
        self._state = state_of(problem, where)
        self._cores = max(LEAST_WALKS, workers)
        self._turns = -(-RACERS // self._cores)
        seeds = np.random.SeedSequence(seed).spawn(self._cores * self._turns)
        self._draws = [np.random.default_rng(seed) for seed in seeds]
        self._least = 0.0

    def translate(self, where: IntArray) -> None:
        """Have all loops as machine code before clocks of walks begin to run."""
        once = iter((0.0, 1.0)).__next__
        state = restarted(self._state, self._problem, where)
        cool(state, np.random.default_rng(0), once, Heat(1.0, 1.0, True), tries=1)

    def first(self, board: Board, short: Clock, elapsed: Clock) -> IntArray:
        """The best assignment (A,) of the short round and the first one from a board."""
        gain = board.hope() / len(board.where)
        hot, cold = max(gain, HOT * float(board.size.mean())), COLD * gain
        self._least = cold * BACK
        mild = self._half_evicting([Heat(gain, gain / SPAN)] * self._cores)
        walks = self._walked([board.where] * self._cores, mild, short, 1.0)
        found = (*(walk.best for walk in walks), self._raced(board.where, Heat(hot, cold), elapsed))
        return min(found, key=self._problem.value)

    def next(self, board: Board, turn: int, elapsed: Clock) -> IntArray:
        """The best assignment (A,) of a later round.

        What is left to gain does not tell how much has to be given up for it. So rounds begin no colder than
        if each went once more over a part of what the one before it did.
        """
        gain = board.hope() / len(board.where)
        hot = max(gain * FALL**turn, self._least * FALL ** (turn - 1))
        heats = self._half_evicting([Heat(hot, hot / SPAN)] * self._cores)
        walks = self._walked([board.where] * self._cores, heats, elapsed, 1.0)
        return min((walk.best for walk in walks), key=self._problem.value)

    def _raced(self, where: IntArray, heat: Heat, elapsed: Clock) -> IntArray:
        """The best assignment (A,) of a race from an assignment, cooled down to the end."""
        starts = [where] * len(self._draws)
        fall = RACED ** (1 / LEGS)
        seen = [where]
        for leg in range(LEGS):
            part = Heat(heat.hot / fall**leg, heat.hot / fall ** (leg + 1), evicting=True)
            walks = self._walked(starts, [part] * len(starts), elapsed, RACE / LEGS / self._turns)
            walks.sort(key=lambda walk: walk.late)
            starts = [walks[number % WINNERS].end for number in range(len(starts))]
            seen.append(min((walk.best for walk in walks), key=self._problem.value))
        starts = [walks[0].end] * self._cores
        last = self._half_evicting([Heat(heat.hot / RACED, heat.cold)] * self._cores)
        seen.extend(walk.best for walk in self._walked(starts, last, elapsed, 1.0 - RACE))
        return min(seen, key=self._problem.value)

    @staticmethod
    def _half_evicting(heats: Sequence[Heat]) -> list[Heat]:
        """Every other one sends several away for one: where agents are small that is time lost."""
        return [heat._replace(evicting=number % 2 == 1) for number, heat in enumerate(heats)]

    def _walked(
        self, starts: Sequence[IntArray], heats: Sequence[Heat], elapsed: Clock, part: float
    ) -> list[Cooled]:
        """A walk from each start, for a part of the round's time each."""

        def one(number: int) -> Cooled:
            state = restarted(self._state, self._problem, starts[number])
            return cool(state, self._draws[number], elapsed(part), heats[number])

        with ThreadPoolExecutor(self._cores) as pool:
            return list(pool.map(one, range(len(starts))))
