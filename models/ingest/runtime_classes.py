"""What a RuntimeClass adds to a new agent: overhead, and the way to the nodes that have the runtime."""

from __future__ import annotations

from placewright.models.ingest.requests import quantities
from placewright.models.wire.pod import PodSpec
from placewright.models.wire.runtime_class import RuntimeClassWire

NO_MATCH = "the overhead is not that of its RuntimeClass"


def check(wire: RuntimeClassWire) -> RuntimeClassWire:
    """The same, its amounts known to be amounts. Raises InputError that names the field."""
    if wire.overhead is not None:
        quantities(wire.overhead.pod_fixed, "overhead.podFixed")
    return wire


def with_runtime_class(spec: PodSpec, wire: RuntimeClassWire) -> tuple[PodSpec, str]:
    """The spec as the API server completes it, and why it refuses it, if it does."""
    fixed = wire.overhead.pod_fixed if wire.overhead is not None else {}
    own = quantities(spec.overhead, "spec.overhead")
    if own and own != quantities(fixed, "overhead.podFixed"):
        return spec, NO_MATCH
    if wire.scheduling is None:
        return spec.model_copy(update={"overhead": fixed}), ""
    wanted = wire.scheduling.node_selector
    for key, value in wanted.items():
        if spec.node_selector.get(key, value) != value:
            return (
                spec,
                f"the RuntimeClass wants nodes with {key}={value}, the agent {spec.node_selector[key]}",
            )
    return (
        spec.model_copy(
            update={
                "overhead": fixed,
                "node_selector": {**spec.node_selector, **wanted},
                "tolerations": [*spec.tolerations, *wire.scheduling.tolerations],
            }
        ),
        "",
    )
