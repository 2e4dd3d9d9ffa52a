"""RuntimeClasses: what they add to the agents that name them."""

from __future__ import annotations

from placewright.models.wire.base import ListOf, MapOf, Quantities, Wire
from placewright.models.wire.meta import Metadata
from placewright.models.wire.pod import TolerationWire


class OverheadWire(Wire):
    pod_fixed: Quantities = {}


class RuntimeScheduling(Wire):
    node_selector: MapOf[str] = {}
    tolerations: ListOf[TolerationWire] = []


class RuntimeClassWire(Wire):
    metadata: Metadata
    overhead: OverheadWire | None = None
    scheduling: RuntimeScheduling | None = None
