"""What nodes cost at least by how full they are: planes beneath each node's cost.

Where P is convex and rises, a node costs at least what it does now, and for each agent at least what that
one would add if it came alone: increments of a convex function only grow. Nor does it cost less than any
line of P says. Any other P is at least the lowest line from where the node is now to where it is fuller.

P takes utilisations rounded up. What rounding may have added before anybody came is taken off for each agent,
so that it is still there on a node that nobody comes to.
"""

from __future__ import annotations

import numpy as np

from placewright.models.scores.utilisation import FULL, Potential
from placewright.solver.compilation import FloatArray, IntArray
from placewright.solver.objectives.floor import Floor
from placewright.solver.objectives.shares import Shares

LINES = 3
"""How many lines of P from where a node is now an agent's increment is told by; fewer only tell less."""


def utilisation_floor(
    potential: Potential, shares: Shares, times: tuple[float, ...], cap: IntArray, near: IntArray | None
) -> Floor:
    """The floor of times[k] * P over nodes and resources, close to it at `near`, or where nobody has come."""
    lines = _Lines(potential)
    base, slopes = np.zeros(shares.nodes), np.zeros(shares.home.shape)
    full = None if potential.convex and potential.rising else shares.of_counts(cap)
    there = shares.used if near is None else shares.load(near)
    for k, factor in enumerate(times):
        has = np.flatnonzero(shares.allocatable[:, k] > 0)
        if not len(has):
            continue
        per, used, ask = FULL / shares.allocatable[has, k], shares.used[has, k], shares.ask[:, k]
        if full is not None:
            at, more = lines.lowest(shares.at_first[has, k], full[has, k], per, ask)
        elif near is None:
            at, more = lines.alone(shares.at_first[has, k], used * per, per, ask)
        else:
            at, more = lines.touching(there[has, k] * per, used * per, per, ask)
        base[has] += factor * at
        slopes[:, has] += factor * more
    return Floor(base, slopes)


class _Lines:
    """P's lines as arrays. Arguments are of S nodes and one resource, ask (G,); results (S,) and (G, S)."""

    def __init__(self, potential: Potential) -> None:
        self._start: IntArray = np.array([line.start for line in potential.lines], dtype=np.int64)
        self._value: IntArray = np.array([line.value for line in potential.lines], dtype=np.int64)
        self._rise: IntArray = np.array([line.rise for line in potential.lines], dtype=np.int64)
        self._run: IntArray = np.array([line.run for line in potential.lines], dtype=np.int64)
        self._slope: FloatArray = self._rise / self._run

    def alone(
        self, share: IntArray, now: FloatArray, per: FloatArray, ask: IntArray
    ) -> tuple[FloatArray, FloatArray]:
        """What nodes cost now, and what each agent adds that comes alone. share: `now` rounded up."""
        at = self._cost(share)
        first, last = self._line(now), len(self._start) - 1
        more = np.full((len(ask), len(now)), -np.inf)
        for line in range(LINES):
            i = np.minimum(first + line, last)
            start = self._value[i] + self._slope[i] * (now - self._start[i]) - at
            np.maximum(more, start + ask[:, None] * (self._slope[i] * per), out=more)
        return at.astype(np.float64), more

    def touching(
        self, there: FloatArray, now: FloatArray, per: FloatArray, ask: IntArray
    ) -> tuple[FloatArray, FloatArray]:
        """The line that P is on at `there`."""
        i = self._line(there)
        at: FloatArray = self._value[i] + self._slope[i] * (now - self._start[i])
        return at, ask[:, None] * (self._slope[i] * per)

    def lowest(
        self, share: IntArray, full: IntArray, per: FloatArray, ask: IntArray
    ) -> tuple[FloatArray, FloatArray]:
        """The lowest line from what nodes cost now to what they may cost anywhere up to `full`."""
        at = self._cost(share)
        slope = np.full(len(share), np.inf)
        bends = (np.broadcast_to(start, share.shape) for start in self._start)
        for other in (share + 1, np.maximum(full, share + 1), *bends):
            beyond = other > share
            # Before rounding up: only then do ends of lines tell what is between them.
            found = (self._exact(other) - at)[beyond] / (other - share)[beyond]
            slope[beyond] = np.minimum(slope[beyond], found)
        # Rounding up moves a utilisation by less than one, either way.
        return at.astype(np.float64), ask[:, None] * (slope * per) - np.abs(slope)

    def _line(self, share: FloatArray) -> IntArray:
        found: IntArray = np.clip(np.searchsorted(self._start, share, side="right") - 1, 0, None)
        return found

    def _exact(self, share: IntArray) -> FloatArray:
        i = self._line(share.astype(np.float64))
        exact: FloatArray = self._slope[i] * (share - self._start[i]) + self._value[i]
        return exact

    def _cost(self, share: IntArray) -> IntArray:
        """P at whole utilisations."""
        i = self._line(share.astype(np.float64))
        more: IntArray = -(-self._rise[i] * (share - self._start[i]) // self._run[i])
        cost: IntArray = self._value[i] + more
        return cost
