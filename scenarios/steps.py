"""The operations that a scenario can be made of. The registry is the fields of `Step`."""

from __future__ import annotations

from typing import cast

from pydantic import ConfigDict, model_validator

from placewright.models.wire.concise_base import Strict, unfit
from placewright.scenarios.operations.add import Add
from placewright.scenarios.operations.allocatable import Allocatable
from placewright.scenarios.operations.base import Operation
from placewright.scenarios.operations.cordon import Cordon
from placewright.scenarios.operations.drain import Drain
from placewright.scenarios.operations.lose import Lose
from placewright.scenarios.operations.price import PriceNodes
from placewright.scenarios.operations.priority import SetPriority
from placewright.scenarios.operations.profile import UseProfile
from placewright.scenarios.operations.quota import SetQuota
from placewright.scenarios.operations.remove_agents import RemoveAgents
from placewright.scenarios.operations.remove_nodes import RemoveNodes
from placewright.scenarios.operations.scale import Scale
from placewright.scenarios.operations.taint import TaintNodes


class Step(Strict):
    """One operation, by its name."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    scale: Scale | None = None
    add: Add | None = None
    remove_agents: RemoveAgents | None = None
    remove_nodes: RemoveNodes | None = None
    drain: Drain | None = None
    cordon: Cordon | None = None
    taint: TaintNodes | None = None
    lose: Lose | None = None
    allocatable: Allocatable | None = None
    quota: SetQuota | None = None
    price: PriceNodes | None = None
    priority: SetPriority | None = None
    profile: UseProfile | None = None

    @model_validator(mode="after")
    def _fits(self) -> Step:
        if len(self.model_fields_set) != 1:
            raise unfit("give one operation in each item of the list")
        return self

    @property
    def name(self) -> str:
        """The operation's name, as it is written."""
        [name] = self.model_fields_set
        return type(self).model_fields[name].alias or name

    @property
    def operation(self) -> Operation:
        [name] = self.model_fields_set
        return cast(Operation, getattr(self, name))
