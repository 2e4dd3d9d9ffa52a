"""What nodes and quotas have left, agent by agent."""

from __future__ import annotations

import numpy as np
import pytest

from placewright.solver.compilation import IntArray
from placewright.solver.rules.sum_ledgers import QuotaLedger, ResourcesLedger

TWO_NODES = np.array([[10, 4], [3, 9]])
"""Free amounts of two resources."""


def resources(
    request: list[list[int]],
    count: list[list[int]],
    *,
    asked: list[list[int]] | None = None,
    held: bool = False,
    standing: tuple[int, ...] = (),
) -> ResourcesLedger:
    amounts: IntArray = np.array(request)
    return ResourcesLedger(
        amounts,
        amounts if asked is None else np.array(asked),
        TWO_NODES,
        np.full(TWO_NODES.shape, held),
        np.isin(np.arange(len(request)), standing),
        np.array(count),
    )


def test_there_is_room_for_as_many_as_every_resource_has_left() -> None:
    ledger = resources([[2, 1], [0, 0]], [[1, 0], [0, 0]])
    room = ledger.room(0)
    assert room is not None
    assert room.tolist() == [3, 1]
    assert ledger.room(1) is None
    ledger.add(0, np.array([0]), np.array([3]))
    assert ledger.holds() is True
    ledger.add(0, np.array([0]), np.array([1]))
    assert ledger.holds() is False
    ledger.add(0, np.array([0]), np.array([-1]))
    assert ledger.holds() is True


@pytest.mark.parametrize(
    ("held", "standing", "holds"),
    [
        pytest.param(False, (), False, id="somebody asks who must find it"),
        pytest.param(False, (0,), True, id="only who runs there is too much, and may stay"),
        pytest.param(True, (0,), False, id="unless somebody is fixed there who must find it"),
    ],
)
def test_too_much_is_only_wrong_where_somebody_has_to_find_room(
    held: bool, standing: tuple[int, ...], holds: bool
) -> None:
    assert resources([[6, 0]], [[2, 0]], held=held, standing=standing).holds() is holds


def test_who_is_not_checked_takes_room_and_needs_none() -> None:
    ledger = resources([[0, 0], [1, 0]], [[2, 0], [0, 0]], asked=[[6, 0], [1, 0]])
    assert ledger.holds() is True
    room = ledger.room(1)
    assert room is not None
    assert room.tolist() == [0, 3]
    ledger.add(1, np.array([0]), np.array([1]))
    assert ledger.holds() is False


def quota(*rows: tuple[tuple[tuple[int, int], ...], int], told: bool = True) -> QuotaLedger:
    return QuotaLedger(rows, np.zeros((2, 1), dtype=np.int64), told=told)


def test_a_quota_lets_in_what_the_tightest_row_leaves() -> None:
    ledger = quota((((0, 2), (1, 1)), 7), (((0, 1),), 9))
    assert (ledger.most(0), ledger.most(1)) == (3, 7)
    ledger.add(1, np.array([0]), np.array([4]))
    assert (ledger.most(0), ledger.most(1), ledger.holds()) == (1, 3, True)
    ledger.add(0, np.array([0]), np.array([2]))
    assert ledger.holds() is False


def test_a_quota_that_is_exceeded_lets_nobody_in_and_is_nobodys_fault() -> None:
    ledger = quota((((0, 2),), -3))
    assert (ledger.most(0), ledger.most(1), ledger.holds()) == (0, None, True)
    ledger.add(0, np.array([0]), np.array([1]))
    assert ledger.holds() is False


def test_where_claims_are_charged_too_counts_do_not_tell() -> None:
    assert quota((((0, 2),), 4), told=False).holds() is None
