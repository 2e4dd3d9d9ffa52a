"""How much more fits, and what stands in the way of more. Also the file format, see docs/what-if.md."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from placewright.models.document import Document
from placewright.models.plan import PLAN_VERSION


class Kind(Document):
    """One kind of agent of the mix: `template` is whom it is like. agents: how many more of it fit.

    message: why not one more of it alone, in kube-scheduler's words; nodes: node -> how many more it takes.
    """

    template: str
    weight: int
    agents: int
    message: str
    nodes: dict[str, int] = Field(default_factory=dict)


class Without(Document):
    """How many sets would fit if one rule did not hold for the new agents, or if a resource were no limit.

    `proven`: no more than that; otherwise at least that many.
    """

    rule: str
    sets: int
    more: int
    proven: bool


class Headroom(Document):
    """How many more agents of a mix fit at once, whole sets of it, with everybody else where they are.

    sets: how many were found and verified; bound: how many there can be at most; proven: they are the same.
    binding: what would make room for more if it did not hold, the most first. outside: agents that are not
    placed to begin with.
    """

    api_version: str = PLAN_VERSION
    kind: Literal["Headroom"] = "Headroom"
    sets: int
    bound: int
    proven: bool
    verdict: str
    mix: tuple[Kind, ...]
    binding: tuple[Without, ...] = ()
    outside: int = 0
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
