"""Settings: times are read with units, gaps as shares."""

from __future__ import annotations

import pytest

from placewright.models.errors import UsageError
from placewright.solver.settings import parse_gap, parse_seconds


@pytest.mark.parametrize(
    ("text", "seconds"), [("30", 30.0), ("1.5s", 1.5), (" 2m ", 120.0), ("500ms", 0.5), ("1h", 3600.0)]
)
def test_times_are_read_with_units(text: str, seconds: float) -> None:
    assert parse_seconds(text, "--time-limit") == seconds


@pytest.mark.parametrize("text", ["", "soon", "-1", "1d", "1e3", "1 s", "inf", "٣s"])
def test_what_is_no_time_is_refused_with_the_option_it_was_for(text: str) -> None:
    with pytest.raises(UsageError, match="--time-limit: expected a time such as 30s or 2m"):
        parse_seconds(text, "--time-limit")


@pytest.mark.parametrize(("text", "gap"), [("1%", 0.01), ("0.01", 0.01), (" 2.5 % ", 0.025), ("0", 0.0)])
def test_gaps_are_read_as_shares(text: str, gap: float) -> None:
    assert parse_gap(text, "--gap") == pytest.approx(gap)


@pytest.mark.parametrize("text", ["", "little", "-1%", "100%", "1", "1e-3", "%"])
def test_what_is_no_gap_is_refused_with_the_option_it_was_for(text: str) -> None:
    with pytest.raises(UsageError, match=r"--gap: expected a gap such as 1% or 0\.01"):
        parse_gap(text, "--gap")
