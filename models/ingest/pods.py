"""Pods are read by template: a cluster repeats few of them, and reading one again costs a lookup.

Two pods with the same spec, as far as it is read, share one `PodSpec` object; the same holds for what their
status says. Whatever is derived from a spec can so be kept by its identity.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from pydantic import BaseModel, ValidationError

from placewright.models.wire.base import parse
from placewright.models.wire.meta import Metadata
from placewright.models.wire.pod import (
    Condition,
    Container,
    ContainerStatus,
    Pod,
    PodSpec,
    PodStatus,
    Volume,
)

ADMITTED = "placewright.io/admitted"
"""`"true"` on a waiting agent that exists already although nobody knows its uid."""


@dataclass(frozen=True)
class PodRecord:
    """One Pod. `spec` and `status` may be shared with others: its node and when it started stand beside."""

    metadata: Metadata
    spec: PodSpec
    status: PodStatus
    node_name: str = ""
    started: str = ""

    @property
    def namespace(self) -> str:
        return self.metadata.namespace or "default"

    @property
    def key(self) -> str:
        """`namespace/name`."""
        return f"{self.namespace}/{self.metadata.name}"

    @property
    def exists(self) -> bool:
        """Whether the agent exists in the cluster: it came from there, runs, or is said to."""
        said = self.metadata.annotations.get(ADMITTED) == "true"
        return bool(self.metadata.uid or self.node_name) or said


def _names(schema: type[BaseModel]) -> frozenset[str]:
    """The wire names of the fields that a schema reads."""
    return frozenset(item.alias or name for name, item in schema.model_fields.items())


_SPEC = _names(PodSpec) - {"nodeName"}
_CONTAINER = _names(Container)
_VOLUME = _names(Volume)
_SOURCES = _VOLUME - {"name"}
_STATUS = _names(PodStatus) - {"startTime"}
_CONDITION = _names(Condition)
_CONTAINER_STATUS = _names(ContainerStatus)
# What orjson would turn into a string must not look like one that was written.
_EXACT = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_SUBCLASS

NO_STATUS = PodStatus()


@dataclass
class PodReader:
    """Reads Pod documents; what it has read before it recognises."""

    specs: dict[bytes, PodSpec] = field(default_factory=dict)
    statuses: dict[bytes, PodStatus] = field(default_factory=dict)

    def read(self, document: Mapping[str, Any]) -> PodRecord:
        """A Pod. Raises InputError that names the field."""
        try:
            metadata = Metadata.model_validate(document["metadata"])
            spec = self._spec(document["spec"])
            status = self._status(document.get("status"))
            node_name = document["spec"].get("nodeName")
            started = (document.get("status") or {}).get("startTime")
        except (ValidationError, LookupError, TypeError, ValueError, AttributeError):
            # Something is wrong or odd: the whole document says what, and where it really stands.
            return record(parse(Pod, document))
        if any(text is not None and type(text) is not str for text in (node_name, started)):
            return record(parse(Pod, document))
        return PodRecord(metadata, spec, status, node_name or "", started or "")

    def _spec(self, spec: Mapping[str, Any]) -> PodSpec:
        read = {name: value for name, value in spec.items() if name in _SPEC}
        for name in ("containers", "initContainers"):
            if read.get(name):
                read[name] = [_only(container, _CONTAINER) for container in read[name]]
        if read.get("volumes"):
            volumes = [_only(volume, _VOLUME) for volume in read["volumes"]]
            # Names of projected tokens differ from pod to pod, and their volumes go anywhere.
            read["volumes"] = [volume for volume in volumes if not _SOURCES.isdisjoint(volume)]
        key = orjson.dumps(read, option=_EXACT)
        known = self.specs.get(key)
        if known is None:
            known = self.specs[key] = PodSpec.model_validate(read)
        return known

    def _status(self, status: Mapping[str, Any] | None) -> PodStatus:
        if status is None:
            return NO_STATUS
        read = _only(status, _STATUS)
        for name, names in (
            ("conditions", _CONDITION),
            ("containerStatuses", _CONTAINER_STATUS),
            ("initContainerStatuses", _CONTAINER_STATUS),
        ):
            if read.get(name):
                read[name] = [_only(item, names) for item in read[name]]
        key = orjson.dumps(read, option=_EXACT)
        known = self.statuses.get(key)
        if known is None:
            known = self.statuses[key] = PodStatus.model_validate(read)
        return known


def record(pod: Pod) -> PodRecord:
    """A Pod that was read by its schema alone."""
    status = pod.status or NO_STATUS
    return PodRecord(pod.metadata, pod.spec, status, pod.spec.node_name, status.start_time)


def _only(document: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name in names}
