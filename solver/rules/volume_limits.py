"""Volume limits: distinct new volumes of a driver on a node fit beside those that are attached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from placewright.models.rules.volume_limits import AttachmentIndex, VolumeId, limits, volumes_of
from placewright.models.state import ClusterState
from placewright.solver.compilation import Compilation, IntArray
from placewright.solver.rules.base import Encoder
from placewright.solver.variables import Literal, Variables

Groups = tuple[int, ...]
Place = tuple[int, int]
"""(node, driver), both by index."""


@dataclass(frozen=True)
class VolumeLimitsEncoder(Encoder):
    """left: (node, driver) -> attachments left. users: driver -> for each of its volumes, who uses it.

    attached: (node, driver) -> volumes, by position in `users[driver]`, that are there. Those of agents that
    may be evicted are, too: it takes a while until they are not. They cost nothing, unless they are `lent`:
    for each such volume that only agents use which may leave, its newcomers and those; once none of those
    stays, it costs its newcomers an attachment more.
    """

    rule: ClassVar[str] = "volume_limits"
    left: Mapping[Place, int]
    users: Mapping[int, tuple[Groups, ...]]
    attached: Mapping[Place, frozenset[int]]
    lent: Mapping[Place, tuple[tuple[Groups, Groups], ...]]

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
        staying = compilation.emptied.index(AttachmentIndex)
        left, attached, lent = {}, {}, {}
        for n, node in enumerate(compilation.nodes):
            there, without = index.attached(node), staying.attached(node)
            for driver, limit in limits(compilation.snapshot, node).items():
                if driver in drivers:
                    i = drivers[driver]
                    left[n, i] = limit - sum(d == driver for d, _ in there)
                    attached[n, i] = frozenset(k for k, v in enumerate(volumes[i]) if v in there)
                    leaving = (using[v] for v in volumes[i] if v in there and v not in without)
                    lent[n, i] = tuple(_sides(compilation, groups, n) for groups in leaving)
        users = {i: tuple(tuple(using[v]) for v in own) for i, own in volumes.items()}
        return cls(left, users, attached, lent) if left else None

    def encode(self, x: Variables) -> None:
        for (n, driver), left in self.left.items():
            new = [
                x.present(users, [n])
                for k, users in enumerate(self.users[driver])
                if k not in self.attached[n, driver] and x.most(users, [n])
            ]
            new += [_anew(x, *sides, n) for sides in self.lent[n, driver] if x.most(sides[0], [n])]
            if len(new) > left:
                x.model.add(sum(new) <= max(0, left))

    def fixing(self, fixed: IntArray) -> Self:
        left, attached, lent = dict(self.left), dict(self.attached), dict(self.lent)
        for n, driver in self.left:
            came = {
                k
                for k, users in enumerate(self.users[driver])
                if k not in attached[n, driver] and fixed[list(users), n].any()
            }
            open_still = []
            for newcomers, stayers in lent[n, driver]:
                stays, taken = fixed[list(stayers), n].any(), fixed[list(newcomers), n].any()
                left[n, driver] -= int(taken and not stays)
                if not (stays or taken):
                    open_still.append((newcomers, stayers))
            left[n, driver] -= len(came)
            attached[n, driver] |= came
            lent[n, driver] = tuple(open_still)
        return type(self)(left, self.users, attached, lent)


def _sides(compilation: Compilation, groups: Sequence[int], node: int) -> tuple[Groups, Groups]:
    """Of a volume's users on a node: who would be new there, and who is there and may leave."""
    stayers = tuple(g for g in groups if compilation.home[g, node])
    newcomers = tuple(g for g in groups if not compilation.standing[g])
    return newcomers, stayers


def _anew(x: Variables, newcomers: Groups, stayers: Groups, n: int) -> Literal:
    """Whether a volume is used by newcomers after all who used it have left."""
    anew = x.model.new_bool_var("")
    x.model.add_bool_or([~x.present(newcomers, [n]), x.present(stayers, [n]), anew])
    came, stay = list(newcomers), list(stayers)
    x.complete_hints(lambda count: [(anew, int(count[came, n].any() and not count[stay, n].any()))])
    return anew
