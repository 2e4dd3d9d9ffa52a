"""Workloads: what owns agents, and the templates that agents are made of."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, model_validator

from placewright.models.wire.base import Flag, ListOf, Wire
from placewright.models.wire.meta import LabelSelectorWire, Metadata
from placewright.models.wire.pod import ClaimTemplateSpec, Condition, PodTemplate

Replicas = Annotated[int, Field(ge=0, le=1_000_000)] | None


class NamedClaimTemplate(Wire):
    metadata: Metadata
    spec: ClaimTemplateSpec


class Ordinals(Wire):
    start: Annotated[int, Field(ge=0)] = 0


class WorkloadSpec(Wire):
    """The fields of all kinds together: a kind that lacks one never has it set."""

    replicas: Replicas = None
    parallelism: Replicas = None
    completions: Replicas = None
    suspend: Flag = False
    selector: LabelSelectorWire | None = None
    template: PodTemplate | None = None
    volume_claim_templates: ListOf[NamedClaimTemplate] = []
    ordinals: Ordinals | None = None


class WorkloadStatus(Wire):
    succeeded: int | None = None
    conditions: ListOf[Condition] = []


class WorkloadWire(Wire):
    metadata: Metadata
    spec: WorkloadSpec | None = None
    status: WorkloadStatus | None = None


class ReplicationControllerSpec(WorkloadSpec):
    """The one kind whose selector is a plain map of labels."""

    @model_validator(mode="before")
    @classmethod
    def _selector_of_labels(cls, value: Any) -> Any:
        if isinstance(value, dict) and value.get("selector") is not None:
            return {**value, "selector": {"matchLabels": value["selector"]}}
        return value


class ReplicationControllerWire(WorkloadWire):
    spec: ReplicationControllerSpec | None = None
