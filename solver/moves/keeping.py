"""Which nodes to keep, chosen all together: the cheapest that can hold everybody, by amounts and by number.

Emptying one node after the other ends where no single node pays any more. Here a small model covers what is
asked for with whole nodes, and everybody else leaves. How well agents pack is not known before it is tried,
so it is tried with more and more room to spare.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from ortools.sat.python import cp_model

from placewright.models.rules.topology_spread import hard_constraints
from placewright.solver.compilation import BoolArray, IntArray
from placewright.solver.moves.board import Board
from placewright.solver.moves.descend import Allowance
from placewright.solver.settings import Settings
from placewright.solver.sound import sound_solver

MOST_MASKS = 60
"""Sets of nodes that groups may use, and whose room is asked for, those with most to hold first."""
SECONDS = 4.0
UNITS = 10**6
"""Amounts are told to the model in so many parts of what is asked for in all."""


@dataclass(frozen=True)
class Nodes:
    """What nodes cost. price (N,): per hour in millionths; kept (N,): in use whatever moves; fare (N,): what
    it costs to move everybody away who still runs there; leaving (N,): how many that are.
    """

    price: IntArray
    kept: BoolArray
    fare: IntArray
    leaving: IntArray


class Cover:
    """The model for one board: `cheapest` says which nodes to keep for so much room to spare."""

    def __init__(
        self, board: Board, nodes: Nodes, allowance: Allowance, min_gain: int, most: int | None = None
    ) -> None:
        """most: how many nodes that have a price may be emptied."""
        self._board = board
        self._nodes = nodes
        self._allowance = allowance
        self._min_gain = min_gain
        self._most = most
        compilation = board.compilation
        load = board.count.T @ compilation.request
        # Nobody comes to a closed node; on an overcommitted one there is room for those that it has.
        room = np.where(board.closed[:, None], load, np.maximum(compilation.free, load))
        self._demands = list(_amounts(board, room))
        self._demands.extend(_numbers(board))

    def cheapest(self, spare: float, settings: Settings, seconds: float) -> BoolArray | None:
        """bool (N,): nodes that stay in use; None where none will do. spare: part of the room left empty."""
        model, nodes = cp_model.CpModel(), self._nodes
        stays = [model.new_bool_var("") for _ in nodes.price]
        # What costs nothing need not be emptied.
        for n in np.flatnonzero(nodes.kept | (nodes.price <= 0)).tolist():
            model.add(stays[n] == 1)
        if self._most is not None:
            emptied = [1 - stays[n] for n in np.flatnonzero(self._board.count.any(axis=0)).tolist()]
            model.add(sum(emptied) <= max(0, self._most))
        for supply, need, spared in self._demands:
            wanted = math.ceil(need * (1.0 + spare)) if spared else need
            there = np.flatnonzero(supply).tolist()
            model.add(sum(int(supply[n]) * stays[n] for n in there) >= wanted)
        for each, most in ((nodes.leaving, self._allowance.moves), (nodes.fare, self._allowance.cost)):
            if most is not None:
                left = sum(int(each[n]) * (1 - stays[n]) for n in np.flatnonzero(each).tolist())
                model.add(left <= max(0, most))
        worth = nodes.price - self._min_gain * nodes.fare
        model.minimize(sum(int(worth[n]) * stays[n] for n in range(len(stays))))
        solver = sound_solver()
        solver.parameters.num_workers = settings.worker_count
        solver.parameters.random_seed = settings.seed % 2**31
        solver.parameters.max_time_in_seconds = min(seconds, SECONDS)
        solver.parameters.relative_gap_limit = 1e-3
        solver.parameters.catch_sigint_signal = False
        if settings.deterministic:
            solver.parameters.num_workers = 1
            solver.parameters.max_deterministic_time = min(seconds, SECONDS) / 2
        if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return None
        return np.array([bool(solver.value(var)) for var in stays], dtype=np.bool_)


Demand = tuple[IntArray, int, bool]
"""What each node (N,) has of something, how much of it is needed, and whether to leave some to spare."""


def _amounts(board: Board, room: IntArray) -> Iterator[Demand]:
    """Amounts for those that may use no other nodes than some set: all of them, and each domain of spread."""
    compilation = board.compilation
    masks: dict[bytes, BoolArray] = {}
    loads: dict[bytes, IntArray] = {}
    for g in compilation.pending:
        for mask, number in _parts(board, g):
            key = mask.tobytes()
            masks[key] = mask
            known = loads.get(key)
            load = number * compilation.request[g]
            loads[key] = load if known is None else known + load
    everywhere = np.ones(len(room), dtype=np.bool_)
    masks[everywhere.tobytes()] = everywhere
    order = sorted(masks, key=lambda key: -int(masks[key].sum()))[:MOST_MASKS]
    for key in order:
        # Of groups that spread, the whole counts for the widest set, and domain by domain besides.
        within = [k for k in loads if not (masks[k] & ~masks[key]).any()]
        need = np.sum([loads[k] for k in within], axis=0) if within else np.zeros(room.shape[1])
        for r in np.flatnonzero(need).tolist():
            unit = max(1, int(need[r]) // UNITS)
            yield np.where(masks[key], room[:, r], 0) // unit, -(-int(need[r]) // unit), True


def _parts(board: Board, g: int) -> Iterator[tuple[BoolArray, int]]:
    """Sets of nodes (N,) and how many of a group have to be there: by its spread, and where it may go."""
    compilation = board.compilation
    may = compilation.eligible[g] | (board.count[g] > 0)
    left = int(board.count[g].sum())
    for constraint in hard_constraints(board.question.asked, compilation.groups[g].agent)[:1]:
        domains = compilation.domains(constraint.topology_key)
        if not 1 < len(domains.values) <= MOST_MASKS:
            continue
        # So many at least are in each domain if no other may be more than maxSkew ahead.
        others = len(domains.values) - 1
        least = max(0, (left - others * constraint.max_skew) // (others + 1))
        for d in range(len(domains.values)):
            if least:
                yield may & (domains.of_node == d), least
                left -= least
    if left:
        yield may, left


def _numbers(board: Board) -> Iterator[Demand]:
    """Nodes enough for those of whom a node may hold only so many."""
    compilation = board.compilation
    for g in compilation.pending:
        most = np.maximum(compilation.cap[g], board.count[g])
        size = int(board.count[g].sum())
        if size and int(most.max()) < size:
            yield most, size, False
