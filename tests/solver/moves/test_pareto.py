"""What every number of moves would bring, with bounds that hold."""

from __future__ import annotations

from random import Random

import pytest

from placewright.models.audit import placed
from placewright.models.goals import Goal, Goals, value
from placewright.models.movable import MovePolicy
from placewright.models.move_cost import Pricing
from placewright.models.rebalance_options import RebalanceOptions
from placewright.models.snapshot import Snapshot
from placewright.solver.rebalance import rebalance
from placewright.solver.settings import Settings
from placewright.solver.verify_rebalance import VerifiedRebalance
from placewright.tests.brute_force_moves import reachable
from placewright.tests.builders import node, snapshot, taint
from placewright.tests.moving import plan_for, runs
from placewright.tests.running import running_cluster, tight_cluster


def test_what_more_moves_bring_is_told_with_its_bound() -> None:
    agents = [runs(f"x{i}", "a", cpu=500, app=f"app{i}") for i in range(6)]
    plan = plan_for(snapshot([node("a"), node("b")], agents), "balance", pareto=True)
    assert [point.max_moves for point in plan.pareto] == [0, 1, 2, 3]
    values = [point.value for point in plan.pareto]
    assert values == sorted(values, reverse=True)
    assert len(set(values)) == 4
    assert all(point.value >= point.bound for point in plan.pareto)


def test_those_that_break_a_rule_count_among_those_to_drain() -> None:
    # Both have to leave; with no move at all both are still there, whatever else is wrong with them.
    cluster = snapshot(
        [node("a", taints=[taint("gone", "bad")]), node("b")],
        [runs("x", "a"), runs("y", "a", app="db")],
    )
    plan = plan_for(cluster, "drain=a", pareto=True)
    assert [(point.max_moves, point.value, point.bound) for point in plan.pareto] == [
        (0, 2, 2),
        (1, 1, 1),
        (2, 0, 0),
    ]


def assert_bounded(cluster: Snapshot) -> int:
    """No sequence of so few moves reaches anything better than a point's bound; how many points there are."""
    goals = Goals((Goal.BALANCE,))
    options = RebalanceOptions(pricing=Pricing.EVEN, pareto=True)
    verdict = rebalance(cluster, goals, options, Settings(time_limit=10.0, workers=1, deterministic=True))
    assert isinstance(verdict, VerifiedRebalance), verdict.violations
    points = [point for point in verdict.plan.pareto if point.level == "goal/balance"]
    for reached in reachable(cluster, goals, MovePolicy()):
        bound = max((point.bound for point in points if reached.moves <= point.max_moves), default=None)
        if bound is None:
            # All others take as many moves, or more, and no point speaks of them.
            break
        found = value(placed(reached.asked, reached.where), Goal.BALANCE)
        assert found >= bound or not reached.may_end(), (bound, reached.where)
    return len(points)


def check_bounds(seed: int) -> int:
    rng = Random(seed)
    return assert_bounded(running_cluster(rng) if seed % 3 else tight_cluster(rng))


def test_no_moves_reach_anything_better_than_the_bounds() -> None:
    assert sum(check_bounds(seed) for seed in range(20)) > 30


def test_bounds_hold_for_whoever_is_repaired_where_not_all_can_be() -> None:
    # The cheaper one is repaired; moving the other one would repair as much, and balance better.
    cluster = snapshot(
        [node("a", cpu=3200, taints=[taint("gone", "bad")]), node("b", cpu=9000)],
        [runs("x", "a", cpu=100), runs("y", "a", cpu=3000, app="db")],
    )
    assert assert_bounded(cluster) > 1


def test_bounds_hold_for_fewer_moves_that_help_nobody() -> None:
    # One move repairs a rule and balances worse; another one repairs nothing and balances better.
    assert check_bounds(1012) > 1


@pytest.mark.slow
@pytest.mark.parametrize("start", range(1000, 1400, 100))
def test_no_moves_reach_anything_better_than_the_bounds_at_length(start: int) -> None:
    for seed in range(start, start + 100):
        check_bounds(seed)
