"""Host ports: groups that want the same port do not share a node, nor do two of one group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from placewright.models.rules.host_ports import RULE, conflict
from placewright.solver.compilation import BoolArray, Compilation, IntArray
from placewright.solver.rules.base import Encoder
from placewright.solver.rules.exclusion import (
    close,
    compile_exclusions,
    exclude_pairs,
    fix_exclusions,
    tightened,
)
from placewright.solver.variables import Variables


@dataclass(frozen=True)
class HostPortsEncoder(Encoder):
    """closed (G, N): a port is held there already. rivals: pairs of groups, a group with itself included."""

    rule: ClassVar[str] = "host_ports"
    closed: BoolArray
    rivals: tuple[tuple[int, int], ...]

    @classmethod
    def compile(cls, compilation: Compilation) -> Self | None:
        asking = [g for g, group in enumerate(compilation.groups) if group.agent.spec.host_ports]
        if not asking:
            return None
        return cls(
            *compile_exclusions(
                compilation,
                asking,
                lambda one, other: conflict(one, other) is not None,
                RULE.plugin,
            )
        )

    def tighten(self, cap: IntArray) -> IntArray:
        return tightened(cap, self.closed, [g for g, h in self.rivals if g == h])

    def encode(self, x: Variables) -> None:
        close(x, self.closed)
        exclude_pairs(x, self.rivals)

    def fixing(self, fixed: IntArray) -> Self:
        return type(self)(fix_exclusions(self.closed, self.rivals, fixed), self.rivals)
