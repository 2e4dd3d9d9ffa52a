"""Which devices of one node hold which requests: exact, for the few requests that a node has."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TypeAlias

from placewright.models.agent import DeviceRequest

Wanted: TypeAlias = tuple[DeviceRequest, Sequence[int]]
"""A request, and the ids of the devices that it may use."""

MOST_TRIES = 20_000
MOST_REQUESTS = 200
"""Beyond these the search gives up: as if nothing fitted, never a false fit."""


def best_fit(free: Sequence[int], request: DeviceRequest, allowed: Sequence[int]) -> tuple[int, ...] | None:
    """The fullest allowed devices that still hold the request, lowest ids first; None where none do."""
    open_ids = _open_ids(free, request, allowed)
    return tuple(sorted(open_ids[: request.count])) if len(open_ids) >= request.count else None


def pack(free: Sequence[int], wanted: Sequence[Wanted]) -> list[tuple[int, ...]] | None:
    """Ids for each request, in their order, so that no device gives more than its `free` milli-shares.

    Of all ways the first that best fit leads to; None where there is no way.
    """
    if len(wanted) == 1:
        alone = best_fit(free, *wanted[0])
        return None if alone is None else [alone]
    search = _Search(free, wanted)
    return search.chosen if len(wanted) <= MOST_REQUESTS and search.settle(0) else None


def pack_running(free: Sequence[int], wanted: Sequence[Wanted]) -> list[tuple[int, ...]]:
    """Like `pack`, for requests that are known to be served: what does not fit overcommits the emptiest."""
    packed = pack(free, wanted)
    if packed is not None:
        return packed
    left = list(free)
    chosen: list[tuple[int, ...]] = [()] * len(wanted)
    for i in hardest_first(wanted):
        request, allowed = wanted[i]
        emptiest = sorted(allowed, key=lambda d: (-left[d], d))[: request.count]
        chosen[i] = best_fit(left, request, allowed) or tuple(sorted(emptiest))
        for device in chosen[i]:
            left[device] -= request.milli
    return chosen


def hardest_first(wanted: Sequence[Wanted]) -> list[int]:
    """Indices of the requests, large ones and those with little choice first."""
    return sorted(range(len(wanted)), key=lambda i: (-wanted[i][0].milli, len(wanted[i][1]), i))


def _open_ids(free: Sequence[int], request: DeviceRequest, allowed: Sequence[int]) -> list[int]:
    return sorted((i for i in allowed if free[i] >= request.milli), key=lambda i: (free[i], i))


class _Search:
    """Depth first, best fit first; of devices that nothing tells apart only one is tried."""

    def __init__(self, free: Sequence[int], wanted: Sequence[Wanted]) -> None:
        self.chosen: list[tuple[int, ...]] = [()] * len(wanted)
        self._wanted = wanted
        self._left = list(free)
        self._order = hardest_first(wanted)
        self._open_to = [tuple(i in allowed for _, allowed in wanted) for i in range(len(free))]
        self._tries = 0

    def settle(self, depth: int) -> bool:
        """Whether the requests from `depth` on find devices; `chosen` then says which."""
        if depth == len(self._order):
            return True
        index = self._order[depth]
        request, allowed = self._wanted[index]
        seen = set()
        for ids in combinations(_open_ids(self._left, request, allowed), request.count):
            self._tries += 1
            if self._tries > MOST_TRIES:
                return False
            kind = tuple((self._left[i], self._open_to[i]) for i in ids)
            if kind in seen:
                continue
            seen.add(kind)
            self._give(ids, request.milli)
            self.chosen[index] = tuple(sorted(ids))
            if self.settle(depth + 1):
                return True
            self._give(ids, -request.milli)
        return False

    def _give(self, ids: Sequence[int], milli: int) -> None:
        for i in ids:
            self._left[i] -= milli
