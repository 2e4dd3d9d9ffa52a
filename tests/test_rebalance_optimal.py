"""Drains take the fewest moves that any sequence of moves takes, and every plan replays clean in every order."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from placewright.models.goals import Goal, Goals
from placewright.models.movable import Discipline, MovePolicy
from placewright.models.move_cost import Pricing
from placewright.models.rebalance_options import RebalanceOptions
from placewright.models.snapshot import Snapshot
from placewright.solver.moves.question import ask
from placewright.solver.rebalance import rebalance
from placewright.solver.settings import Settings
from placewright.solver.verify_rebalance import VerifiedRebalance, verify_rebalance
from placewright.tests.brute_force_moves import fewest_moves, first_refusal
from placewright.tests.running import running_cluster, tight_cluster

THOROUGH = Settings(time_limit=10.0, workers=1, deterministic=True)
UNLABELLED = 1819
"""Here company is on a node without the topology label, and the one move is the first of its series."""
MOST_IN_ORDER = 4
"""Waves of more moves than this have too many orders to try them all."""


def drained(cluster: Snapshot) -> Goals:
    """To drain the node that most agents run on."""
    most = max(cluster.nodes, key=lambda n: (sum(a.node_name == n.name for a in cluster.agents), n.name))
    return Goals((Goal.DRAIN,), (most.name,))


def assert_fewest(cluster: Snapshot) -> int:
    """The plan leaves as few as can be with the fewest moves; how many there are."""
    goals = drained(cluster)
    verdict = rebalance(cluster, goals, RebalanceOptions(pricing=Pricing.EVEN, repair=False), THOROUGH)
    assert isinstance(verdict, VerifiedRebalance), verdict.violations
    plan = verdict.plan
    left = next(level.value for level in plan.levels if level.name == "drain")
    assert (left, plan.moves) == fewest_moves(cluster, goals, MovePolicy())
    waves = [wave.moves for wave in plan.waves]
    if all(len(wave) <= MOST_IN_ORDER for wave in waves):
        assert first_refusal(cluster, waves, goals) == ""
    return plan.moves


def lawful(seed: int) -> Snapshot:
    """A random cluster in which nobody breaks a rule."""
    rng = Random(seed)
    while True:
        cluster = running_cluster(rng, lawful=True)
        if not ask(cluster, Goals((Goal.BALANCE,)), MovePolicy()).broken:
            return cluster


def assert_replays(seed: int) -> int:
    """Whatever a random cluster is asked for, the plan verifies, in every order where those are few."""
    rng = Random(seed)
    cluster = running_cluster(rng)
    wanted = [goal for goal in Goal if goal is not Goal.DRAIN and rng.random() < 0.3] or [Goal.BALANCE]
    goals = Goals(tuple(wanted))
    if rng.random() < 0.6:
        goals = Goals((Goal.DRAIN, *wanted), (rng.choice(cluster.nodes).name,))
    options = RebalanceOptions(
        policy=MovePolicy(discipline=rng.choice(list(Discipline))),
        max_moves=rng.choice((None, None, 2)),
        min_gain=rng.choice((0, 1, 20)),
    )
    verdict = rebalance(cluster, goals, options, replace(THOROUGH, time_limit=3.0))
    assert isinstance(verdict, VerifiedRebalance), (seed, verdict.violations)
    plan = verdict.plan
    assert isinstance(verify_rebalance(cluster, plan), VerifiedRebalance)
    assert options.max_moves is None or plan.moves <= options.max_moves
    waves = [wave.moves for wave in plan.waves]
    in_waves = options.policy.discipline is not Discipline.AT_ONCE
    if in_waves and all(len(wave) <= MOST_IN_ORDER for wave in waves):
        assert first_refusal(cluster, waves, goals) == "", seed
    return plan.moves


def test_drains_of_tight_clusters_take_the_fewest_moves() -> None:
    moves = [assert_fewest(tight_cluster(Random(seed))) for seed in range(12)]
    assert max(moves) >= 3


def test_drains_under_every_rule_take_the_fewest_moves() -> None:
    assert sum(assert_fewest(lawful(seed)) for seed in range(12)) > 3


def test_every_plan_replays_clean() -> None:
    assert sum(assert_replays(seed) for seed in range(25)) > 5


def test_company_on_a_node_without_the_label_keeps_nobody_from_being_the_first_of_a_series() -> None:
    assert assert_fewest(lawful(UNLABELLED)) == 1


def test_a_goal_may_depend_on_nobody_but_those_that_cannot_be_helped() -> None:
    assert assert_replays(1393) >= 0
    assert assert_replays(1432) >= 0


@pytest.mark.slow
@pytest.mark.parametrize("start", range(1000, 3000, 100))
def test_drains_take_the_fewest_moves_at_length(start: int) -> None:
    for seed in range(start, start + 50):
        assert_fewest(tight_cluster(Random(seed)))
        assert_fewest(lawful(seed))


@pytest.mark.slow
@pytest.mark.parametrize("start", range(1000, 3000, 100))
def test_every_plan_replays_clean_at_length(start: int) -> None:
    for seed in range(start, start + 100):
        assert_replays(seed)
