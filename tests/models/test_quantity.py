"""Quantities, to the last unit (§1.1)."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewright.models.errors import InputError
from placewright.models.quantity import amount, format_amount, parse_amount, parse_quantity


@pytest.mark.parametrize(
    ("text", "units", "milli"),
    [
        pytest.param("500m", 1, 500, id="milli"),
        pytest.param("1Gi", 2**30, 2**30 * 1000, id="binary giga"),
        pytest.param("0.5", 1, 500, id="a fraction of a unit is rounded up"),
        pytest.param("1e3", 1000, 1_000_000, id="a decimal exponent"),
        pytest.param("1.5Gi", 1_610_612_736, 1_610_612_736_000, id="a fraction of a giga"),
        pytest.param("100n", 1, 1, id="nanos are rounded up"),
        pytest.param("1E", 10**18, None, id="a lone E is exa"),
        pytest.param("1E3", 1000, 1_000_000, id="E and a number is an exponent"),
        pytest.param("1e-3", 1, 1, id="a negative exponent"),
        pytest.param(".5", 1, 500, id="no digit before the dot"),
        pytest.param("5.", 5, 5000, id="none after it"),
        pytest.param("1.G", 10**9, 10**12, id="a dot before the suffix"),
        pytest.param("+1", 1, 1000, id="a plus sign"),
        pytest.param(" 2 ", 2, 2000, id="blanks around a string"),
        pytest.param(2, 2, 2000, id="a bare number"),
        pytest.param(1.5, 2, 1500, id="a bare fraction, as written"),
        pytest.param(None, 0, 0, id="null is nothing"),
        pytest.param("1k", 1000, 10**6, id="a decimal kilo is lower case"),
    ],
)
def test_a_quantity_is_exact(text: str | float | None, units: int, milli: int | None) -> None:
    exact = parse_quantity(text)
    assert amount("memory", exact) == units
    if milli is not None:
        assert amount("cpu", exact) == milli


@pytest.mark.parametrize(
    "text",
    [
        "1K",
        "1e",
        "1 Gi",
        "",
        "1.2.3",
        "0x10",
        ".",
        "-",
        "+",
        "1e3Mi",
        "1Mi5",
        "NaN",
        "inf",
        "1_000",
        "abc",
        "--1",
        "1e99",
        True,
    ],
)
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="expected a quantity"):
        parse_quantity(text)


@pytest.mark.parametrize(("resource", "text"), [("memory", "1e30"), ("cpu", "1E"), ("memory", "16E")])
def test_what_does_not_fit_into_64_bits_is_refused(resource: str, text: str) -> None:
    with pytest.raises(InputError, match="64 bits"):
        parse_amount(resource, text)


def test_negative_quantities_parse_but_are_no_amounts() -> None:
    assert parse_quantity("-1500m") == Fraction(-3, 2)
    with pytest.raises(InputError, match="at least 0"):
        parse_amount("cpu", "-1")


def test_finer_than_a_nano_rounds_away_from_zero() -> None:
    assert parse_quantity("0.1n") == Fraction(1, 10**9)
    assert parse_quantity("-0.1n") == Fraction(-1, 10**9)


@pytest.mark.parametrize(
    ("resource", "value", "text"),
    [
        ("cpu", 1500, "1500m"),
        ("cpu", 2000, "2"),
        ("requests.cpu", 250, "250m"),
        ("memory", 2**31, "2Gi"),
        ("memory", 1000, "1000"),
        ("hugepages-2Mi", 2**22, "4Mi"),
        ("pods", 1024, "1024"),
        ("memory", 0, "0"),
    ],
)
def test_amounts_are_written_as_kubernetes_writes_them(resource: str, value: int, text: str) -> None:
    assert format_amount(resource, value) == text


@given(st.sampled_from(["cpu", "memory", "nvidia.com/gpu"]), st.integers(0, 2**62))
def test_what_is_written_parses_back(resource: str, value: int) -> None:
    assert parse_amount(resource, format_amount(resource, value)) == value
