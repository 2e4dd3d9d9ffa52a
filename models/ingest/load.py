"""From what the user names to a snapshot: Kubernetes objects and the concise form, in any mixture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import BinaryIO

from placewright.models.collection import collection_paused
from placewright.models.errors import InputError
from placewright.models.ingest.cluster import build_snapshot
from placewright.models.ingest.concise import desugar
from placewright.models.ingest.concise_agents import GroupKey
from placewright.models.ingest.pods import PodReader
from placewright.models.options import Options
from placewright.models.reader import ConciseDocument, RawObject, TakenPod, read_objects
from placewright.models.reading.display import printable
from placewright.models.snapshot import Snapshot

LONGEST_PART = 300
"""Characters of an error's message, subject or field that are shown."""


def load_snapshot(
    paths: Sequence[str],
    options: Options,
    *,
    expand_workloads: bool = False,
    stdin: BinaryIO | None = None,
) -> Snapshot:
    """The cluster that `paths` (files, directories, archives, `-` for `stdin`) hold.

    Raises InputError for anything that is wrong with them, and for nothing else that a user can cause.
    """
    notes: list[str] = []
    try:
        with collection_paused():
            pods = PodReader()
            objects = _objects(paths, stdin, notes, pods)
            snapshot = build_snapshot(objects, options, expand_workloads=expand_workloads, pods=pods)
    except RecursionError:
        raise InputError("nested too deeply", source=", ".join(paths)) from None
    except InputError as error:
        raise one_line(error) from None
    return snapshot.saying(notes=notes)


def one_line(error: InputError) -> InputError:
    """The same error as one printable line of bearable length, whatever the names and keys it quotes hold."""
    return replace(
        error,
        message=_bearable(error.message),
        source=printable(error.source),
        subject=_bearable(error.subject),
        field=_bearable(error.field),
    )


def _bearable(text: str) -> str:
    shown = printable(text)
    return shown if len(shown) <= LONGEST_PART else f"{shown[: LONGEST_PART - 1]}…"


def _objects(
    paths: Sequence[str], stdin: BinaryIO | None, notes: list[str], pods: PodReader
) -> Iterator[RawObject | TakenPod]:
    """Kubernetes objects as they are read; concise documents last, as they may refer to any of them."""
    concise: list[ConciseDocument] = []
    groups: set[GroupKey] = set()
    for item in read_objects(paths, stdin, notes, pods):
        if isinstance(item, ConciseDocument):
            concise.append(item)
            continue
        if isinstance(item, RawObject) and item.document.get("kind") == "PodGroup":
            groups.update(_group_key(item))
        yield item
    yield from desugar(concise, groups)


def _group_key(item: RawObject) -> Iterator[GroupKey]:
    metadata = item.document.get("metadata")
    if isinstance(metadata, dict) and isinstance(metadata.get("name"), str):
        yield (str(metadata.get("namespace") or "default"), metadata["name"])
