"""Pods in short: what a Pod shares with its replicas as the number of a shape, and what is its own.

A cluster repeats few templates, and most of a Pod's text is its template's. So a spec's text is looked up and
not parsed again; only where its text was not seen before, is it. What differs from replica to replica is
lifted out of it first: the node's name, and the name of the token's volume where nothing reads it.

No schema is needed here. What is odd in any way is not condensed, and for who knows what is wrong with it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from placewright.models.reading import limits
from placewright.models.reading.spec_texts import Match, Template, parts_of, spec_of

Document = dict[str, Any]
Shape = tuple[bytes, bytes, bytes]
"""What replicas share, as far as it is read: their metadata, spec and status, as JSON."""
Condensed = tuple[int, str, str, str, str, str]
"""One Pod: the number of its shape, name, uid, node, when it was created, when it started; "" for none."""

# What orjson would turn into a string must not look like one that was written.
_EXACT = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_SUBCLASS
_MOST_TEXTS = 4096
"""Texts of specs that are remembered: a few KiB each."""
_MOST_OF_ONE = 8
"""Of these, those that are compared because one thing made them, or nothing did."""
_MOST_IN_VAIN, _NOW_AND_THEN = 500, 16
"""Where so many are learnt and few recognised, only every sixteenth is: it takes longer than reading."""
_FIRST = 100
_POD, _STATUS = b'"Pod"', b'"status":'
_BLANK = b" \t\r\n"
_CONTAINERS, _STATUSES = ("containers", "initContainers"), ("containerStatuses", "initContainerStatuses")
_ODD = (LookupError, TypeError, ValueError, AttributeError)


@dataclass(frozen=True)
class Fields:
    """The names of the fields, and of the annotations, that are read."""

    spec: tuple[str, ...]
    container: tuple[str, ...]
    volume: tuple[str, ...]
    status: tuple[str, ...]
    condition: tuple[str, ...]
    container_status: tuple[str, ...]
    annotations: tuple[str, ...]


class Condenser:
    """Condenses Pods; `shapes` holds those it has come across, by their number."""

    def __init__(self, fields: Fields) -> None:
        self.shapes: list[Shape] = []
        self._fields = fields
        self._sources = frozenset(fields.volume) - {"name"}
        self._annotations = frozenset(fields.annotations)
        self._numbers: dict[Shape, int] = {}
        self._specs: dict[bytes, bytes] = {}
        self._templates: dict[bytes, list[Template]] = {}
        self._remembered = 0
        self._in_vain = 0
        """Specs that were learnt, less what was recognised since."""
        self._mark = os.urandom(8).hex()
        """Stands for what is lifted out. Nobody can have written it."""
        self._marked = self._mark.encode()

    def document(self, document: Mapping[str, Any]) -> Condensed | None:
        """A Pod, or None for one that is odd."""
        try:
            spec = document["spec"]
            return self._condensed(document, self._spec(spec), spec.get("nodeName"))
        except _ODD:
            return None

    def text(
        self, text: bytes, at: int, end: int, kind: str, version: str, match: Match | None
    ) -> Condensed | Document:
        """The Pod that a stretch of JSON text is, or what else it is.

        `kind`, `version`: of what does not say its own. `match`: what `match` said. Raises
        orjson.JSONDecodeError.
        """
        if match is None and _may_be_pod(text, at, kind):
            match = self._learn(text[at:end])
        found = None
        if match is not None:
            found = self._lifted(text[at : at + match.start], match, text[at + match.end : end])
        if found is not None and _is_pod(found[0], kind, version):
            try:
                condensed = self._condensed(*found)
            except _ODD:
                condensed = None
            if condensed is not None:
                return condensed
        whole: Document = orjson.loads(text[at:end])
        if found is None and type(whole) is dict and _is_pod(whole, kind, version):
            return self._of_whole(whole) or whole
        return whole

    def _of_whole(self, document: Document) -> Condensed | None:
        try:
            orjson.dumps(document)  # refuses what is nested too deeply
        except TypeError:
            return None
        return self.document(document)

    def _condensed(self, document: Mapping[str, Any], spec: bytes, node: Any) -> Condensed | None:
        metadata, status = document["metadata"], document.get("status")
        started = None if status is None else status.get("startTime")
        name, uid, created = metadata["name"], metadata.get("uid"), metadata.get("creationTimestamp")
        if type(name) is not str or not name:
            return None
        for text in (uid, node, created, started):
            if text is not None and type(text) is not str:
                return None
        shape = (self._metadata(metadata), spec, b"null" if status is None else self._status(status))
        number = self._numbers.get(shape)
        if number is None:
            number = self._numbers[shape] = len(self.shapes)
            self.shapes.append(shape)
        return number, name, uid or "", node or "", created or "", started or ""

    # What is read

    def _metadata(self, metadata: Mapping[str, Any]) -> bytes:
        annotations = metadata.get("annotations")
        if annotations:
            if set(map(type, annotations.values())) != {str}:
                raise TypeError
            if self._annotations.isdisjoint(annotations):
                annotations = None
            else:
                annotations = _only(annotations, self._fields.annotations)
        read = {
            "namespace": metadata.get("namespace"),
            "labels": metadata.get("labels"),
            "annotations": annotations,
            "ownerReferences": metadata.get("ownerReferences"),
            "deletionTimestamp": metadata.get("deletionTimestamp"),
        }
        return orjson.dumps(read, option=_EXACT)

    def _spec(self, spec: Mapping[str, Any]) -> bytes:
        read = _only(spec, self._fields.spec)
        read.pop("nodeName", None)
        for name in _CONTAINERS:
            if read.get(name):
                read[name] = [_only(container, self._fields.container) for container in read[name]]
        if read.get("volumes"):
            volumes = [_only(volume, self._fields.volume) for volume in read["volumes"]]
            # Names of projected tokens differ from pod to pod, and their volumes go anywhere.
            read["volumes"] = [volume for volume in volumes if not self._sources.isdisjoint(volume)]
        key = orjson.dumps(read, option=_EXACT)
        return self._specs.setdefault(key, key)

    def _status(self, status: Mapping[str, Any]) -> bytes:
        read = _only(status, self._fields.status)
        read.pop("startTime", None)
        if read.get("conditions"):
            read["conditions"] = [_only(item, self._fields.condition) for item in read["conditions"]]
        for name in _STATUSES:
            if read.get(name):
                read[name] = [_only(item, self._fields.container_status) for item in read[name]]
        return orjson.dumps(read, option=_EXACT)

    # Specs by their text

    def match(self, text: bytes, at: int, kind: str) -> Match | None:
        """Where the spec of the Pod that begins at `at` lies, if it is one that was seen before."""
        if not _may_be_pod(text, at, kind):
            return None
        start, maker = spec_of(text, at)
        for template in self._templates.get(maker, ()) if start >= 0 else ():
            found = template.match(text, start)
            if found is not None:
                self._in_vain = max(0, self._in_vain - 4)
                return Match(start - at, found[0] - at, template.read, found[1])
        return None

    def _lifted(self, before: bytes, match: Match, after: bytes) -> tuple[Document, bytes, str] | None:
        """The Pod without its spec, what is read of the spec, and its node; None where that is not certain.

        What is parsed has a string in the place of a text that is known to be one object. If it then has
        that very string as its `spec`, that text was the spec's.
        """
        text = b'%b"%b%b"%b' % (before, self._marked, match.node, after)
        try:
            document = orjson.loads(text)
            if text.count(b"{") + text.count(b"[") > limits.MAX_DEPTH:
                orjson.dumps(document)  # as above
        except (orjson.JSONDecodeError, TypeError):
            return None
        found = document.get("spec") if type(document) is dict else None
        if type(found) is not str or not found.startswith(self._mark):
            return None
        return document, match.spec, found[len(self._mark) :]

    def _learn(self, text: bytes) -> Match | None:
        """The same for a spec that is new, remembered for replicas to come."""
        self._in_vain += 1
        if self._in_vain > _MOST_IN_VAIN + _NOW_AND_THEN:
            self._in_vain -= _NOW_AND_THEN
        if self._in_vain > _MOST_IN_VAIN and self._in_vain % _NOW_AND_THEN:
            return None
        start, maker = spec_of(text, 0)
        comma = text.rfind(b",", start, max(start, text.find(_STATUS, start)))
        if start < 0 or comma < 0:
            return None
        parts, node = parts_of(text[start:comma].strip(_BLANK))
        try:
            spec = orjson.loads(self._marked.join(parts))
            orjson.dumps({"spec": spec})  # as above
            read, on = self._spec(spec), spec.get("nodeName")
        except _ODD:
            return None
        if self._marked in read or on != (None if node is None else self._mark):
            return None
        if self._remembered >= _MOST_TEXTS:
            self._templates.clear()
            self._remembered = 0
        self._remembered += 1
        template = Template(tuple(parts), read)
        self._templates[maker] = [template, *self._templates.get(maker, ())][:_MOST_OF_ONE]
        found = template.match(text, start)
        return None if found is None else Match(start, found[0], read, found[1])


def _may_be_pod(text: bytes, at: int, kind: str) -> bool:
    """Whether it is worth a closer look: what an object is, is the first that it says."""
    return kind == "Pod" or _POD in text[at : at + _FIRST]


def _is_pod(document: Document, kind: str, version: str) -> bool:
    """Whether this is a Pod of Kubernetes' own, by itself or by the list that holds it."""
    own, given = document.get("kind"), document.get("apiVersion")
    if own is None or own == "":
        return kind == "Pod" and (given is None or given == "v1") and version in ("", "v1")
    return own == "Pod" and (given is None or given == "v1")


def _only(document: Mapping[str, Any], names: tuple[str, ...]) -> Document:
    has = document.keys()
    return {name: document[name] for name in names if name in has}
