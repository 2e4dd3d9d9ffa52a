"""What placewright's own annotations hold beside devices: data that is read, and whom an agent talks to."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from placewright.models.wire.base import MapOf, QuantityValue, Text, Wire
from placewright.models.wire.meta import LabelSelectorWire

MOST_TRAFFIC = 1_000_000
"""The largest weight of one talk."""


class DataUseWire(Wire):
    """One piece of data that an agent reads: what is fetched where a node does not have it."""

    name: Annotated[str, Field(min_length=1)]
    size: QuantityValue


class NearWire(Wire):
    """Somebody who is to be in the same domain: any agent with these labels."""

    topology_key: Annotated[str, Field(min_length=1)]
    match_labels: Annotated[MapOf[str], Field(min_length=1)]
    namespace: Text = ""


class TalkWire(Wire):
    """Whom an agent exchanges traffic with: `labelSelector`, or `matchLabels` in short."""

    label_selector: LabelSelectorWire | None = None
    match_labels: MapOf[str] = {}
    namespace: Text = ""
    weight: Annotated[int, Field(ge=1, le=MOST_TRAFFIC)] = 1

    @model_validator(mode="after")
    def _means_somebody(self) -> Self:
        if (self.label_selector is None) == (not self.match_labels):
            raise ValueError("expected labelSelector or matchLabels, one of them")
        return self
