"""`${name}` in a scenario: what parameters stand for, and the values that a sweep goes through."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import product
from typing import Annotated, Any, TypeAlias

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator

from placewright.models.errors import InputError
from placewright.models.reading.display import nearest, shown
from placewright.models.wire.concise_base import Strict, refused, unfit

MOST_CASES = 1000
"""Cases that one scenario may come to."""

Value: TypeAlias = str | int | float | bool
_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_REFERENCE = re.compile(rf"\$\{{({_NAME})\}}")


def _value(value: Any) -> Value:
    if not isinstance(value, str | int | float | bool):
        raise refused("a text, a number, true or false", value)
    return value


AnyValue = Annotated[Any, PlainValidator(_value), WithJsonSchema({"type": ["string", "number", "boolean"]})]
ParameterName = Annotated[str, Field(pattern=f"^{_NAME}$", max_length=63)]
Number = Annotated[int | float, Field(ge=-(2**31), lt=2**31)]


class Range(Strict):
    """The numbers from `from` up to `to`, both included, `step` apart."""

    from_: Annotated[Number, Field(alias="from")]
    to: Number
    step: Annotated[int | float, Field(gt=0, lt=2**31)] = 1

    @model_validator(mode="after")
    def _fits(self) -> Range:
        if self.to < self.from_:
            raise unfit("to is less than from")
        if (self.to - self.from_) / self.step >= MOST_CASES:
            raise unfit(f"more than {MOST_CASES} values")
        return self

    def values(self) -> Iterator[int | float]:
        """Exact in decimal, so that ten steps of 0.1 are 1."""
        at, to, step = (Decimal(str(number)) for number in (self.from_, self.to, self.step))
        while at <= to:
            yield int(at) if at == at.to_integral_value() else float(at)
            at += step


def combinations(sweep: Mapping[str, Sequence[Value] | Range]) -> Iterator[dict[str, Value]]:
    """Every combination of the values that parameters go through; one empty one where nothing is swept."""
    axes = [list(axis.values()) if isinstance(axis, Range) else list(axis) for axis in sweep.values()]
    for values in product(*axes):
        yield dict(zip(sweep, values, strict=True))


def substituted(part: Any, values: Mapping[str, Value], field: str = "") -> Any:
    """`part` with each `${name}` replaced; one that is all of a text keeps the type of its value.

    Raises InputError, with the field, for a name that has no value.
    """
    if isinstance(part, dict):
        return {
            _text(key, values, field): substituted(item, values, f"{field}.{key}" if field else str(key))
            for key, item in part.items()
        }
    if isinstance(part, list):
        return [substituted(item, values, f"{field}[{i}]") for i, item in enumerate(part)]
    return _text(part, values, field)


def _text(part: Any, values: Mapping[str, Value], field: str) -> Any:
    if not isinstance(part, str) or "${" not in part:
        return part
    for name in references(part):
        if name not in values:
            message = f"no parameter {shown(name)}{nearest(name, values)}"
            raise InputError(message, field=field)
    whole = _REFERENCE.fullmatch(part)
    if whole:
        return values[whole[1]]
    return _REFERENCE.sub(lambda found: written(values[found[1]]), part)


def references(part: Any) -> Iterator[str]:
    """The names of all parameters that are referred to."""
    if isinstance(part, dict):
        for key, item in part.items():
            yield from references(key)
            yield from references(item)
    elif isinstance(part, list):
        for item in part:
            yield from references(item)
    elif isinstance(part, str):
        yield from (found[1] for found in _REFERENCE.finditer(part))


def written(value: Value) -> str:
    """A value as it stands in a text: `true`, `2`, `1.5`."""
    return str(value).lower() if isinstance(value, bool) else str(value)
