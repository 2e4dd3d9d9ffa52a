"""What shares of single devices say about sums: amounts that every placement keeps, for bounds and guesses.

The sum of milli-shares is one such amount. It does not see that two shares of 600 need two devices. For a
threshold t, 333 < t <= 500, count in half slots what a share takes of its device:

    2 where milli > 1000 - t        nothing of t or more goes beside it
    1 where t <= milli <= 1000 - t  at most one more of these goes beside it
    0 below t

A device holds at most two half slots, whatever it holds. With t at the sizes that are asked for, these
amounts know most of what packing single devices knows.

What is left beside a large share is of use only to those that are small enough. For a size s <= 333 count

    1000  where milli > 1000 - s    nothing of s or more goes beside it: the device is full
    milli where s <= milli <= 1000 - s
    0     below s

A device holds at most 1000 of that, too: with a share that makes it full there is nothing else that counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from placewright.models.agent import Agent, DeviceRequest
from placewright.models.node import DEVICE_MILLI, Node
from placewright.models.rules.devices import devices_left
from placewright.models.snapshot import Snapshot

PREFIX = "devices:"
"""How the names of these amounts begin."""
MOST_THRESHOLDS = 6
MOST_REMNANTS = 3
"""Sizes for which what is left beside large shares is counted as used."""
HALF = DEVICE_MILLI // 2
THIRD = DEVICE_MILLI // 3


class DeviceAmounts:
    """The amounts by name, `devices:…`, so that none is taken for a request of the same name."""

    def __init__(self, agents: Iterable[Agent]) -> None:
        self._thresholds: dict[str, tuple[int, ...]] = {}
        self._remnants: dict[str, tuple[int, ...]] = {}
        self._left: dict[tuple[str, tuple[int, ...]], dict[str, int]] = {}
        """What has been told, by resource and by what is left of each device: nodes are much alike."""
        asked: dict[str, set[int]] = {}
        for agent in agents:
            for request in agent.spec.devices:
                asked.setdefault(request.resource, set()).add(request.milli)
        for resource, sizes in asked.items():
            between = sorted((size for size in sizes if THIRD < size <= HALF), reverse=True)
            self._thresholds[resource] = tuple(dict.fromkeys((HALF, *between)))[:MOST_THRESHOLDS]
            self._remnants[resource] = _remnants(sizes)

    @property
    def any(self) -> bool:
        """Whether anybody asks for devices."""
        return bool(self._thresholds)

    def asked(self, agent: Agent) -> dict[str, int]:
        """What one agent takes of each amount."""
        amounts: dict[str, int] = {}
        for request in agent.spec.devices:
            for name, each in self._shares(request):
                amounts[name] = amounts.get(name, 0) + request.count * each
        return amounts

    def _shares(self, request: DeviceRequest) -> Iterator[tuple[str, int]]:
        yield f"{PREFIX}{request.resource}", request.milli
        for t in self._thresholds.get(request.resource, ()):
            yield f"{PREFIX}{request.resource}:{t}", half_slots(request.milli, t)
        for s in self._remnants.get(request.resource, ()):
            yield f"{PREFIX}{request.resource}:beside-{s}", filled(request.milli, s)

    def free(self, snapshot: Snapshot, node: Node) -> dict[str, int]:
        """What a node has left of each amount beside all who run."""
        amounts: dict[str, int] = {}
        for resource in self._thresholds:
            left = tuple(devices_left(snapshot, node, resource))
            if left:
                key = (resource, left)
                if key not in self._left:
                    self._left[key] = self._of(resource, [max(0, milli) for milli in left])
                amounts.update(self._left[key])
        return amounts

    def _of(self, resource: str, left: Sequence[int]) -> dict[str, int]:
        """The amounts of devices with so many milli-shares left."""
        amounts = {f"{PREFIX}{resource}": sum(left)}
        for t in self._thresholds[resource]:
            amounts[f"{PREFIX}{resource}:{t}"] = sum(half_slots(milli, t) for milli in left)
        for s in self._remnants[resource]:
            amounts[f"{PREFIX}{resource}:beside-{s}"] = sum(filled(milli, s) for milli in left)
        return amounts


def half_slots(milli: int, threshold: int) -> int:
    """Half slots of a share, and just so of what a device has left: no more than that fits into it."""
    if milli > DEVICE_MILLI - threshold:
        return 2
    return 1 if milli >= threshold else 0


def filled(milli: int, size: int) -> int:
    """What a share takes of its device, full where nothing of `size` or more goes beside it.

    Just so what a device has left: no more than that fits into it.
    """
    if milli > DEVICE_MILLI - size:
        return DEVICE_MILLI
    return milli if milli >= size else 0


def _remnants(sizes: set[int]) -> tuple[int, ...]:
    """For each large share the smallest size that does not go beside it, where that is a small one."""
    found = set()
    for large in sizes:
        too_large = [size for size in sizes if DEVICE_MILLI - large < size <= THIRD]
        if large < DEVICE_MILLI and too_large:
            found.add(min(too_large))
    return tuple(sorted(found, reverse=True))[:MOST_REMNANTS]
