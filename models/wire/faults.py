"""The first fault that a strict schema finds, in the terms of who wrote the document."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from placewright.models.errors import InputError
from placewright.models.reading.display import nearest, printable, shown
from placewright.models.wire.base import path

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

ModelT = TypeVar("ModelT", bound=BaseModel)


def parse_strict(schema: type[ModelT], document: object) -> ModelT:
    """`document` as `schema`. Raises InputError such as `scores.Cost: expected a whole number, found "x"`."""
    try:
        return schema.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
    raise InputError(fault_message(first), field=printable(path(first["loc"])))


def fault_message(error: ErrorDetails) -> str:
    """What was expected and what was found."""
    kind, found, context = error["type"], shown(error["input"]), error.get("ctx", {})
    if kind == "missing":
        return "is missing"
    if kind in _EXPECTED:
        return f"expected {_EXPECTED[kind]}, found {found}"
    if kind in ("literal_error", "enum"):
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
