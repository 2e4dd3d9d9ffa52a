"""What to buy, and how good that is. Also the file format, which docs/capacity.md describes."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from placewright.models.document import Document
from placewright.models.plan import PLAN_VERSION, Status
from placewright.models.survival import Loss
from placewright.models.unplaced import LeftOut

HOURS_A_MONTH = 730


class BoughtNodes(Document):
    """`count` nodes of one type in one zone. Prices are per hour, in decimals."""

    type: str
    zone: str = ""
    spot: bool = False
    count: int
    price: str
    cost: str


class OneLess(Document):
    """What happens without one of the nodes bought, or with a smaller one in its place.

    change: `remove`, or the type that one is replaced by. unplaced: agents that then have no place in the
    best placement found; at_least: as many have none in any, whoever moves.
    """

    type: str
    zone: str = ""
    spot: bool = False
    change: str
    saves: str
    unplaced: int
    at_least: int


class Capacity(Document):
    """The cheapest nodes found, and what is proven of them.

    status: `optimal` where nothing cheaper places as many. cost, bound: per hour, in decimals; bound None:
    not known.
    gap: relative to the cost. placed, wanted: agents. left_out: pending agents of lower priority than asked
    for.
    survives, survival, losses: what may be lost, the verdict on that and every loss, where it was asked for.
    offerings, considered: what is on offer, type by zone, and what is left without what is dominated.
    """

    api_version: str = PLAN_VERSION
    kind: Literal["Capacity"] = "Capacity"
    status: Status
    from_scratch: bool = False
    currency: str = ""
    cost: str
    cost_per_month: str
    bound: str | None
    gap: float | None
    nodes: tuple[BoughtNodes, ...] = ()
    wanted: int
    placed: int
    left_out: int = 0
    unplaced: LeftOut = Field(default_factory=LeftOut)
    one_less: tuple[OneLess, ...] = ()
    survives: str = ""
    survival: str = ""
    losses: tuple[Loss, ...] = ()
    offerings: int = 0
    considered: int = 0
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    timing: dict[str, float] = Field(default_factory=dict)
