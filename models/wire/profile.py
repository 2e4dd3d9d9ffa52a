"""placewright's own short form of a profile: unknown fields are errors, what is left out has its default.

The JSON schema in docs/profile.schema.json is made from these classes.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    PlainValidator,
    Tag,
    WithJsonSchema,
    model_validator,
)

from placewright.models.profile import DISRUPTION, PLACED, SCORES, ScoreName
from placewright.models.reading.display import nearest, shown
from placewright.models.wire.concise_base import (
    Amounts,
    LabelKey,
    Name,
    Quantity,
    ResourceName,
    Strict,
    refused,
    unfit,
)
from placewright.models.wire.concise_terms import NodeAffinity
from placewright.models.wire.plugin_args import (
    MOST_RESOURCE_WEIGHT,
    DefaultConstraint,
    ShapePoint,
    check_constraints,
    check_shape,
)
from placewright.models.wire.scheduler_config import MOST_WEIGHT

VERSION = "placewright.io/v1"
KIND = "Profile"
MOST_PRICE = 1_000_000
"""The largest price that is taken."""
MOST_CAP = 1_000_000
"""Limits may add up to a thousand times what a node has."""
SCORE_NAMES = tuple(str(name) for name in ScoreName)
LEVEL_NAMES = (PLACED, DISRUPTION, SCORES, *SCORE_NAMES)
FIT_SCORES = (
    ScoreName.LEAST_ALLOCATED,
    ScoreName.MOST_ALLOCATED,
    ScoreName.REQUESTED_TO_CAPACITY_RATIO,
)
"""The three ways to score what NodeResourcesFit reads: a profile has at most one."""


def _one_of(names: tuple[str, ...], what: str) -> Any:
    def check(value: str) -> str:
        if value not in names:
            raise unfit(f"no {what} {shown(value)}{nearest(value, names)}")
        return value

    return AfterValidator(check)


def _permille(value: Any) -> int:
    """Thousandths of a share that is written as `200%`, `1.5` or `2`."""
    expected = "a share such as 200% or 1.5, to a thousandth"
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise refused(expected, value)
    text = str(value).strip()
    try:
        share = Decimal(text.removesuffix("%")) * (10 if text.endswith("%") else 1000)
    except InvalidOperation:
        raise refused(expected, value) from None
    if not share.is_finite() or not 0 < share <= MOST_CAP or share != share.to_integral_value():
        raise refused(expected, value)
    return int(share)


ScoreText = Annotated[
    str, _one_of(SCORE_NAMES, "score"), WithJsonSchema({"type": "string", "enum": list(SCORE_NAMES)})
]
LevelText = Annotated[
    str, _one_of(LEVEL_NAMES, "level"), WithJsonSchema({"type": "string", "enum": list(LEVEL_NAMES)})
]
ScoreWeight = Annotated[int, Field(ge=0, le=MOST_WEIGHT)]
Share = Annotated[
    Any,
    PlainValidator(_permille),
    WithJsonSchema(
        {
            "anyOf": [{"type": "string", "pattern": "^[0-9]+([.][0-9]+)?%?$"}, {"type": "number"}],
            "examples": ["200%", 1.5],
        }
    ),
]
"""In thousandths."""


class Fit(Strict):
    """What the fit score and the fit filter read."""

    resources: dict[ResourceName, Annotated[int, Field(ge=1, le=MOST_RESOURCE_WEIGHT)]] = Field(
        default_factory=dict
    )
    """Weights of resources in the fit score; cpu and memory, 1 each, unless given."""
    shape: list[ShapePoint] = Field(default_factory=list)
    """For RequestedToCapacityRatio: how good a utilisation is."""
    ignored_resources: list[ResourceName] = Field(default_factory=list)
    """Extended resources that the filter leaves out."""
    ignored_resource_groups: list[str] = Field(default_factory=list)
    """The same for all resources of a group, such as example.com."""

    @model_validator(mode="after")
    def _fits(self) -> Fit:
        check_shape(self.shape)
        for group in self.ignored_resource_groups:
            if not group or "/" in group:
                raise unfit(f'a resource group is what stands before "/", found "{group}"')
        return self


class Room(Strict):
    """Room to keep free: as many such agents more should still fit."""

    name: Name
    requests: Amounts = Field(min_length=1)
    count: Annotated[int, Field(ge=1, le=100_000)] = 1
    weight: ScoreWeight = 1
    """Of this shape among the others."""


class Charge(Strict):
    """What each `per` of a resource costs; begun ones count whole."""

    price: Annotated[int, Field(ge=1, le=MOST_PRICE)] = 1
    """In hundredths of a point."""
    per: Quantity = 1


class FreeRatioWire(Charge):
    """For so much of one resource that is free there is to be so much of another; what lacks costs."""

    of: Annotated[Amounts, Field(min_length=1, max_length=1)]
    """One resource with an amount."""
    beside: Annotated[Amounts, Field(min_length=1, max_length=1)]
    """Another one, with what is to be free of it for that amount."""


class Step(Strict):
    """What two agents that talk pay for not sharing the value of a node label."""

    topology_key: LabelKey
    cost: Annotated[int, Field(ge=0, le=MOST_WEIGHT)]


class Blend(Strict):
    """Several levels as one: each counts by its weight."""

    blend: dict[LevelText, Annotated[int, Field(ge=1, le=10**12)]] = Field(min_length=1)


def _release(value: Any) -> Any:
    # Without quotes a release is a number to YAML.
    return str(value) if isinstance(value, float) else value


Formula = Annotated[
    Literal["1.35", "1.36"], BeforeValidator(_release, json_schema_input_type=Literal["1.35", "1.36"])
]


def _form(value: Any) -> str:
    return "list[]" if isinstance(value, list) else "str"


# Tags as the members of a union are called in locations, which errors leave out.
DefaultSpreadForm = Annotated[
    Annotated[Literal["system", "none"], Tag("str")] | Annotated[list[DefaultConstraint], Tag("list[]")],
    Discriminator(_form),
]


def _level(value: Any) -> Any:
    if not isinstance(value, str | dict):
        raise refused("the name of a level or {blend: {…}}", value)
    if isinstance(value, str) and value not in LEVEL_NAMES:
        raise unfit(f"no level {shown(value)}{nearest(value, LEVEL_NAMES)}")
    return {"blend": {value: 1}} if isinstance(value, str) else value


Level = Annotated[Blend, BeforeValidator(_level, json_schema_input_type=LevelText | Blend)]


class ProfileWire(Strict):
    """A profile: which scores count and how much, and in which order the levels come."""

    api_version: Literal["placewright.io/v1"]
    kind: Literal["Profile"]
    name: Name
    description: str = ""
    """For people."""
    extends: str | None = None
    """A preset whose values hold for what is not given here."""
    scheduler_name: Name | None = None
    """Whose agents it judges; `default-scheduler` unless given."""
    scores: dict[ScoreText, ScoreWeight] | None = None
    """Weights of scores. With `extends` over the preset's, and 0 takes a score out; else all there are."""
    fit: Fit | None = None
    balanced_resources: Annotated[list[ResourceName], Field(min_length=1)] | None = None
    """What BalancedAllocation keeps in proportion; cpu and memory unless given."""
    balanced_formula: Formula | None = None
    """Which release's formula."""
    hard_pod_affinity_weight: Annotated[int, Field(ge=0, le=100)] | None = None
    """What a required affinity of others is worth in InterPodAffinity; 1 unless given."""
    ignore_preferred_terms_of_existing_pods: bool | None = None
    """InterPodAffinity reads preferences of running agents only for agents with preferences of their own."""
    added_affinity: NodeAffinity | None = None
    """Node affinity in addition to every agent's own."""
    default_spread: DefaultSpreadForm | None = None
    """Spread of agents without constraints: kube-scheduler's (`system`), `none`, or these constraints."""
    disabled_filters: list[str] | None = None
    """kube-scheduler plugins whose filter is switched off."""
    keep_room_for: list[Room] | None = None
    """Shapes of agents that Fragmentation keeps room for."""
    allocate: dict[ResourceName, ScoreWeight] | None = None
    """What Allocation hands out, by what a unit of it is worth."""
    latency: Annotated[list[Step], Field(min_length=1)] | None = None
    """What TrafficLocality charges, nearest first; a hostname, zone and region ladder unless given."""
    limit_caps: dict[ResourceName, Share] | None = None
    """The most that limits on a node may add up to, of what is allocatable: a hard rule."""
    soft_capacity: dict[ResourceName, Charge] | None = None
    """What SoftCapacity charges where nodes are used beyond their soft capacity."""
    free_ratios: list[FreeRatioWire] | None = None
    """What FreeRatio wants free of one resource for each unit free of another."""
    levels: Annotated[list[Level], Field(min_length=1)] | None = None
    """The order of importance; placed, disruption, scores unless given."""

    @model_validator(mode="after")
    def _fits(self) -> ProfileWire:
        self._scores_fit()
        if isinstance(self.default_spread, list):
            check_constraints(self.default_spread)
        for what, names in (
            ("balancedResources", self.balanced_resources),
            ("keepRoomFor", [room.name for room in self.keep_room_for or ()]),
            ("latency", [step.topology_key for step in self.latency or ()]),
            ("levels", [part for level in self.levels or () for part in level.blend]),
        ):
            twice = next((name for name in names or () if (names or []).count(name) > 1), None)
            if twice is not None:
                raise unfit(f"{what}: {twice} is given twice")
        if self.levels is not None:
            self._levels_fit({part for level in self.levels for part in level.blend})
        return self

    def _scores_fit(self) -> None:
        used = [name for name in FIT_SCORES if (self.scores or {}).get(name)]
        if len(used) > 1:
            raise unfit(f"scores: {' and '.join(used)} are ways to score the same; give one of them")

    def _levels_fit(self, parts: set[str]) -> None:
        for needed in (PLACED, DISRUPTION):
            if needed not in parts:
                raise unfit(f"levels: {needed} is missing")
        weighted = (name for name, weight in (self.scores or {}).items() if weight)
        twofold = next((name for name in weighted if name in parts), None)
        if twofold is not None:
            raise unfit(f"scores: {twofold} is a level of its own: it has no weight among the scores")
