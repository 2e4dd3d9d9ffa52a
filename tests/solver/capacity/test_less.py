"""Doing with one node less, or a smaller one: it is taken where nobody is left out, and told where somebody is."""

from __future__ import annotations

import numpy as np
import pytest

from placewright.models.agent import Agent
from placewright.solver.capacity.bins import make_bins
from placewright.solver.capacity.dive import Pick
from placewright.solver.capacity.less import REMOVED, Checked, one_less
from placewright.solver.capacity.realise import realise
from placewright.solver.clock import Deadline
from placewright.solver.settings import Settings
from placewright.tests.builders import agents
from placewright.tests.solver.capacity.questions import kind, question

SMALL, BIG = kind("small", 1, 3), kind("big", 4, 10)
QUICK = Settings(time_limit=5.0, workers=1)


def tried(pending: list[Agent], *picks: Pick, seconds: float = 60.0) -> Checked:
    """After buying these of a small and a big kind."""
    asked = question(pending, SMALL, BIG)
    made = make_bins(asked)
    bought = realise(asked, made, picks)
    return one_less(asked, made, bought, len(bought.start), QUICK, Deadline(seconds))


def pick(k: int, number: int, times: int = 1) -> Pick:
    return Pick(k, np.array([number]), times)


@pytest.mark.parametrize(
    ("bought", "kept"),
    [
        pytest.param([pick(0, 1, 2), pick(0, 0)], ["small-0", "small-1"], id="one that holds nobody"),
        pytest.param([pick(1, 1), pick(0, 1)], ["small-0", "small-1"], id="a smaller one in its place"),
    ],
)
def test_a_change_that_leaves_nobody_out_is_made(bought: list[Pick], kept: list[str]) -> None:
    found = tried(agents("a", 2, cpu=1000), *bought)
    assert sorted(n.name for n in found.purchase.nodes) == kept
    assert len(found.purchase.start) == 2
    assert found.complete


def test_who_would_be_left_out_is_told_by_change() -> None:
    found = tried(agents("a", 5, cpu=1000), pick(1, 4), pick(0, 1))
    assert [(c.type, c.change, c.saves, c.unplaced, c.at_least) for c in found.changes] == [
        ("big", REMOVED, "10", 4, 4),
        ("big", "small", "7", 3, 3),
        ("small", REMOVED, "3", 1, 1),
    ]


def test_without_time_nothing_is_tried_and_that_is_said() -> None:
    found = tried(agents("a", 1, cpu=1000), pick(0, 1), seconds=0.0)
    assert (found.changes, found.complete) == ((), False)
