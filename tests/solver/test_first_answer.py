"""What is compared before the search begins, and when there is nothing to compare."""

from __future__ import annotations

from typing import NoReturn

import pytest

from placewright.models.plan import Status
from placewright.models.profile import PLACED, Profile, Stage
from placewright.solver import first_answer
from placewright.solver.place import place
from placewright.solver.settings import Settings
from placewright.solver.verify import VerifiedPlan
from placewright.tests.builders import agents, node, snapshot

SETTINGS = Settings(time_limit=10.0, workers=1, deterministic=True)
ROOM_ALONE = Profile(stages=(Stage({PLACED: 1}),))


class AskedError(Exception):
    """The baseline was asked."""


@pytest.fixture(autouse=True)
def _no_baseline(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(*_: object) -> NoReturn:
        raise AskedError

    monkeypatch.setattr(first_answer, "baseline_counts", asked)


def test_where_everybody_is_placed_and_nothing_else_counts_nothing_is_compared() -> None:
    verdict = place(snapshot([node("n", cpu=2000)], agents("x", 2, cpu=1000), profile=ROOM_ALONE), SETTINGS)
    assert isinstance(verdict, VerifiedPlan)
    assert (verdict.plan.status, len(verdict.plan.bindings)) == (Status.OPTIMAL, 2)


def test_where_somebody_is_left_out_that_a_node_could_hold_it_is() -> None:
    both = [*agents("x", 2, cpu=1000), *agents("y", 2, cpu=1000, memory=1)]
    with pytest.raises(AskedError):
        place(snapshot([node("n", cpu=2000)], both, profile=ROOM_ALONE), SETTINGS)


def test_where_scores_count_it_is() -> None:
    with pytest.raises(AskedError):
        place(snapshot([node("a"), node("b")], agents("x", 2, cpu=1000)), SETTINGS)
