"""What all wire schemas share: aliases, nulls, and one clear error for a bad document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from placewright.models.errors import InputError


class Wire(BaseModel):
    """One wire object: camelCase names, unknown fields ignored, types as strict as the API server's."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="ignore", strict=True, frozen=True
    )


def _null_to(empty: Any) -> BeforeValidator:
    return BeforeValidator(lambda value: empty if value is None else value)


T = TypeVar("T")
K = TypeVar("K")

# The API treats null as absent for all of these.
ListOf = Annotated[list[T], _null_to([])]
MapOf = Annotated[dict[str, T], _null_to({})]
Text = Annotated[str, _null_to("")]
Flag = Annotated[bool, _null_to(False)]
QuantityValue = str | int | float | None
Quantities = MapOf[QuantityValue]

WireT = TypeVar("WireT", bound=BaseModel)


def parse(schema: type[WireT], document: object) -> WireT:
    """`document` as `schema`, or one InputError: the field, what was expected and what was found."""
    try:
        return schema.model_validate(document)
    except ValidationError as error:
        raise _first_fault(error) from None


def _first_fault(error: ValidationError) -> InputError:
    faults = error.errors(include_url=False)
    first = faults[0]
    # A union reports every member it tried; the shortest path is the one the user wrote.
    found = _shown(first["input"])
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "missing":
        return InputError("required, but missing", field=path(first["loc"]))
    if first["type"] == "extra_forbidden":
        return InputError("no such field", field=path(first["loc"]))
    message = message.replace("Input should be", "expected")
    return InputError(f"{message[:1].lower()}{message[1:]}, found {found}", field=path(first["loc"]))


def path(location: Sequence[str | int]) -> str:
    """`spec.containers[0].image` from pydantic's location; the names of union members are left out."""
    text = ""
    for part in location:
        if isinstance(part, int):
            text += f"[{part}]"
        elif not _is_union_member(part):
            text += f".{part}" if text else part
    return text


def _is_union_member(part: str) -> bool:
    return part in {"str", "int", "float", "bool", "none"} or "[" in part


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
