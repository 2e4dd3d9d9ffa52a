"""What can be bought: types of nodes with their prices, zone by zone. Immutable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from placewright.models.agent import Agent
from placewright.models.node import DevicePool, Resources
from placewright.models.selector import Taint

HOSTNAME = "kubernetes.io/hostname"
ZONE = "topology.kubernetes.io/zone"
INSTANCE_TYPE = "node.kubernetes.io/instance-type"
SPOT_LABEL = "placewright.io/spot"
"""Nodes that can be interrupted carry it with the value `true`, unless the catalog says otherwise."""


@dataclass(frozen=True)
class Offering:
    """One type in one zone at one price: what a node bought there is.

    `zone` "" is a catalog without zones. `price` is per hour, in millionths. `spot`: it can be interrupted,
    and is expected to be `risk` millionths of a time in the catalog's period. `labels` are without the
    hostname.
    """

    type_name: str
    zone: str
    price: int
    allocatable: Resources
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: tuple[Taint, ...] = ()
    devices: tuple[DevicePool, ...] = ()
    spot: bool = False
    risk: int = 0

    @property
    def name(self) -> str:
        """How nodes of it are named, and what sets it apart from the catalog's others."""
        return "-".join(part for part in (self.type_name, self.zone, "spot" if self.spot else "") if part)


@dataclass(frozen=True)
class Catalog:
    """offerings: in the catalog's order; their names differ.

    most: type name -> how many nodes of it there may be in all; without an entry as many as wanted.
    most_interruptions: how often all spot nodes together may be expected to be interrupted, in millionths.
    daemons: what runs on every node bought that it may go to, as agents without a node.
    """

    offerings: tuple[Offering, ...]
    most: Mapping[str, int] = field(default_factory=dict)
    most_interruptions: int | None = None
    daemons: tuple[Agent, ...] = ()
    currency: str = ""

    @property
    def zones(self) -> tuple[str, ...]:
        """The zones on offer, in the catalog's order; none where it has no zones."""
        return tuple(dict.fromkeys(offering.zone for offering in self.offerings if offering.zone))
