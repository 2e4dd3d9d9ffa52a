"""Where many agents of one group go at a time, as if they came one after the other. Arrays only."""

from __future__ import annotations

import numpy as np

from placewright.solver.compilation import FloatArray, IntArray

BISECTIONS = 40
"""Halvings of the level up to which nodes are filled."""
ROUNDS = 8
"""Parts in which a group comes where costs guide it: who comes changes what the next one costs."""


def part(wanted: int, nodes: int) -> int:
    """How many of the `wanted` agents of a group come, one to a node, before nodes are compared again.

    Few nodes are soon compared, and one on each of them says nothing of what another one costs.
    """
    return min(-(-wanted // ROUNDS), max(1, nodes // ROUNDS))


def emptiest(base: FloatArray, step: FloatArray, room: IntArray, wanted: int) -> IntArray:
    """int64 (N,): `wanted` agents, each to the node with the most left beside it; `room` (N,) at most.

    base (N,): what a node has left now, as a share of it; step (N,): what one more agent takes of that. The
    same as one by one, ties aside: nodes are filled down to a common level.
    """
    if int(room.sum()) <= wanted:
        return room.copy()
    open_nodes = np.flatnonzero(room)
    base, step, most = base[open_nodes], np.maximum(step[open_nodes], 1e-12), room[open_nodes]
    row = np.zeros_like(room)
    if wanted == 1:
        row[open_nodes[int(np.argmax(base - step))]] = 1
        return row
    high, low = float((base - step).max()) + 1e-9, float((base - most * step).min()) - 1e-9
    for _ in range(BISECTIONS):
        level = (high + low) / 2
        if int(_down_to(level, base, step, most).sum()) <= wanted:
            high = level
        else:
            low = level
    taken = _down_to(high, base, step, most)
    while (left := wanted - int(taken.sum())) > 0:
        more = np.flatnonzero(taken < most)
        value = (base - (taken + 1) * step)[more]
        taken[more[np.argsort(-value, kind="stable")[:left]]] += 1
    row[open_nodes] = taken
    return row


def _down_to(level: float, base: FloatArray, step: FloatArray, most: IntArray) -> IntArray:
    """int64: how many come to each node while it has more than `level` left beside the last of them."""
    return np.minimum(np.maximum((base - level) / step, 0.0), most).astype(np.int64)


def in_turn(order: IntArray, room: IntArray, wanted: int) -> IntArray:
    """int64 (N,): the nodes of `order` filled up one after the other."""
    before = np.cumsum(room[order]) - room[order]
    row = np.zeros_like(room)
    row[order] = np.clip(wanted - before, 0, room[order])
    return row
