"""Agents that have to leave, off drained nodes or from where they break a rule: each to the best open node.

Where none is open somebody else makes room by going elsewhere first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from placewright.solver.clock import Deadline
from placewright.solver.moves.board import TRIES, Board, ranked
from placewright.solver.moves.descend import Allowance, Guide, changes

MOST_ROUNDS = 50
"""How often those who break a rule are looked for anew."""
ASIDE = 6
"""Nodes, and agents on each, that are tried for one who steps aside for another."""


def evacuate(
    board: Board, keys: Iterable[str], guides: Sequence[Guide], allowance: Allowance, deadline: Deadline
) -> list[str]:
    """Move these agents away from where they are; the keys of those that found no place."""
    left = sorted(keys, key=lambda key: _turn(board, key))
    # Who found no place may find one once others have gone.
    for _ in range(3):
        waiting = [key for key in left if not leave(board, key, guides, allowance, deadline)]
        if len(waiting) == len(left) or not waiting:
            return waiting
        left = waiting
    return left


def _turn(board: Board, key: str) -> tuple[int, float, str]:
    """The most important first, then the largest, which are the hardest to place."""
    agent, g = board.agents[key], board.group_of[key]
    whole = np.maximum(board.compilation.amounts.whole.max(axis=0, initial=1), 1)
    return (-agent.spec.priority, -float((board.compilation.request[g] / whole).max(initial=0.0)), key)


def leave(board: Board, key: str, guides: Sequence[Guide], allowance: Allowance, deadline: Deadline) -> bool:
    """Move one agent to the best node that takes it; False where none does, or nothing more may move."""
    away, spent = board.away(key), board.spent(key)
    if deadline.passed or not allowance.holds(not away, (not away) * board.cost[key]):
        return False
    where = board.open(board.group_of[key]) & board.within(key, allowance.cost)
    if go(board, key, guides, where) or _let_in(board, key, guides, allowance):
        _account(board, key, away, spent, allowance)
        return True
    return False


def _account(board: Board, key: str, away: bool, spent: int, allowance: Allowance) -> None:
    """Take what one has taken that was `away` from home before it moved, or not, and had spent so much.

    That is less than nothing for one that goes home.
    """
    allowance.take(board.away(key) - away, board.spent(key) - spent)


def go(board: Board, key: str, guides: Sequence[Guide], where: np.ndarray) -> bool:
    """Move an agent to the best of the nodes `where` (N,); by room, where no level says what is best."""
    nodes = np.flatnonzero(where)
    nodes = nodes[nodes != board.where[key]]
    if not len(nodes):
        return False
    costs = changes(board, guides, key) if guides else [-_room(board, board.group_of[key])]
    if not guides and not board.fares.plain:
        costs = [board.fares.fares(key, away=board.away(key)), *costs]
    tried = ranked(costs, nodes)
    if any(board.try_move(key, n) for n in tried):
        return True
    # Rules may close what looks best: all others, then, domain by domain as they come.
    rest = [int(n) for n in nodes if int(n) not in set(tried)]
    return any(board.try_move(key, n) for n in rest)


def _room(board: Board, g: int) -> np.ndarray:
    """The part of each node (N,) that is free, by what agents of a group ask for."""
    asked = np.flatnonzero(board.compilation.request[g])
    whole = np.maximum(board.compilation.amounts.whole[:, asked], 1)
    room: np.ndarray = (board.free[:, asked] / whole).min(axis=1, initial=1.0)
    return room


def _let_in(board: Board, key: str, guides: Sequence[Guide], allowance: Allowance) -> bool:
    """Somebody else steps aside, to where there is room for it, and the agent takes its place."""
    g = board.group_of[key]
    request = board.compilation.request[g]
    able = np.flatnonzero(board.compilation.eligible[g] & ~board.closed)
    able = able[able != board.where[key]]
    lacking = np.maximum(request - board.free[able], 0)
    whole = np.maximum(board.compilation.amounts.whole[able], 1)
    order = np.argsort((lacking / whole).sum(axis=1), kind="stable")
    for n in able[order[:ASIDE]].tolist():
        for other in _asides(board, n, request):
            away, spent = board.away(other), board.spent(other)
            both = [one for one in (key, other) if not board.away(one)]
            if not allowance.holds(len(both), sum(board.cost[one] for one in both)):
                continue
            where = board.open(board.group_of[other])
            where[board.where[key]] = False
            step = board.trip(key, n) - board.spent(key)
            way = None if allowance.cost is None else allowance.cost - step
            if step > 0 and way is not None and way < 0:
                continue
            if not go(board, other, guides, where & board.within(other, way)):
                continue
            if board.try_move(key, n):
                _account(board, other, away, spent, allowance)
                return True
            board.move(other, n)
    return False


def _asides(board: Board, n: int, request: np.ndarray) -> list[str]:
    """The agents on a node whose leaving makes room enough, the cheapest to move first."""
    lacking = np.maximum(request - board.free[n], 0)
    enough = [key for key in board.on(n) if (board.compilation.request[board.group_of[key]] >= lacking).all()]
    return sorted(enough, key=lambda key: (board.cost[key], key))[:TRIES]


def repair(board: Board, guides: Sequence[Guide], allowance: Allowance, deadline: Deadline) -> frozenset[str]:
    """Move agents that break a rule, one after the other, until nobody does; who still breaks one is told.

    One that leaves an overfull node, or a domain that is too far ahead, may cure all the others there.
    """
    wrong = board.question.broken
    hopeless: set[str] = set()
    for _ in range(MOST_ROUNDS):
        moved = False
        for key in sorted(wrong - hopeless, key=lambda key: (board.cost[key], key)):
            # Others who left may have cured it.
            if not board.let_in(key):
                if leave(board, key, guides, allowance, deadline):
                    moved = True
                else:
                    hopeless.add(key)
        if not moved or deadline.passed:
            break
        wrong = board.broken()
    return board.broken() if wrong else frozenset()
