"""A catalog of nodes that can be bought, as it is written down.

Field names and the syntax of values are those of the concise form; unknown fields are errors. The JSON schema
in docs/catalog.schema.json is made from these classes.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainValidator, WithJsonSchema, model_validator

from placewright.models.wire.concise import AnyHostPort, NodeDevices
from placewright.models.wire.concise_base import (
    MICRO,
    Amounts,
    Labels,
    LabelValue,
    Name,
    Namespace,
    Price,
    Strict,
    refused,
    unfit,
)
from placewright.models.wire.concise_terms import AnyTaint, Toleration

KIND = "Catalog"
VERSION = "placewright.io/v1"
MOST_OFFERINGS = 50_000
MOST_BOUGHT = 100_000


def _rate(value: Any) -> int:
    """Millionths, exactly."""
    expected = "how often, as a number such as 0.05 (at most 6 decimals)"
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise refused(expected, value)
    try:
        micros = Decimal(str(value)) * MICRO
    except InvalidOperation:
        raise refused(expected, value) from None
    if not micros.is_finite() or micros < 0 or micros >= 2**40 or micros != micros.to_integral_value():
        raise refused(expected, value)
    return int(micros)


Rate = Annotated[
    Any,
    PlainValidator(_rate),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": "^[0-9]+([.][0-9]{1,6}0*)?$"},
                {"type": "number", "minimum": 0},
            ],
            "examples": ["0.05", 2],
        }
    ),
]
"""Millionths of a time."""


class SpotTerms(Strict):
    """The same type where it can be taken back: cheaper, at a risk."""

    price: Price | None = None
    """Per hour, in every zone that `prices` does not name."""
    prices: dict[LabelValue, Price] = Field(default_factory=dict)
    """Per hour, by zone."""
    interruption_risk: Rate = 0
    """How often one node is expected to be interrupted, in the period that `mostInterruptions` is about."""
    labels: Labels = Field(default_factory=lambda: {"placewright.io/spot": "true"})
    """Beside those of the type."""
    taints: list[AnyTaint] = Field(default_factory=list)
    """Beside those of the type."""

    @model_validator(mode="after")
    def _fits(self) -> SpotTerms:
        if self.price is None and not self.prices:
            raise unfit("price is missing: what does a spot node cost?")
        return self


class CatalogType(Strict):
    """A type of node, in every zone that has a price for it."""

    name: Name
    """Also the label node.kubernetes.io/instance-type, unless `labels` says otherwise."""
    price: Price | None = None
    """Per hour, in any currency, at most 6 decimals; in every zone that `prices` does not name."""
    prices: dict[LabelValue, Price] = Field(default_factory=dict)
    """Per hour, by zone."""
    zones: list[LabelValue] = Field(default_factory=list)
    """Where it can be had; left out: in the zones of the catalog, else in those of `prices`."""
    allocatable: Amounts
    """What agents and DaemonSets can use: capacity less what the system keeps; `pods` is 110 unless given."""
    labels: Labels = Field(default_factory=dict)
    taints: list[AnyTaint] = Field(default_factory=list)
    devices: list[NodeDevices] = Field(default_factory=list)
    """Shareable devices, beside what `allocatable` counts."""
    max: Annotated[int, Field(ge=0, le=MOST_BOUGHT)] | None = None
    """The most nodes of this type, spot nodes included."""
    spot: SpotTerms | None = None
    on_demand: bool = True
    """False: only as spot nodes."""

    @model_validator(mode="after")
    def _fits(self) -> CatalogType:
        if self.on_demand and self.price is None and not self.prices:
            raise unfit("price is missing: what does a node cost per hour?")
        if not self.on_demand and self.spot is None:
            raise unfit("onDemand false leaves nothing to buy: spot is missing")
        return self


class CatalogDaemon(Strict):
    """What runs on each node bought, as a DaemonSet's agents do."""

    name: Name
    namespace: Namespace = "kube-system"
    labels: Labels = Field(default_factory=dict)
    requests: Amounts = Field(default_factory=dict)
    node_selector: Labels = Field(default_factory=dict)
    """Only on nodes with these labels."""
    tolerations: list[Toleration] = Field(
        default_factory=lambda: [Toleration.model_validate({"operator": "Exists"})]
    )
    """Every taint is tolerated unless given."""
    host_ports: list[AnyHostPort] = Field(default_factory=list)


def _texts(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Zones = Annotated[list[LabelValue], BeforeValidator(_texts)]


class CatalogWire(Strict):
    """Nodes that can be bought."""

    api_version: Literal["placewright.io/v1"] = "placewright.io/v1"
    kind: Literal["Catalog"]
    currency: Annotated[str, Field(max_length=16)] = ""
    """What prices are in; only shown."""
    zones: Zones = Field(default_factory=list)
    """The zones of types that name none."""
    types: list[CatalogType] = Field(min_length=1)
    most_interruptions: Rate | None = None
    """How often all spot nodes together may be expected to be interrupted; left out: no limit."""
    daemons: list[CatalogDaemon] | None = None
    """What each node bought carries beside agents; left out: the DaemonSets that run in the cluster."""

    @model_validator(mode="after")
    def _bounded(self) -> CatalogWire:
        zones = max(1, len(self.zones))
        if sum(max(zones, len(t.zones), len(t.prices)) for t in self.types) > MOST_OFFERINGS:
            raise unfit(f"more than {MOST_OFFERINGS:,} types times zones")
        return self
