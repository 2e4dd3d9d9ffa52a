"""Of equals, one that takes the room of several gives way to them: more agents are placed, one is left out.

A construction takes who is hard to fit first. Where not everybody fits, that leaves out many small agents for
a few large ones that count no more. Here some large ones are taken off the nodes where most of those left out
would find room, and a construction follows what remains, with the small ones ahead of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from placewright.solver.clock import Deadline
from placewright.solver.compilation import Compilation, FloatArray, IntArray
from placewright.solver.problem import Problem

SEVERAL = 2.0
"""How many times the size of the smallest that are left out somebody has to be to be asked."""
MOST_ASKED, MOST_WAITING = 20, 50
"""Groups that are asked to give way, the largest, and those left out that are counted, the smallest."""
MOST_ROUNDS = 8

Follow = Callable[[IntArray, IntArray], IntArray]
"""Counts (G, N) of a construction that follows a target (G, N), so many (G,) of each group at first."""


def give_way(
    compilation: Compilation,
    problem: Problem,
    count: IntArray,
    follow: Follow,
    deadline: Deadline,
) -> Iterator[IntArray]:
    """Counts (G, N), each made from the one before, of which `count` is the first.

    Ends where nobody is left out whom giving way would help, or where it has not helped.
    """
    for _ in range(MOST_ROUNDS):
        fewer = _without_large(compilation, problem, count)
        if fewer is None or deadline.passed:
            return
        number = problem.size.copy()
        asked = (fewer < count).any(axis=1)
        number[asked] = fewer[asked].sum(axis=1)
        found = follow(fewer, number)
        if found.sum() <= count.sum():
            return
        yield found
        count = found


def _without_large(compilation: Compilation, problem: Problem, count: IntArray) -> IntArray | None:
    """Counts without those large ones whose room those left out of their worth need; None without such."""
    sizes = _sizes(compilation)
    short = np.zeros(len(sizes), dtype=np.int64)
    pending = list(compilation.pending)
    short[pending] = (problem.size - count.sum(axis=1))[pending].clip(min=0)
    short[problem.cap.sum(axis=1) == 0] = 0
    for equals in _equals(problem, compilation):
        waiting = [g for g in equals[np.argsort(sizes[equals], kind="stable")].tolist() if short[g]]
        large = [g for g in equals[np.argsort(-sizes[equals], kind="stable")].tolist() if count[g].any()]
        if not waiting:
            continue
        large = [g for g in large if sizes[g] >= SEVERAL * sizes[waiting[0]]][:MOST_ASKED]
        waiting = [h for h in waiting if large and SEVERAL * sizes[h] <= sizes[large[0]]][:MOST_WAITING]
        gains = _gains(compilation, problem, count, short, large, waiting)
        fewer = _taken_off(count, gains, large, int(short[waiting].sum()))
        if fewer is not None:
            return fewer
    return None


def _taken_off(count: IntArray, gains: IntArray, large: list[int], wanted: int) -> IntArray | None:
    """Counts with as many taken off, where it gains most, as `wanted` agents need; None if none gains.

    gains (L, N): how many find room for one of a group less on a node.
    """
    fewer = count.copy()
    for position in np.argsort(-gains, axis=None, kind="stable").tolist():
        i, n = divmod(position, count.shape[1])
        gain = int(gains[i, n])
        if wanted <= 0 or gain <= 1:
            break
        # One only: what a second one would bring has to be looked at when the first is gone.
        fewer[large[i], n] -= 1
        wanted -= gain
    return None if (fewer == count).all() else fewer


def _gains(
    compilation: Compilation,
    problem: Problem,
    count: IntArray,
    short: IntArray,
    large: list[int],
    waiting: list[int],
) -> IntArray:
    """int64 (L, N): how many that wait fit, by amounts, in the room of one of each large group on a node."""
    free = np.maximum(compilation.free - count.T @ compilation.request, 0)
    gains = np.zeros((len(large), len(free)), dtype=np.int64)
    for i, g in enumerate(large):
        nodes = np.flatnonzero(count[g])
        left = free[nodes] + compilation.request[g]
        for h in waiting:
            asked = compilation.request[h] > 0
            fits = (left[:, asked] // compilation.request[h][asked]).min(axis=1, initial=2**31)
            fits = np.minimum(fits, np.minimum(short[h], problem.cap[h, nodes]))
            left -= fits[:, None] * compilation.request[h]
            gains[i, nodes] += fits
    return gains


def _equals(problem: Problem, compilation: Compilation) -> Iterator[IntArray]:
    """Pending groups that are worth the same to every level, the most important ones first."""
    pending = np.array(compilation.pending, dtype=np.int64)
    worth = np.array([level.worth(len(problem.size)) for level in problem.levels], dtype=np.int64)
    _, which = np.unique(-worth[:, pending], axis=1, return_inverse=True)
    for index in range(int(which.max(initial=-1)) + 1):
        yield pending[which.ravel() == index]


def _sizes(compilation: Compilation) -> FloatArray:
    """(G,): the largest part of what nodes have at most that one agent takes."""
    most = np.maximum(compilation.free.max(axis=0, initial=1), 1)
    sizes: FloatArray = (compilation.request / most).max(axis=1, initial=0.0)
    return sizes
