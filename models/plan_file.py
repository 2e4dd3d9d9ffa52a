"""Plans from files: ours, or a stream of v1 Bindings and Evictions from anybody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from placewright.models.errors import InputError
from placewright.models.ingest.agents import parse_device_ids
from placewright.models.ingest.annotations import DEVICE_IDS
from placewright.models.plan import Binding, DeviceAssignment, Eviction, Plan, Status
from placewright.models.reading.documents import parse_documents
from placewright.models.reading.files import Skipped, read_blobs
from placewright.models.rebalance_plan import RebalancePlan
from placewright.models.wire.base import Wire, parse
from placewright.models.wire.meta import Metadata


class _Target(Wire):
    name: str


class _BindingWire(Wire):
    metadata: Metadata
    target: _Target


class _Preconditions(Wire):
    uid: str = ""


class _DeleteOptions(Wire):
    preconditions: _Preconditions | None = None


class _EvictionWire(Wire):
    metadata: Metadata
    delete_options: _DeleteOptions | None = None


def read_plan(path: str) -> Plan:
    """The plan in a file: one Plan document, or Bindings (a plan without levels). Raises InputError."""
    found = read_any_plan(path)
    if isinstance(found, RebalancePlan):
        raise InputError("expected a Plan or Bindings, found a RebalancePlan", source=path, field="kind")
    return found


def read_any_plan(path: str) -> Plan | RebalancePlan:
    """The same, or a rebalance plan. Raises InputError."""
    documents = [
        document
        for blob in read_blobs([path], None, Skipped())
        for document in parse_documents(blob.data, blob.source, blob.path)
    ]
    if not documents:
        raise InputError("holds no plan", source=path)
    try:
        return _plan(documents)
    except InputError as error:
        raise error.located(source=path) from None


def _plan(documents: Sequence[Any]) -> Plan | RebalancePlan:
    first = documents[0]
    kind = first.get("kind") if isinstance(first, dict) else None
    if kind in ("Plan", "RebalancePlan"):
        if len(documents) > 1:
            raise InputError(f"expected one {kind}, found {len(documents)} documents")
        return parse(Plan, first) if kind == "Plan" else parse(RebalancePlan, first)
    items = [item for document in documents for item in _items(document)]
    bindings, evictions = [], []
    for item in items:
        if item.get("kind") == "Eviction":
            evictions.append(_eviction(item))
            continue
        if item.get("kind") == "PersistentVolumeClaim":
            continue
        if item.get("kind") != "Binding":
            raise InputError(f"expected a Plan or Bindings, found kind {item.get('kind')!r}", field="kind")
        wire = parse(_BindingWire, item)
        bindings.append(
            Binding(
                namespace=wire.metadata.namespace or "default",
                agent=wire.metadata.name,
                node=wire.target.name,
                uid=wire.metadata.uid,
                devices=_devices(wire),
            )
        )
    return Plan(
        status=Status.FEASIBLE, bindings=tuple(bindings), evictions=tuple(evictions), sequential=False
    )


def _eviction(item: dict[str, Any]) -> Eviction:
    wire = parse(_EvictionWire, item)
    preconditions = wire.delete_options.preconditions if wire.delete_options else None
    return Eviction(
        namespace=wire.metadata.namespace or "default",
        agent=wire.metadata.name,
        uid=preconditions.uid if preconditions else "",
    )


def _devices(wire: _BindingWire) -> tuple[DeviceAssignment, ...]:
    """Device ids from the annotation; of which resource they are follows from the agent's requests."""
    text = wire.metadata.annotations.get(DEVICE_IDS)
    ids = parse_device_ids(text, f"metadata.annotations.{DEVICE_IDS}") if text is not None else ()
    return (DeviceAssignment(resource="", ids=ids),) if ids else ()


def _items(document: Any) -> list[dict[str, Any]]:
    if not isinstance(document, dict):
        raise InputError(f"expected a Plan or Bindings, found {type(document).__name__}")
    if document.get("kind") in ("List", "BindingList"):
        return [item for item in document.get("items") or [] if isinstance(item, dict)]
    return [document]
