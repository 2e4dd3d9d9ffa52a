"""Arrays over groups and nodes."""

from __future__ import annotations

import numpy as np
import pytest

from placewright.solver.compilation import alike_columns


@pytest.mark.parametrize("groups", [1, 7, 8, 9, 30])
def test_nodes_that_are_open_to_the_same_groups_are_numbered_alike(groups: int) -> None:
    rng = np.random.default_rng(groups)
    open_to = rng.random((groups, 6))[:, rng.integers(0, 6, 40)] < 0.5
    _, number = np.unique(open_to, axis=1, return_inverse=True)
    assert alike_columns(open_to).tolist() == number.reshape(-1).tolist()
