"""Kubernetes quantities: "500m", "2Gi", 1.5 -> exact integers. The only place with units."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

from placewright.models.errors import InputError

_SUFFIXES = {
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 1000),
    "": Fraction(1),
    **{suffix: Fraction(1000**power) for power, suffix in enumerate("kMGTPE", start=1)},
    **{f"{suffix}i": Fraction(1024**power) for power, suffix in enumerate("KMGTPE", start=1)},
}
_QUANTITY = re.compile(
    r"(?P<number>[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:[eE](?P<exponent>[+-]?[0-9]+)|(?P<suffix>[a-zA-Z]*))"
)
_NANO = Fraction(1, 10**9)
_MOST = 2**63 - 1
MOST_ON_A_NODE = 2**46
"""What a node has at most of a resource (memory: 64 TiB), or is taken to: sums then stay within 64 bits."""

TOO_MUCH = MOST_ON_A_NODE + 1
"""What an agent is taken to ask for that asks for more than that: no node has it, whatever it is exactly."""

MOST_IN_ALL = 2**54
"""What a quota is taken to allow at most."""

_LARGEST_EXPONENT = 30
EXPECTED = "a quantity such as 500m, 2 or 1.5Gi"


def parse_quantity(value: str | int | float | None) -> Fraction:
    """The exact value of a quantity; a bare number is taken as written, null is 0.

    Anything finer than 1e-9 is rounded away from zero to it, as the API does. Raises InputError.
    """
    if value is None:
        return Fraction(0)
    if isinstance(value, bool):
        raise _refused(value)
    return _parse(str(value).strip(" "))


@lru_cache(maxsize=65536)
def _parse(text: str) -> Fraction:
    found = _QUANTITY.fullmatch(text)
    if found is None or len(text) > 64:
        raise _refused(text)
    if found["exponent"] is not None:
        exponent = int(found["exponent"])
        if abs(exponent) > _LARGEST_EXPONENT:
            raise InputError(f"expected a quantity that fits into 64 bits, found {text!r}")
        scale = Fraction(10) ** exponent
    elif found["suffix"] in _SUFFIXES:
        scale = _SUFFIXES[found["suffix"]]
    else:
        raise _refused(text)
    exact = Fraction(found["number"]) * scale
    nanos = exact / _NANO
    if nanos.denominator == 1:
        return exact
    # Away from zero, whichever side.
    rounded = -(-nanos.numerator // nanos.denominator) if nanos > 0 else nanos.numerator // nanos.denominator
    return rounded * _NANO


def _refused(value: object) -> InputError:
    return InputError(f"expected {EXPECTED}, found {value!r}")


def amount(resource: str, quantity: Fraction) -> int:
    """The integer that stands for an exact quantity: milli-cores for cpu, whole units for all else.

    Fractions are rounded up. Raises InputError where it does not fit into 64 bits.
    """
    units = 1000 if resource.rpartition(".")[2] == "cpu" else 1
    whole = -(-quantity.numerator * units // quantity.denominator)
    if abs(whole) > _MOST:
        raise InputError(f"expected a quantity that fits into 64 bits, found {quantity}")
    return whole


def parse_amount(resource: str, value: str | int | float | None) -> int:
    """`amount` of one quantity that may not be negative. Raises InputError."""
    quantity = parse_quantity(value)
    if quantity < 0:
        raise InputError(f"expected a quantity of at least 0, found {value!r}")
    return amount(resource, quantity)


_BYTES = frozenset({"memory", "ephemeral-storage", "storage"})


def format_price(millionths: int) -> str:
    """A price of so many millionths as people write it: `2.304`, `12`."""
    whole, rest = divmod(millionths, 1_000_000)
    return f"{whole}.{rest:06d}".rstrip("0").rstrip(".")


def format_amount(resource: str, value: int) -> str:
    """An amount as Kubernetes writes it: `1500m`, `2`, `2Gi`. Exact: parsing it gives the same amount."""
    plain = resource.removeprefix("requests.").removeprefix("limits.")
    if plain == "cpu":
        return str(value // 1000) if value % 1000 == 0 else f"{value}m"
    if plain in _BYTES or plain.startswith("hugepages-"):
        for power, suffix in ((5, "Pi"), (4, "Ti"), (3, "Gi"), (2, "Mi"), (1, "Ki")):
            if value and value % 1024**power == 0:
                return f"{value // 1024**power}{suffix}"
    return str(value)
