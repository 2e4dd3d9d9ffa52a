"""Agents on nodes as plain arrays by row, for loops that try one exchange after the other.

Nobody is an agent, too, the last one: of a kind of its own, at no home, and asking for nothing. Moving an
agent is exchanging it with nobody.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from placewright.solver.compilation import BoolArray, FloatArray, IntArray
from placewright.solver.reassign.arrays import Reassignment

IndexArray = npt.NDArray[np.int32]
"""Which, or how many. What tries look up by chance is small: how much of it caches hold makes them fast."""


class State(NamedTuple):
    """What is asked (by agent A + 1, kind K + 1 or node N), and below that what exchanges change.

    amounts (2, A, R): what is in use on a node, and of it what is new where one comes back to its home.
    bends (A, H), fare (A, N), eligible (A, N), kind, home (A,). movers: who may go to another node. targets:
    the nodes within reach of a, from `targets_at[a]` on. waste (A,): how much of a node is in use twice by
    one who is away. alone, least (K,), places, near (N,). related: kinds that k wants, from
    `related_at[2 * k]` on, and that want k, from `related_at[2 * k + 1]` on.

    where (A,), free (N, R), bent (N, H), cost (N,), on_node (N, K), in_place (K, places), spread (K,): in how
    many places, in_near (near, K), moved (K,), with_moves: how many kinds have so many agents that are away,
    top (1,): the most of them, value (1,).
    """

    amounts: FloatArray
    bends: FloatArray
    fare: FloatArray
    eligible: BoolArray
    movers: IndexArray
    targets_at: IntArray
    targets: IndexArray
    kind: IndexArray
    home: IndexArray
    waste: FloatArray
    alone: BoolArray
    least: IntArray
    places: IndexArray
    near: IndexArray
    related_at: IntArray
    related: IndexArray
    most_weight: float
    where: IntArray
    free: FloatArray
    bent: FloatArray
    cost: FloatArray
    on_node: IndexArray
    in_place: IndexArray
    spread: IntArray
    in_near: IndexArray
    moved: IntArray
    with_moves: IntArray
    top: IntArray
    value: FloatArray


BY_AMOUNT = ("where", "free", "bent", "cost", "value")
BY_KIND = ("on_node", "in_place", "spread", "in_near", "moved", "with_moves", "top")
"""What exchanges change."""


def copied(state: State) -> State:
    """The same assignment once more, to go on from by itself; what nobody changes is shared."""
    return state._replace(**{name: getattr(state, name).copy() for name in (*BY_AMOUNT, *BY_KIND)})


def state_of(p: Reassignment, where: IntArray) -> State:
    """An assignment (A,) that keeps every rule, with all that follows from it."""
    nodes, kinds = p.capacity.shape[1], p.kinds
    request = _with_nobody(p.request.T)
    single = np.where(p.double, 0.0, request)
    fare = np.where(np.arange(nodes) != p.home[:, None], p.move[:, None], 0.0) + p.distance[p.home]
    bent = np.ascontiguousarray(p.bent(where).T)
    in_place = _counted(p.kind, p.places[where], (kinds + 1, int(p.places.max()) + 1))
    moved = np.bincount(p.kind[where != p.home], minlength=kinds + 1)
    related_at, related = _related(p.needs, kinds + 1)
    reach = p.reach()
    reach[np.arange(len(where)), where] = True
    return State(
        amounts=np.stack((request, single)),
        bends=_with_nobody(p.bends.T),
        fare=_with_nobody(fare),
        eligible=np.vstack((reach, np.ones((1, nodes), dtype=np.bool_))),
        movers=_index(np.flatnonzero(reach.sum(axis=1) > 1)),
        targets_at=np.append(0, np.cumsum(reach.sum(axis=1))).astype(np.int64),
        targets=_index(np.nonzero(reach)[1]),
        kind=_index(np.append(p.kind, kinds)),
        home=_index(np.append(p.home, -1)),
        waste=((request - single) / np.maximum(p.capacity.mean(axis=1), 1.0)).sum(axis=1),
        alone=np.append(p.alone, False),
        least=np.append(p.least, 0),
        places=_index(p.places),
        near=_index(p.near),
        related_at=related_at,
        related=related,
        most_weight=float(p.most_weight),
        where=np.append(where, -1),
        free=np.ascontiguousarray((p.capacity - p.charged(where)).T),
        bent=bent,
        cost=np.maximum(bent, 0).sum(axis=1),
        on_node=_counted(where, p.kind, (nodes, kinds + 1)),
        in_place=in_place,
        spread=np.count_nonzero(in_place, axis=1).astype(np.int64),
        in_near=_counted(p.near[where], p.kind, (int(p.near.max()) + 1, kinds + 1)),
        moved=moved,
        with_moves=np.bincount(moved, minlength=len(where) + 2),
        top=np.array([moved.max()]),
        value=np.array([float(p.value(where))]),
    )


def _with_nobody(rows: FloatArray) -> FloatArray:
    """Row after row in memory: loops read by row, and would be translated anew for every other order."""
    return np.ascontiguousarray(np.vstack((rows, np.zeros((1, rows.shape[1])))))


def _index(found: IntArray) -> IndexArray:
    return np.ascontiguousarray(found, dtype=np.int32)


def _counted(rows: IntArray, columns: IntArray, shape: tuple[int, int]) -> IndexArray:
    found = np.zeros(shape, dtype=np.int32)
    np.add.at(found, (rows, columns), 1)
    return found


def _related(needs: Iterable[tuple[int, int]], kinds: int) -> tuple[IntArray, IndexArray]:
    """Where those that kinds want and that want them begin, and all of them one after another."""
    pairs = {(a, b) for a, b in needs if a != b}
    ordered = sorted({(2 * a, b) for a, b in pairs} | {(2 * b + 1, a) for a, b in pairs})
    firsts = np.array([first for first, _ in ordered], dtype=np.int64)
    starts = np.searchsorted(firsts, np.arange(2 * kinds + 1)).astype(np.int64)
    return starts, np.array([second for _, second in ordered], dtype=np.int32)
