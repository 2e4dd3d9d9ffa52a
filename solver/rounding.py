"""From the relaxation's fractions to whole agents by class of nodes.

What a group sends to topology domains is rounded first, key by key from the coarsest on, each time to the
largest remainders: who is spread over domains stays as even as it was. Within a domain amounts are rounded
down, and what that leaves goes to the classes where the groups before have left the most room, so that what
a class receives in all stays what it was, within an agent.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from placewright.solver.compilation import FloatArray, IntArray

HAIR = 1e-5
"""So close below a whole number, an amount is meant to be that."""


def whole_agents(
    solution: Mapping[tuple[int, int], float],
    places: IntArray,
    request: IntArray,
    room: IntArray,
    number: Mapping[int, int] | None = None,
) -> dict[tuple[int, int], int]:
    """(group, class) -> agents, from amounts in `solution`; groups that ask for the most are rounded first.

    places (C, K): the domain of each class by topology key, the coarsest key first. request (G, R): what an
    agent asks for; room (C, R): what each class has. number: how many of a group there are to be, where that
    is not the whole number next to its amounts.
    """
    by_group: dict[int, list[tuple[int, float]]] = {}
    for (g, c), amount in solution.items():
        by_group.setdefault(g, []).append((c, amount))
    scale = np.maximum(room.max(axis=0, initial=1), 1)
    asked: FloatArray = request / scale
    spare: FloatArray = np.zeros(room.shape)
    whole: dict[tuple[int, int], int] = {}
    for g in sorted(by_group, key=lambda g: (-asked[g].max(initial=0.0), g)):
        classes = np.array([c for c, _ in by_group[g]], dtype=np.int64)
        amounts = np.array([amount for _, amount in by_group[g]])
        spare[classes] += (amounts % 1.0)[:, None] * asked[g]
        total = (number or {}).get(g, round(float(amounts.sum())))
        rounded = _shared_out(total, amounts, places[classes], spare[classes] @ asked[g])
        spare[classes] -= (rounded - np.floor(amounts))[:, None] * asked[g]
        whole.update({(g, int(c)): int(n) for c, n in zip(classes, rounded, strict=True) if n})
    return whole


def _shared_out(total: int, amounts: FloatArray, places: IntArray, spare: FloatArray) -> IntArray:
    """`total` in whole parts close to `amounts`: domain by domain of the first key, then of the next."""
    if not places.shape[1]:
        return _rounded(total, amounts, spare)
    _, of = np.unique(places[:, 0], return_inverse=True)
    sums: FloatArray = np.bincount(of.reshape(-1), weights=amounts).astype(np.float64)
    parts = np.zeros(len(amounts), dtype=np.int64)
    for i, part in enumerate(_rounded(total, sums, sums - np.floor(sums + HAIR)).tolist()):
        inside = of.reshape(-1) == i
        parts[inside] = _shared_out(part, amounts[inside], places[inside, 1:], spare[inside])
    return parts


def _rounded(total: int, amounts: FloatArray, first: FloatArray) -> IntArray:
    """Amounts rounded down, and what is missing to `total` one by one where `first` is largest."""
    parts: IntArray = np.floor(amounts + HAIR).astype(np.int64)
    missing = total - int(parts.sum())
    while missing:
        step = 1 if missing > 0 else -1
        order = np.argsort(-step * first, kind="stable")
        order = order[(parts[order] > 0) | (step > 0)][: abs(missing)]
        parts[order] += step
        missing -= step * len(order)
    return parts
