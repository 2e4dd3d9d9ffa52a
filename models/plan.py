"""A plan: what a round of placement says, and the proof that goes with it. Also its file format.

The JSON and YAML forms are these models dumped by alias; docs/plan-format.md describes each field.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from placewright.models.document import Document
from placewright.models.unplaced import LeftOut

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


class DeviceAssignment(Document):
    """The devices of one resource that a binding hands out, by index on the node."""

    resource: str
    ids: tuple[int, ...]


class Binding(Document):
    """`agent` goes to `node`."""

    namespace: str
    agent: str
    node: str
    uid: str = ""
    devices: tuple[DeviceAssignment, ...] = ()

    @property
    def key(self) -> str:
        return f"{self.namespace}/{self.agent}"


class VolumeBinding(Document):
    """A delayed claim gets `volume`, or, where that is "", a volume provisioned for `node`."""

    namespace: str
    claim: str
    volume: str = ""
    node: str


class Eviction(Document):
    """`agent` leaves `node` ("": wherever it runs). `makes_room_for` are agent keys."""

    namespace: str
    agent: str
    node: str = ""
    uid: str = ""
    makes_room_for: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return f"{self.namespace}/{self.agent}"


class LevelTerm(Document):
    """One part of a level that is a weighted sum. `profile` names the scheduler where there are several."""

    name: str
    profile: str = ""
    weight: int
    value: int


def gap(value: int, bound: int) -> float:
    """The distance of a value to its bound, relative to the larger of the two."""
    return abs(bound - value) / max(1, abs(bound), abs(value))


class Level(Document):
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


class Plan(Document):
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
    unplaced: LeftOut = Field(default_factory=LeftOut)
    sequential: bool = True
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    timing: dict[str, float] = Field(default_factory=dict)
