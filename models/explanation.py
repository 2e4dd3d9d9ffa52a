"""What is said of one agent: by each rule, by a plan, and what would let it in. Also the file format."""

from __future__ import annotations

from typing import Literal

from placewright.models.document import Document
from placewright.models.plan import PLAN_VERSION
from placewright.models.repair import Repair
from placewright.models.unplaced import UnplacedReason


class Objection(Document):
    """What one rule has against an agent on some nodes."""

    rule: str
    message: str


class NodesVerdict(Document):
    """Nodes of which the same is said; no objections: the agent fits there as things stand."""

    nodes: tuple[str, ...]
    objections: tuple[Objection, ...] = ()


class Explanation(Document):
    """One agent, without which the verdicts are.

    state: pending, assigned, … placed_on: where it is, or the plan has it. fits: on how many nodes. message,
    reasons: the plan's, where it leaves the agent out. repair: where it was asked for.
    """

    api_version: str = PLAN_VERSION
    kind: Literal["Explanation"] = "Explanation"
    agent: str
    state: str
    priority: int
    requests: dict[str, int]
    placed_on: str = ""
    fits: int
    verdicts: tuple[NodesVerdict, ...] = ()
    message: str = ""
    reasons: tuple[UnplacedReason, ...] = ()
    repair: Repair | None = None
