"""Which nodes can go: the most expensive set that can be emptied, against every way to move agents."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from placewright.models.errors import UsageError
from placewright.models.goals import Goal, Goals
from placewright.models.movable import MovePolicy
from placewright.models.plan import Status
from placewright.models.rebalance_options import RebalanceOptions
from placewright.models.scores.used_nodes import keeps_in_use
from placewright.models.shrink import Shrink
from placewright.models.snapshot import Snapshot
from placewright.scenarios.node_selector import chosen_nodes
from placewright.scenarios.shrink import shrink
from placewright.solver.settings import Settings
from placewright.solver.verify_rebalance import VerifiedRebalance, verify_rebalance
from placewright.tests.brute_force_moves import reachable
from placewright.tests.builders import agent, node, snapshot
from placewright.tests.moving import goes, runs
from placewright.tests.running import running_cluster, tight_cluster

THOROUGH = Settings(time_limit=5.0, workers=1, deterministic=True)


def shrunk(cluster: Snapshot, only: Collection[str] | None = None, **options: Any) -> Shrink:
    """What can go of a cluster; its plan verifies."""
    names = {n.name for n in cluster.nodes} if only is None else only
    found = shrink(cluster, names, RebalanceOptions(**options), THOROUGH)
    assert isinstance(found, Shrink), found.violations
    assert isinstance(verify_rebalance(cluster, found.plan), VerifiedRebalance)
    return found


def gone(found: Shrink) -> list[str]:
    return [item.node for item in found.going]


def test_the_dearest_nodes_go_whose_agents_fit_on_the_others() -> None:
    nodes = [
        node("dear", cpu=4000, price=9),
        node("fair", cpu=4000, price=5),
        node("full", cpu=4000, price=7),
    ]
    found = shrunk(snapshot(nodes, [runs("a", "dear", cpu=1000), runs("b", "full", cpu=4000)]))
    assert (gone(found), found.saving, found.most) == (["dear"], 9, 9)
    assert goes(found.plan) == {"a": "fair"}
    assert found.status is Status.OPTIMAL
    assert [(item.node, item.reason) for item in found.staying] == [
        ("full", "what runs there has no cheaper place"),
        ("fair", "what runs there has no cheaper place"),
    ]


def test_a_node_is_empty_after_the_wave_in_which_its_last_agent_leaves() -> None:
    nodes = [node("a", price=2), node("b", price=3), node("c", price=1)]
    agents = [runs(f"x{i}", "b", app="web", cpu=100) for i in range(4)]
    found = shrunk(snapshot(nodes, [*agents, runs("y", "c", app="db", cpu=100)]))
    assert [(item.node, item.agents, item.wave) for item in found.going] == [("b", 4, 4), ("a", 0, 0)]


def test_nodes_that_are_kept_neither_go_nor_count() -> None:
    nodes = [node("a", price=5), node("b", price=3), node("c", price=2)]
    cluster = snapshot(nodes, [runs("x", "a", cpu=100), runs("y", "b", cpu=100)])
    found = shrunk(cluster, {"b", "c"})
    assert (gone(found), found.price, found.saving) == (["b", "c"], 5, 5)
    assert goes(found.plan) == {"y": "a"}


def test_without_prices_as_many_nodes_as_can_go() -> None:
    nodes = [node("a", cpu=2000), node("b", cpu=2000), node("c", cpu=1000)]
    cluster = snapshot(nodes, [runs("x", "a", cpu=1000), runs("y", "b", cpu=1000)])
    for only in (None, {"a", "b"}):
        found = shrunk(cluster, only)
        assert not found.priced
        assert len(found.going) == (2 if only is None else 1)
        assert found.verdict.endswith("can go, proven: no more can")


def test_a_node_stays_for_an_agent_that_may_not_move() -> None:
    cluster = snapshot([node("a", price=5), node("b", price=1)], [runs("x", "a", stays_because="k: v")])
    found = shrunk(cluster)
    assert gone(found) == ["b"]
    assert found.staying[0].reason == "default/x is annotated k: v"


def test_no_more_nodes_are_emptied_than_asked_for_and_those_that_save_the_most() -> None:
    nodes = [node(f"n{i}", cpu=8000, price=price) for i, price in enumerate((4, 9, 6, 1))]
    cluster = snapshot(nodes, [runs(f"a{i}", f"n{i}", cpu=500) for i in range(4)])
    assert gone(shrunk(cluster)) == ["n1", "n2", "n0"]
    found = shrunk(cluster, max_emptied=1)
    assert (gone(found), found.saving, found.most) == (["n1"], 9, 9)
    assert gone(shrunk(cluster, max_emptied=0)) == []


def test_pending_agents_are_told_of_as_nothing_is_kept_for_them() -> None:
    cluster = snapshot([node("a", price=1)], [agent("waits")])
    assert "1 agent is pending: nothing is kept free for them" in shrunk(cluster).notes


def test_nodes_are_chosen_by_name_and_by_labels() -> None:
    labels: list[dict[str, str]] = [{"pool": "old"}, {"pool": "old", "gpu": "a"}, {"pool": "new"}]
    cluster = snapshot([node(f"n{i}", labels=own) for i, own in enumerate(labels)], [])
    assert chosen_nodes(cluster, ["n2", "pool=old,!gpu"], "--keep") == {"n0", "n2"}
    assert chosen_nodes(cluster, ["pool!=old"], "--keep") == {"n2"}
    assert chosen_nodes(cluster, ["gpu"], "--keep") == {"n1"}
    for text in ("pool=none", "n9", "pool in (old)", "!pool=old", ""):
        with pytest.raises(UsageError):
            chosen_nodes(cluster, [text], "--keep")


def with_prices(cluster: Snapshot, rng: Random) -> Snapshot:
    return replace(cluster, nodes=tuple(replace(n, price=rng.randint(1, 9)) for n in cluster.nodes))


def most_saved(cluster: Snapshot, only: Collection[str], limit: int | None) -> tuple[int, int]:
    """The most that any sequence of moves saves, and in how few moves."""
    kept = tuple(n.name for n in cluster.nodes if n.name not in only)
    price = {n.name: n.price for n in cluster.nodes if n.name in only}
    movable: set[str] = set()
    best: tuple[int, int] | None = None
    before: set[str] = set()
    for reached in reachable(cluster, Goals((Goal.CONSOLIDATE,), kept=kept), MovePolicy()):
        where = reached.where
        movable = movable or set(where)
        fixed = {a.node_name for a in cluster.residents if a.key not in movable and keeps_in_use(a)}
        used = {*fixed, *where.values()}
        before = before or used
        emptied = sum(name in only for name in before - used)
        saved = sum(amount for name, amount in price.items() if name not in used)
        worth = (-saved, reached.moves)
        if (limit is None or emptied <= limit) and (best is None or worth < best) and reached.may_end():
            best = worth
    assert best is not None
    return -best[0], best[1]


def assert_most(cluster: Snapshot, rng: Random) -> None:
    only = {n.name for n in cluster.nodes if rng.random() < 0.8} or {cluster.nodes[0].name}
    limit = rng.choice((None, None, 1))
    found = shrunk(cluster, only, max_emptied=limit)
    saving, _ = most_saved(cluster, only, limit)
    assert found.saving == saving
    assert found.most >= saving
    assert found.status is not Status.OPTIMAL or found.most == saving


def test_the_saving_is_the_most_that_any_sequence_of_moves_brings_in_tight_clusters() -> None:
    for seed in range(12):
        rng = Random(seed)
        assert_most(with_prices(tight_cluster(rng), rng), rng)


def test_the_saving_is_the_most_that_any_sequence_of_moves_brings_under_every_rule() -> None:
    for seed in range(12):
        rng = Random(seed)
        assert_most(with_prices(running_cluster(rng, lawful=True), rng), rng)


@pytest.mark.slow
def test_the_saving_is_the_most_that_any_sequence_of_moves_brings_in_many_clusters() -> None:
    for seed in range(100, 180):
        rng = Random(seed)
        cluster = tight_cluster(rng) if seed % 2 else running_cluster(rng, lawful=True)
        assert_most(with_prices(cluster, rng), rng)
