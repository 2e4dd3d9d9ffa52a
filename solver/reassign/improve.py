"""The search by arrays as a step of a rebalance: a goal that lines can say is improved on the board."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import count

import numpy as np

from placewright.models.movable import Discipline
from placewright.models.move_cost import MoveCosts
from placewright.solver.clock import Deadline
from placewright.solver.compilation import IntArray
from placewright.solver.moves.board import Board as Places
from placewright.solver.objectives.base import Term
from placewright.solver.reassign.anneal import BATCH, anneal
from placewright.solver.reassign.board import Board
from placewright.solver.reassign.compiled import Compiled, compiled
from placewright.solver.reassign.jit import fast
from placewright.solver.reassign.polish import SECONDS, Effort, improve_part
from placewright.solver.settings import Settings

ROUNDS = 6
"""Annealing and parts take turns: parts get chains done that moves and exchanges then build on."""
HOT, FALL, SPAN = 1.0, 0.3, 30.0
"""How hot the first round begins, the next ones beside it, and how far each one cools down."""
LOOKED_AT, PARTS = 40, 60
"""Where the clock is not to count: how often every agent is looked at, and how many parts are solved."""
WORTH_SECONDS, WORTH_PAIRS = 40.0, 5_000
"""From this limit and this many (agent, node) pairs on, translating the inner loop pays: it takes seconds."""
FIRST_SHARE, WALKING = 0.75, 0.75
"""What part of the time tries take in the first turn, and of later turns' shares."""


def improve(
    places: Places,
    terms: Sequence[tuple[int, Term]],
    costs: MoveCosts,
    min_gain: int,
    settings: Settings,
    deadline: Deadline,
    progress: Callable[[str], None],
) -> bool:
    """Improve the board; False, and nothing done, where arrays cannot say the goal."""
    policy = costs.policy
    double = policy.double if policy.discipline is Discipline.AT_ONCE else ()
    found = compiled(places.compilation, places, terms, costs, min_gain, double)
    if found is None:
        return False
    if not len(found.keys):
        return True
    where = search(found, settings, deadline, progress)
    if found.problem.value(where) < found.problem.value(found.where):
        for key, n in zip(found.keys, where.tolist(), strict=True):
            if places.where[key] != n:
                places.move(key, n)
    return True


def search(
    found: Compiled, settings: Settings, deadline: Deadline, progress: Callable[[str], None]
) -> IntArray:
    """Annealing and parts in turns, as long as there is time. The assignment (A,)."""
    rng = np.random.default_rng(settings.seed)
    board = Board(found.problem, found.where)
    effort = Effort(SECONDS, settings.deterministic)
    worth = settings.time_limit >= WORTH_SECONDS and found.problem.eligible.size >= WORTH_PAIRS
    by_tries = worth and fast()
    annealed = _by_tries(found, settings, deadline) if by_tries else _by_steps(found, settings, deadline, rng)
    for turn in range(ROUNDS):
        until = _timed(deadline, 1.0 / (ROUNDS - turn))
        if settings.deterministic:
            until = _counted(PARTS // ROUNDS, deadline)
        board = Board(found.problem, annealed(board, turn))
        value = board.value
        while until() < 1.0:
            improve_part(board, rng, effort, deadline)
        progress(f"moves and exchanges: {value}, parts: {board.value}")
    return board.where


def _by_steps(
    found: Compiled, settings: Settings, deadline: Deadline, rng: np.random.Generator
) -> Callable[[Board, int], IntArray]:
    """Annealing by the changes of an agent at once, for half of a turn."""
    looks = LOOKED_AT * len(found.keys) // BATCH // ROUNDS + 1

    def turned(board: Board, turn: int) -> IntArray:
        share = _timed(deadline, 0.5 / (ROUNDS - turn))
        if settings.deterministic:
            share = _counted(looks, deadline)
        hot = HOT * FALL**turn
        return anneal(board, rng, share, hot, hot / SPAN)

    return turned


def _by_tries(found: Compiled, settings: Settings, deadline: Deadline) -> Callable[[Board, int], IntArray]:
    """Annealing by single tries: most of the time for the first turn, as all others build on it."""
    # Numba comes with it, and takes a second to import.
    from placewright.solver.reassign.cool import TRIES  # noqa: PLC0415
    from placewright.solver.reassign.halve import Clock  # noqa: PLC0415
    from placewright.solver.reassign.rounds import Walks  # noqa: PLC0415

    tries = LOOKED_AT * len(found.keys) * sum(found.problem.eligible.shape)
    # How many cores there are is not to count where answers are to be the same.
    walks = Walks(found.problem, settings.seed, 0 if settings.deterministic else settings.worker_count)
    walks.translate(found.where)

    def clock(share: float) -> Clock:
        whole = deadline.remaining() * share

        def begun(part: float) -> Callable[[], float]:
            if settings.deterministic:
                return _counted(math.ceil((tries // TRIES // ROUNDS + 1) * part), deadline)
            return _timed(Deadline(min(whole * part, deadline.remaining())), 1.0)

        return begun

    def turned(board: Board, turn: int) -> IntArray:
        if turn == 0:
            return walks.first(board, clock(FIRST_SHARE))
        return walks.next(board, turn, clock(WALKING / (ROUNDS - turn)))

    return turned


def _timed(deadline: Deadline, part: float) -> Callable[[], float]:
    """How much of a part of the time that is left is over, from 0 to 1."""
    whole = deadline.remaining()
    return lambda: 1.0 if deadline.passed else (whole - deadline.remaining()) / (whole * part)


def _counted(times: int, deadline: Deadline) -> Callable[[], float]:
    """How many of so many times it has been asked, from 0 to 1."""
    asked = count()
    return lambda: 1.0 if deadline.passed else next(asked) / times
