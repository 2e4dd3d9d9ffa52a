"""Which nodes a cluster can do without. Also the file format, see docs/what-if.md."""

from __future__ import annotations

from typing import Literal

from placewright.models.document import Document
from placewright.models.plan import PLAN_VERSION, Status
from placewright.models.rebalance_plan import RebalancePlan


class Going(Document):
    """A node that can go. agents: how many move away. wave: after which one it is empty; 0: it is already."""

    node: str
    price: int
    agents: int
    wave: int


class Staying(Document):
    """A node that could have gone and stays, and why."""

    node: str
    price: int
    reason: str


class Shrink(Document):
    """The most expensive set of nodes that can go, and the plan that empties them.

    going: the most expensive first. candidates: how many nodes could have gone. Prices are per hour, in
    millionths. price: of all candidates; saving: of those that go; most: no plan that keeps to the limits
    saves more. gap: (most - saving) / most. priced: False where no candidate has a price; then each counts
    1,000,000. plan: a rebalance plan that verifies against the same snapshot.
    """

    api_version: str = PLAN_VERSION
    kind: Literal["Shrink"] = "Shrink"
    status: Status
    verdict: str
    candidates: int
    priced: bool
    price: int
    saving: int
    most: int
    gap: float
    going: tuple[Going, ...] = ()
    staying: tuple[Staying, ...] = ()
    plan: RebalancePlan
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
