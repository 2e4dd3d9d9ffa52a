"""Packing requests onto one node's devices: exact where best fit alone is not."""

from __future__ import annotations

from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placewright.models.agent import DeviceRequest
from placewright.models.rules.device_packing import Wanted, best_fit, pack, pack_running


def ask(milli: int, *allowed: int, count: int = 1) -> Wanted:
    return DeviceRequest("gpu", count, milli), allowed


@pytest.mark.parametrize(
    ("free", "wanted", "packed"),
    [
        pytest.param([1000], [], [], id="nothing is wanted"),
        pytest.param([1000, 700], [ask(500, 0, 1)], [(1,)], id="the fullest that holds it"),
        pytest.param([1000, 1000], [ask(500, 0, 1)], [(0,)], id="of equal ones the first"),
        pytest.param([600, 600], [ask(700, 0, 1)], None, id="the sum is not one device"),
        pytest.param([1000, 1000, 1000], [ask(1000, 0, 1, 2, count=2)], [(0, 1)], id="several whole ones"),
        pytest.param([1000, 900], [ask(1000, 0, 1, count=2)], None, id="a touched one is not whole"),
        pytest.param(
            [1000, 1000], [ask(1000, 0, 1), ask(1000, 0)], [(1,), (0,)], id="who has less choice goes first"
        ),
        pytest.param(
            [1000, 1000],
            [ask(m, 0, 1) for m in (400, 400, 300, 300, 300, 300)],
            [(0,), (1,), (0,), (0,), (1,), (1,)],
            id="largest first gets stuck where another order does not",
        ),
        pytest.param([1000, 1000], [ask(300, 0, 1, count=2)], [(0, 1)], id="shares of one are spread"),
        pytest.param([1000], [ask(300, 0, count=2)], None, id="and never of the same device twice"),
        pytest.param([-200, 1000], [ask(100, 0, 1)], [(1,)], id="an overcommitted device gives nothing"),
    ],
)
def test_packing(free: list[int], wanted: list[Wanted], packed: list[tuple[int, ...]] | None) -> None:
    found = pack(free, wanted)
    assert found == packed
    if found is not None:
        assert min(left_after(free, wanted, found), default=0) >= min(0, *free)


def left_after(free: list[int], wanted: list[Wanted], packed: list[tuple[int, ...]]) -> list[int]:
    left = list(free)
    for (request, _), ids in zip(wanted, packed, strict=True):
        for i in ids:
            left[i] -= request.milli
    return left


def test_best_fit_is_of_distinct_devices_in_order() -> None:
    assert best_fit([500, 900, 700], DeviceRequest("gpu", 2, 500), (0, 1, 2)) == (0, 2)
    assert best_fit([500, 900], DeviceRequest("gpu", 2, 600), (0, 1)) is None


def test_what_runs_is_charged_even_where_it_cannot_fit() -> None:
    wanted = [ask(700, 0, 1), ask(700, 0, 1), ask(700, 0, 1)]
    assert left_after([1000, 1000], wanted, pack_running([1000, 1000], wanted)) == [-400, 300]
    assert pack_running([1000], [ask(500)]) == [()]


def test_too_many_requests_are_refused_and_not_searched_for_ever() -> None:
    # Two thirds of each device at most: no packing, and more ways to see it than anyone has time for.
    assert pack([1000] * 10, [ask(334 + i % 7, *range(10)) for i in range(30)]) is None
    assert pack([1000], [ask(1, 0)] * 500) is None


SHARES = st.sampled_from((200, 300, 400, 500, 600, 1000))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    free=st.lists(st.sampled_from((0, 300, 500, 700, 1000)), min_size=1, max_size=3),
    asked=st.lists(st.tuples(SHARES, st.integers(1, 2), st.integers(1, 7)), max_size=5),
)
def test_a_packing_is_found_exactly_where_there_is_one(
    free: list[int], asked: list[tuple[int, int, int]]
) -> None:
    wanted = [
        ask(milli, *(i for i in range(len(free)) if mask >> i & 1), count=count)
        for milli, count, mask in asked
    ]
    every_way = product(*(list(combinations(allowed, request.count)) for request, allowed in wanted))
    possible = any(min(left_after(free, wanted, list(way))) >= 0 for way in every_way)
    found = pack(free, wanted)
    assert (found is not None) == possible
    if found is not None:
        assert min(left_after(free, wanted, found)) >= 0
        assert all(set(ids) <= set(allowed) for ids, (_, allowed) in zip(found, wanted, strict=True))
