"""Better by single moves: agents go where they cost the goals less, as long as that is worth the move.

What an agent would gain is estimated for whole groups at once; only promising ones are looked at one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from placewright.solver.clock import Deadline
from placewright.solver.compilation import FloatArray
from placewright.solver.moves.board import Board, ranked
from placewright.solver.objectives.base import Tally

EPSILON = 0.5
"""Costs are integers: what is less than this apart is the same."""
PASSES = 20
MANY, IDLE = 2000, 0.001
"""A pass over more agents than this that gains less than this part of all that was gained is the last one."""


@dataclass(frozen=True)
class Guide:
    """One level as single moves see it: its tally, and what a unit of move cost weighs in it."""

    tally: Tally
    price: int


class MovesAlone(Tally):
    """Of a level for which it does not matter where agents are, but what they cost that move."""

    def __init__(self, nodes: int) -> None:
        self._nodes = nodes

    def more(self, group: int) -> FloatArray:
        return np.zeros(self._nodes)

    def add(self, group: int, node: int, number: int) -> None:
        pass


@dataclass
class Allowance:
    """What may still be moved: number of moves and their cost; None is no limit."""

    moves: int | None = None
    cost: int | None = None

    def holds(self, moves: int, cost: int) -> bool:
        """Whether so much more may move; less than nothing always may."""
        return (self.moves is None or moves <= max(0, self.moves)) and (
            self.cost is None or cost <= max(0, self.cost)
        )

    def take(self, moves: int, cost: int) -> None:
        """So much more has moved, or less where it is negative."""
        if self.moves is not None:
            self.moves -= moves
        if self.cost is not None:
            self.cost -= cost


@dataclass
class _Pass:
    """How many agents one pass looked at, how many moved, and what that gained by the last level."""

    looked: int = 0
    made: int = 0
    gained: float = 0.0


def descend(
    board: Board, guides: Sequence[Guide], allowance: Allowance, deadline: Deadline, *, above: int = 0
) -> int:
    """Improve the board level by level; how many moves were made.

    The first `above` guides have been settled: nothing may get worse by them.
    """
    made = 0
    for index in range(above, len(guides)):
        gained = 0.0
        for _ in range(PASSES):
            found = _pass(board, guides[: index + 1], allowance, deadline)
            made += found.made
            gained += found.gained
            idle = found.looked > MANY and found.gained < IDLE * gained
            if not found.made or idle or deadline.passed:
                break
    return made


def _pass(board: Board, guides: Sequence[Guide], allowance: Allowance, deadline: Deadline) -> _Pass:
    found, guide = _Pass(), guides[-1]
    # What the best node costs each group as it was last seen: others of the group need not look again.
    least: dict[int, float] = {}
    for hope in _promising(board, guide, deadline):
        if deadline.passed:
            break
        g = board.group_of[hope.key]
        leaving = _leaving(board, guide, hope.key)
        if leaving - least.get(g, hope.least) <= EPSILON:
            continue
        gained, best = _improve(board, guides, hope.key, allowance)
        least[g] = leaving + best
        found.looked += 1
        found.made += gained > 0.0
        found.gained += gained
    return found


@dataclass(frozen=True)
class _Hope:
    """What an agent may gain where the best node for its group costs as little as `least`."""

    gain: float
    key: str
    least: float


def _leaving(board: Board, guide: Guide, key: str) -> float:
    """What the level costs less once an agent is gone from where it is, its move paid for."""
    here = np.array([board.where[key]])
    return float(guide.tally.less(board.group_of[key], here)[0]) - guide.price * _fare(board, key)


def _promising(board: Board, guide: Guide, deadline: Deadline) -> list[_Hope]:
    """Agents that might gain by the last level, the most promising first."""
    found: list[_Hope] = []
    for g in range(len(board.compilation.groups)):
        there = np.flatnonzero(board.count[g])
        if not len(there) or deadline.passed:
            continue
        open_nodes = board.open(g)
        if not open_nodes.any():
            continue
        least = float(guide.tally.more(g)[open_nodes].min())
        gains = guide.tally.less(g, there) - least
        hoped = {n: gain for n, gain in zip(there.tolist(), gains.tolist(), strict=True) if gain > EPSILON}
        if not hoped:
            continue
        for agent in board.compilation.groups[g].members:
            gain = hoped.get(board.where[agent.key])
            if gain is not None and gain > guide.price * _fare(board, agent.key):
                found.append(_Hope(gain, agent.key, least))
    found.sort(key=lambda hope: (-hope.gain, hope.key))
    return found


def _fare(board: Board, key: str) -> int:
    """What moving costs an agent that is at home at least; nothing more if it has moved already."""
    return board.cost[key] if board.where[key] == board.home[key] else 0


def _improve(board: Board, guides: Sequence[Guide], key: str, allowance: Allowance) -> tuple[float, float]:
    """Move an agent to where it costs the levels least: what that gains by the last one, 0 where it stays.

    And the least that the last level would change by on any open node, rules left out.
    """
    g, here, home = board.group_of[key], board.where[key], board.home[key]
    number = 1 if here == home else 0
    candidates = board.open(g)
    candidates[here] = False
    if not allowance.holds(number, number * board.cost[key]) or not candidates.any():
        return 0.0, np.inf
    deltas = changes(board, guides, key)
    # Others of its group may have a shorter way.
    least = float((deltas[-1] - _beyond(board, guides[-1], key))[candidates].min())
    candidates &= board.within(key, allowance.cost)
    better = deltas[-1] < -EPSILON
    for delta in deltas[:-1]:
        better &= delta <= EPSILON
    nodes, spent = np.flatnonzero(candidates & better), board.spent(key)
    for n in ranked(deltas[::-1], nodes):
        if board.try_move(key, n):
            allowance.take((n != home) - (here != home), board.spent(key) - spent)
            return -float(deltas[-1][n]), least
    return 0.0, least


def changes(board: Board, guides: Sequence[Guide], key: str) -> list[FloatArray]:
    """(N,) for each guide: what moving an agent to each node would add to the level, the move included."""
    g, here, home = board.group_of[key], board.where[key], board.home[key]
    found = []
    for guide in guides:
        change = guide.tally.shift(g, here)
        if board.fares.plain:
            fare = np.full(len(change), float(guide.price * board.cost[key]))
            fare[home] = 0.0
        else:
            fare = float(guide.price) * board.fares.fares(key, away=here != home)
        found.append(change + fare - fare[here])
    return found


def _beyond(board: Board, guide: Guide, key: str) -> FloatArray | float:
    """(N,): what a level charges an agent on each node for more than that it moves at all."""
    if board.fares.plain:
        return 0.0
    fare = board.fares.fares(key, away=board.away(key))
    beyond = np.where(fare > 0, fare - board.cost[key], 0)
    found: FloatArray = float(guide.price) * (beyond - beyond[board.where[key]])
    return found
