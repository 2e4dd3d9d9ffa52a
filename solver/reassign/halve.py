"""Many walks, of which fewer and fewer go on as it gets colder.

How low a walk ends is decided by chance while it is still warm, and what it costs there tells. So it is
better to begin several and to go on with those that are lowest than to cool two of them down all the way.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from placewright.solver.compilation import IntArray
from placewright.solver.reassign.cool import Heat, Walker

STRETCHES = (
    (12, 0.03),
    (12, 0.08),
    (12, 0.19),
    (8, 0.20),
    (4, 0.17),
    (2, 0.12),
    (1, 0.09),
    (1, 0.07),
    (1, 0.05),
)
"""How many walks of each worker are in each stretch, and its share of the time.

As long as it is hot all walks cost the same, and once it is cold nothing changes any more. What counts is to
be slow in between, and not to give up any of them before they differ.
"""

BEHIND = 0.25
"""How far behind the lowest one the last walks may be, beside what that one fell in the last stretch."""

Clock = Callable[[float], Callable[[], float]]
"""Makes a clock for a part of the time of each worker, which goes from 0 to 1."""


def halve(
    walkers: Sequence[Walker], late: Sequence[Walker], workers: int, heat: Heat, joining: float, clock: Clock
) -> IntArray:
    """The best assignment (A,) that any walk has seen. Each worker has as many as `STRETCHES` says.

    late: walks that join once it is no hotter than `joining`, and are not given up before they have cooled
    down a little. So they begin nearer to where they are: where little can be gained, beginning so hot that
    nothing of what there is lasts loses more than it finds again.
    """
    going, waiting, lowest = list(walkers), list(late), math.inf
    hot, fall = heat.hot, (heat.cold / heat.hot) ** (1.0 / len(STRETCHES))
    with ThreadPoolExecutor(workers) as pool:
        for number, share in STRETCHES:
            going = sorted(going, key=lambda walker: walker.mean)[: number * workers]
            if number == 1:
                _catch_up(going, max(0.0, BEHIND * (lowest - going[0].mean)))
            lowest = going[0].mean
            if waiting and hot * fall < joining:
                going, waiting = [*going, *waiting], []
            lanes = [going[first::workers] for first in range(workers)]
            list(pool.map(partial(_go, Heat(hot, hot * fall), share, clock), lanes))
            hot *= fall
    return min((*walkers, *late), key=lambda walker: walker.value).best


def _catch_up(going: Sequence[Walker], most: float) -> None:
    """Walks that cost more than the lowest by more than `most` go on from where that is.

    What follows lowers all of them about as much, so they would never be it.
    """
    for walker in going[1:]:
        if walker.mean - going[0].mean > most:
            walker.follow(going[0])


def _go(heat: Heat, share: float, clock: Clock, lane: Sequence[Walker]) -> None:
    """The walks of one worker, one after the other."""
    for walker in lane:
        walker.go(heat, clock(share / len(lane)))
