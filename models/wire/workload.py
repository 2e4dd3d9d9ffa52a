"""Workloads: what owns agents, and the templates that agents are made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from placewright.models.wire.base import Flag, ListOf, Wire
from placewright.models.wire.meta import Metadata
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
