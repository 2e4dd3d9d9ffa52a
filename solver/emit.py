"""A verified plan as text: our own format, or the Binding objects that the API server takes."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import tempfile
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

import orjson
import yaml
from pydantic import BaseModel

from placewright.models.errors import InputError
from placewright.models.plan import Binding, Eviction
from placewright.solver.verify import VerifiedPlan

DEVICE_IDS = "placewright.io/device-ids"
SELECTED_NODE = "volume.kubernetes.io/selected-node"
NOTHING_TO_DO = "---\napiVersion: v1\nkind: List\nitems: []\n"
"""Bindings of a plan that has none: an empty file would look like a command that failed."""


class Format(StrEnum):
    """What a plan is written as. table is for people and is not made here."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"
    BINDINGS = "bindings"


class ReportFormat(StrEnum):
    """What a report is written as. table is for people and is not made here."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


def dump(verified: VerifiedPlan, fmt: Format) -> str:
    """The plan in a format that machines read; ends with a newline."""
    if fmt is Format.BINDINGS:
        return "".join(map(_document_text, binding_documents(verified))) or NOTHING_TO_DO
    return as_text(verified.plan, ReportFormat(fmt.value))


def as_text(document: BaseModel, fmt: ReportFormat) -> str:
    """A document of ours as JSON or YAML; ends with a newline."""
    if fmt is ReportFormat.JSON:
        return document.model_dump_json(by_alias=True, indent=2) + "\n"
    fields = document.model_dump(mode="json", by_alias=True)
    return yaml.dump(fields, Dumper=_FAST_DUMPER, sort_keys=False, width=100)


_FAST_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_PLAIN = re.compile(
    r"(?!(?:y|n|yes|no|on|off|true|false|null)\Z)[a-z]([-a-z0-9.]*[a-z0-9])?"
    r"|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)
"""Names and uids that YAML takes for what they are, without quotes."""


def _document_text(document: dict[str, Any]) -> str:
    """A document of a YAML stream, as the general writer has it, which takes seconds for 100,000 of them."""
    if document["kind"] == "Binding":
        metadata, node = document["metadata"], document["target"]["name"]
        if "annotations" not in metadata and all(map(_PLAIN.fullmatch, (*metadata.values(), node))):
            lines = "".join(f"  {field}: {value}\n" for field, value in metadata.items())
            target = f"target:\n  apiVersion: v1\n  kind: Node\n  name: {node}\n"
            return f"---\napiVersion: v1\nkind: Binding\nmetadata:\n{lines}{target}"
    return yaml.dump(document, Dumper=_FAST_DUMPER, sort_keys=False, explicit_start=True)


def binding_documents(verified: VerifiedPlan) -> Iterator[dict[str, Any]]:
    """Evictions, then v1 Bindings in the plan's order, each a document.

    The uid is a precondition to a pod's own `binding`, though not to where `kubectl create -f` posts: a
    re-created agent of the same name is not bound by mistake. A claim that
    waits for its first consumer is told its node first, as kube-scheduler would tell it. Evicted agents that
    are placed anew have no Binding: their controllers make them under names that are not known yet.
    """
    for eviction in verified.plan.evictions:
        yield _eviction_document(eviction)
    evicted = {eviction.key for eviction in verified.plan.evictions}
    for choice in verified.plan.volume_bindings:
        if not choice.volume:
            yield {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "metadata": {
                    "name": choice.claim,
                    "namespace": choice.namespace,
                    "annotations": {SELECTED_NODE: choice.node},
                },
            }
        else:
            yield {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "metadata": {"name": choice.claim, "namespace": choice.namespace},
                "spec": {"volumeName": choice.volume},
            }
    for binding in verified.plan.bindings:
        if binding.key not in evicted:
            yield _binding_document(binding)


def _eviction_document(eviction: Eviction) -> dict[str, Any]:
    document: dict[str, Any] = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": eviction.agent, "namespace": eviction.namespace},
    }
    if eviction.uid:
        document["deleteOptions"] = {"preconditions": {"uid": eviction.uid}}
    return document


def _binding_document(binding: Binding) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": binding.agent, "namespace": binding.namespace}
    if binding.uid:
        metadata["uid"] = binding.uid
    if binding.devices:
        ids = [i for assignment in binding.devices for i in assignment.ids]
        metadata["annotations"] = {DEVICE_IDS: orjson.dumps(ids).decode()}
    return {
        "apiVersion": "v1",
        "kind": "Binding",
        "metadata": metadata,
        "target": {"apiVersion": "v1", "kind": "Node", "name": binding.node},
    }


def write_atomically(path: str, text: str | bytes) -> None:
    """Write text (as UTF-8) or bytes to `path`, all or nothing. Raises InputError where that cannot be done.

    A file is replaced in one step by one beside it, through a symbolic link if it is one; its mode stays.
    What is there and is not a file (a pipe, a device) cannot be replaced and is simply written to.
    """
    target = Path(path)
    content = text.encode() if isinstance(text, str) else text
    try:
        if target.exists() and not target.is_file():
            target.write_bytes(content)
        else:
            _replace(target.resolve(), content)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror or error}", source=path) from None


def _replace(target: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:100]}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(_mode(target))
        temporary.replace(target)
    except BaseException:
        # Whatever stopped it, an interrupt included: nothing is left beside the target.
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _mode(target: Path) -> int:
    """The mode that an existing file has, or that a new one would get."""
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _sync_folder(folder: Path) -> None:
    """Make the new name last, where the system can do that for a folder."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
