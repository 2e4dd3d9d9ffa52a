"""Quotas, limits, budgets, priorities and gangs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from placewright.models.wire.base import Flag, ListOf, MapOf, Quantities, Wire
from placewright.models.wire.meta import LabelSelectorWire, Metadata, VersionedMetadata

ScopeName = Literal[
    "Terminating",
    "NotTerminating",
    "BestEffort",
    "NotBestEffort",
    "PriorityClass",
    "CrossNamespacePodAffinity",
    "VolumeAttributesClass",
]


class ScopeExpression(Wire):
    scope_name: ScopeName
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"]
    values: ListOf[str] = []


class ScopeSelectorWire(Wire):
    match_expressions: ListOf[ScopeExpression] = []


class QuotaSpec(Wire):
    hard: Quantities = {}
    scopes: ListOf[ScopeName] = []
    scope_selector: ScopeSelectorWire | None = None


class QuotaStatus(Wire):
    used: Quantities | None = None


class ResourceQuotaWire(Wire):
    metadata: Metadata
    spec: QuotaSpec | None = None
    status: QuotaStatus | None = None


class LimitRangeItem(Wire):
    type: Literal["Container", "Pod", "PersistentVolumeClaim"]
    default: Quantities = {}
    default_request: Quantities = {}
    min: Quantities = {}
    max: Quantities = {}
    max_limit_request_ratio: Quantities = {}


class LimitRangeSpec(Wire):
    limits: ListOf[LimitRangeItem] = []


class LimitRangeWire(Wire):
    metadata: Metadata
    spec: LimitRangeSpec | None = None


IntOrPercent = Annotated[int, Field(ge=0)] | Annotated[str, Field(pattern=r"^[0-9]+%$")] | None


class BudgetSpec(Wire):
    selector: LabelSelectorWire | None = None
    min_available: IntOrPercent = None
    max_unavailable: IntOrPercent = None
    unhealthy_pod_eviction_policy: Literal["IfHealthyBudget", "AlwaysAllow"] | None = None


class BudgetStatus(Wire):
    observed_generation: int | None = None
    disruptions_allowed: int | None = None
    current_healthy: int | None = None
    desired_healthy: int | None = None
    disrupted_pods: MapOf[Any] = {}


class PodDisruptionBudgetWire(Wire):
    metadata: VersionedMetadata
    spec: BudgetSpec | None = None
    status: BudgetStatus | None = None


class PriorityClassWire(Wire):
    metadata: Metadata
    value: int
    global_default: Flag = False
    preemption_policy: Literal["PreemptLowerPriority", "Never"] | None = None


class PodGroupSpec(Wire):
    min_member: Annotated[int, Field(ge=0)] = 0
    min_resources: Quantities = {}


class PodGroupWire(Wire):
    metadata: Metadata
    spec: PodGroupSpec | None = None
