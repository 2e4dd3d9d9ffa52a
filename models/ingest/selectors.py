"""Selectors and terms from the wire to pure predicates, merged keys included."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from placewright.models.agent import InclusionPolicy, SpreadConstraint
from placewright.models.errors import InputError
from placewright.models.selector import (
    AffinityTerm,
    Effect,
    LabelSelector,
    NodeSelector,
    NodeSelectorTerm,
    Operator,
    Requirement,
    Taint,
    Toleration,
    match_labels,
)
from placewright.models.wire.meta import (
    LabelRequirementWire,
    LabelSelectorWire,
    NodeRequirementWire,
    NodeSelectorTermWire,
    NodeSelectorWire,
)
from placewright.models.wire.node import TaintWire
from placewright.models.wire.pod import PodAffinityTerm, SpreadConstraintWire, TolerationWire


def requirement(wire: LabelRequirementWire | NodeRequirementWire) -> Requirement:
    return Requirement(wire.key, Operator(wire.operator), tuple(wire.values))


def label_selector(wire: LabelSelectorWire | None) -> LabelSelector | None:
    """Null stays None: it matches nothing, which an empty selector does not."""
    if wire is None:
        return None
    own = match_labels(wire.match_labels).requirements
    return LabelSelector((*own, *(requirement(r) for r in wire.match_expressions)))


def node_term(wire: NodeSelectorTermWire) -> NodeSelectorTerm:
    return NodeSelectorTerm(
        tuple(requirement(r) for r in wire.match_expressions),
        tuple(requirement(r) for r in wire.match_fields),
    )


def node_selector(wire: NodeSelectorWire | None) -> NodeSelector | None:
    return None if wire is None else NodeSelector(tuple(node_term(t) for t in wire.node_selector_terms))


def affinity_term(wire: PodAffinityTerm, namespace: str, labels: Mapping[str, str]) -> AffinityTerm:
    """A term with its owner's namespace and its (mis)matchLabelKeys merged in (§5.1)."""
    selector = label_selector(wire.label_selector)
    selector = _with_keys(selector, wire.match_label_keys, labels, Operator.IN)
    selector = _with_keys(selector, wire.mismatch_label_keys, labels, Operator.NOT_IN)
    names = frozenset(wire.namespaces)
    if not names and wire.namespace_selector is None:
        names = frozenset({namespace})
    return AffinityTerm(wire.topology_key, selector, names, label_selector(wire.namespace_selector))


def _with_keys(
    selector: LabelSelector | None, keys: Sequence[str], labels: Mapping[str, str], operator: Operator
) -> LabelSelector | None:
    """The selector AND `key operator [own value]` for each key that the agent has; a null one stays null."""
    if selector is None:
        return None
    for key in keys:
        if key in labels:
            selector = selector.with_requirement(Requirement(key, operator, (labels[key],)))
    return selector


def spread_constraint(wire: SpreadConstraintWire, labels: Mapping[str, str], field: str) -> SpreadConstraint:
    """A constraint with its matchLabelKeys merged in (§6.1). Raises InputError."""
    if wire.min_domains is not None and wire.when_unsatisfiable != "DoNotSchedule":
        raise InputError(
            "expected minDomains only where whenUnsatisfiable is DoNotSchedule", field=f"{field}.minDomains"
        )
    selector = _with_keys(label_selector(wire.label_selector), wire.match_label_keys, labels, Operator.IN)
    return SpreadConstraint(
        topology_key=wire.topology_key,
        max_skew=wire.max_skew,
        selector=selector,
        hard=wire.when_unsatisfiable == "DoNotSchedule",
        min_domains=wire.min_domains or 1,
        node_affinity_policy=InclusionPolicy(wire.node_affinity_policy or "Honor"),
        node_taints_policy=InclusionPolicy(wire.node_taints_policy or "Ignore"),
    )


def toleration(wire: TolerationWire) -> Toleration:
    for_a_time = wire.toleration_seconds is not None
    return Toleration(wire.key, wire.operator or "Equal", wire.value, wire.effect or "", for_a_time)


def taints(wires: Iterable[TaintWire]) -> tuple[Taint, ...]:
    return tuple(Taint(wire.key, Effect(wire.effect), wire.value) for wire in wires)
