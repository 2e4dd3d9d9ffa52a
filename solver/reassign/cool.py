"""Annealing by single tries, as many as machine code makes in the time: one walk.

A try costs a fraction of a microsecond, so that most may fail. What is in use twice while agents are away is
often what there is least of, and wandering uses it up without being any good. So being away has a price as
long as it is hot, which falls with the temperature.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from placewright.solver.compilation import IntArray
from placewright.solver.reassign.arrays import Reassignment
from placewright.solver.reassign.evict import MOST, evict
from placewright.solver.reassign.state import State, copied, state_of
from placewright.solver.reassign.tally import members
from placewright.solver.reassign.walk import walk

TRIES = 1 << 15
"""Between looks at how much time is left."""
CLEARED = 0.2
"""How many tries of walks that evict are for that, beside all others."""
PRICE = 20.0
"""What using all of a node twice costs, in temperatures."""


class Heat(NamedTuple):
    """The temperature at first and in the end; and whether several are sent away for one."""

    hot: float
    cold: float
    evicting: bool = False


class Walker:
    """One walk: an assignment that goes on, and what has been seen on the way.

    best (A,), value: the best assignment and what it costs. mean: what assignments cost in the second half of
    the last stretch.
    """

    def __init__(self, state: State, rng: np.random.Generator, *, evicting: bool, tries: int = TRIES) -> None:
        self.evicting = evicting
        cleared = max(1, int(tries * CLEARED))
        self._state = state
        self._rng = rng
        self._kinds = ((walk, tries), (evict, cleared)) if evicting else ((walk, tries),)
        self._log = np.empty((max(2 * tries, (MOST + 1) * cleared), 2), dtype=np.int64)
        self.best: IntArray = state.where[:-1].copy()
        self.value = self.mean = float(state.value[0])

    def follow(self, other: Walker) -> None:
        """Go on from where another one is, by chances of its own."""
        self._state = copied(other._state)
        self.best, self.value, self.mean = other.best.copy(), other.value, other.mean

    def go(self, heat: Heat, elapsed: Callable[[], float]) -> None:
        """Walk on while `elapsed` goes from 0 to 1 and the temperature from hot to cold."""
        state = self._state
        seen = [float(state.value[0])]
        while (share := elapsed()) < 1.0:
            temperature = heat.hot * (heat.cold / heat.hot) ** share
            for made, times in self._kinds:
                before = self.value
                lists = members(state.where, len(state.cost))
                logged, kept, self.value = made(
                    state, lists, times, temperature, PRICE * temperature, self._rng, self._log, self.value
                )
                if self.value < before:
                    self.best = state.where[:-1].copy()
                    for a, n in self._log[kept:logged][::-1].tolist():
                        self.best[a] = n
            seen.append(float(state.value[0]))
        self.mean = float(np.mean(seen[len(seen) // 2 :]))


def cool(
    problem: Reassignment,
    where: IntArray,
    rng: np.random.Generator,
    elapsed: Callable[[], float],
    heat: Heat,
    tries: int = TRIES,
) -> IntArray:
    """The best assignment (A,) seen while `elapsed` goes from 0 to 1 and the temperature from hot to cold."""
    walker = Walker(state_of(problem, where), rng, evicting=heat.evicting, tries=tries)
    walker.go(heat, elapsed)
    return walker.best
