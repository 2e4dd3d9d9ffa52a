"""Room made for shapes."""

from __future__ import annotations

from placewright.models.goals import Goal, Goals
from placewright.models.profile import Shape
from placewright.models.rebalance_options import RebalanceOptions
from placewright.solver.rebalance import rebalance
from placewright.solver.verify_rebalance import VerifiedRebalance
from placewright.tests.builders import node, snapshot
from placewright.tests.moving import QUICK, runs


def test_room_is_made_for_a_shape() -> None:
    cluster = snapshot(
        [node("a", cpu=4000), node("b", cpu=4000)],
        [runs("x", "a", cpu=1500), runs("y", "b", cpu=1500, app="db")],
    )
    goals = Goals((Goal.DEFRAGMENT,), shapes=(Shape("big", {"cpu": 4000}),))
    verdict = rebalance(cluster, goals, RebalanceOptions(), QUICK)
    assert isinstance(verdict, VerifiedRebalance)
    assert verdict.plan.moves == 1
    assert verdict.plan.levels[0].terms[0].value == 0
