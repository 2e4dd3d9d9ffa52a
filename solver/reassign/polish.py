"""A part of an assignment after the other is solved to the end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from placewright.solver.clock import Deadline
from placewright.solver.reassign.board import Board
from placewright.solver.reassign.parts import Part, PartModel

SECONDS = 2.0
"""What one part may take."""
LEAST_PAIRS, MOST_PAIRS = 60, 3000
"""Between these is how many (agent, node) pairs a part has: more while they are solved to the end."""
RETURNING = 0.2
"""How often somebody who could go home is chosen."""
PROMISING = 0.8
"""How often a node is chosen for what it could take off the others, or they off it."""


@dataclass
class Effort:
    """seconds: what one part may take; of the solver's own time where that is to be the same every time.

    pairs: how large parts are, by how the last ones went.
    """

    seconds: float
    deterministic: bool = False
    pairs: float = 4.0 * LEAST_PAIRS


def improve_part(board: Board, rng: np.random.Generator, effort: Effort, deadline: Deadline) -> None:
    """Choose a part, solve it, and put its agents where they are better off."""
    model = PartModel(board.problem, board.where, _part(board, rng, int(effort.pairs)))
    seed = int(rng.integers(2**30))
    seconds = min(effort.seconds, deadline.remaining())
    found = model.solve(seconds, seed, deterministic=effort.deterministic)
    if found is not None:
        board.rearrange(found.where)
    solved = found is not None and found.proven
    effort.pairs = float(np.clip(effort.pairs * (1.1 if solved else 0.8), LEAST_PAIRS, MOST_PAIRS))


def _part(board: Board, rng: np.random.Generator, pairs: int) -> Part:
    """All agents of a few nodes: as a rule one that could take, one that could give, and others by chance."""
    nodes = len(board.cost)
    first = [
        int((rng.random(nodes) * promise).argmax())
        for promise in board.promise()
        if promise.any() and rng.random() < PROMISING
    ]
    away = np.flatnonzero(board.fare)
    if len(away) and (not first or rng.random() < RETURNING):
        a = int(rng.choice(away))
        first = [int(board.where[a]), int(board.problem.home[a]), *first]
    chosen: list[int] = []
    agents = 0
    for n in dict.fromkeys([*first, *rng.permutation(nodes).tolist()]):
        there = len(board.on[n])
        if len(chosen) >= 2 and (agents + there) * (len(chosen) + 1) > pairs:
            break
        chosen.append(n)
        agents += there
    return Part(tuple(a for n in chosen for a in sorted(board.on[n])), tuple(chosen))
