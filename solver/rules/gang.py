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
class _ComingGang:
    """One gang that does not stand yet: its groups, and the members missing to minMember beside fixed ones.

    some_fixed: pending members are among those, so that the gang has begun.
    """

    groups: tuple[int, ...]
    missing: int
    some_fixed: bool = False

    def encode(self, x: Variables) -> None:
        placed = x.sum(self.groups)
        if self.some_fixed:
            x.model.add(placed >= self.missing)
        elif x.most(self.groups):
            x.model.add(placed >= self.missing).only_enforce_if(x.present(self.groups))

    def fixing(self, fixed: IntArray) -> _ComingGang:
        there = int(fixed[list(self.groups)].sum())
        return replace(self, missing=self.missing - there, some_fixed=self.some_fixed or there > 0)


@dataclass(frozen=True)
class GangEncoder(Encoder):
    """gangs: those of which nobody may be evicted and that do not stand yet.

    running: the gangs of which some members may be evicted: their standing groups, the groups that come,
    how many members the standing ones have, what is missing to minMember beside the fixed members, and
    whether there are such.
    """

    rule: ClassVar[str] = "gang"
    gangs: tuple[_ComingGang, ...]
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
                gangs.append(_ComingGang(tuple(own), missing))
        return cls(tuple(gangs), tuple(running)) if gangs or running else None

    def encode(self, x: Variables) -> None:
        for gang in self.gangs:
            gang.encode(x)
        for running in self.running:
            running.encode(x)

    def fixing(self, fixed: IntArray) -> Self:
        coming = (gang.fixing(fixed) for gang in self.gangs)
        return type(self)(
            tuple(gang for gang in coming if gang.missing > 0),
            tuple(gang.fixing(fixed) for gang in self.running),
        )
