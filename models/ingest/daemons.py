"""Pods of DaemonSets: which nodes their controller chooses, and how it ties each pod to its node (§3.5)."""

from __future__ import annotations

from placewright.models.ingest.selectors import node_selector, toleration
from placewright.models.node import Node
from placewright.models.selector import NODE_NAME_FIELD, REPELLING
from placewright.models.wire.meta import NodeRequirementWire, NodeSelectorTermWire, NodeSelectorWire
from placewright.models.wire.pod import AffinityWire, NodeAffinityWire, PodSpec, TolerationWire

_TOLERATED = (
    ("not-ready", "NoExecute"),
    ("unreachable", "NoExecute"),
    ("disk-pressure", "NoSchedule"),
    ("memory-pressure", "NoSchedule"),
    ("pid-pressure", "NoSchedule"),
    ("unschedulable", "NoSchedule"),
)
_TOLERATED_ON_HOST_NETWORK = (("network-unavailable", "NoSchedule"),)


def tolerations(spec: PodSpec) -> list[TolerationWire]:
    """The template's own tolerations, and those that the controller adds."""
    added = (*_TOLERATED, *(_TOLERATED_ON_HOST_NETWORK if spec.host_network else ()))
    extra = [
        TolerationWire.model_validate(
            {"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": effect}
        )
        for key, effect in added
    ]
    return [*spec.tolerations, *extra]


def runs_on(spec: PodSpec, node: Node, *, comparison_operators: bool = False) -> bool:
    """Whether the controller wants a pod on the node, by name, selector, affinity and taints alone."""
    if spec.node_name not in ("", node.name):
        return False
    if any(node.labels.get(key) != value for key, value in spec.node_selector.items()):
        return False
    affinity = spec.affinity.node_affinity if spec.affinity else None
    required = node_selector(
        affinity.required_during_scheduling_ignored_during_execution if affinity else None
    )
    if required is not None and not required.matches(node.labels, node.name):
        return False
    tolerated = [toleration(wire) for wire in tolerations(spec)]
    return all(
        any(t.tolerates(taint, comparison_operators=comparison_operators) for t in tolerated)
        for taint in node.taints
        if taint.effect in REPELLING
    )


def daemon_spec(spec: PodSpec, node_name: str) -> PodSpec:
    """The template's spec tied to one node; the pin takes the place of other required node affinity."""
    pin = NodeRequirementWire(key=NODE_NAME_FIELD, operator="In", values=[node_name])
    required = NodeSelectorWire(node_selector_terms=[NodeSelectorTermWire(match_fields=[pin])])
    affinity = spec.affinity or AffinityWire()
    node_affinity = (affinity.node_affinity or NodeAffinityWire()).model_copy(
        update={"required_during_scheduling_ignored_during_execution": required}
    )
    return spec.model_copy(
        update={
            "affinity": affinity.model_copy(update={"node_affinity": node_affinity}),
            "tolerations": tolerations(spec),
        }
    )


def pinned_nodes(spec: PodSpec) -> set[str]:
    """Names of the nodes that a pod's required node affinity names by field; most pods name none."""
    affinity = spec.affinity.node_affinity if spec.affinity else None
    required = affinity.required_during_scheduling_ignored_during_execution if affinity else None
    return {
        value
        for term in (required.node_selector_terms if required else ())
        for item in term.match_fields
        if item.key == NODE_NAME_FIELD and item.operator == "In"
        for value in item.values
    }
