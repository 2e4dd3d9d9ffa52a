"""A concise document against its schema: what is wrong is said in the terms of who wrote it."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from placewright.models.errors import InputError
from placewright.models.reader import ConciseDocument
from placewright.models.reading.display import nearest, printable, shown
from placewright.models.wire.base import path
from placewright.models.wire.concise import ConciseCluster

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
_EXPECTED = {
    "string_type": "a string",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "string_too_short": "a text that is not empty",
    "too_short": "at least one item",
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
    raise InputError(_message(first), source=document.source, subject=subject, field=field)


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


def _message(error: ErrorDetails) -> str:
    kind, found, context = error["type"], shown(error["input"]), error.get("ctx", {})
    if kind == "missing":
        return "is missing"
    if kind in _EXPECTED:
        return f"expected {_EXPECTED[kind]}, found {found}"
    if kind == "literal_error":
        choices = [choice.strip("'") for choice in str(context["expected"]).replace(" or ", ", ").split(", ")]
        return f"expected {_either(choices)}, found {found}{nearest(str(error['input']), choices)}"
    if kind == "greater_than_equal":
        return f"expected at least {context['ge']}, found {found}"
    if kind in ("less_than_equal", "less_than"):
        most = context["le"] if kind == "less_than_equal" else context["lt"] - 1
        return f"expected at most {most}, found {found}"
    return printable(error["msg"])


def _either(choices: list[str]) -> str:
    return choices[0] if len(choices) == 1 else f"{', '.join(choices[:-1])} or {choices[-1]}"
