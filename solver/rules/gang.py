"""Gangs: enough members of a PodGroup, or none of its pending ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

from placewright.models.rules.gang import standing
from placewright.solver.compilation import Compilation, IntArray
from placewright.solver.rules.base import Encoder
from placewright.solver.variables import Variables


@dataclass(frozen=True)
class _RunningGang:
    """One gang of which agents may be evicted, as `GangEncoder.running` says."""

    stay: tuple[int, ...]
    come: tuple[int, ...]
    may_leave: int
    missing: int
    some_fixed: bool

    def encode(self, x: Variables) -> None:
        """It has enough members in the end, or all that may leave do, or nothing about it changes."""
        there = x.sum((*self.stay, *self.come))
        enough = x.model.new_bool_var("")
        x.model.add(there >= self.missing).only_enforce_if(enough)
        if x.most(self.come):
            x.model.add_implication(x.present(self.come), enough)
        as_before = x.model.new_bool_var("")
        x.model.add(x.sum(self.stay) == self.may_leave).only_enforce_if(as_before)
        outcomes = [enough, as_before]
        if not self.some_fixed:
            none = x.model.new_bool_var("")
            x.model.add(there == 0).only_enforce_if(none)
            outcomes.append(none)
        x.model.add_bool_or(outcomes)

    def fixing(self, fixed: IntArray) -> _RunningGang:
        stays = int(fixed[list(self.stay)].sum())
        comes = int(fixed[list(self.come)].sum())
        return replace(
            self,
            may_leave=self.may_leave - stays,
            missing=self.missing - stays - comes,
            some_fixed=self.some_fixed or stays + comes > 0,
        )


@dataclass(frozen=True)
class GangEncoder(Encoder):
    """gangs: (groups of the gang, members still missing to minMember beside the fixed ones).

    running: the gangs of which some members may be evicted: their standing groups, the groups that come,
    how many members the standing ones have, what is missing to minMember beside the fixed members, and
    whether there are such.
    """

    rule: ClassVar[str] = "gang"
    gangs: tuple[tuple[tuple[int, ...], int], ...]
    running: tuple[_RunningGang, ...] = ()

    @classmethod
    def compile(cls, compilation: Compilation) -> Self | None:
        groups: dict[tuple[str, str], list[int]] = {}
        for g, group in enumerate(compilation.groups):
            if group.agent.spec.pod_group:
                groups.setdefault((group.agent.namespace, group.agent.spec.pod_group), []).append(g)
        gangs, running = [], []
        for key, own in groups.items():
            gang = compilation.snapshot.pod_group_by_key.get(key)
            if gang is None:
                continue
            stay = tuple(g for g in own if compilation.standing[g])
            may_leave = int(compilation.size[list(stay)].sum())
            fixed = standing(compilation.snapshot, gang) - may_leave
            missing = gang.min_member - fixed
            if stay:
                come = tuple(g for g in own if not compilation.standing[g])
                running.append(_RunningGang(stay, come, may_leave, missing, fixed > 0))
            elif missing > 0:
                gangs.append((tuple(own), missing))
        return cls(tuple(gangs), tuple(running)) if gangs or running else None

    def encode(self, x: Variables) -> None:
        for groups, missing in self.gangs:
            placed = x.sum(groups)
            most = x.most(groups)
            if not most:
                continue
            starts = x.present(groups)
            x.model.add(placed >= missing).only_enforce_if(starts)
        for gang in self.running:
            gang.encode(x)

    def fixing(self, fixed: IntArray) -> Self:
        return type(self)(
            tuple(
                (groups, missing - int(fixed[list(groups)].sum()))
                for groups, missing in self.gangs
                if missing > int(fixed[list(groups)].sum())
            ),
            tuple(gang.fixing(fixed) for gang in self.running),
        )
