"""Why an agent is left out, as the fewest rules that conflict, and what would put it right."""

from __future__ import annotations

from typing import Literal

from placewright.models.document import Document
from placewright.models.plan import PLAN_VERSION


class Member(Document):
    """One rule for some agents that are alike; for all agents where `agents` is empty."""

    rule: str
    agents: tuple[str, ...] = ()


class Conflict(Document):
    """Rules that cannot all hold if the agent in question is to be placed beside all that the plan places.

    minimal: without any one of the members the others let all of them be placed; proven one by one. False:
    time ran out before that was known of each.
    """

    members: tuple[Member, ...]
    minimal: bool


class Relaxation(Document):
    """One rule that gives way for the agent alone, by how much, and the nodes that are open then."""

    rule: str
    change: str
    nodes: tuple[str, ...]


class Victims(Document):
    """Agents to evict, and the node where there is room then.

    moved: those of them that find room elsewhere. by_priority: all are less important, so that preemption
    would do it.
    """

    agents: tuple[str, ...]
    moved: tuple[str, ...]
    node: str
    by_priority: bool


class Purchase(Document):
    """One more node, empty but for DaemonSets: like one of the cluster, or of a catalog's type in a zone.

    price: per hour, in millionths.
    """

    like: str = ""
    type: str = ""
    zone: str = ""
    spot: bool = False
    price: int


class Repair(Document):
    """What keeps an agent out, and what would let it in with everybody else where the plan has them.

    placed_on: where it is, or the plan has it; then there is nothing to repair.
    conflict: None where everybody could be placed together after all, so that more time may find how.
    relax: the least change of each rule that is alone in the way somewhere. evict, buy: None where nothing of
    the kind would do.
    """

    api_version: str = PLAN_VERSION
    kind: Literal["Repair"] = "Repair"
    agent: str
    placed_on: str = ""
    conflict: Conflict | None = None
    relax: tuple[Relaxation, ...] = ()
    evict: Victims | None = None
    buy: Purchase | None = None
    notes: tuple[str, ...] = ()
