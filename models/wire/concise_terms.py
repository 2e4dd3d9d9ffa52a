"""Selectors, affinity, tolerations and spread in the concise form: Kubernetes' fields, strictly.

What Kubernetes would take and then silently match nothing with (a constraint without labelSelector,
`In` without values) is refused here: a person wrote it.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from placewright.models.wire.concise_base import (
    LabelKey,
    Labels,
    LabelValue,
    Namespace,
    Strict,
    refused,
    unfit,
)

Effect = Literal["NoSchedule", "PreferNoSchedule", "NoExecute"]
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")


class Taint(Strict):
    """A node's taint, as a mapping or the way kubectl writes it: `key=value:Effect`."""

    key: LabelKey
    value: LabelValue = ""
    effect: Effect


def _taint_from_text(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    pair, colon, effect = value.rpartition(":")
    if not colon or not pair or effect not in _EFFECTS:
        raise refused("a taint such as gpu=true:NoSchedule", value)
    key, _, text = pair.partition("=")
    return {"key": key, "value": text, "effect": effect}


AnyTaint = Annotated[Taint, BeforeValidator(_taint_from_text, json_schema_input_type=str | Taint)]


class Toleration(Strict):
    """Kubernetes' toleration."""

    key: LabelKey | None = None
    """The taint's key; left out, with operator Exists: every taint."""
    operator: Literal["Equal", "Exists", "Lt", "Gt"] = "Equal"
    value: LabelValue = ""
    effect: Effect | None = None
    """The taint's effect; left out: every effect."""
    toleration_seconds: int | None = None
    """How long a running agent stays once a NoExecute taint comes; it plays no part in placement."""

    @model_validator(mode="after")
    def _fits(self) -> Toleration:
        if self.operator == "Exists" and self.value:
            raise unfit("operator Exists takes no value")
        if self.operator != "Exists" and self.key is None:
            raise unfit("without a key the operator must be Exists")
        return self


class LabelRequirement(Strict):
    """One of matchExpressions over agents' or namespaces' labels."""

    key: LabelKey
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"]
    values: list[LabelValue] = Field(default_factory=list)

    @model_validator(mode="after")
    def _fits(self) -> LabelRequirement:
        _check_values(self.operator, self.values)
        return self


class NodeRequirement(Strict):
    """One of matchExpressions or matchFields over nodes."""

    key: str
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]
    values: list[str] = Field(default_factory=list)

    @model_validator(mode="after")
    def _fits(self) -> NodeRequirement:
        _check_values(self.operator, self.values)
        return self


def _check_values(operator: str, values: list[str]) -> None:
    if operator in ("In", "NotIn") and not values:
        raise unfit(f"operator {operator} needs values")
    if operator in ("Exists", "DoesNotExist") and values:
        raise unfit(f"operator {operator} takes no values")
    if operator in ("Gt", "Lt") and not (len(values) == 1 and values[0].isascii() and values[0].isdecimal()):
        raise unfit(f"operator {operator} needs one value, a whole number in quotes")


class LabelSelector(Strict):
    """matchLabels and matchExpressions, all of which must hold; `{}` selects everything."""

    match_labels: Labels = Field(default_factory=dict)
    match_expressions: list[LabelRequirement] = Field(default_factory=list)


class NodeSelectorTerm(Strict):
    match_expressions: list[NodeRequirement] = Field(default_factory=list)
    match_fields: list[NodeRequirement] = Field(default_factory=list)


class NodeSelector(Strict):
    """Terms of which one must hold."""

    node_selector_terms: list[NodeSelectorTerm] = Field(min_length=1)


Weight = Annotated[int, Field(ge=1, le=100)]


class PreferredNodeTerm(Strict):
    weight: Weight
    preference: NodeSelectorTerm


class NodeAffinity(Strict):
    required_during_scheduling_ignored_during_execution: NodeSelector | None = None
    preferred_during_scheduling_ignored_during_execution: list[PreferredNodeTerm] = Field(
        default_factory=list
    )


class AffinityTerm(Strict):
    """Agents near (or away from) which to go, and how near: `topologyKey` is the node label to share."""

    label_selector: LabelSelector
    topology_key: LabelKey
    namespaces: list[Namespace] = Field(default_factory=list)
    namespace_selector: LabelSelector | None = None
    match_label_keys: list[LabelKey] = Field(default_factory=list)
    mismatch_label_keys: list[LabelKey] = Field(default_factory=list)


class WeightedAffinityTerm(Strict):
    weight: Weight
    pod_affinity_term: AffinityTerm


class AgentAffinity(Strict):
    required_during_scheduling_ignored_during_execution: list[AffinityTerm] = Field(default_factory=list)
    preferred_during_scheduling_ignored_during_execution: list[WeightedAffinityTerm] = Field(
        default_factory=list
    )


class Affinity(Strict):
    """Kubernetes' affinity."""

    node_affinity: NodeAffinity | None = None
    pod_affinity: AgentAffinity | None = None
    pod_anti_affinity: AgentAffinity | None = None


class SpreadConstraint(Strict):
    """Kubernetes' topologySpreadConstraint."""

    max_skew: Annotated[int, Field(ge=1, lt=2**31)] = 1
    topology_key: LabelKey
    when_unsatisfiable: Literal["DoNotSchedule", "ScheduleAnyway"] = "DoNotSchedule"
    label_selector: LabelSelector
    min_domains: Annotated[int, Field(ge=1, lt=2**31)] | None = None
    node_affinity_policy: Literal["Honor", "Ignore"] = "Honor"
    node_taints_policy: Literal["Honor", "Ignore"] = "Ignore"
    match_label_keys: list[LabelKey] = Field(default_factory=list)

    @model_validator(mode="after")
    def _fits(self) -> SpreadConstraint:
        if self.min_domains is not None and self.when_unsatisfiable != "DoNotSchedule":
            raise unfit("minDomains needs whenUnsatisfiable DoNotSchedule")
        return self
