"""Gangs: enough members of a PodGroup, or none of its pending ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from placewright.models.rules.gang import standing
from placewright.solver.compilation import Compilation, IntArray
from placewright.solver.rules.base import Encoder
from placewright.solver.variables import Variables


@dataclass(frozen=True)
class GangEncoder(Encoder):
    """gangs: (groups of the gang, members still missing to minMember)."""

    rule: ClassVar[str] = "gang"
    gangs: tuple[tuple[tuple[int, ...], int], ...]

    @classmethod
    def compile(cls, compilation: Compilation) -> Self | None:
        groups: dict[tuple[str, str], list[int]] = {}
        for g, group in enumerate(compilation.groups):
            if group.agent.spec.pod_group:
                groups.setdefault((group.agent.namespace, group.agent.spec.pod_group), []).append(g)
        gangs = []
        for key, own in groups.items():
            gang = compilation.snapshot.pod_group_by_key.get(key)
            missing = 0 if gang is None else gang.min_member - standing(compilation.snapshot, gang)
            if missing > 0:
                gangs.append((tuple(own), missing))
        return cls(tuple(gangs)) if gangs else None

    def encode(self, x: Variables) -> None:
        for groups, missing in self.gangs:
            placed = x.sum(groups)
            most = x.most(groups)
            if not most:
                continue
            starts = x.present(groups)
            x.model.add(placed >= missing).only_enforce_if(starts)

    def fixing(self, fixed: IntArray) -> Self:
        return type(self)(
            tuple(
                (groups, missing - int(fixed[list(groups)].sum()))
                for groups, missing in self.gangs
                if missing > int(fixed[list(groups)].sum())
            )
        )
