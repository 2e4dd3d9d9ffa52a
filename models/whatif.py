"""What comes of scenarios: one row for each case. Also the file format, see docs/what-if.md."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from placewright.models.document import Document
from placewright.models.plan import PLAN_VERSION


class Served(Document):
    """How many agents of one priority are on a node in the end, of those that want to be."""

    priority: int
    agents: int
    running: int


class LeftOut(Document):
    """Agents of one priority that are not placed for one reason. `example` is the key of one of them."""

    priority: int
    agents: int
    example: str
    message: str


class Requested(Document):
    """What is requested of one resource, and what all nodes have: cpu in milli-cores, the rest in units."""

    resource: str
    used: int
    whole: int

    @property
    def permille(self) -> int:
        """The share in use, in thousandths, rounded down."""
        return 1000 * self.used // self.whole if self.whole else 0


class WhatIfCase(Document):
    """One scenario with one value for each parameter, placed and verified.

    status, gap: as in a plan. agents: all that want to be on a node; running: those that are in the end;
    unplaced: those that are not. pending: how many of them had to be placed.
    moves: agents that ran before and run on another node in the end; stopped: agents that ran before and do
    not any more. price, price_in_use: of all nodes, and of those with agents, per hour in millionths.
    plan: the file that the plan was written to; "" where none was asked for.
    """

    name: str
    scenario: str
    parameters: dict[str, str | int | float | bool] = Field(default_factory=dict)
    status: str
    gap: float
    nodes: int
    nodes_in_use: int
    agents: int
    running: int
    unplaced: int
    pending: int
    moves: int
    stopped: int
    price: int
    price_in_use: int
    priorities: tuple[Served, ...] = ()
    requested: tuple[Requested, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    plan: str = ""
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0


class WhatIf(Document):
    """All cases, the cluster as it is first. Warnings and notes are those of the input."""

    api_version: str = PLAN_VERSION
    kind: Literal["WhatIf"] = "WhatIf"
    cases: tuple[WhatIfCase, ...] = ()
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
