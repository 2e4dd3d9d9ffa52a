"""The objects of a snapshot by kind, each read once, each error told which object it is about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from placewright.models.errors import InputError
from placewright.models.ingest import workloads
from placewright.models.ingest.pods import PodReader, PodRecord
from placewright.models.reader import RawObject, TakenPod
from placewright.models.wire.base import Wire, parse
from placewright.models.wire.devices import DeviceClassWire
from placewright.models.wire.node import NamespaceWire, NodeWire
from placewright.models.wire.policy import (
    LimitRangeWire,
    PodDisruptionBudgetWire,
    PodGroupWire,
    PriorityClassWire,
    ResourceQuotaWire,
)
from placewright.models.wire.runtime_class import RuntimeClassWire
from placewright.models.wire.service import ServiceWire
from placewright.models.wire.storage import (
    CsiDriverWire,
    CsiNodeWire,
    CsiStorageCapacityWire,
    PersistentVolumeClaimWire,
    PersistentVolumeWire,
    StorageClassWire,
    VolumeAttachmentWire,
)
from placewright.models.wire.workload import ReplicationControllerWire, WorkloadWire

SCHEMAS: Mapping[str, type[Wire]] = {
    "Node": NodeWire,
    "Namespace": NamespaceWire,
    "PersistentVolumeClaim": PersistentVolumeClaimWire,
    "PersistentVolume": PersistentVolumeWire,
    "StorageClass": StorageClassWire,
    "CSINode": CsiNodeWire,
    "CSIDriver": CsiDriverWire,
    "CSIStorageCapacity": CsiStorageCapacityWire,
    "VolumeAttachment": VolumeAttachmentWire,
    "ResourceQuota": ResourceQuotaWire,
    "LimitRange": LimitRangeWire,
    "PodDisruptionBudget": PodDisruptionBudgetWire,
    "PriorityClass": PriorityClassWire,
    "PodGroup": PodGroupWire,
    "DeviceClass": DeviceClassWire,
    "RuntimeClass": RuntimeClassWire,
    "Service": ServiceWire,
    **dict.fromkeys(workloads.KINDS, WorkloadWire),
    "ReplicationController": ReplicationControllerWire,
}
"""The kinds that are read, beside Pod."""

_CLUSTER_SCOPED = frozenset(
    {"Node", "Namespace", "PersistentVolume", "StorageClass", "CSINode", "CSIDriver", "VolumeAttachment"}
    | {"PriorityClass", "DeviceClass", "RuntimeClass"}
)
_GANG_GROUP = "scheduling.x-k8s.io"

W = TypeVar("W", bound=Wire)
A = TypeVar("A")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an object was and what it is called: all that is kept of it for an error later on."""

    source: str
    what: str | PodRecord

    @property
    def subject(self) -> str:
        """`Pod default/web`; put into words only where somebody asks."""
        return f"Pod {self.what.key}" if isinstance(self.what, PodRecord) else self.what


def origin(raw: RawObject) -> Origin:
    """What is kept of an object that was read."""
    return Origin(raw.source, subject(raw.document))


@dataclass
class Objects:
    """What was read, by kind, each with where it stood."""

    reader: PodReader = field(default_factory=PodReader)
    pods: list[tuple[PodRecord, Origin]] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)
    ignored: Counter[str] = field(default_factory=Counter)
    repeated: int = 0
    _parsed: dict[str, list[tuple[Wire, Origin]]] = field(default_factory=dict)
    _seen: dict[tuple[str, str, str], Wire | PodRecord] = field(default_factory=dict)

    def add(self, raw: RawObject | TakenPod) -> None:
        """Read one object. Raises InputError for one that the API server would not take."""
        if isinstance(raw, TakenPod):
            self._add_pod(raw.pod, Origin(raw.source, raw.pod))
            return
        kind = raw.document.get("kind")
        if not isinstance(kind, str):
            raise InputError(f"expected a kind, found {kind!r}", source=raw.source, field="kind")
        if not _is_read(kind, raw.document.get("apiVersion")):
            self.ignored[kind] += 1
            return
        kept = origin(raw)
        if kind == "Pod":
            self._add_pod(located(kept, self.reader.read, raw.document), kept)
            return
        self.kinds.add(kind)
        wire = located(kept, lambda document: parse(SCHEMAS[kind], document), raw.document)
        metadata = raw.document["metadata"]
        namespace = "" if kind in _CLUSTER_SCOPED else metadata.get("namespace") or "default"
        if self._is_first((kind, namespace, metadata["name"]), wire, kept):
            self._parsed.setdefault(kind, []).append((wire, kept))

    def _add_pod(self, pod: PodRecord, kept: Origin) -> None:
        self.kinds.add("Pod")
        if self._is_first(("Pod", pod.namespace, pod.name), pod, kept):
            self.pods.append((pod, kept))

    def of(self, kind: str, schema: type[W]) -> list[tuple[W, Origin]]:
        found = self._parsed.get(kind, [])
        return [(wire, kept) for wire, kept in found if isinstance(wire, schema)]

    def wires(self, kind: str, schema: type[W]) -> list[W]:
        return [wire for wire, _ in self.of(kind, schema)]

    def build(self, kind: str, schema: type[W], make: Callable[[W], T]) -> list[T]:
        """`make` for each object of a kind; an InputError is told which object it was."""
        return [located(kept, make, wire) for wire, kept in self.of(kind, schema)]

    def notes(self) -> Iterator[str]:
        """What was passed over."""
        if self.ignored:
            counted = ", ".join(f"{count} {kind}" for kind, count in sorted(self.ignored.items()))
            yield f"kinds that are not read: {counted}"
        if self.repeated:
            yield f"{self.repeated} objects were given more than once, with the same content: read once"

    def _is_first(self, key: tuple[str, str, str], what: Wire | PodRecord, kept: Origin) -> bool:
        """False for what was read before; one of the same name that says anything else is an error."""
        before = self._seen.setdefault(key, what)
        if before is what:
            return True
        if before != what:
            raise InputError("given twice, with different content", source=kept.source, subject=kept.subject)
        self.repeated += 1
        return False


def _is_read(kind: str, version: object) -> bool:
    """Whether this is one of Kubernetes' own kinds; others have a Node or a Job of their own, too."""
    group = version.rpartition("/")[0] if isinstance(version, str) else ""
    if kind == "PodGroup":
        return group == _GANG_GROUP
    foreign = "." in group and not group.endswith(".k8s.io")
    return (kind == "Pod" or kind in SCHEMAS) and not foreign


def subject(document: Mapping[str, Any]) -> str:
    """`Pod default/web`, as far as the document says."""
    kind = document.get("kind", "object")
    metadata = document.get("metadata")
    name = metadata.get("name", "") if isinstance(metadata, dict) else ""
    if not isinstance(name, str) or not name or not isinstance(metadata, dict):
        return str(kind)
    namespace = "" if kind in _CLUSTER_SCOPED else f"{metadata.get('namespace') or 'default'}/"
    return f"{kind} {namespace}{name}"


def located(kept: Origin, make: Callable[[A], T], argument: A, *, field: str = "") -> T:
    """`make(argument)`; an InputError is told the object, and under which field of it."""
    try:
        return make(argument)
    except InputError as error:
        raise error.located(source=kept.source, subject=kept.subject, field=field) from None
