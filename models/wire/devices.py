"""Devices: shareable ones, as annotations carry them (a JSON list), and what a DeviceClass is called."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Self, TypeVar

from pydantic import Field, model_validator

from placewright.models.errors import InputError
from placewright.models.node import DEVICE_MILLI
from placewright.models.wire.base import ListOf, Text, Wire, parse
from placewright.models.wire.meta import Metadata


class DeviceClassSpec(Wire):
    extended_resource_name: Text = ""


class DeviceClassWire(Wire):
    """Of dynamic resource allocation; read only for the resource under which agents may ask for it."""

    metadata: Metadata
    spec: DeviceClassSpec | None = None


class DevicePoolWire(Wire):
    """Devices of one resource on a node: how many, and of which model."""

    resource: Annotated[str, Field(min_length=1)]
    count: Annotated[int, Field(ge=0, le=1024)]
    model: Text = ""


class DeviceRequestWire(Wire):
    """`count` devices, `milli` thousandths of each; a share (below 1000) is of one device."""

    resource: Annotated[str, Field(min_length=1)]
    count: Annotated[int, Field(ge=1, le=1024)] = 1
    milli: Annotated[int, Field(ge=1, le=DEVICE_MILLI)] = DEVICE_MILLI
    models: ListOf[str] = []

    @model_validator(mode="after")
    def _share_is_of_one(self) -> Self:
        if self.milli < DEVICE_MILLI and self.count != 1:
            raise ValueError("expected count 1 with a share of a device")
        return self


WireT = TypeVar("WireT", bound=Wire)


def parse_annotation(annotations: Mapping[str, str], key: str, schema: type[WireT]) -> list[WireT]:
    """The JSON list in an annotation, item by item; empty where there is none. Raises InputError."""
    text = annotations.get(key)
    if text is None:
        return []
    field = f"metadata.annotations.{key}"
    try:
        items = json.loads(text)
    except ValueError:
        items = None
    if not isinstance(items, list):
        raise InputError(f"expected a JSON list, found {text!r}", field=field)
    parsed = []
    for i, item in enumerate(items):
        try:
            parsed.append(parse(schema, item))
        except InputError as error:
            raise error.located(field=f"{field}[{i}]") from None
    return parsed
