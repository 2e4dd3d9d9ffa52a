"""Quotas, budgets, gangs and priority classes from the wire."""

from __future__ import annotations

from placewright.models.errors import InputError
from placewright.models.ingest.requests import quantities
from placewright.models.ingest.selectors import label_selector
from placewright.models.policy import (
    PodDisruptionBudget,
    PodGroup,
    PriorityClass,
    ResourceQuota,
    Scope,
    ScopeRequirement,
)
from placewright.models.quantity import MOST_IN_ALL, amount
from placewright.models.wire.base import Quantities
from placewright.models.wire.meta import VersionedMetadata
from placewright.models.wire.policy import (
    BudgetSpec,
    BudgetStatus,
    PodDisruptionBudgetWire,
    PodGroupSpec,
    PodGroupWire,
    PriorityClassWire,
    QuotaSpec,
    ResourceQuotaWire,
)

SYSTEM_CLASSES = (
    PriorityClass("system-cluster-critical", 2_000_000_000),
    PriorityClass("system-node-critical", 2_000_001_000),
)
"""Classes that every cluster has, whether or not the snapshot lists them."""


def whole(values: Quantities, field: str) -> dict[str, int]:
    """Amounts by key, in the order of keys. Raises InputError that names the field."""
    exact = quantities(values, field)
    return {key: amount(key, exact[key]) for key in sorted(exact)}


def build_quota(wire: ResourceQuotaWire) -> ResourceQuota:
    spec = wire.spec or QuotaSpec()
    used = wire.status.used if wire.status else None
    expressions = spec.scope_selector.match_expressions if spec.scope_selector else ()
    return ResourceQuota(
        namespace=wire.metadata.namespace or "default",
        name=wire.metadata.name,
        hard={key: min(hard, MOST_IN_ALL) for key, hard in whole(spec.hard, "spec.hard").items()},
        used=None if used is None else whole(used, "status.used"),
        scopes=(
            *(ScopeRequirement(Scope(scope)) for scope in spec.scopes),
            *(ScopeRequirement(Scope(e.scope_name), e.operator, tuple(e.values)) for e in expressions),
        ),
    )


def build_budget(wire: PodDisruptionBudgetWire) -> PodDisruptionBudget:
    spec, status = wire.spec or BudgetSpec(), wire.status or BudgetStatus()
    if spec.min_available is not None and spec.max_unavailable is not None:
        raise InputError("expected minAvailable or maxUnavailable, found both", field="spec")
    # What was worked out for an earlier spec, or not yet at all, says nothing of this one (§11).
    told = BudgetStatus() if _is_stale(wire.metadata, status) else status
    return PodDisruptionBudget(
        namespace=wire.metadata.namespace or "default",
        name=wire.metadata.name,
        selector=label_selector(spec.selector),
        min_available=spec.min_available,
        max_unavailable=spec.max_unavailable,
        disruptions_allowed=told.disruptions_allowed,
        current_healthy=told.current_healthy,
        desired_healthy=told.desired_healthy,
        disrupted=frozenset(status.disrupted_pods),
        always_allow_unhealthy=spec.unhealthy_pod_eviction_policy == "AlwaysAllow",
    )


def _is_stale(metadata: VersionedMetadata, status: BudgetStatus) -> bool:
    """Whether the disruption controller has not looked at the spec as it is; the API then lets nobody go."""
    return metadata.generation is not None and (status.observed_generation or 0) < metadata.generation


def build_pod_group(wire: PodGroupWire) -> PodGroup:
    spec = wire.spec or PodGroupSpec()
    return PodGroup(
        namespace=wire.metadata.namespace or "default",
        name=wire.metadata.name,
        min_member=spec.min_member,
        min_resources=whole(spec.min_resources, "spec.minResources"),
    )


def build_priority_class(wire: PriorityClassWire) -> PriorityClass:
    return PriorityClass(
        name=wire.metadata.name,
        value=wire.value,
        global_default=wire.global_default,
        preemption_policy=wire.preemption_policy or "PreemptLowerPriority",
    )
