"""What all wire schemas share: aliases, nulls, and one clear error for a bad document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from placewright.models.errors import InputError
from placewright.models.reading.display import shown


class Wire(BaseModel):
    """One wire object: camelCase names, unknown fields ignored, types as strict as the API server's."""

    # Built when first used: of all that there is most inputs hold little.
    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="ignore",
        strict=True,
        frozen=True,
        defer_build=True,
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


_UNION_MEMBERS = frozenset({"str", "int", "float", "bool", "none", "constrained-int", "constrained-str"})
"""How pydantic names the members of a union in a location."""

_EXPECTED = {
    "model_type": "an object",
    "model_attributes_type": "an object",
    "dict_type": "an object",
    "list_type": "a list",
    "string_type": "a string",
    "int_type": "an integer",
    "float_type": "a number",
    "bool_type": "true or false",
}
"""What pydantic's types are called where people read them."""


def _first_fault(error: ValidationError) -> InputError:
    first = error.errors(include_url=False)[0]
    field = path(first["loc"])
    if first["type"] == "missing":
        return InputError("required, but missing", field=field)
    if first["type"] == "extra_forbidden":
        return InputError("no such field", field=field)
    if first["type"] in _EXPECTED:
        return InputError(f"expected {_EXPECTED[first['type']]}, found {shown(first['input'])}", field=field)
    message = first["msg"].removeprefix("Value error, ").replace("Input should be", "expected")
    return InputError(f"{message[:1].lower()}{message[1:]}, found {shown(first['input'])}", field=field)


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
    return part in _UNION_MEMBERS or "[" in part
