"""Services: only whom they select."""

from __future__ import annotations

from placewright.models.wire.base import MapOf, Wire
from placewright.models.wire.meta import Metadata


class ServiceSpec(Wire):
    selector: MapOf[str] = {}


class ServiceWire(Wire):
    metadata: Metadata
    spec: ServiceSpec | None = None
