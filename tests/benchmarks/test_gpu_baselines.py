"""Two small nodes, worked out by hand."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from placewright.benchmarks.gpu_baselines import (
    DEVICES,
    Fragments,
    Kind,
    Nodes,
    best_fit,
    least_fragmentation,
)

WHOLE, HALF, NONE = Kind(1, 1, 1, 1000), Kind(1, 1, 1, 500), Kind(1, 1, 0, 0)


def nodes(*devices: tuple[int, ...], cpu: int = 8) -> Nodes:
    table = np.array([(*row, *[0] * (DEVICES - len(row))) for row in devices], dtype=np.int64)
    size = np.full(len(devices), cpu, dtype=np.int64)
    return Nodes(size.copy(), size.copy(), table)


def test_a_share_has_to_fit_into_one_device_and_whole_ones_have_to_be_free() -> None:
    there = nodes((400, 400), (1000, 400), (1000, 1000))
    assert there.fits(HALF).tolist() == [False, True, True]
    assert there.fits(Kind(1, 1, 2, 1000)).tolist() == [False, False, True]
    assert there.fits(NONE).tolist() == [True, True, True]
    assert there.fits(Kind(9, 1, 0, 0)).tolist() == [False, False, False]


def test_best_fit_fills_the_fullest_node_and_device() -> None:
    there = nodes((1000, 1000), (1000, 500))
    assert best_fit(there, [HALF]) == [HALF]
    assert there.devices[:, :2].tolist() == [[1000, 1000], [1000, 0]]


def test_what_is_of_no_use_to_a_kind_is_lost_to_it() -> None:
    there = nodes((1000, 500), (400, 1000))
    whole, half, none = (Fragments(Counter({kind: 1})) for kind in (WHOLE, HALF, NONE))
    state = there.cpu, there.memory, there.devices
    assert whole.amount(*state).tolist() == [500.0, 400.0]
    assert half.amount(*state).tolist() == [0.0, 400.0]
    assert none.amount(*state).tolist() == [1500.0, 1400.0]
    assert Fragments(Counter({WHOLE: 3, HALF: 1})).amount(*state).tolist() == [375.0, 400.0]
    assert Fragments(Counter({Kind(9, 1, 1, 500): 1})).amount(*state).tolist() == [1500.0, 1400.0]


def test_least_fragmentation_keeps_whole_devices_for_those_who_need_them() -> None:
    arrivals = [HALF, HALF, WHOLE, WHOLE, WHOLE]
    there = nodes((1000, 1000), (1000, 1000))
    assert least_fragmentation(there, arrivals, Counter(arrivals)) == arrivals


@pytest.mark.parametrize("policy", ["best fit", "least fragmentation"])
def test_who_does_not_fit_is_dropped(policy: str) -> None:
    arrivals = [WHOLE] * 5
    there = nodes((1000, 1000), (1000,))
    placed = (
        best_fit(there, arrivals)
        if policy == "best fit"
        else least_fragmentation(there, arrivals, Counter(arrivals))
    )
    assert placed == [WHOLE] * 3
    assert int(there.devices.sum()) == 0
