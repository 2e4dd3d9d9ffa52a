"""Which nodes to free next, when a problem is improved in parts."""

from __future__ import annotations

import numpy as np

from placewright.solver.compilation import IntArray
from placewright.solver.problem import Problem

SMALLEST, LARGEST = 4, 64


class Neighbourhoods:
    """Chooses nodes where unplaced agents nearly fit, and nodes at random, in turn; the size adapts.

    Deterministic for a seed.
    """

    def __init__(self, problem: Problem, seed: int) -> None:
        self._problem = problem
        self._random = np.random.default_rng(seed)
        self._size = 12.0
        self._turn = 0
        self._usable = np.flatnonzero(problem.cap.any(axis=0))

    def choose(self, count: IntArray) -> IntArray | None:
        """Node indices to free, given the incumbent counts (G, N); None where no node can be freed."""
        if not len(self._usable):
            return None
        self._turn += 1
        size = min(int(self._size), len(self._usable))
        waiting = np.flatnonzero(count.sum(axis=1) < self._problem.size)
        if len(waiting) and self._turn % 3:
            return self._near(int(self._random.choice(waiting)), count, size)
        return np.sort(self._random.choice(self._usable, size=size, replace=False))

    def learn(self, improved: bool) -> None:
        """Grow slowly while nothing is found, shrink after a success: small ones are quicker."""
        factor = 0.9 if improved else 1.05
        self._size = float(np.clip(self._size * factor, SMALLEST, LARGEST))

    def _near(self, group: int, count: IntArray, size: int) -> IntArray:
        """Nodes that could hold `group`, favouring those with the most room left for it."""
        problem = self._problem
        nodes = np.flatnonzero(problem.cap[group] > 0)
        if not len(nodes):
            return np.sort(self._random.choice(self._usable, size=size, replace=False))
        left = problem.free[nodes] - count[:, nodes].T @ problem.request
        wanted = problem.request[group]
        asked = np.flatnonzero(wanted)
        room = np.minimum(left[:, asked] / wanted[asked], 1.0).sum(axis=1)
        noise = self._random.random(len(nodes)) * 0.5
        order = np.argsort(-(room + noise), kind="stable")
        return np.sort(nodes[order[:size]])
