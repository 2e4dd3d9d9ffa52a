"""Reads what the user names: every Kubernetes object and every concise document, with where it was.

Files, directories, archives and standard input; JSON and YAML; lists are taken apart. What an object
means is not looked at here.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO, overload

from placewright.models.errors import InputError
from placewright.models.reading.display import nearest, shown
from placewright.models.reading.documents import parse_documents
from placewright.models.reading.files import Blob, Skipped, read_blobs
from placewright.models.reading.flatten import flatten
from placewright.models.reading.items import NotStreamedError
from placewright.models.reading.stream import stream
from placewright.models.reading.takes import Takes

CONCISE_GROUP = "placewright.io/"
CONCISE_KIND = "Cluster"
CONCISE_FIELDS = (
    "nodes",
    "agents",
    "quotas",
    "disruptionBudgets",
    "namespaces",
    "priorityClasses",
    "gangs",
    "claims",
    "volumes",
    "storageClasses",
    "services",
)


@dataclass(frozen=True, slots=True)
class RawObject:
    """One Kubernetes object as it was written. `document` has `kind` and `apiVersion` (may be "")."""

    source: str
    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ConciseDocument:
    """One document in placewright's own short form, not yet checked."""

    source: str
    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class TakenPod:
    """One Pod by its text, as whoever was to take Pods did."""

    source: str
    pod: Any


Item = RawObject | ConciseDocument | TakenPod


@overload
def read_objects(
    paths: Sequence[str], stdin: BinaryIO | None = None, notes: list[str] | None = None
) -> Iterator[RawObject | ConciseDocument]: ...


@overload
def read_objects(
    paths: Sequence[str], stdin: BinaryIO | None, notes: list[str] | None, pods: Takes
) -> Iterator[Item]: ...


def read_objects(
    paths: Sequence[str],
    stdin: BinaryIO | None = None,
    notes: list[str] | None = None,
    pods: Takes | None = None,
) -> Iterator[Item]:
    """Everything that `paths` hold, in the order given; directories and archives in sorted order.

    `source` is the file, with `[2]` for the third document of several and `items[3]` for the fourth of a
    list. What directories and archives hold beside is skipped and counted into `notes`. Pods of large files
    are handed to `pods`, if there is one. Raises InputError for everything that can be wrong with a file, and
    where nothing at all was found.
    """
    skipped = Skipped()
    found = False
    for blob in read_blobs(paths, stdin, skipped):
        for item in _objects(blob, skipped, pods):
            found = True
            yield item
    if not found:
        raise InputError("holds no objects", source=", ".join(dict.fromkeys(paths)))
    if notes is not None:
        notes.extend(f"{source}: skipped {_files(count)}" for source, count in sorted(skipped.counts.items()))


def _files(count: int) -> str:
    return "1 file that holds no objects" if count == 1 else f"{count} files that hold no objects"


def _objects(blob: Blob, skipped: Skipped, pods: Takes | None) -> Iterator[Item]:
    done = 0
    if blob.large:
        with contextlib.suppress(NotStreamedError):
            for where, item in stream(blob, pods):
                yield _classified(where, item) if isinstance(item, dict) else TakenPod(where, item)
                done += 1
            return
    # What was not streamed to its end is read again as a whole, be it to say what is wrong and where.
    yield from islice(_of_whole(blob, skipped), done, None)


def _of_whole(blob: Blob, skipped: Skipped) -> Iterator[RawObject | ConciseDocument]:
    documents = parse_documents(blob.data, blob.source, blob.path)
    if not documents:
        if blob.named:
            raise InputError("holds nothing: no document in it", source=blob.source)
        skipped.add(blob.source)
        return
    if not blob.named and not any(_relevant(document) for document in documents):
        skipped.add(blob.source)
        return
    for index, document in enumerate(documents):
        source = blob.source if len(documents) == 1 else f"{blob.source}[{index}]"
        for where, item in flatten(document, source, blob.path):
            yield _classified(where, item)


def _relevant(document: Any) -> bool:
    """Whether a file that only lies in a directory is about objects at all: much JSON is not."""
    if isinstance(document, list):
        return bool(document) and all(isinstance(item, dict) and "metadata" in item for item in document)
    if not isinstance(document, dict) or _beside(document):
        return False
    # A chart's values may have `volumes` too, a compose file `services`: without nodes and agents, nothing
    # else may be there.
    ours = {"apiVersion", *CONCISE_FIELDS} - {"services"}
    concise = "nodes" in document or "agents" in document or set(document) <= ours
    return "kind" in document or concise


_BESIDE = ("Plan", "Profile", "Scenario", "Catalog")
"""Kinds of ours that are no cluster, and may well lie beside one; each has an option of its name."""


def _beside(document: dict[str, Any]) -> str:
    """The kind of a document of ours that is about a cluster, and is none; "" for any other."""
    kind = document.get("kind")
    ours = str(document.get("apiVersion")).startswith(CONCISE_GROUP)
    return str(kind) if ours and kind in _BESIDE else ""


def _is_concise(document: dict[str, Any]) -> bool:
    version = document.get("apiVersion")
    if isinstance(version, str) and version.startswith(CONCISE_GROUP):
        return True  # a wrong version or kind is for the schema to refuse, not to be passed over
    if document.get("kind") == CONCISE_KIND:
        return version is None
    return "kind" not in document and any(name in document for name in CONCISE_FIELDS)


def _classified(source: str, document: dict[str, Any]) -> RawObject | ConciseDocument:
    kind = _beside(document).lower()
    if kind:
        message = f"is a {kind}, not a cluster; a {kind} is given with --{kind}"
        raise InputError(message, source=source)
    if _is_concise(document):
        return ConciseDocument(source, document)
    if not document.get("kind"):
        raise InputError(_no_kind(document), source=source)
    if document.get("apiVersion") is None:
        document = {**document, "apiVersion": ""}
    return RawObject(source, document)


def _no_kind(document: dict[str, Any]) -> str:
    if "metadata" in document or "spec" in document or "apiVersion" in document:
        return "the object has no kind"
    first = next(iter(document), None)
    if first is None:
        return "an empty mapping is neither a Kubernetes object nor a concise cluster"
    hint = nearest(first, CONCISE_FIELDS)
    return (
        "neither a Kubernetes object (it has no kind) nor a concise cluster (it has no nodes or agents): "
        f"found {shown(first)}{hint}"
    )
