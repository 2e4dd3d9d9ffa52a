"""Part after part of an assignment is solved to the end, as long as there is time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from placewright.solver.compilation import IntArray
from placewright.solver.reassign.board import Board
from placewright.solver.reassign.parts import Part, PartModel

SECONDS = 2.0
"""What one part may take."""
LEAST_PAIRS, MOST_PAIRS = 60, 3000
"""Between these is how many (agent, node) pairs a part has: more while they are solved to the end."""


def polish(
    board: Board,
    rng: np.random.Generator,
    remaining: Callable[[], float],
    report: Callable[[int, int], None] | None = None,
    *,
    workers: int = 1,
) -> IntArray:
    """The assignment (A,) after as many parts as there was time (seconds) for."""
    pairs = 4.0 * LEAST_PAIRS
    tried = 0
    while (left := remaining()) > 0:
        part = _part(board, rng, int(pairs))
        found = PartModel(board.problem, board.where, part).solve(
            min(SECONDS, left), int(rng.integers(2**30)), workers
        )
        tried += 1
        if found is not None:
            board.rearrange(found.where)
        solved = found is not None and found.proven
        pairs = float(np.clip(pairs * (1.1 if solved else 0.8), LEAST_PAIRS, MOST_PAIRS))
        if report is not None:
            report(tried, board.value)
    return board.where.copy()


def _part(board: Board, rng: np.random.Generator, pairs: int) -> Part:
    """All agents of a few nodes: one that costs much, and others by chance."""
    nodes = len(board.cost)
    costs = board.cost / max(1.0, board.cost.sum()) + 1.0 / nodes
    chosen: list[int] = []
    agents = 0
    for n in rng.choice(nodes, size=nodes, replace=False, p=costs / costs.sum()).tolist():
        there = len(board.on[n])
        if len(chosen) >= 2 and (agents + there) * (len(chosen) + 1) > pairs:
            break
        chosen.append(n)
        agents += there
    return Part(tuple(a for n in chosen for a in sorted(board.on[n])), tuple(chosen))
