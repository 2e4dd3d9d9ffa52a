"""The replay of rebalance plans: the first step that fails in the worst order is named, whoever made the plan."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from placewright.models.goals import Goal, Goals
from placewright.models.movable import Discipline, MovePolicy, may_surge, pinned
from placewright.models.policy import PodGroup
from placewright.models.rebalance_plan import PlannedMove, RebalancePlan
from placewright.models.snapshot import Snapshot
from placewright.solver.verify_rebalance import RefusedRebalance, VerifiedRebalance, verify_rebalance
from placewright.tests.brute_force_moves import first_refusal
from placewright.tests.builders import HOSTNAME, near, node, snapshot, spread
from placewright.tests.moving import budget, move, plan_for, plan_of, runs
from placewright.tests.running import running_cluster, tight_cluster

BALANCE = Goals((Goal.BALANCE,))


def refusal(cluster: Snapshot, *waves: list[PlannedMove], goals: Goals = BALANCE) -> str:
    """The first violation of a plan with these waves, as `rule: message`; "" where it verifies."""
    verdict = verify_rebalance(cluster, plan_of(cluster, waves, goals))
    if isinstance(verdict, VerifiedRebalance):
        return ""
    first = verdict.violations[0]
    return f"{first.rule}: {first.message}"


def test_a_move_into_room_that_is_only_there_once_another_has_left_needs_a_wave_of_its_own() -> None:
    cluster = snapshot(
        [node("a", cpu=1000), node("b", cpu=1000), node("c", cpu=1000)],
        [runs("x", "a", cpu=1000), runs("y", "b", cpu=1000, app="db")],
    )
    leaves, follows = move(cluster, "y", "c"), move(cluster, "x", "b")
    assert refusal(cluster, [leaves, follows]) == "resources: wave 1: Insufficient cpu"
    assert refusal(cluster, [leaves], [follows]) == ""


def test_surge_needs_the_room_for_both_at_once() -> None:
    cluster = snapshot([node("a", cpu=3000), node("b", cpu=1000)], [runs("x", "b", cpu=1000)])
    assert refusal(cluster, [move(cluster, "x", "a", Discipline.SURGE)]) == ""
    db = snapshot([node("a"), node("b")], [runs("x", "a", kind="StatefulSet")])
    said = refusal(db, [move(db, "x", "b", Discipline.SURGE)])
    assert said == "plan: wave 1: cannot have a replacement beside it"


def test_a_budget_counts_all_evictions_of_a_wave() -> None:
    cluster = snapshot(
        [node("a"), node("b")], [runs("x", "a"), runs("y", "a")], budgets=(budget(max_unavailable=1),)
    )
    x, y = move(cluster, "x", "b"), move(cluster, "y", "b")
    assert refusal(cluster, [x, y]) == "disruption budget: wave 1: default/web lets 1 go, 2 do at once"
    assert refusal(cluster, [x], [y]) == ""


def test_a_gang_may_not_fall_below_its_minimum_on_the_way() -> None:
    cluster = snapshot(
        [node("a"), node("b")],
        [runs("x", "a", pod_group="g"), runs("y", "a", pod_group="g")],
        pod_groups=(PodGroup("default", "g", 2),),
    )
    assert refusal(cluster, [move(cluster, "x", "b")]).startswith("gang: wave 1: g is left with 1")
    assert refusal(cluster, [move(cluster, "x", "b", Discipline.SURGE)]) == ""


def test_anti_affinity_is_asked_while_those_that_leave_are_still_there() -> None:
    apart = (near(HOSTNAME, app="web"),)
    cluster = snapshot(
        [node("a"), node("b"), node("c")],
        [runs("x", "a", anti_affinity=apart), runs("y", "b", anti_affinity=apart)],
    )
    moves = [move(cluster, "y", "c"), move(cluster, "x", "b")]
    assert refusal(cluster, moves).startswith("inter_agent_affinity: wave 1")
    assert refusal(cluster, moves[:1], moves[1:]) == ""


def test_spread_is_asked_with_other_domains_at_their_emptiest() -> None:
    even = (spread(app="web"),)
    cluster = snapshot(
        [node(f"{zone}{i}", zone=zone) for zone in "ab" for i in range(2)],
        [runs(f"{zone}{i}", f"{zone}0", spread=even) for zone in "ab" for i in range(2)],
    )
    one = [move(cluster, "a0", "a1"), move(cluster, "b0", "b1")]
    assert refusal(cluster, one) == ""
    said = refusal(cluster, [*one, move(cluster, "b1", "b1")])
    assert said.startswith("topology_spread: wave 1: skew 2")


def test_company_that_may_have_left_is_no_company() -> None:
    cluster = snapshot(
        [node("a", zone="a"), node("b", zone="a"), node("c", zone="b")],
        [runs("x", "a", affinity=(near(app="db"),)), runs("y", "a", app="db")],
    )
    both = [move(cluster, "x", "b"), move(cluster, "y", "b")]
    assert refusal(cluster, both).startswith("inter_agent_affinity: wave 1: required affinity")
    assert refusal(cluster, both[:1], both[1:]) == ""


def test_company_on_a_node_without_the_label_keeps_nobody_from_being_the_first_of_its_series() -> None:
    cluster = snapshot(
        [node("a", zone="a"), node("b", zone="b"), node("outside"), node("c", zone="c")],
        [runs("x", "a", affinity=(near(app="web"),)), runs("y", "outside")],
    )
    x, y = move(cluster, "x", "b"), move(cluster, "y", "c")
    assert refusal(cluster, [x]) == ""
    assert refusal(cluster, [x], [y]) == ""
    # While y comes to a zone, x may come after it, and is then not the first.
    assert refusal(cluster, [x, y]).startswith("inter_agent_affinity: wave 1")


def test_who_is_left_alone_in_the_end_breaks_a_rule_that_was_kept() -> None:
    cluster = snapshot(
        [node("a", zone="a"), node("c", zone="b")],
        [runs("x", "a", affinity=(near(app="db"),)), runs("y", "a", app="db")],
    )
    said = refusal(cluster, [move(cluster, "y", "c")])
    assert said == "broken before and after: breaks a rule in the end and did not before"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"agent": "nobody"}, "no such running agent", id="an agent that is not there"),
        pytest.param({"from_node": "b", "to_node": "a"}, "is on a then", id="an agent that is elsewhere"),
        pytest.param({"to_node": "nowhere"}, "no such node", id="a node that is not there"),
        pytest.param({"to_node": "a"}, "does not go anywhere", id="a move to where it is"),
        pytest.param({"to_node": "old"}, "is to be drained", id="a move to a node to be drained"),
        pytest.param({"cost": 1}, "costs 112, not 1", id="another cost"),
    ],
)
def test_a_move_that_does_not_fit_the_snapshot_is_refused(change: dict[str, Any], said: str) -> None:
    cluster = snapshot([node("a"), node("b"), node("old")], [runs("x", "a", cpu=500)])
    plan = plan_of(cluster, [[move(cluster, "x", "b")]], Goals((Goal.DRAIN,), ("old",)))
    wave = plan.waves[0]
    changed = wave.moves[0].model_copy(update=change)
    broken = plan.model_copy(update={"waves": (wave.model_copy(update={"moves": (changed,)}),)})
    verdict = verify_rebalance(cluster, broken)
    assert isinstance(verdict, RefusedRebalance)
    assert said in verdict.violations[0].message


def _tampered(plan: RebalancePlan, **change: Any) -> RebalancePlan:
    return plan.model_copy(update=change)


def test_numbers_that_are_not_so_are_refused() -> None:
    cluster = snapshot([node("a"), node("b")], [runs("x", "a", cpu=500), runs("y", "a", cpu=500, app="db")])
    plan = plan_for(cluster, "balance")
    level, *others = plan.levels
    wrong_value = _tampered(plan, levels=(level.model_copy(update={"value": level.value - 1}), *others))
    beyond = _tampered(plan, levels=(level.model_copy(update={"bound": level.value + 1}), *others))
    after = _tampered(plan, after=plan.before)
    fewer = _tampered(plan, moves=0)
    broken = _tampered(plan, broken_before=1)
    for other in (wrong_value, beyond, after, fewer, broken):
        assert isinstance(verify_rebalance(cluster, other), RefusedRebalance)
    assert isinstance(verify_rebalance(cluster, plan), VerifiedRebalance)


def test_who_may_not_move_may_not_move_in_anybodys_plan() -> None:
    cluster = snapshot([node("a"), node("b")], [runs("x", "a", stays_because="asked for")])
    assert refusal(cluster, [move(cluster, "x", "b")]) == "plan: wave 1: may not move: is annotated asked for"


def test_limits_that_a_plan_states_are_kept() -> None:
    cluster = snapshot([node("a"), node("b")], [runs("x", "a"), runs("y", "a", app="db")])
    plan = plan_of(cluster, [[move(cluster, "x", "b"), move(cluster, "y", "b")]], BALANCE)
    limited = _tampered(plan, terms=plan.terms.model_copy(update={"max_per_node": 1}))
    verdict = verify_rebalance(cluster, limited)
    assert isinstance(verdict, RefusedRebalance)
    assert verdict.violations[0].rule == "limit"


def _random_wave(rng: Random, cluster: Snapshot) -> list[PlannedMove]:
    """Up to three moves of agents that may move, to nodes that they might be let in."""
    movable = sorted(key for key, why in pinned(cluster, MovePolicy()).items() if not why)
    chosen = rng.sample(movable, min(len(movable), rng.choice((1, 2, 2, 3))))
    wave = []
    for key in chosen:
        agent = cluster.agent_by_key[key]
        others = [n.name for n in cluster.nodes if n.name != agent.node_name]
        if others:
            surges = may_surge(cluster, agent) and rng.random() < 0.4
            how = Discipline.SURGE if surges else Discipline.EVICT_THEN_BIND
            wave.append(move(cluster, key, rng.choice(others), how))
    return wave


def _check_orders(seed: int) -> bool:
    """The replay refuses a wave exactly where some order of its steps is refused; whether it did."""
    rng = Random(seed)
    drawn = running_cluster(rng) if seed % 2 else tight_cluster(rng)
    cluster = replace(drawn, quotas=())
    wave = _random_wave(rng, cluster)
    verdict = verify_rebalance(cluster, plan_of(cluster, [wave], BALANCE))
    found = [] if isinstance(verdict, VerifiedRebalance) else list(verdict.violations)
    refused = any(v.message.startswith("wave 1") for v in found)
    assert refused == bool(first_refusal(cluster, [wave], BALANCE)), (seed, wave, found)
    return refused


def test_the_worst_order_is_refused_exactly_where_some_order_is() -> None:
    refused = [_check_orders(seed) for seed in range(120)]
    assert 20 < sum(refused) < 110


@pytest.mark.slow
@pytest.mark.parametrize("start", range(1000, 9000, 500))
def test_the_worst_order_is_refused_exactly_where_some_order_is_at_length(start: int) -> None:
    for seed in range(start, start + 500):
        _check_orders(seed)
