"""Metadata and selectors, as every kind has them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from placewright.models.wire.base import Flag, ListOf, MapOf, Text, Wire


class OwnerReferenceWire(Wire):
    kind: str
    name: str
    uid: Text = ""
    controller: Flag = False


class Metadata(Wire):
    name: Annotated[str, Field(min_length=1)]
    namespace: Text = ""
    uid: Text = ""
    labels: MapOf[str] = {}
    annotations: MapOf[str] = {}
    owner_references: ListOf[OwnerReferenceWire] = []
    creation_timestamp: str | None = None
    deletion_timestamp: str | None = None


class VersionedMetadata(Metadata):
    """Of an object whose status says which generation of its spec it is about."""

    generation: int | None = None


class SharedMetadata(Wire):
    """What an object's metadata may have in common with that of its replicas."""

    namespace: Text = ""
    labels: MapOf[str] = {}
    annotations: MapOf[str] = {}
    owner_references: ListOf[OwnerReferenceWire] = []
    deletion_timestamp: str | None = None


class TemplateMetadata(Wire):
    """A pod template's metadata: it has no name of its own."""

    labels: MapOf[str] = {}
    annotations: MapOf[str] = {}


class LabelRequirementWire(Wire):
    key: str
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"]
    values: ListOf[str] = []


class LabelSelectorWire(Wire):
    match_labels: MapOf[str] = {}
    match_expressions: ListOf[LabelRequirementWire] = []


class NodeRequirementWire(Wire):
    key: str
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]
    values: ListOf[str] = []


class NodeSelectorTermWire(Wire):
    match_expressions: ListOf[NodeRequirementWire] = []
    match_fields: ListOf[NodeRequirementWire] = []


class NodeSelectorWire(Wire):
    node_selector_terms: ListOf[NodeSelectorTermWire] = []
