"""What the parts of the concise form share: strictness, and the checked kinds of text and number."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    WithJsonSchema,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from placewright.models.errors import InputError
from placewright.models.quantity import parse_quantity
from placewright.models.reading.display import nearest, shown
from placewright.models.selector import is_label_value

_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
_LABEL_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_LABEL_PREFIX = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
_LONGEST_NAME = 253
_PERCENT = re.compile(r"[0-9]{1,9}%")
MICRO = 1_000_000
"""Prices are kept in millionths."""


class Strict(BaseModel):
    """A part of a concise document: unknown fields are errors, nothing is converted, null is absent."""

    # Built when first used: of all that there is most inputs hold little.
    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        alias_generator=to_camel,
        use_attribute_docstrings=True,
        frozen=True,
        defer_build=True,
    )

    @model_validator(mode="before")
    @classmethod
    def _known_and_present(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        if cls.model_config.get("extra") == "forbid":
            # pydantic would refuse it too, but cannot say what was meant.
            known = [field.alias or name for name, field in cls.model_fields.items()]
            for name in value:
                if name not in known:
                    raise unfit(f"unknown field {shown(name)}{nearest(str(name), known)}")
        return {name: item for name, item in value.items() if item is not None}


def refused(expected: str, value: object) -> PydanticCustomError:
    """The error `expected …, found …`."""
    # The braces of pydantic's templates must not meet braces in the text.
    return PydanticCustomError("refused", "{text}", {"text": f"expected {expected}, found {shown(value)}"})


def unfit(message: str) -> PydanticCustomError:
    """An error about how fields fit together."""
    return PydanticCustomError("unfit", "{text}", {"text": message})


def _quantity(value: Any) -> str | int | float:
    expected = "a quantity such as 500m or 2"
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise refused(expected, value)
    try:
        amount = parse_quantity(value)
    except InputError:
        raise refused(expected, value) from None
    if amount < 0:
        raise refused("a quantity that is not negative", value)
    return value


def _name(value: str) -> str:
    if len(value) > _LONGEST_NAME or _NAME.fullmatch(value) is None:
        raise refused("a name of letters, digits, - and . (at most 253)", value)
    return value


def _label_key(value: str) -> str:
    prefix, slash, name = value.rpartition("/")
    if _LABEL_NAME.fullmatch(name) is None or (slash and _LABEL_PREFIX.fullmatch(prefix) is None):
        raise refused("a label key such as app or example.com/app", value)
    return value


def _label_value(value: str) -> str:
    if not is_label_value(value):
        raise refused("a label value of at most 63 letters, digits, -, _ and .", value)
    return value


def _price(value: Any) -> int:
    """Millionths per hour, exactly."""
    expected = "a price per hour such as 0.0425 (at most 6 decimals)"
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise refused(expected, value)
    try:
        micros = Decimal(str(value)) * MICRO
    except InvalidOperation:
        raise refused(expected, value) from None
    if not micros.is_finite() or micros < 0 or micros >= 2**53 or micros != micros.to_integral_value():
        raise refused(expected, value)
    return int(micros)


def _count_or_percent(value: Any) -> int | str:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31:
        return value
    if isinstance(value, str) and _PERCENT.fullmatch(value):
        return value
    raise refused('a number of agents or a percentage such as "50%"', value)


Quantity = Annotated[
    Any,
    PlainValidator(_quantity),
    WithJsonSchema(
        {
            "anyOf": [
                {
                    "type": "string",
                    "pattern": "^ *[+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+|[a-zA-Z]*) *$",
                },
                {"type": "number", "minimum": 0},
            ],
            "examples": ["500m", "2Gi", 4],
        }
    ),
]
"""As it was written; checked, and parsed where it is used."""

Price = Annotated[
    Any,
    PlainValidator(_price),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": "^[0-9]+([.][0-9]{1,6}0*)?$"},
                {"type": "number", "minimum": 0},
            ],
            "examples": ["0.0425", 3],
        }
    ),
]
"""Millionths per hour."""

CountOrPercent = Annotated[
    Any,
    PlainValidator(_count_or_percent),
    WithJsonSchema(
        {
            "anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[0-9]{1,9}%$"}],
            "examples": [1, "50%"],
        }
    ),
]


def _shape(pattern: str, longest: int) -> WithJsonSchema:
    """For the JSON schema only: the check beside it also says what was expected."""
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern}$", "maxLength": longest})


Name = Annotated[str, AfterValidator(_name), _shape(_NAME.pattern, _LONGEST_NAME)]
Namespace = Name
LabelKey = Annotated[
    str, AfterValidator(_label_key), _shape(f"({_LABEL_PREFIX.pattern}/)?{_LABEL_NAME.pattern}", 317)
]
LabelValue = Annotated[str, AfterValidator(_label_value), _shape(f"({_LABEL_NAME.pattern})?", 63)]
Labels = dict[LabelKey, LabelValue]
ResourceName = Annotated[str, Field(min_length=1, max_length=_LONGEST_NAME)]
Amounts = dict[ResourceName, Quantity]
Priority = Annotated[int, Field(ge=-(2**31), lt=2**31)]
PreemptionPolicy = Literal["PreemptLowerPriority", "Never"]
Member = Annotated[int, Field(ge=1, lt=2**31)]
"""How many of a gang must run together."""
