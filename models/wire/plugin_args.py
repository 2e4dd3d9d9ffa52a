"""Arguments of kube-scheduler's own plugins (`pluginConfig`), with its defaults and its validation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from placewright.models.wire.concise_base import LabelKey, ResourceName, Strict, unfit
from placewright.models.wire.concise_terms import NodeAffinity

MOST_RESOURCE_WEIGHT = 100
Unread = Annotated[Any, Field(default=None)]


class Args(Strict):
    """Fields of an argument object that say which it is."""

    api_version: str | None = None
    kind: str | None = None


class WeightedResource(Strict):
    name: ResourceName
    weight: Annotated[int, Field(ge=0, le=MOST_RESOURCE_WEIGHT)] = 1
    """0 is "not given": it counts as 1."""


class ShapePoint(Strict):
    """How good a utilisation in percent is, 0 to 10; in between it is interpolated."""

    utilization: Annotated[int, Field(ge=0, le=100)] = 0
    score: Annotated[int, Field(ge=0, le=10)] = 0


def check_shape(shape: Sequence[ShapePoint]) -> None:
    """Raises an error of the schema unless utilisation rises from point to point."""
    for before, after in pairwise(shape):
        if after.utilization <= before.utilization:
            found = f"{after.utilization} after {before.utilization}"
            raise unfit(f"utilization must rise from point to point, found {found}")


class CapacityRatio(Strict):
    shape: list[ShapePoint] = Field(default_factory=list)


class ScoringStrategy(Strict):
    type: Literal["LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"]
    resources: list[WeightedResource] = Field(default_factory=list)
    requested_to_capacity_ratio: CapacityRatio | None = None

    @model_validator(mode="after")
    def _fits(self) -> ScoringStrategy:
        shape = self.requested_to_capacity_ratio.shape if self.requested_to_capacity_ratio else []
        if self.type == "RequestedToCapacityRatio" and not shape:
            raise unfit("RequestedToCapacityRatio needs requestedToCapacityRatio.shape, at least one point")
        check_shape(shape)
        return self


class NodeResourcesFitArgs(Args):
    ignored_resources: list[ResourceName] = Field(default_factory=list)
    ignored_resource_groups: list[str] = Field(default_factory=list)
    scoring_strategy: ScoringStrategy | None = None

    @model_validator(mode="after")
    def _fits(self) -> NodeResourcesFitArgs:
        for group in self.ignored_resource_groups:
            if not group or "/" in group:
                raise unfit(f'a resource group is what stands before "/", found "{group}"')
        return self


class NodeResourcesBalancedAllocationArgs(Args):
    resources: list[WeightedResource] = Field(default_factory=list)

    @model_validator(mode="after")
    def _fits(self) -> NodeResourcesBalancedAllocationArgs:
        names = [resource.name for resource in self.resources]
        for resource in self.resources:
            if resource.weight > 1:
                raise unfit(f"the weight of {resource.name} must be 1: balance has no weights")
            if names.count(resource.name) > 1:
                raise unfit(f"resource {resource.name} is given twice")
        return self


class DefaultConstraint(Strict):
    """A spread constraint of agents that have none; its selector is deduced per agent."""

    max_skew: Annotated[int, Field(ge=1, lt=2**31)]
    topology_key: LabelKey
    when_unsatisfiable: Literal["DoNotSchedule", "ScheduleAnyway"]
    min_domains: Annotated[int, Field(ge=1, lt=2**31)] | None = None
    node_affinity_policy: Literal["Honor", "Ignore"] = "Honor"
    node_taints_policy: Literal["Honor", "Ignore"] = "Ignore"

    @model_validator(mode="before")
    @classmethod
    def _deduced(cls, value: Any) -> Any:
        if isinstance(value, dict) and value.get("labelSelector") is not None:
            raise unfit("a default constraint has no labelSelector: it is deduced for each agent")
        return value

    @model_validator(mode="after")
    def _fits(self) -> DefaultConstraint:
        if self.min_domains is not None and self.when_unsatisfiable != "DoNotSchedule":
            raise unfit("minDomains needs whenUnsatisfiable DoNotSchedule")
        return self


def check_constraints(constraints: Sequence[DefaultConstraint]) -> None:
    """Raises an error of the schema for two constraints of the same key and kind."""
    seen = set()
    for constraint in constraints:
        key = (constraint.topology_key, constraint.when_unsatisfiable)
        if key in seen:
            raise unfit(f"{constraint.topology_key} with {constraint.when_unsatisfiable} is given twice")
        seen.add(key)


class PodTopologySpreadArgs(Args):
    defaulting_type: Literal["System", "List"] = "System"
    default_constraints: list[DefaultConstraint] = Field(default_factory=list)

    @model_validator(mode="after")
    def _fits(self) -> PodTopologySpreadArgs:
        if self.defaulting_type == "System" and self.default_constraints:
            raise unfit("defaultConstraints need defaultingType List")
        check_constraints(self.default_constraints)
        return self


class InterPodAffinityArgs(Args):
    hard_pod_affinity_weight: Annotated[int, Field(ge=0, le=100)] = 1
    ignore_preferred_terms_of_existing_pods: bool = False


class NodeAffinityArgs(Args):
    added_affinity: NodeAffinity | None = None


class VolumeBindingArgs(Args):
    bind_timeout_seconds: Unread
    shape: list[ShapePoint] = Field(default_factory=list)


class DefaultPreemptionArgs(Args):
    """How many candidates kube-scheduler looks at; here all of them are."""

    min_candidate_nodes_percentage: Unread
    min_candidate_nodes_absolute: Unread


class DynamicResourcesArgs(Args):
    filter_timeout: Unread
    binding_timeout: Unread


ARGS: Mapping[str, type[Args]] = {
    name.__name__.removesuffix("Args"): name
    for name in (
        NodeResourcesFitArgs,
        NodeResourcesBalancedAllocationArgs,
        PodTopologySpreadArgs,
        InterPodAffinityArgs,
        NodeAffinityArgs,
        VolumeBindingArgs,
        DefaultPreemptionArgs,
        DynamicResourcesArgs,
    )
}
"""By the name of the plugin."""
