"""The JSON schemas of the concise form, of profiles and of catalogs, for editors and other programs."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import CoreSchema, core_schema

from placewright.models.wire.catalog import CatalogWire
from placewright.models.wire.concise import ConciseCluster
from placewright.models.wire.profile import ProfileWire

EXAMPLE: dict[str, Any] = {
    "nodes": [
        {"name": "worker", "count": 3, "zones": ["a", "b", "c"], "allocatable": {"cpu": 8, "memory": "32Gi"}}
    ],
    "agents": [
        {
            "name": "web",
            "replicas": 4,
            "labels": {"app": "web"},
            "requests": {"cpu": "500m", "memory": "1Gi"},
            "topologySpreadConstraints": [
                {
                    "topologyKey": "topology.kubernetes.io/zone",
                    "maxSkew": 1,
                    "labelSelector": {"matchLabels": {"app": "web"}},
                }
            ],
        }
    ],
}
"""A document that the schema describes: small, and placeable."""


class _Plain(GenerateJsonSchema):
    """Without what an editor would only stumble over: a title that repeats a field's name, a null default."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> dict[str, Any]:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> dict[str, Any]:
        if "default" in schema and schema["default"] is None:
            return self.generate_inner(schema["schema"])
        return super().default_schema(schema)

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def generate(self, schema: CoreSchema, mode: Any = "validation") -> dict[str, Any]:
        generated = super().generate(schema, mode)
        return {"$schema": self.schema_dialect, **generated}


def json_schema(model: type[BaseModel], title: str, example: dict[str, Any]) -> dict[str, Any]:
    """JSON schema (draft 2020-12) of a strict document; field names as they are written."""
    schema = model.model_json_schema(by_alias=True, schema_generator=_Plain)
    return {**schema, "title": title, "examples": [example]}


def concise_json_schema() -> dict[str, Any]:
    """JSON schema (draft 2020-12) of one concise document."""
    return json_schema(ConciseCluster, "placewright cluster", EXAMPLE)


PROFILE_EXAMPLE: dict[str, Any] = {
    "apiVersion": "placewright.io/v1",
    "kind": "Profile",
    "name": "night-shift",
    "extends": "cost",
    "scores": {"MostAllocated": 3, "FewestNodes": 0, "ImageLocality": 0},
    "fit": {"resources": {"cpu": 3, "nvidia.com/gpu": 5}},
    "limitCaps": {"memory": "150%"},
    "levels": ["placed", "disruption", {"blend": {"Cost": 10, "FewestNodes": 1}}, "scores"],
}
"""A profile that the schema describes."""


def profile_json_schema() -> dict[str, Any]:
    """JSON schema (draft 2020-12) of one profile in the short form."""
    return json_schema(ProfileWire, "placewright profile", PROFILE_EXAMPLE)


CATALOG_EXAMPLE: dict[str, Any] = {
    "apiVersion": "placewright.io/v1",
    "kind": "Catalog",
    "zones": ["a", "b"],
    "types": [
        {"name": "small", "price": "0.096", "allocatable": {"cpu": "1930m", "memory": "6Gi", "pods": 29}},
        {
            "name": "gpu",
            "price": "3.06",
            "allocatable": {"cpu": "15", "memory": "58Gi", "nvidia.com/gpu": 1},
            "taints": ["nvidia.com/gpu=present:NoSchedule"],
            "max": 4,
            "spot": {"price": "0.918", "interruptionRisk": "0.2"},
        },
    ],
    "mostInterruptions": "0.5",
}
"""A catalog that the schema describes."""


def catalog_json_schema() -> dict[str, Any]:
    """JSON schema (draft 2020-12) of one catalog."""
    return json_schema(CatalogWire, "placewright catalog", CATALOG_EXAMPLE)
