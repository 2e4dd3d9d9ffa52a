"""Whether a cluster survives a loss. Also the file format, see docs/what-if.md."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from placewright.models.document import Document
from placewright.models.plan import PLAN_VERSION
from placewright.models.whatif import LeftOut, Requested


class Answer(StrEnum):
    """survives: a placement is at hand. fails: there is none, proven. unknown: time ran out before either."""

    SURVIVES = "survives"
    FAILS = "fails"
    UNKNOWN = "unknown"


class Missing(Document):
    """What those that are left out ask of one resource, and what is free on nodes that would admit them."""

    resource: str
    asked: int
    free: int


class Loss(Document):
    """One loss: the domains that go at once, and what becomes of the agents that count.

    alike: nodes that nothing but their names tells apart from the lost one: it is the same with each of them.
    displaced: agents that count and ran there. stranded: agents that count and are on no node in the end, in
    the best placement found. left_out, missing: the counter-example, empty where the loss is survived.
    fullest: the resource of which most is requested in the end.
    """

    domains: tuple[str, ...]
    alike: tuple[str, ...] = ()
    nodes: int
    answer: Answer
    displaced: int
    stranded: int
    left_out: tuple[LeftOut, ...] = ()
    missing: tuple[Missing, ...] = ()
    fullest: Requested | None = None


class Survival(Document):
    """Whether all agents of at least `priority` (None: of any) can run after any `at_once` domains are lost.

    topology_key: the label whose values are the domains. answer: fails where one loss is proven to fail.
    worst: the loss that fails with most stranded, or, where all are survived, that leaves the least room.
    losses: every one, the worst first; those that are alike are one. outside: agents that are not placed to
    begin with; they are no part of the question.
    """

    api_version: str = PLAN_VERSION
    kind: Literal["Survival"] = "Survival"
    topology_key: str
    at_once: int
    priority: int | None = None
    answer: Answer
    verdict: str
    worst: Loss | None = None
    losses: tuple[Loss, ...] = ()
    outside: int = 0
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def survives(self) -> bool:
        return self.answer is Answer.SURVIVES
