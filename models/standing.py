"""A cluster as it stands beside the best rearrangement. Also the file format, see docs/score.md."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from placewright.models.comparison import ComparedPlan
from placewright.models.document import Document
from placewright.models.plan import PLAN_VERSION


class Pinned(Document):
    """How many running agents stay where they are for one reason."""

    reason: str
    agents: int


class Move(Document):
    """An agent that the best found has on another node."""

    namespace: str
    agent: str
    from_node: str
    to_node: str


class Standing(Document):
    """How far a cluster is from the best that rearranging it could make of it.

    now, best: the placement as it stands and the best found, level by level; the bounds hold for every
        rearrangement of the `movable` agents. gap: of `now` at the first level where it is not at its bound;
        0 where it is the best possible. proven: the best found is the best.
    movable, pinned: the running agents. tolerated: those of the pinned that could not go where they are under
        today's rules. ignored: pending agents, which are left out of the question.
    moves: how to get from now to best, in no particular order.
    """

    api_version: str = PLAN_VERSION
    kind: Literal["Standing"] = "Standing"
    profile: str
    verdict: str
    gap: float
    proven: bool
    movable: int
    pinned: tuple[Pinned, ...] = ()
    tolerated: int = 0
    ignored: int = 0
    now: ComparedPlan
    best: ComparedPlan
    moves: tuple[Move, ...] = ()
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    timing: dict[str, float] = Field(default_factory=dict)
