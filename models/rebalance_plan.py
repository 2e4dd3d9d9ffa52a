"""A rebalance plan: what moves, in which waves, what each leaves, what it is worth. Also its file format.

The JSON and YAML forms are these models dumped by alias; docs/rebalance.md describes each field.
"""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from placewright.models.comparison import Utilisation
from placewright.models.document import Document
from placewright.models.goals import Goal, Goals
from placewright.models.movable import Discipline, MovePolicy
from placewright.models.move_cost import MoveCosts, Pricing, Surcharges
from placewright.models.plan import PLAN_VERSION, Status
from placewright.models.profile import Shape
from placewright.models.rebalance_options import Limits, RebalanceOptions
from placewright.models.snapshot import Snapshot


class PlannedShape(Document):
    """What `defragment` makes room for; requests in the snapshot's units (cpu in milli-cores)."""

    name: str
    requests: dict[str, int]
    count: int
    weight: int = 1


class PlannedGoals(Document):
    """What the plan is for, the most important goal first. kept: nodes that cost nothing more."""

    names: tuple[Goal, ...]
    drained: tuple[str, ...] = ()
    shapes: tuple[PlannedShape, ...] = ()
    kept: tuple[str, ...] = ()

    @classmethod
    def of(cls, goals: Goals) -> PlannedGoals:
        shapes = tuple(
            PlannedShape(name=s.name, requests=dict(s.requests), count=s.count, weight=s.weight)
            for s in goals.shapes
        )
        return cls(names=goals.names, drained=goals.drained, shapes=shapes, kept=goals.kept)

    def goals(self) -> Goals:
        shapes = tuple(Shape(s.name, s.requests, s.count, s.weight) for s in self.shapes)
        return Goals(self.names, self.drained, shapes, self.kept)


class PlannedTerms(Document):
    """How the plan was asked for: who may move and how far, what moves cost, how many go at once.

    max_moves, max_disruption: none is no limit. repair: who breaks a rule moves first, else stays.
    """

    min_age: int = 300
    now: str = ""
    local_storage: bool = False
    discipline: Discipline = Discipline.EVICT_THEN_BIND
    double: tuple[str, ...] = ()
    pricing: Pricing = Pricing.WEIGHTED
    distance: dict[str, int] = Field(default_factory=dict)
    most_moved: int = 0
    min_gain: int = 1
    max_at_once: int = 0
    max_per_node: int = 0
    max_per_namespace: int = 0
    max_per_zone: int = 0
    max_per_workload: int = 0
    max_moves: int | None = None
    max_disruption: int | None = None
    repair: bool = True

    @classmethod
    def of(cls, options: RebalanceOptions) -> PlannedTerms:
        policy, limits = options.policy, options.limits
        return cls(
            min_age=policy.min_age,
            now=policy.now,
            local_storage=policy.local_storage,
            discipline=policy.discipline,
            double=policy.double,
            pricing=options.pricing,
            distance=dict(options.surcharges.distance),
            most_moved=options.surcharges.most_moved,
            min_gain=options.min_gain,
            max_at_once=limits.total,
            max_per_node=limits.per_node,
            max_per_namespace=limits.per_namespace,
            max_per_zone=limits.per_zone,
            max_per_workload=limits.per_workload,
            max_moves=options.max_moves,
            max_disruption=options.max_disruption,
            repair=options.repair,
        )

    def policy(self) -> MovePolicy:
        return MovePolicy(self.min_age, self.now, self.local_storage, self.discipline, self.double)

    def costs(self, snapshot: Snapshot) -> MoveCosts:
        """What moves cost in a snapshot under these terms."""
        return MoveCosts(snapshot, self.policy(), self.pricing, Surcharges(self.distance, self.most_moved))

    def limits(self) -> Limits:
        return Limits(
            self.max_at_once,
            self.max_per_node,
            self.max_per_namespace,
            self.max_per_zone,
            self.max_per_workload,
        )


class PlannedMove(Document):
    """An agent leaves a node for another. `agent` is its name in the snapshot, also where it moves again.

    why: drain, repair, parking (a detour that lets others pass), or the goals.
    """

    namespace: str
    agent: str
    from_node: str
    to_node: str
    discipline: Discipline
    why: str
    cost: int

    @property
    def key(self) -> str:
        return f"{self.namespace}/{self.agent}"


class EvictionMetadata(Document):
    name: str
    namespace: str


class Preconditions(Document):
    uid: str


class DeleteOptions(Document):
    preconditions: Preconditions


class EvictionObject(Document):
    """A policy/v1 Eviction, as it is posted to the agent's `eviction` subresource.

    The uid is a precondition, left out where it is not known: an agent that moves for the second time.
    """

    api_version: Literal["policy/v1"] = "policy/v1"
    kind: Literal["Eviction"] = "Eviction"
    metadata: EvictionMetadata
    delete_options: DeleteOptions | None = None


class PlannedBinding(Document):
    """The replacement of an agent, made by `owner` (`Kind/name`), goes to `node`.

    node_selector: labels that no other node has; a replacement that is gated until it has them can go nowhere
    else. Empty where the node has none of its own.
    """

    namespace: str
    replaces: str
    owner: str = ""
    node: str
    node_selector: dict[str, str] = Field(default_factory=dict)


class Reservation(Document):
    """What is to be kept free on `node` until the replacement of an agent is bound there."""

    node: str
    namespace: str
    replaces: str
    requests: dict[str, int]


class Figures(Document):
    """A state in numbers. price: of the nodes in use, per hour, in millionths."""

    nodes_in_use: int
    price: int
    on_drained: int
    utilisation: tuple[Utilisation, ...] = ()


class Wave(Document):
    """Moves that go on at the same time, in any order of their steps; the next waits until all are ready."""

    number: int
    moves: tuple[PlannedMove, ...]
    evictions: tuple[EvictionObject, ...]
    reservations: tuple[Reservation, ...]
    bindings: tuple[PlannedBinding, ...]
    leaves: Figures


class RebalanceTerm(Document):
    """One part of a level: a score, or what moves cost, before and after."""

    name: str
    weight: int
    before: int
    value: int


class RebalanceLevel(Document):
    """A level, the smaller the better: before, with the plan, and the bound proven for it."""

    name: str
    before: int
    value: int
    bound: int
    gap: float
    terms: tuple[RebalanceTerm, ...] = ()


class ParetoPoint(Document):
    """What so many moves at most bring: the level of the first goal without what moves cost."""

    max_moves: int
    moves: int
    cost: int
    level: str
    value: int
    bound: int
    proven: bool


class Reasons(Document):
    """How many running agents stay for one reason."""

    reason: str
    agents: int


class Blocked(Document):
    """An agent that stays on a node that is to be drained. budgets: by name; helps: what would free it."""

    namespace: str
    agent: str
    node: str
    reason: str
    budgets: tuple[str, ...] = ()
    helps: str = ""


class RebalancePlan(Document):
    """What to move, in which order, and what that is worth.

    broken_before, broken_after: movable agents that break a rule where they are. cost: what all moves cost.
    """

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, strict=False
    )
    api_version: str = PLAN_VERSION
    kind: Literal["RebalancePlan"] = "RebalancePlan"
    status: Status
    verdict: str
    goals: PlannedGoals
    terms: PlannedTerms
    levels: tuple[RebalanceLevel, ...] = ()
    gap: float = 0.0
    moves: int = 0
    cost: int = 0
    movable: int = 0
    pinned: tuple[Reasons, ...] = ()
    broken_before: int = 0
    broken_after: int = 0
    before: Figures
    after: Figures
    waves: tuple[Wave, ...] = ()
    blocked: tuple[Blocked, ...] = ()
    pareto: tuple[ParetoPoint, ...] = ()
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    timing: dict[str, float] = Field(default_factory=dict)

    @property
    def extent(self) -> str:
        """`3 moves in 1 wave`."""
        moves, waves = self.moves, len(self.waves)
        return f"{moves} move{'' if moves == 1 else 's'} in {waves} wave{'' if waves == 1 else 's'}"

    @property
    def all_moves(self) -> tuple[PlannedMove, ...]:
        return tuple(move for wave in self.waves for move in wave.moves)
