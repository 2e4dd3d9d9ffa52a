"""Volume limits: distinct new volumes of a driver on a node fit beside those that are attached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

from placewright.models.rules.volume_limits import AttachmentIndex, VolumeId, limits, volumes_of
from placewright.models.state import ClusterState
from placewright.solver.compilation import Compilation, IntArray
from placewright.solver.rules.base import Encoder
from placewright.solver.variables import Variables


@dataclass(frozen=True)
class VolumeLimitsEncoder(Encoder):
    """left: (node, driver) -> attachments left. users: driver -> for each of its volumes, who uses it.

    attached: (node, driver) -> volumes, by position in `users[driver]`, that cost nothing there. Volumes of
    agents that may be evicted are attached, too: it takes a while until they are not.
    """

    rule: ClassVar[str] = "volume_limits"
    left: Mapping[tuple[int, int], int]
    users: Mapping[int, tuple[tuple[int, ...], ...]]
    attached: Mapping[tuple[int, int], frozenset[int]]

    @classmethod
    def compile(cls, compilation: Compilation) -> Self | None:
        using: dict[VolumeId, list[int]] = {}
        for g, group in enumerate(compilation.groups):
            for volume in volumes_of(compilation.snapshot, group.agent):
                using.setdefault(volume, []).append(g)
        if not using:
            return None
        drivers = {name: i for i, name in enumerate(dict.fromkeys(driver for driver, _ in using))}
        volumes = {i: [v for v in using if v[0] == name] for name, i in drivers.items()}
        index = ClusterState(compilation.snapshot).index(AttachmentIndex)
        left, attached = {}, {}
        for n, node in enumerate(compilation.nodes):
            there = index.attached(node)
            for driver, limit in limits(compilation.snapshot, node).items():
                if driver in drivers:
                    i = drivers[driver]
                    left[n, i] = limit - sum(d == driver for d, _ in there)
                    attached[n, i] = frozenset(k for k, v in enumerate(volumes[i]) if v in there)
        users = {i: tuple(tuple(using[v]) for v in own) for i, own in volumes.items()}
        return cls(left, users, attached) if left else None

    def encode(self, x: Variables) -> None:
        for (n, driver), left in self.left.items():
            new = [
                users
                for k, users in enumerate(self.users[driver])
                if k not in self.attached[n, driver] and x.most(users, [n])
            ]
            if len(new) > left:
                x.model.add(sum(x.present(users, [n]) for users in new) <= max(0, left))

    def fixing(self, fixed: IntArray) -> Self:
        left, attached = dict(self.left), dict(self.attached)
        for n, driver in self.left:
            came = {
                k
                for k, users in enumerate(self.users[driver])
                if k not in attached[n, driver] and fixed[list(users), n].any()
            }
            left[n, driver] -= len(came)
            attached[n, driver] |= came
        return type(self)(left, self.users, attached)
