"""What the moves of one wave may take at once, move by move: limits, budgets, gangs and workloads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from placewright.models.movable import Discipline
from placewright.models.policy import PodDisruptionBudget, PodGroup
from placewright.models.rebalance_options import Limits
from placewright.models.snapshot import Snapshot
from placewright.solver.moves.at_once import AtOnce, by_number
from placewright.solver.moves.cluster import Cluster, Move
from placewright.tests.builders import agent, node, snapshot
from placewright.tests.moving import EVICTS, budget, runs

FREE = Limits(per_workload=0)
SURGE = Discipline.SURGE


def said(
    cluster: Snapshot, moves: Sequence[str], limits: Limits = FREE, *how: Discipline, to: str = "b"
) -> list[str]:
    """What is said of moves of agents (by name) to a node; those that need not wait are counted.

    how: the discipline of each, evict-then-bind where it says nothing.
    """
    wave, found = AtOnce(Cluster(cluster), limits), []
    for i, name in enumerate(moves):
        going = cluster.agent_by_key[f"default/{name}"]
        move = Move(going.key, going.node_name, to, how[i] if i < len(how) else EVICTS, "goal")
        found.append(wave.refusal(move))
        if not found[-1]:
            wave.count(move)
    return found


def apart(number: int, on: str = "a", **nodes: str) -> Snapshot:
    """Agents of a workload each, on node a; b is in the same zone, c in another one."""
    return snapshot(
        [node("a", zone="one"), node("b", zone="one"), node("c", zone="two")],
        [runs(f"x{i}", on, app=f"app{i}") for i in range(number)],
    )


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        (Limits(total=2, per_workload=0), "limit: so many moves at once"),
        (Limits(per_node=2, per_workload=0), "limit: so many moves at once of node a"),
        (Limits(per_namespace=2, per_workload=0), "limit: so many moves at once of namespace default"),
        (Limits(per_zone=2, per_workload=0), "limit: so many moves at once of zone one"),
        (FREE, ""),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_limit_keeps_the_move_that_is_one_too_many(limits: Limits, why: str) -> None:
    assert said(apart(3), ["x0", "x1", "x2"], limits) == ["", "", why]


def test_a_move_within_a_zone_counts_once_for_it_and_one_into_another_for_both() -> None:
    wave = AtOnce(Cluster(apart(3)), Limits(per_zone=1, per_workload=0))
    inside = Move("default/x0", "a", "b", EVICTS, "goal")
    assert wave.refusal(inside) == ""
    wave.count(inside)
    out = Move("default/x1", "a", "c", EVICTS, "goal")
    assert wave.refusal(out) == "limit: so many moves at once of zone one"
    other = AtOnce(Cluster(apart(3)), Limits(per_zone=1, per_workload=0))
    other.count(out)
    into = Move("default/x2", "outside", "c", EVICTS, "goal")
    nowhere = replace(apart(3), nodes=(*apart(3).nodes, node("outside")))
    there = AtOnce(Cluster(nowhere), Limits(per_zone=1, per_workload=0))
    there.count(into)
    assert there.refusal(out) == "limit: so many moves at once of zone two"
    assert there.refusal(inside) == ""


def test_a_quarter_of_a_workload_may_be_away_and_at_least_one() -> None:
    quarter = Limits(per_workload=25)
    away = "limit: so many agents of ReplicaSet web away at once"

    def web(number: int) -> Snapshot:
        return snapshot([node("a"), node("b")], [runs(f"x{i}", "a") for i in range(number)])

    assert said(web(1), ["x0"], quarter) == [""]
    assert said(web(7), ["x0", "x1"], quarter) == ["", away]
    assert said(web(8), ["x0", "x1", "x2"], quarter) == ["", "", away]


def test_a_workload_is_one_controller_of_one_namespace() -> None:
    others = [
        runs("other", "a", app="db"),
        runs("same", "a", kind="StatefulSet"),
        runs("far", "a", namespace="team"),
    ]
    cluster = snapshot([node("a"), node("b")], [runs("x", "a"), *others, agent("bare", on="a")])
    assert said(cluster, ["x", "other", "same", "bare"], Limits(per_workload=1)) == [""] * 4


def test_who_surges_is_not_away() -> None:
    cluster = snapshot([node("a"), node("b")], [runs(f"x{i}", "a") for i in range(4)])
    names = ["x0", "x1", "x2", "x3"]
    assert said(cluster, names, Limits(per_workload=25), *[SURGE] * 4) == [""] * 4
    assert said(cluster, names, Limits(per_workload=25), SURGE, EVICTS, SURGE, EVICTS)[:3] == [""] * 3


def guarded(number: int, **fields: object) -> Snapshot:
    """A workload on a under a budget."""
    own = replace(budget(), **fields)  # type: ignore[arg-type]
    return snapshot([node("a"), node("b")], [runs(f"x{i}", "a") for i in range(number)], budgets=(own,))


REFUSED = "disruption budget web lets nobody more go at once"


def test_a_budget_lets_so_many_go_in_one_wave_as_it_allows() -> None:
    names = ["x0", "x1", "x2"]
    assert said(guarded(3, max_unavailable=2), names) == ["", "", REFUSED]
    assert said(guarded(3, min_available=1), names) == ["", "", REFUSED]
    assert said(guarded(3, disruptions_allowed=0, max_unavailable=2), names) == [REFUSED] * 3


def test_replacements_make_up_for_those_that_go_where_a_number_is_asked_for() -> None:
    names = ["x0", "x1", "x2"]
    assert said(guarded(3, min_available=3), names, FREE, *[SURGE] * 3) == [""] * 3
    assert said(guarded(3, max_unavailable=1), names, FREE, *[SURGE] * 3) == ["", REFUSED, REFUSED]
    assert said(guarded(3, min_available="67%"), names, FREE, *[SURGE] * 3) == [REFUSED] * 3


def test_evictions_and_surges_spend_a_budget_of_percentages_together() -> None:
    names = ["x0", "x1", "x2"]
    assert said(guarded(3, max_unavailable=2), names, FREE, SURGE, EVICTS, SURGE) == ["", "", REFUSED]
    # By number a surge costs nothing, and leaves what evictions may take.
    assert said(guarded(3, min_available=2), names, FREE, SURGE, EVICTS, SURGE) == ["", "", ""]
    assert said(guarded(3, min_available=2), names, FREE, EVICTS, SURGE, EVICTS) == ["", "", REFUSED]


@pytest.mark.parametrize(
    ("fields", "number"),
    [
        ({"min_available": 2}, True),
        ({"min_available": 3}, False),
        ({"min_available": 3, "current_healthy": 3}, True),
        ({"min_available": 2, "current_healthy": 1}, False),
        ({"min_available": "50%"}, False),
        ({"max_unavailable": 1}, False),
    ],
    ids=str,
)
def test_budgets_by_number_are_those_that_have_their_number(fields: dict[str, object], number: bool) -> None:
    own: PodDisruptionBudget = replace(budget(), **fields)  # type: ignore[arg-type]
    cluster = snapshot([node("a")], [runs(f"x{i}", "a") for i in range(2)], budgets=(own,))
    assert by_number(cluster, own) is number


def gang(least: int) -> Snapshot:
    return snapshot(
        [node("a"), node("b")],
        [runs(f"x{i}", "a", app=f"app{i}", pod_group="gang") for i in range(3)],
        pod_groups=(PodGroup("default", "gang", least),),
    )


def test_a_gang_keeps_its_minimum_while_its_agents_are_away() -> None:
    why = "gang gang needs 2 of its 3 agents at every moment"
    assert said(gang(2), ["x0", "x1"]) == ["", why]
    assert said(gang(1), ["x0", "x1"]) == ["", ""]
    assert said(gang(3), ["x0"])[0].startswith("gang gang needs 3")


def test_who_surges_leaves_its_gang_no_smaller() -> None:
    assert said(gang(3), ["x0", "x1"], FREE, SURGE, SURGE) == ["", ""]
    assert said(gang(2), ["x0", "x1", "x2"], FREE, SURGE, EVICTS, SURGE) == ["", "", ""]


def test_a_gang_that_the_snapshot_does_not_hold_asks_for_nothing() -> None:
    assert said(replace(gang(3), pod_groups=()), ["x0", "x1", "x2"]) == [""] * 3
