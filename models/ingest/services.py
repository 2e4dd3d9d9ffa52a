"""What selects an agent beside itself: its Services and its controller, for default spread (§6.1)."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field

from placewright.models.ingest.pods import PodRecord
from placewright.models.ingest.selectors import label_selector
from placewright.models.ingest.workloads import TEMPLATE_HASH
from placewright.models.selector import Labels, LabelSelector, Operator, Requirement, match_labels
from placewright.models.wire.meta import OwnerReferenceWire
from placewright.models.wire.service import ServiceWire
from placewright.models.wire.workload import WorkloadWire

CONTROLLERS = ("ReplicaSet", "StatefulSet", "ReplicationController")
"""The owners whose selectors kube-scheduler looks up; others' agents have only their Services."""
_DEPLOYMENT = "Deployment"


@dataclass
class SpreadSelectors:
    """Deduces the selector of default spread constraints for one pod after another.

    services: what each namespace's Services select, by one label (key, value) that they all want; a
    Service without a selector selects nothing. controllers: by (namespace, kind, name).
    """

    services: Mapping[tuple[str, str, str], list[Labels]]
    controllers: Mapping[tuple[str, str, str], LabelSelector]
    _known: dict[Hashable, LabelSelector | None] = field(default_factory=dict)
    _shared: dict[LabelSelector, LabelSelector] = field(default_factory=dict)

    def of(self, pod: PodRecord) -> LabelSelector | None:
        """The merged selector, or None where nothing selects the pod: defaults then do not apply to it."""
        owner = next((o for o in pod.owners if o.controller), None)
        labels = pod.labels
        key = (pod.namespace, frozenset(labels.items()), owner and (owner.kind, owner.name))
        if key not in self._known:
            self._known[key] = self._merged(pod.namespace, labels, owner)
        return self._known[key]

    def _merged(
        self, namespace: str, labels: Mapping[str, str], owner: OwnerReferenceWire | None
    ) -> LabelSelector | None:
        merged: dict[str, str] = {}
        for key, value in labels.items():
            for wanted in self.services.get((namespace, key, value), ()):
                if wanted.items() <= labels.items():
                    merged.update(wanted)
        selector = match_labels(merged)
        for requirement in self._of_controller(namespace, labels, owner):
            selector = selector.with_requirement(requirement)
        # One object for equal ones: agents that differ in other labels are often many.
        return None if selector.empty else self._shared.setdefault(selector, selector)

    def _of_controller(
        self, namespace: str, labels: Mapping[str, str], owner: OwnerReferenceWire | None
    ) -> Iterable[Requirement]:
        found = self.controllers.get((namespace, owner.kind, owner.name)) if owner else None
        if owner is None or found is None:
            return ()
        if owner.kind == _DEPLOYMENT and TEMPLATE_HASH in labels:
            # Made from the template: the ReplicaSet that is not there yet would select by this label too.
            own = Requirement(TEMPLATE_HASH, Operator.IN, (labels[TEMPLATE_HASH],))
            return found.with_requirement(own).requirements
        return found.requirements


def spread_selectors(
    services: Iterable[ServiceWire], workloads: Mapping[str, Iterable[WorkloadWire]]
) -> SpreadSelectors:
    """From the Services and workloads (by kind) of a snapshot."""
    wanted: dict[tuple[str, str, str], list[Labels]] = {}
    for service in services:
        if service.spec is not None and service.spec.selector:
            key, value = next(iter(service.spec.selector.items()))
            wanted.setdefault((service.metadata.namespace or "default", key, value), []).append(
                service.spec.selector
            )
    controllers: dict[tuple[str, str, str], LabelSelector] = {}
    for kind in (*CONTROLLERS, _DEPLOYMENT):
        for workload in workloads.get(kind, ()):
            selector = _selector(kind, workload)
            if selector is not None:
                controllers[workload.metadata.namespace or "default", kind, workload.metadata.name] = selector
    return SpreadSelectors(wanted, controllers)


def _selector(kind: str, workload: WorkloadWire) -> LabelSelector | None:
    spec = workload.spec
    if spec is None:
        return None
    template = spec.template.metadata if spec.template else None
    if spec.selector is None and kind == "ReplicationController" and template is not None:
        # The one kind whose selector the API server fills in.
        return match_labels(template.labels)
    return label_selector(spec.selector)
