"""Pods are read by template: a cluster repeats few of them, and reading one again costs a lookup.

Pods that agree in all that is read, their names, nodes and times aside, share one `PodShape` object; those
with the same spec, as far as it is read, share one `PodSpec`, and the same holds for their status. Whatever
is derived from one of these can so be kept by its identity.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

import orjson
from pydantic import BaseModel, ValidationError

from placewright.models.ingest.annotations import ADMITTED, OF_AGENTS
from placewright.models.reading.condense import Condensed, Condenser, Document, Fields, Shape
from placewright.models.reading.spec_texts import Match
from placewright.models.wire.base import parse
from placewright.models.wire.meta import OwnerReferenceWire, SharedMetadata
from placewright.models.wire.pod import (
    Condition,
    Container,
    ContainerStatus,
    Pod,
    PodSpec,
    PodStatus,
    Volume,
)


@dataclass(frozen=True)
class PodShape:
    """What a Pod has in common with its replicas. `metadata.annotations`: only those that are read."""

    metadata: SharedMetadata
    spec: PodSpec
    status: PodStatus


class PodRecord(NamedTuple):
    """One Pod: its shape, which it may share with others, and what is its own ("" for none)."""

    shape: PodShape
    name: str
    uid: str = ""
    node_name: str = ""
    created: str = ""
    started: str = ""

    @property
    def namespace(self) -> str:
        return self.shape.metadata.namespace or "default"

    @property
    def key(self) -> str:
        """`namespace/name`."""
        return f"{self.namespace}/{self.name}"

    @property
    def labels(self) -> Mapping[str, str]:
        return self.shape.metadata.labels

    @property
    def annotations(self) -> Mapping[str, str]:
        """Those that are read."""
        return self.shape.metadata.annotations

    @property
    def owners(self) -> Sequence[OwnerReferenceWire]:
        return self.shape.metadata.owner_references

    @property
    def terminating(self) -> bool:
        return self.shape.metadata.deletion_timestamp is not None

    @property
    def spec(self) -> PodSpec:
        """Its spec, without the node."""
        return self.shape.spec

    @property
    def status(self) -> PodStatus:
        """Its status, without when it started."""
        return self.shape.status

    @property
    def exists(self) -> bool:
        """Whether the agent exists in the cluster: it came from there, runs, or is said to."""
        return bool(self.uid or self.node_name) or self.annotations.get(ADMITTED) == "true"


def _names(schema: type[BaseModel]) -> tuple[str, ...]:
    """The wire names of the fields that a schema reads."""
    return tuple(item.alias or name for name, item in schema.model_fields.items())


FIELDS = Fields(
    spec=_names(PodSpec),
    container=_names(Container),
    volume=_names(Volume),
    status=_names(PodStatus),
    condition=_names(Condition),
    container_status=_names(ContainerStatus),
    annotations=tuple(sorted(OF_AGENTS)),
)
NO_STATUS = PodStatus()
_Part = TypeVar("_Part", SharedMetadata, PodSpec, PodStatus)


@dataclass
class PodReader:
    """Reads Pods; what it has read before it recognises."""

    condenser: Condenser = field(default_factory=lambda: Condenser(FIELDS))
    _shapes: dict[Shape, PodShape | None] = field(default_factory=dict)
    _numbered: list[PodShape | None] = field(default_factory=list)
    _metadata: dict[bytes, SharedMetadata] = field(default_factory=dict)
    _specs: dict[bytes, PodSpec] = field(default_factory=dict)
    _statuses: dict[bytes, PodStatus] = field(default_factory=lambda: {b"null": NO_STATUS})

    def read(self, document: Mapping[str, Any]) -> PodRecord:
        """A Pod. Raises InputError that names the field."""
        found = self.condenser.document(document)
        shape = None if found is None else self._of_number(found[0])
        if found is None or shape is None:
            # Something is wrong or odd: the whole document says what, and where it really stands.
            return record(parse(Pod, document))
        return PodRecord(shape, *found[1:])

    def match(self, text: bytes, at: int, kind: str) -> Match | None:
        """Where the spec of the Pod that begins at `at` lies, if it is one that was seen before."""
        return self.condenser.match(text, at, kind)

    def take(
        self, text: bytes, at: int, end: int, kind: str, version: str, match: Match | None
    ) -> PodRecord | Document:
        """The Pod that a stretch of JSON text is, or what else it is; one with anything wrong is a document.

        `kind`, `version`: of what does not say its own. Raises orjson.JSONDecodeError.
        """
        found = self.condenser.text(text, at, end, kind, version, match)
        if isinstance(found, dict):
            return found
        shape = self._of_number(found[0])
        if shape is None:
            whole: Document = orjson.loads(text[at:end])
            return whole
        return PodRecord(shape, *found[1:])

    @property
    def fields(self) -> Fields:
        """What somebody else has to know to condense Pods."""
        return FIELDS

    def adopt(self, shape: PodShape, condensed: Condensed) -> PodRecord:
        """The Pod that somebody else has condensed, whose shape is this one."""
        return PodRecord(shape, *condensed[1:])

    def shape(self, said: Shape) -> PodShape | None:
        """What these texts say, one object for equal ones; None for what no Pod can say."""
        if said not in self._shapes:
            try:
                self._shapes[said] = PodShape(
                    _parsed(self._metadata, said[0], SharedMetadata),
                    _parsed(self._specs, said[1], PodSpec),
                    _parsed(self._statuses, said[2], PodStatus),
                )
            except ValidationError:
                self._shapes[said] = None
        return self._shapes[said]

    def _of_number(self, number: int) -> PodShape | None:
        for said in self.condenser.shapes[len(self._numbered) : number + 1]:
            self._numbered.append(self.shape(said))
        return self._numbered[number]


def _parsed(known: dict[bytes, _Part], text: bytes, schema: type[_Part]) -> _Part:
    if text not in known:
        known[text] = schema.model_validate(orjson.loads(text))
    return known[text]


def record(pod: Pod) -> PodRecord:
    """A Pod that was read by its schema alone."""
    metadata, status = pod.metadata, pod.status or NO_STATUS
    shared = SharedMetadata(
        namespace=metadata.namespace,
        labels=metadata.labels,
        annotations=metadata.annotations,
        owner_references=metadata.owner_references,
        deletion_timestamp=metadata.deletion_timestamp,
    )
    spec = pod.spec.model_copy(update={"node_name": ""})
    shape = shape_of(shared, spec, status.model_copy(update={"start_time": ""}))
    created = metadata.creation_timestamp or ""
    return PodRecord(shape, metadata.name, metadata.uid, pod.spec.node_name, created, status.start_time)


def shape_of(metadata: SharedMetadata, spec: PodSpec, status: PodStatus = NO_STATUS) -> PodShape:
    """The shape of a Pod that was not read as one."""
    read = {name: text for name, text in metadata.annotations.items() if name in OF_AGENTS}
    return PodShape(metadata.model_copy(update={"annotations": read}), spec, status)
