"""Annealing by single tries, as many as machine code makes in the time: one walk.

A try costs a fraction of a microsecond, so that most may fail. What is in use twice while agents are away is
often what there is least of, and wandering uses it up without being any good. So being away has a price as
long as it is hot, which falls with the temperature.

A walk may also send several away for one who needs the room of all of them (evict.py), which takes half of
its time. Where agents are large that is the only way on, and where they are small time that is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from placewright.solver.compilation import IntArray
from placewright.solver.reassign.evict import MOST, evict
from placewright.solver.reassign.state import State
from placewright.solver.reassign.walk import walk

TRIES = 1 << 15
"""Between looks at how much time is left."""
CLEARED = 0.2
"""How many tries of walks that evict are for that, beside all others."""
PRICE = 20.0
"""What using all of a node twice costs, in temperatures."""
LATE = 0.6
"""After this part of its time a walk is judged by what it costs in the mean."""


class Heat(NamedTuple):
    """The temperature at first and in the end; and whether several are sent away for one."""

    hot: float
    cold: float
    evicting: bool = False


class Cooled(NamedTuple):
    """best, end (A,): the best assignment that a walk saw, and its last one. late: what it cost in the mean
    towards its end.
    """

    best: IntArray
    end: IntArray
    late: float


def cool(
    state: State,
    rng: np.random.Generator,
    elapsed: Callable[[], float],
    heat: Heat,
    tries: int = TRIES,
) -> Cooled:
    """Walk on from a state while `elapsed` goes from 0 to 1 and the temperature from hot to cold."""
    best, value = state.where[:-1].copy(), float(state.value[0])
    cleared = max(1, int(tries * CLEARED))
    kinds = ((walk, tries), (evict, cleared)) if heat.evicting else ((walk, tries),)
    log = np.empty((max(2 * tries, (MOST + 1) * cleared), 2), dtype=np.int64)
    late: list[float] = []
    while (share := elapsed()) < 1.0:
        temperature = heat.hot * (heat.cold / heat.hot) ** share
        for made, times in kinds:
            before = value
            logged, kept, value = made(state, times, temperature, PRICE * temperature, rng, log, value)
            if value < before:
                best = state.where[:-1].copy()
                for a, n in log[kept:logged][::-1].tolist():
                    best[a] = n
        if share >= LATE:
            late.append(float(state.value[0]))
    return Cooled(best, state.where[:-1].copy(), float(np.mean(late or state.value)))
