"""The policies, volumes and gangs of a concise document."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator

from placewright.models.wire.concise_base import (
    Amounts,
    CountOrPercent,
    Labels,
    Member,
    Name,
    Namespace,
    PreemptionPolicy,
    Priority,
    Strict,
    unfit,
)
from placewright.models.wire.concise_terms import LabelSelector


class ScopeRequirement(Strict):
    scope_name: Literal[
        "Terminating",
        "NotTerminating",
        "BestEffort",
        "NotBestEffort",
        "PriorityClass",
        "CrossNamespacePodAffinity",
        "VolumeAttributesClass",
    ]
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"]
    values: list[str] = Field(default_factory=list)

    @model_validator(mode="after")
    def _fits(self) -> ScopeRequirement:
        if (self.operator in ("In", "NotIn")) != bool(self.values):
            raise unfit(f"operator {self.operator} {'takes no' if self.values else 'needs'} values")
        return self


class ScopeSelector(Strict):
    match_expressions: list[ScopeRequirement] = Field(default_factory=list)


class ConciseQuota(Strict):
    """Kubernetes' ResourceQuota: what new agents of a namespace may use together."""

    name: Name
    namespace: Namespace = "default"
    hard: Amounts
    used: Amounts | None = None
    """Left out: counted from the agents that exist."""
    scopes: list[
        Literal[
            "Terminating",
            "NotTerminating",
            "BestEffort",
            "NotBestEffort",
            "PriorityClass",
            "CrossNamespacePodAffinity",
        ]
    ] = Field(default_factory=list)
    scope_selector: ScopeSelector | None = None


class ConciseBudget(Strict):
    """Kubernetes' PodDisruptionBudget."""

    name: Name
    namespace: Namespace = "default"
    selector: LabelSelector
    min_available: CountOrPercent | None = None
    max_unavailable: CountOrPercent | None = None
    disruptions_allowed: Annotated[int, Field(ge=0, lt=2**31)] | None = None
    """Left out: worked out from the agents that run."""
    unhealthy_pod_eviction_policy: Literal["IfHealthyBudget", "AlwaysAllow"] | None = None

    @model_validator(mode="after")
    def _fits(self) -> ConciseBudget:
        if (self.min_available is None) == (self.max_unavailable is None):
            raise unfit("give minAvailable or maxUnavailable, one of them")
        return self


class ConciseService(Strict):
    """Kubernetes' Service: agents it selects are spread by default."""

    name: Name
    namespace: Namespace = "default"
    selector: Labels
    """Labels of the agents behind it."""


class ConciseNamespace(Strict):
    labels: Labels = Field(default_factory=dict)


class ConcisePriorityClass(Strict):
    """Kubernetes' PriorityClass."""

    name: Name
    value: Priority
    global_default: bool = False
    preemption_policy: PreemptionPolicy | None = None
    description: str = ""


class ConciseGang(Strict):
    """A gang (PodGroup of scheduling.x-k8s.io) that agents name."""

    name: Name
    namespace: Namespace = "default"
    min_member: Member
    min_resources: Amounts = Field(default_factory=dict)


class KubernetesShaped(Strict):
    """An object as Kubernetes writes it, without kind; what is in its metadata may stand at its top."""

    model_config = ConfigDict(extra="allow")

    name: Name
    labels: Labels = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _hoisted(cls, value: Any) -> Any:
        """What is written in `metadata`, as in a cluster, counts as written at the top."""
        if not isinstance(value, dict) or not isinstance(value.get("metadata"), dict):
            return value
        inner = {name: item for name, item in value["metadata"].items() if name in cls.model_fields}
        return {**inner, **value}


class ConciseClaim(KubernetesShaped):
    """A PersistentVolumeClaim."""

    namespace: Namespace = "default"
    bound: bool = False
    """Bound to spec.volumeName, as the volume controller would have marked it."""


class ConciseVolume(KubernetesShaped):
    """A PersistentVolume."""


class ConciseStorageClass(KubernetesShaped):
    """A StorageClass."""
