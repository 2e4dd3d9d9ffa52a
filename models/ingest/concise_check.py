"""A concise document against its schema: what is wrong is said in the terms of who wrote it."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from placewright.models.errors import InputError
from placewright.models.reader import ConciseDocument
from placewright.models.reading.display import printable
from placewright.models.wire.base import path
from placewright.models.wire.concise import ConciseCluster
from placewright.models.wire.faults import fault_message

_SINGULAR = {
    "nodes": "node",
    "agents": "agent",
    "quotas": "quota",
    "disruptionBudgets": "disruption budget",
    "namespaces": "namespace",
    "priorityClasses": "priority class",
    "gangs": "gang",
    "claims": "claim",
    "volumes": "volume",
    "storageClasses": "storage class",
    "services": "service",
}


def parse_concise(document: ConciseDocument) -> ConciseCluster:
    """The document's content, checked.

    Raises InputError such as `cluster.yaml: agent web: requests.cpu: expected a quantity …, found "abc"`.
    """
    try:
        return ConciseCluster.model_validate(document.document)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
    except RecursionError:
        raise InputError("nested too deeply", source=document.source) from None
    subject, inside = _subject(document.document, first["loc"])
    field = printable(path(inside))
    raise InputError(fault_message(first), source=document.source, subject=subject, field=field)


def _subject(document: dict[str, Any], location: tuple[int | str, ...]) -> tuple[str, tuple[int | str, ...]]:
    """`agent web` and what is left of the location; without a name its number in the list."""
    section, *inside = location or ("",)
    if not inside or section not in _SINGULAR:
        return "", location
    kind, section, key, rest = _SINGULAR[str(section)], str(section), inside[0], tuple(inside[1:])
    if isinstance(key, str):
        return f"{kind} {printable(key)}", rest
    items = document[section]
    name = items[key].get("name") if isinstance(items[key], dict) else None
    return (f"{kind} {printable(name)[:80]}" if isinstance(name, str) and name else f"{section}[{key}]"), rest
