"""Rebalancing: what moves and what does not, in which waves, and that it ends there."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from placewright.models.errors import UsageError
from placewright.models.goals import parse_goals
from placewright.models.movable import Discipline, MovePolicy
from placewright.models.move_cost import Pricing, Surcharges
from placewright.models.plan import Status
from placewright.models.profile import Shape
from placewright.models.rebalance_options import RebalanceOptions
from placewright.solver.rebalance import rebalance
from placewright.solver.verify_rebalance import VerifiedRebalance
from placewright.tests.builders import HOSTNAME, ZONE, near, node, snapshot, spread, taint
from placewright.tests.moving import QUICK, after, goes, plan_for, runs


def test_a_drain_moves_everybody_and_nobody_else() -> None:
    cluster = snapshot(
        [node("a"), node("b"), node("c")],
        [runs("x", "a", cpu=1000), runs("y", "a", cpu=1000, app="db"), runs("z", "b", cpu=1000, app="job")],
    )
    plan = plan_for(cluster, "drain=a")
    assert set(goes(plan)) == {"x", "y"}
    assert "a" not in goes(plan).values()
    assert plan.status is Status.OPTIMAL
    assert (plan.before.on_drained, plan.after.on_drained) == (2, 0)


def test_a_drained_node_keeps_its_daemons_and_is_empty_all_the_same() -> None:
    cluster = snapshot([node("a"), node("b")], [runs("log", "a", kind="DaemonSet"), runs("x", "a")])
    plan = plan_for(cluster, "drain=a")
    assert goes(plan) == {"x": "b"}
    assert plan.blocked == ()
    assert plan.status is Status.OPTIMAL


def test_a_node_that_is_not_there_cannot_be_drained() -> None:
    with pytest.raises(UsageError, match="no node 'nowhere'"):
        plan_for(snapshot([node("a")]), "drain=nowhere")


def test_what_is_broken_is_repaired_first() -> None:
    cluster = snapshot(
        [node("a", taints=[taint("gone", "bad")]), node("b"), node("c")],
        [runs("x", "a"), runs("y", "b", app="db")],
    )
    plan = plan_for(cluster, "balance")
    assert plan.broken_before == 1
    assert plan.broken_after == 0
    assert plan.all_moves[0].why == "repair"


def test_an_overcommitted_node_is_cured_with_one_move() -> None:
    cluster = snapshot(
        [node("a", cpu=2000), node("b", cpu=2000)],
        [runs(f"x{i}", "a", cpu=1000, app=f"app{i}") for i in range(3)],
    )
    plan = plan_for(cluster, "consolidate")
    assert (plan.broken_before, plan.broken_after, plan.moves) == (3, 0, 1)


def test_skew_that_came_later_is_repaired() -> None:
    cluster = snapshot(
        [node("a", zone="a"), node("b", zone="b"), node("c", zone="c")],
        [runs(f"x{i}", "a", spread=(spread(app="web"),)) for i in range(3)],
    )
    plan = plan_for(cluster, "spread")
    assert plan.broken_before == 3
    assert plan.broken_after == 0
    assert sorted(goes(plan).values()) == ["b", "c"]


def test_without_repair_those_that_break_a_rule_stay() -> None:
    cluster = snapshot([node("a", taints=[taint("gone", "bad")]), node("b")], [runs("x", "a")])
    assert plan_for(cluster, "consolidate", repair=False).moves == 0


def test_a_cordoned_node_keeps_its_agents_and_takes_nobody() -> None:
    cluster = snapshot(
        [node("a", unschedulable=True), node("b"), node("c")],
        [runs("x", "a"), runs("y", "b", app="db")],
    )
    plan = plan_for(cluster, "drain=b")
    assert goes(plan) == {"y": "c"}
    assert plan.broken_before == 0


def test_money_is_saved_only_where_it_is_worth_the_moves() -> None:
    cluster = snapshot(
        [node("a", price=100_000), node("b", price=100_000)],
        [runs("x", "a", cpu=1000), runs("y", "b", cpu=1000, app="db")],
    )
    assert plan_for(cluster, "consolidate").moves == 1
    assert plan_for(cluster, "consolidate", min_gain=2000).moves == 0


def test_limits_on_moves_and_on_disruption_are_kept() -> None:
    agents = [runs(f"x{i}", "a", cpu=500, app=f"app{i}") for i in range(6)]
    cluster = snapshot([node("a"), node("b")], agents)
    assert plan_for(cluster, "balance").moves == 3
    assert plan_for(cluster, "balance", max_moves=2).moves == 2
    cost = plan_for(cluster, "balance", max_disruption=250)
    assert cost.moves == 2
    assert cost.cost <= 250


def test_of_alike_agents_those_stay_that_have_just_started_and_a_limit_knows_what_they_cost() -> None:
    eight, half_past_eleven = "2026-01-01T08:00:00Z", "2026-01-01T11:30:00Z"
    agents = [
        runs("old", "a", cpu=1000, created=eight, started=eight),
        runs("young-0", "a", cpu=1000, created=eight, started=half_past_eleven),
        runs("young-1", "a", cpu=1000, created=eight, started=half_past_eleven),
    ]
    cluster = snapshot([node("a"), node("b")], agents)
    now = MovePolicy(now="2026-01-01T12:00:00Z")
    plan = plan_for(cluster, "balance", policy=now)
    assert plan.status is Status.OPTIMAL
    assert set(goes(plan)) == {"old"}
    limited = plan_for(cluster, "drain=a", policy=now, max_disruption=400)
    assert limited.moves == 2
    assert limited.cost <= 400


FAR = Surcharges({ZONE: 5000})


def test_nobody_goes_further_than_that_is_worth() -> None:
    nodes = [node("a", zone="x"), node("b", zone="y"), node("c", zone="x")]
    cluster = snapshot(nodes, [runs(f"x{i}", "a", cpu=1000, app=f"app{i}") for i in range(4)])
    for goal in ("balance", "profile"):
        assert set(goes(plan_for(cluster, goal)).values()) == {"b", "c"}
        near = plan_for(cluster, goal, surcharges=FAR)
        assert set(goes(near).values()) == {"c"}
        assert near.levels[0].value < near.levels[0].before


@pytest.mark.parametrize("discipline", list(Discipline))
def test_a_node_is_emptied_only_where_that_is_worth_the_way(discipline: Discipline) -> None:
    nodes = [node("a", zone="x", price=100_000), node("b", zone="y", price=100_000)]
    cluster = snapshot(nodes, [runs("x", "a", cpu=1000), runs("y", "b", cpu=1000, app="db")])
    policy = MovePolicy(discipline=discipline)
    for cost, moves in ((50, 1), (100_000, 0)):
        ways = Surcharges({ZONE: cost})
        assert plan_for(cluster, "consolidate", surcharges=ways, policy=policy).moves == moves


def test_room_is_made_only_where_that_is_worth_the_way() -> None:
    nodes = [node("a", zone="x"), node("b", zone="y")]
    cluster = snapshot(nodes, [runs("x", "a", cpu=1000), runs("y", "b", cpu=1000, app="db")])
    goals = parse_goals(("defragment",), (Shape("large", {"cpu": 4000}),))
    for cost, moves in ((50, 1), (100_000, 0)):
        options = RebalanceOptions(surcharges=Surcharges({ZONE: cost}))
        verdict = rebalance(cluster, goals, options, QUICK)
        assert isinstance(verdict, VerifiedRebalance)
        assert verdict.plan.moves == moves


def test_a_drain_takes_the_shortest_ways_and_no_more_than_may_be_spent() -> None:
    nodes = [node("a", zone="x"), node("b", zone="y"), node("c", zone="x", cpu=2000), node("d", zone="y")]
    cluster = snapshot(nodes, [runs(f"x{i}", "a", cpu=1000, app=f"app{i}") for i in range(3)])
    plan = plan_for(cluster, "drain=a", surcharges=FAR)
    assert sorted(goes(plan).values())[1:] == ["c", "c"]
    assert plan.cost == 3 * 125 + 5000
    limited = plan_for(cluster, "drain=a", surcharges=FAR, max_disruption=1000)
    assert set(goes(limited).values()) == {"c"}
    assert (limited.moves, limited.cost) == (2, 250)
    assert [item.helps for item in limited.blocked] == ["a larger --max-disruption"]


ALONE = Surcharges({"nobody": 1})
"""With these, which cost nobody anything, single moves are all there is."""


def test_by_single_moves_each_goal_is_followed_by_its_own_score() -> None:
    nodes = [node("a"), node("b"), node("c")]
    cluster = snapshot(nodes, [runs(f"x{i}", "a", cpu=1000, app=f"app{i}") for i in range(4)])
    goals = parse_goals(("defragment", "balance"), (Shape("large", {"cpu": 4000}),))
    verdict = rebalance(cluster, goals, RebalanceOptions(surcharges=ALONE, min_gain=0), QUICK)
    assert isinstance(verdict, VerifiedRebalance)
    room, balance = verdict.plan.levels[:2]
    assert (room.value, room.before) == (0, 0)
    assert balance.value < balance.before


@pytest.mark.parametrize("surcharges", [Surcharges(), ALONE])
def test_balance_that_comes_later_makes_no_saving_worse(surcharges: Surcharges) -> None:
    keeper = replace(runs("keeper", "b", cpu=100, app="db"), recreated=False)
    agents = [replace(runs("stays", "a", cpu=100, app="db"), recreated=False), keeper]
    agents += [runs(f"x{i}", "a", cpu=1000, app=f"app{i}") for i in range(3)]
    cluster = snapshot([node("a"), node("b")], agents)
    assert plan_for(cluster, "balance", surcharges=surcharges).moves == 1
    both = plan_for(cluster, "consolidate", "balance", surcharges=surcharges)
    assert both.moves == 0
    assert plan_for(cluster, "consolidate", "balance", surcharges=surcharges, min_gain=0).moves == 1


def test_the_more_of_one_controller_move_the_dearer_it_is() -> None:
    nodes = [node("a", cpu=8000), node("b", cpu=8000)]
    cluster = snapshot(nodes, [runs(f"x{i}", "a", cpu=1000) for i in range(6)])
    assert plan_for(cluster, "balance").moves == 3
    dear = plan_for(cluster, "balance", surcharges=Surcharges({}, 100_000))
    assert dear.moves == 0


def test_a_workload_that_asks_for_domains_keeps_no_others_from_leaving_a_drained_node() -> None:
    nodes = [node("a", zone="x"), node("b", zone="y"), node("c", zone="y")]
    agents = [runs(f"db-{i}", "ab"[i], app="db", min_domains=((ZONE, 2),)) for i in range(2)]
    agents += [runs(f"x{i}", "a", cpu=500, app=f"app{i}") for i in range(3)]
    plan = plan_for(snapshot(nodes, agents), "drain=a")
    assert set(goes(plan)) == {"x0", "x1", "x2"}
    [left] = plan.blocked
    assert left.agent == "db-0"
    assert left.reason.startswith(
        "it would not be as workloads ask for: default/ReplicaSet/db is in 1 domains"
    )
    assert "min-domains" in left.helps


def test_two_that_want_each_other_near_leave_a_drained_node_together() -> None:
    nodes = [node("a"), node("b", cpu=2000), node("c", cpu=500)]
    near_web = near(HOSTNAME, app="web")
    near_db = near(HOSTNAME, app="db")
    agents = [
        runs("web", "a", cpu=1000, near=(near_db,)),
        runs("db", "a", cpu=1000, app="db", near=(near_web,)),
    ]
    assert goes(plan_for(snapshot(nodes, agents), "drain=a")) == {"web": "b", "db": "b"}


def test_what_fewer_moves_would_bring_tells_what_their_ways_cost() -> None:
    nodes = [node("a", zone="x"), node("b", zone="y")]
    cluster = snapshot(nodes, [runs(f"x{i}", "a", cpu=1000) for i in range(2)])
    plan = plan_for(cluster, "balance", surcharges=Surcharges({ZONE: 50}), pareto=True)
    assert [(point.moves, point.cost) for point in plan.pareto] == [(0, 0), (1, 175)]


def test_heavier_and_stateful_agents_stay_where_others_can_go() -> None:
    cluster = snapshot(
        [node("a"), node("b")],
        [
            runs("db", "a", cpu=1000, kind="StatefulSet", app="db"),
            runs("dear", "a", cpu=1000, app="dear", move_weight=5),
            runs("web", "a", cpu=1000),
        ],
    )
    assert set(goes(plan_for(cluster, "balance", max_moves=1))) == {"web"}


def test_the_result_of_a_rebalance_needs_no_rebalance() -> None:
    rng = Random(7)
    cluster = snapshot(
        [node(f"n{i}", cpu=8000, zone="ab"[i % 2]) for i in range(5)],
        [
            runs(f"x{i}", f"n{rng.randrange(3)}", cpu=rng.choice((300, 500, 900)), app=f"app{i % 6}")
            for i in range(18)
        ],
    )
    for goal in ("balance", "consolidate", "profile"):
        plan = plan_for(cluster, goal)
        assert plan.moves > 0
        assert plan_for(after(cluster, plan), goal).moves == 0


@pytest.mark.slow
def test_small_changes_of_load_do_not_make_agents_move_to_and_fro() -> None:
    rng = Random(3)
    cluster = snapshot(
        [node(f"n{i}", cpu=8000) for i in range(4)],
        [runs(f"x{i}", f"n{rng.randrange(4)}", cpu=500, app=f"app{i}") for i in range(24)],
    )
    cluster = after(cluster, plan_for(cluster, "balance"))
    moves = 0
    for _ in range(50):
        agents = list(cluster.agents)
        changed = rng.randrange(len(agents))
        one = agents[changed]
        cpu = max(400, min(600, one.spec.requests["cpu"] + rng.choice((-50, 50))))
        agents[changed] = replace(one, spec=replace(one.spec, requests={"cpu": cpu}))
        cluster = replace(cluster, agents=tuple(agents))
        plan = plan_for(cluster, "balance", settings=replace(QUICK, time_limit=1.0))
        moves += plan.moves
        cluster = after(cluster, plan)
    assert moves <= 2


def test_every_move_costs_the_same_where_that_is_asked_for() -> None:
    cluster = snapshot([node("a"), node("b")], [runs("x", "a", cpu=4000, kind="StatefulSet")])
    assert plan_for(cluster, "drain=a", pricing=Pricing.EVEN).cost == 100
    assert plan_for(cluster, "drain=a").cost == 300


def test_equal_runs_say_the_same() -> None:
    cluster = snapshot(
        [node(f"n{i}", zone="ab"[i % 2]) for i in range(4)],
        [runs(f"x{i}", f"n{i % 2}", cpu=400, app=f"app{i % 3}") for i in range(10)],
    )
    assert plan_for(cluster, "balance") == plan_for(cluster, "balance")


def test_without_repair_who_breaks_a_rule_leaves_a_drained_node_all_the_same() -> None:
    cluster = snapshot(
        [node("a", taints=[taint("gone", "bad")]), node("b", taints=[taint("gone", "bad")]), node("c")],
        [runs("x", "a"), runs("y", "b", app="db")],
    )
    plan = plan_for(cluster, "drain=a", repair=False)
    assert goes(plan) == {"x": "c"}
    assert (plan.broken_before, plan.broken_after) == (2, 1)
    assert plan.terms.repair is False


def test_where_nobody_may_move_nothing_is_left_to_prove() -> None:
    stays = runs("x", "a", cpu=3000, stays_because="asked for")
    plan = plan_for(snapshot([node("a"), node("b")], [stays]), "balance")
    assert plan.status is Status.OPTIMAL
    assert all(level.value == level.bound for level in plan.levels)


def test_a_drain_is_not_given_up_for_good_where_rules_were_only_not_kept_as_they_are() -> None:
    # x cannot be helped: its node is drained, and there is one move for two that break a rule.
    cluster = snapshot(
        [node("a", taints=[taint("gone", "bad")]), node("b", taints=[taint("gone", "bad")]), node("c")],
        [runs("x", "a", move_weight=5), runs("y", "b", app="db")],
    )
    plan = plan_for(cluster, "drain=a", max_moves=1)
    assert goes(plan) == {"y": "c"}
    drain = plan.levels[0]
    assert (drain.name, drain.value, drain.bound) == ("drain", 1, 0)
    assert plan.status is Status.FEASIBLE
    (item,) = plan.blocked
    assert (item.reason, item.helps) == ("1 moves are made, no more are allowed", "a larger --max-moves")
