"""Plans side by side: what a comparison says. Also its file format, which docs/compare.md describes."""

from __future__ import annotations

from typing import Literal

from placewright.models.document import Document
from placewright.models.plan import PLAN_VERSION, LevelTerm


class ComparedLevel(Document):
    """A plan's value at one level, recomputed from the state that the plan leads to.

    bound: the best that is proven for whoever is as good at the levels above; None where nothing is. gap: 0
    at the bound, else the distance to it relative to the larger of the two.
    """

    name: str
    sense: Literal["maximize", "minimize"]
    value: int
    bound: int | None = None
    gap: float | None = None
    terms: tuple[LevelTerm, ...] = ()


class AgentCount(Document):
    """How many of the pending agents of one priority are placed."""

    priority: int
    placed: int
    pending: int


class Utilisation(Document):
    """What is requested of one resource on each node that has it, in thousandths, over all nodes."""

    resource: str
    min: int
    mean: int
    max: int
    deviation: int


class ComparedPlan(Document):
    """One of the plans. One that is not valid has `violations` and nothing else.

    evicted: agents that leave where they run; placed_anew: those of them that have another node. price:
    what the nodes in use cost per hour, in millionths.
    """

    name: str
    valid: bool
    violations: tuple[str, ...] = ()
    levels: tuple[ComparedLevel, ...] = ()
    agents: tuple[AgentCount, ...] = ()
    evicted: int = 0
    placed_anew: int = 0
    nodes_in_use: int = 0
    price: int = 0
    utilisation: tuple[Utilisation, ...] = ()


class Comparison(Document):
    """Plans for one snapshot under one profile.

    best: the names of the plans than which none is better. decided_by: the first level at which they differ
    from the next best; "" where no level differs. verdict: the same in one line.
    """

    api_version: str = PLAN_VERSION
    kind: Literal["Comparison"] = "Comparison"
    profile: str
    verdict: str
    best: tuple[str, ...] = ()
    decided_by: str = ""
    plans: tuple[ComparedPlan, ...] = ()
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def all_valid(self) -> bool:
        return all(plan.valid for plan in self.plans)
