"""Curves of sweeps: which there are, and pictures of them."""

from __future__ import annotations

import pytest

from placewright.models.errors import UsageError
from placewright.models.whatif import Requested, Served, WhatIf, WhatIfCase
from placewright.scenarios.charts import Picture, chart, curves, picture


def result(scenario: str, unplaced: int, **parameters: str | float) -> WhatIfCase:
    return WhatIfCase(
        name=scenario,
        scenario=scenario,
        parameters=dict(parameters),
        status="optimal",
        gap=0.0,
        nodes=2,
        nodes_in_use=2,
        agents=10,
        running=10 - unplaced,
        unplaced=unplaced,
        pending=5,
        moves=0,
        stopped=0,
        price=0,
        price_in_use=0,
        priorities=(Served(priority=0, agents=10, running=10 - unplaced),),
        requested=(Requested(resource="cpu", used=10 + unplaced, whole=20),),
    )


GROWTH = [result("growth", i, factor=1 + i) for i in range(3)]


def test_a_curve_goes_along_the_first_parameter_and_the_others_tell_curves_apart() -> None:
    both = [result("s", 0, g=g, zone=zone) for zone in ("a", "b") for g in (1, 2)]
    assert {title: len(own) for title, own in curves([*GROWTH, *both]).items()} == {
        "growth": 3,
        "s zone=a": 2,
        "s zone=b": 2,
    }


@pytest.mark.parametrize(
    "cases",
    [
        pytest.param([result("s", 0)], id="nothing is swept"),
        pytest.param([result("s", 0, zone=z) for z in ("a", "b")], id="no number is swept"),
        pytest.param(GROWTH[:1], id="a single value"),
    ],
)
def test_without_a_curve_there_is_no_chart(cases: list[WhatIfCase]) -> None:
    with pytest.raises(UsageError, match="--chart: no scenario sweeps a number"):
        curves(cases)


def test_the_file_says_what_is_drawn() -> None:
    assert [picture(f"x{end}") for end in (".png", ".SVG", ".html")] == list(Picture)
    with pytest.raises(UsageError, match=r"--chart: expected a file ending in \.png, \.svg or \.html"):
        picture("x.pdf")


@pytest.mark.parametrize(
    ("kind", "start"),
    [(Picture.PNG, b"\x89PNG"), (Picture.SVG, b"<?xml"), (Picture.HTML, b"<!DOCTYPE html>")],
)
def test_the_same_results_are_the_same_bytes(kind: Picture, start: bytes) -> None:
    drawn = [chart(WhatIf(cases=tuple(GROWTH)), kind) for _ in range(2)]
    assert drawn[0] == drawn[1]
    assert drawn[0].startswith(start)


def test_the_page_holds_the_drawing_and_the_numbers_and_needs_nothing_else() -> None:
    page = chart(WhatIf(cases=tuple(GROWTH)), Picture.HTML).decode()
    assert "<svg" in page
    assert page.count("<tr>") == 4
    assert "<script" not in page
    assert "agents not placed" in page
