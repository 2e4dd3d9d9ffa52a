"""A plan: what a round of placement says, and the proof that goes with it. Also its file format.

The JSON and YAML forms are these models dumped by alias; docs/plan-format.md describes each field.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer
from pydantic.alias_generators import to_camel

PLAN_VERSION = "placewright.io/v1"


class Status(StrEnum):
    """How a round ended. These never collapse into each other.

    optimal: every level is proven. feasible: verified, with a gap. infeasible: proven that what was
    required cannot be had. timeout: the limit came before anything was found. invalid: the input, or
    an answer that did not verify.
    """

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    TIMEOUT = "timeout"
    INVALID = "invalid"


_set = object.__setattr__
"""As pydantic itself does when it copies: models are frozen."""


class _Model(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, strict=False
    )


class DeviceAssignment(_Model):
    """The devices of one resource that a binding hands out, by index on the node."""

    resource: str
    ids: tuple[int, ...]


class Binding(_Model):
    """`agent` goes to `node`."""

    namespace: str
    agent: str
    node: str
    uid: str = ""
    devices: tuple[DeviceAssignment, ...] = ()

    @property
    def key(self) -> str:
        return f"{self.namespace}/{self.agent}"


class VolumeBinding(_Model):
    """A delayed claim gets `volume`, or, where that is "", a volume provisioned for `node`."""

    namespace: str
    claim: str
    volume: str = ""
    node: str


class Eviction(_Model):
    """`agent` leaves `node` ("": wherever it runs). `makes_room_for` are agent keys."""

    namespace: str
    agent: str
    node: str = ""
    uid: str = ""
    makes_room_for: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return f"{self.namespace}/{self.agent}"


class UnplacedReason(_Model):
    """Why, by one rule. `nodes` are those it rules out; empty where the rule is not about nodes."""

    rule: str
    message: str
    nodes: tuple[str, ...] = ()


class Unplaced(_Model):
    """An agent that stays pending. `message` is one line in kube-scheduler's style.

    like: in files only, NAMESPACE/NAME of one further up for which the same reasons hold, in place of them.
    """

    namespace: str
    agent: str
    priority: int = 0
    message: str = ""
    like: str = ""
    reasons: tuple[UnplacedReason, ...] = ()

    def said_of(self, agent: str) -> Self:
        """The same of another agent of its namespace.

        What was validated once is not validated again: there may be 150,000 of them and a second for all.
        """
        other = type(self).__new__(type(self))
        _set(other, "__dict__", {**self.__dict__, "agent": agent})
        _set(other, "__pydantic_fields_set__", self.model_fields_set)
        _set(other, "__pydantic_extra__", None)
        _set(other, "__pydantic_private__", None)
        return other

    @property
    def key(self) -> str:
        return f"{self.namespace}/{self.agent}"


def _told_once(unplaced: tuple[Unplaced, ...]) -> tuple[Unplaced, ...]:
    """Reasons only for the first of those that share them: they may list every node there is."""
    first: dict[tuple[int, ...], str] = {}
    told = []
    for item in unplaced:
        same = tuple(map(id, item.reasons))
        like = first.setdefault(same, item.key) if same else item.key
        told.append(item if like == item.key else item.model_copy(update={"like": like, "reasons": ()}))
    return tuple(told)


def _told_of_each(unplaced: tuple[Unplaced, ...]) -> tuple[Unplaced, ...]:
    """The other way round. Raises ValueError where nobody of that name comes before."""
    if not any(item.like for item in unplaced):
        return unplaced
    known: dict[str, tuple[UnplacedReason, ...]] = {}
    told = []
    for item in unplaced:
        if item.like and item.like not in known:
            raise ValueError(f"{item.key} is like {item.like}, which does not come before it")
        same = {"like": "", "reasons": known[item.like]} if item.like else {}
        told.append(item.model_copy(update=same) if same else item)
        known[item.key] = told[-1].reasons
    return tuple(told)


UnplacedAgents = Annotated[
    tuple[Unplaced, ...],
    AfterValidator(_told_of_each),
    PlainSerializer(_told_once, return_type=tuple[Unplaced, ...]),
]
"""Who stays pending. Reasons that many share are one object here, and written once in files."""


class LevelTerm(_Model):
    """One part of a level that is a weighted sum. `profile` names the scheduler where there are several."""

    name: str
    profile: str = ""
    weight: int
    value: int


def gap(value: int, bound: int) -> float:
    """The distance of a value to its bound, relative to the larger of the two."""
    return abs(bound - value) / max(1, abs(bound), abs(value))


class Level(_Model):
    """One objective level: its value, the bound proven for it given the levels above, and its sense.

    `terms` are what a weighted sum is made of: the value is the sum of weight times value.
    """

    name: str
    sense: Literal["maximize", "minimize"]
    value: int
    bound: int
    terms: tuple[LevelTerm, ...] = ()

    @property
    def proven(self) -> bool:
        return self.value == self.bound

    @property
    def gap(self) -> float:
        """0 when proven, else how far it may be from the best."""
        return gap(self.value, self.bound)


class Plan(_Model):
    """What to do, what could not be done and why, and how good it is.

    `bindings` are in an order that kube-scheduler's filters accept one by one, where such an order was
    found (`sequential`). `gap` is that of the first level that is not proven. `timing` is in seconds.
    """

    api_version: str = PLAN_VERSION
    kind: Literal["Plan"] = "Plan"
    status: Status
    levels: tuple[Level, ...] = ()
    gap: float = 0.0
    bindings: tuple[Binding, ...] = ()
    volume_bindings: tuple[VolumeBinding, ...] = ()
    evictions: tuple[Eviction, ...] = ()
    unplaced: UnplacedAgents = ()
    sequential: bool = True
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    timing: dict[str, float] = Field(default_factory=dict)
