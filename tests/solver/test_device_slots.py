"""Half slots: what fits into single devices, seen from their sum."""

from __future__ import annotations

from itertools import combinations_with_replacement

import pytest

from placewright.models.agent import DeviceRequest
from placewright.models.node import DevicePool
from placewright.solver.bound import level_bound
from placewright.solver.compile import compile_problem
from placewright.solver.device_slots import DeviceAmounts, filled, half_slots
from placewright.tests.builders import agent, agents, node, snapshot


def share(milli: int, count: int = 1) -> tuple[DeviceRequest, ...]:
    return (DeviceRequest("gpu", count, milli),)


@pytest.mark.parametrize("threshold", [334, 400, 470, 500])
def test_whatever_fits_into_what_is_left_of_a_device_keeps_its_half_slots(threshold: int) -> None:
    sizes = (100, 300, 333, 334, 399, 400, 470, 500, 530, 531, 600, 601, 666, 1000)
    for left in (*sizes, 700, 800, 900):
        for several in (1, 2, 3):
            for shares in combinations_with_replacement(sizes, several):
                if sum(shares) <= left:
                    used = sum(half_slots(milli, threshold) for milli in shares)
                    assert used <= half_slots(left, threshold), (left, shares)


@pytest.mark.parametrize("size", [50, 200, 220, 333])
def test_whatever_fits_into_what_is_left_of_a_device_fills_no_more_of_it(size: int) -> None:
    sizes = (49, 50, 100, 199, 200, 220, 333, 470, 667, 668, 780, 781, 801, 950, 951, 1000)
    for left in (*sizes, 700, 800, 900):
        for several in (1, 2, 3, 4):
            for shares in combinations_with_replacement(sizes, several):
                if sum(shares) <= left:
                    assert sum(filled(milli, size) for milli in shares) <= filled(left, size), (left, shares)


def test_what_a_large_share_leaves_is_of_no_use_to_those_that_are_larger_than_that() -> None:
    """What two or three shares of 810 leave adds up to more than enough for the 230s that are wanted."""
    pool = node("n1", devices=(DevicePool("gpu", 3),))
    waiting = [*agents("a", 2, devices=share(810)), *agents("b", 6, devices=share(230))]
    _, problem = compile_problem(snapshot([pool], waiting))
    # Two devices are full; four of 230 share the third.
    assert level_bound(problem, 0, []) == 7
    large = agents("a", 3, devices=share(810))
    _, problem = compile_problem(snapshot([pool], [*large, *agents("b", 2, devices=share(230))]))
    assert level_bound(problem, 0, []) == 4
    assert DeviceAmounts(waiting).asked(waiting[0])["devices:gpu:beside-230"] == 1000
    assert "devices:gpu:beside-190" not in DeviceAmounts(
        [*waiting, *agents("c", 1, devices=share(190))]
    ).asked(waiting[0])


def test_two_shares_of_sixty_percent_need_two_devices_even_in_the_bound() -> None:
    pool = node("n1", devices=(DevicePool("gpu", 2),))
    _, problem = compile_problem(snapshot([pool], agents("a", 3, devices=share(600))))
    assert level_bound(problem, 0, []) == 2


def test_what_runs_has_taken_its_part() -> None:
    pool = node("n1", devices=(DevicePool("gpu", 2),))
    running = agent("r", devices=share(300), on="n1", device_ids=(0,))
    waiting = agent("a", devices=share(470))
    seen = snapshot([pool], [running, waiting])
    amounts = DeviceAmounts([waiting])
    assert amounts.asked(waiting) == {"devices:gpu": 470, "devices:gpu:500": 0, "devices:gpu:470": 1}
    assert amounts.free(seen, pool) == {
        "devices:gpu": 1700,
        "devices:gpu:500": 4,
        "devices:gpu:470": 4,
    }


def test_whole_devices_take_both_half_slots_of_each() -> None:
    waiting = agent("a", devices=share(1000, 2))
    assert DeviceAmounts([waiting]).asked(waiting) == {"devices:gpu": 2000, "devices:gpu:500": 4}
