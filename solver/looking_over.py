"""An answer looked over: whoever would cost the levels less elsewhere goes there, one agent at a time.

A construction compares nodes as they were when an agent's turn came. Who came before others knew nothing of
them, and a place that was good in the round before may be none any more.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from placewright.solver.books import Books
from placewright.solver.builder import is_special
from placewright.solver.clock import Deadline
from placewright.solver.compilation import Compilation, FloatArray, IntArray
from placewright.solver.objectives.base import Tally
from placewright.solver.problem import Problem

AT_ONCE = 25
"""So many groups are sent elsewhere before the rules are asked about those who stay: that takes time."""
FUTILE = 2
"""Of a group, so many in a row who could not go elsewhere, the most promising first, speak for the others."""


def looked_over(
    compilation: Compilation,
    problem: Problem,
    count: IntArray,
    tallies: Sequence[Tally],
    deadline: Deadline,
) -> IntArray:
    """Counts (G, N) with agents where they cost less by `tallies`, the first of which counts first.

    Each group is looked at once; as many of it as in `count` are placed. Ledgers keep the rules; what they
    cannot tell is for the caller to ask.
    """
    if not tallies:
        return count
    books = Books(problem, compilation.amounts.whole, tallies)
    for g in np.flatnonzero((count != books.count).any(axis=1)).tolist():
        _change(books, g, count[g] - books.count[g])
    groups = [g for g in compilation.pending if not is_special(compilation, compilation.groups[g].agent)]
    look = _Look(books, problem, tallies)
    for some in range(0, len(groups), AT_ONCE):
        if deadline.passed:
            break
        look.over(groups[some : some + AT_ONCE])
    return books.count


def _change(books: Books, g: int, change: IntArray) -> None:
    """So many (N,) more of a group on each node."""
    nodes = np.flatnonzero(change)
    books.add(g, nodes, change[nodes])


class _Look:
    """The books, and whom going elsewhere would help."""

    def __init__(self, books: Books, problem: Problem, tallies: Sequence[Tally]) -> None:
        self._books = books
        self._problem = problem
        self._tallies = tallies
        self._told = self._tells()

    def over(self, groups: Sequence[int]) -> None:
        """Send agents of groups elsewhere as far as the rules hold without them where they were."""
        before = self._books.count[groups].copy()
        went = [self._send(g, carefully=len(groups) == 1) for g in groups]
        if not any(went) or len(groups) == 1 or self._holds():
            return
        # Others lean on some of them: asking each time takes longer.
        for g, row in zip(groups, before, strict=True):
            _change(self._books, g, row - self._books.count[g])
        for half in (groups[: len(groups) // 2], groups[len(groups) // 2 :]):
            self.over(half)

    def _tells(self) -> list[bool | None]:
        return [None if ledger is None else ledger.holds() for _, ledger in self._books.ledgers]

    def _holds(self) -> bool:
        """Whether all rules hold, or counts tell of them as little as at first."""
        return all(now or now is first for now, first in zip(self._tells(), self._told, strict=True))

    def _send(self, g: int, *, carefully: bool) -> bool:
        """Send those elsewhere by whose going most could be gained; whether anybody went."""
        here = np.flatnonzero(self._books.count[g])
        request = self._problem.request[g]
        fits = (self._books.free[:, request > 0] >= request[request > 0]).all(axis=1)
        elsewhere = np.flatnonzero((self._books.count[g] < self._problem.cap[g]) & fits)
        if not len(here) or not len(elsewhere):
            return False
        first = self._tallies[0]
        gain = first.less(g, here) - first.more(g)[elsewhere].min()
        went, futile = False, 0
        for i in np.argsort(-gain, kind="stable").tolist():
            if gain[i] <= 0.0 or futile == FUTILE:
                break
            goes = self._goes(g, int(here[i]), carefully=carefully)
            went, futile = went or goes, 0 if goes else futile + 1
        return went

    def _goes(self, g: int, n: int, *, carefully: bool) -> bool:
        """Send one agent of a group from node `n` to where it costs least; False: it stays."""
        books, here, one = self._books, np.array([n]), np.array([1])
        before = books.count[g].copy()
        books.add(g, here, -one)
        costs = [tally.more(g) for tally in self._tallies]

        def choose(_: int, room: IntArray, wanted: int) -> IntArray:
            row, nodes = np.zeros_like(room), np.flatnonzero(room)
            if len(nodes) and wanted:
                # The last key counts first.
                best = int(nodes[np.lexsort([cost[nodes] for cost in reversed(costs)])[0]])
                row[best] = _at(costs, best) < _at(costs, n)
            return row

        if books.fill(g, 1, choose) and (not carefully or self._holds()):
            return True
        _change(books, g, before - books.count[g])
        return False


def _at(costs: Sequence[FloatArray], n: int) -> tuple[float, ...]:
    return tuple(float(cost[n]) for cost in costs)
