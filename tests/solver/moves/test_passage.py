"""A wave in the making: which moves hold together in every order, and why another one has to wait."""

from __future__ import annotations

from collections.abc import Sequence

from placewright.models.movable import Discipline
from placewright.models.rebalance_options import Limits
from placewright.models.snapshot import Snapshot
from placewright.solver.moves.cluster import Cluster, Move
from placewright.solver.moves.passage import Passage
from placewright.tests.builders import near, node, snapshot, spread
from placewright.tests.moving import EVICTS, budget, runs

FREE = Limits(per_workload=0)


def going(cluster: Snapshot, name: str, to: str, discipline: Discipline = EVICTS) -> Move:
    """The move of an agent of the default namespace from where it runs."""
    agent = cluster.agent_by_key[f"default/{name}"]
    return Move(agent.key, agent.node_name, to, discipline, "goal")


def refusals(cluster: Snapshot, moves: Sequence[tuple[str, str]], limits: Limits = FREE) -> list[str]:
    """What is said when moves (agent, target) are added to one wave, one after the other."""
    passage = Passage(Cluster(cluster), limits)
    return [passage.add(going(cluster, name, to)) for name, to in moves]


def test_room_that_somebody_leaves_in_the_same_wave_is_no_room() -> None:
    cluster = snapshot(
        [node("a", cpu=1000), node("b", cpu=1000), node("c", cpu=1000)],
        [runs("x", "a", cpu=1000), runs("y", "b", cpu=1000)],
    )
    assert refusals(cluster, [("y", "c"), ("x", "b")]) == ["", "resources: Insufficient cpu"]


def test_room_is_there_once_the_wave_is_over() -> None:
    cluster = snapshot(
        [node("a", cpu=1000), node("b", cpu=1000), node("c", cpu=1000)],
        [runs("x", "a", cpu=1000), runs("y", "b", cpu=1000)],
    )
    between = Cluster(cluster)
    first = Passage(between, FREE)
    assert first.add(going(cluster, "y", "c")) == ""
    first.commit()
    assert Passage(between, FREE).add(going(cluster, "x", "b")) == ""


def test_a_wave_that_is_cancelled_leaves_the_cluster_as_it_was() -> None:
    cluster = snapshot([node("a", cpu=1000), node("b", cpu=1000)], [runs("x", "a", cpu=1000)])
    between = Cluster(cluster)
    tried = Passage(between, FREE)
    assert tried.add(going(cluster, "x", "b")) == ""
    tried.cancel()
    for state in (between.most, between.least):
        assert list(state.agents_on("a")) == ["default/x"]
        assert not state.agents_on("b")


def test_a_move_that_is_taken_back_can_be_made_again() -> None:
    cluster = snapshot([node("a", cpu=1000), node("b", cpu=1000)], [runs("x", "a", cpu=1000)])
    between = Cluster(cluster)
    for _ in range(2):
        passage = Passage(between, FREE)
        assert passage.add(going(cluster, "x", "b")) == ""
        passage.commit()
        between.take_back("default/x", "b", "a", None)
    assert list(between.most.agents_on("a")) == ["default/x"]


def test_budgets_count_what_leaves_in_the_wave() -> None:
    cluster = snapshot(
        [node("a"), node("b")], [runs("x", "a"), runs("y", "a")], budgets=(budget(max_unavailable=1),)
    )
    said = refusals(cluster, [("x", "b"), ("y", "b")])
    assert said == ["", "disruption budget web lets nobody more go at once"]


def test_replacements_beside_the_old_ones_satisfy_a_budget_for_a_number() -> None:
    cluster = snapshot(
        [node("a"), node("b")], [runs("x", "a"), runs("y", "a")], budgets=(budget(min_available=2),)
    )
    passage = Passage(Cluster(cluster), FREE)
    assert passage.add(going(cluster, "x", "b")) != ""
    assert passage.add(going(cluster, "x", "b", Discipline.SURGE)) == ""
    assert passage.add(going(cluster, "y", "b", Discipline.SURGE)) == ""


def test_limits_are_told_by_what_they_limit() -> None:
    cluster = snapshot([node("a"), node("b")], [runs("x", "a"), runs("y", "a", app="db")])
    both = [("x", "b"), ("y", "b")]
    assert refusals(cluster, both, Limits(total=1))[1] == "limit: so many moves at once"
    assert refusals(cluster, both, Limits(per_node=1))[1] == "limit: so many moves at once of node a"
    assert refusals(cluster, both, Limits(per_namespace=1))[1].endswith("of namespace default")


def test_company_that_leaves_in_the_same_wave_is_no_company() -> None:
    cluster = snapshot(
        [node("a", zone="a"), node("b", zone="a")],
        [runs("x", "a", affinity=(near(app="db"),)), runs("y", "a", app="db")],
    )
    said = refusals(cluster, [("y", "b"), ("x", "b")])
    assert said[0] == ""
    assert said[1].startswith("inter_agent_affinity: in some order")


def test_company_on_a_node_without_the_label_keeps_nobody_from_being_the_first_of_its_series() -> None:
    cluster = snapshot(
        [node("a", zone="a"), node("b", zone="b"), node("outside"), node("c", zone="c")],
        [runs("x", "a", affinity=(near(app="web"),)), runs("y", "outside")],
    )
    assert refusals(cluster, [("x", "b")]) == [""]
    first, then = refusals(cluster, [("x", "b"), ("y", "c")])
    assert first == ""
    assert then.startswith("inter_agent_affinity")


def test_the_first_of_a_series_may_leave_a_node_without_the_label() -> None:
    cluster = snapshot(
        [node("outside"), node("b", zone="b")], [runs("x", "outside", affinity=(near(app="web"),))]
    )
    assert refusals(cluster, [("x", "b")]) == [""]


def test_spread_compares_the_fullest_domain_with_the_emptiest_of_the_others() -> None:
    even = (spread(app="web"),)
    cluster = snapshot(
        [node(f"{zone}{i}", zone=zone) for zone in "ab" for i in range(2)],
        [runs(f"{zone}", f"{zone}0", spread=even) for zone in "ab"],
    )
    assert refusals(cluster, [("a", "a1")]) == [""]
    first, then = refusals(cluster, [("a", "a1"), ("b", "a1")])
    assert first == ""
    assert then.startswith("topology_spread")
