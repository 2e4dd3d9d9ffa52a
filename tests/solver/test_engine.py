"""What comes back from the solver."""

from __future__ import annotations

import pytest

from placewright.solver.engine import _integer_bound


@pytest.mark.parametrize(
    ("bound", "sense", "expected"),
    [
        pytest.param(3.0, "minimize", 3, id="an integer is itself"),
        pytest.param(2.2, "minimize", 3, id="a cost is at least the next integer"),
        pytest.param(2.8, "maximize", 2, id="a gain is at most the integer before"),
        pytest.param(3.0000000001, "minimize", 3, id="a hair above is what floating point does"),
        pytest.param(1_080_000.0, "minimize", 1_080_000, id="a million is proven to the unit"),
        pytest.param(2.0**50, "minimize", 2**50 - 1, id="a quadrillion is proven but for one"),
        pytest.param(2.0**60, "maximize", 2**60 + 2**10, id="beyond doubles' integers the bound gives way"),
    ],
)
def test_bounds_are_integers_and_stay_bounds(bound: float, sense: str, expected: int) -> None:
    assert _integer_bound(bound, sense) == expected
