"""Policies over agents: quotas, disruption budgets, gangs, priority classes."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from placewright.models.node import Resources
from placewright.models.selector import LabelSelector


class Scope(StrEnum):
    TERMINATING = "Terminating"
    NOT_TERMINATING = "NotTerminating"
    BEST_EFFORT = "BestEffort"
    NOT_BEST_EFFORT = "NotBestEffort"
    PRIORITY_CLASS = "PriorityClass"
    CROSS_NAMESPACE = "CrossNamespacePodAffinity"
    VOLUME_ATTRIBUTES_CLASS = "VolumeAttributesClass"


@dataclass(frozen=True)
class ScopeRequirement:
    """One of `scopes` (operator Exists) or of scopeSelector.matchExpressions."""

    scope: Scope
    operator: str = "Exists"
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class ResourceQuota:
    """`hard` and `used` by quota key as written (`requests.cpu`, `pods`, `count/pods`, …); cpu keys in milli.

    `used` None: the snapshot has no status, so usage is recomputed from what exists.
    """

    namespace: str
    name: str
    hard: Resources
    used: Resources | None = None
    scopes: tuple[ScopeRequirement, ...] = ()


@dataclass(frozen=True)
class PodDisruptionBudget:
    """`min_available` / `max_unavailable` as written: an int, or a percentage such as "50%".

    The next three are the status's, where there is one. `disrupted`: names of agents that were let go
    already and are still there.
    """

    namespace: str
    name: str
    selector: LabelSelector | None
    min_available: int | str | None = None
    max_unavailable: int | str | None = None
    disruptions_allowed: int | None = None
    current_healthy: int | None = None
    desired_healthy: int | None = None
    disrupted: frozenset[str] = frozenset()
    always_allow_unhealthy: bool = False


@dataclass(frozen=True)
class Scale:
    """How many agents a controller is to have. `controller`: (kind, name) of who decides it."""

    controller: tuple[str, str]
    replicas: int


@dataclass(frozen=True)
class PodGroup:
    """A gang: at least `min_member` of its agents are assigned, or none of the pending ones is.

    `min_resources`: what the cluster must have free for the gang to start (coscheduling's check).
    """

    namespace: str
    name: str
    min_member: int
    min_resources: Resources = field(default_factory=dict)


@dataclass(frozen=True)
class PriorityClass:
    name: str
    value: int
    global_default: bool = False
    preemption_policy: str = "PreemptLowerPriority"
