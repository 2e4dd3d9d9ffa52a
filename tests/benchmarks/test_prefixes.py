"""Karpenter's method on a few nodes, worked out by hand."""

from __future__ import annotations

from dataclasses import replace

from placewright.benchmarks.prefixes import POOL, Consolidated, prefix_search
from placewright.models.node import Node
from placewright.tests.builders import HOSTNAME, near, node, snapshot
from placewright.tests.moving import runs


def pooled(name: str, pool: str, price: int, cpu: int) -> Node:
    made = node(name, cpu=cpu, zone="z")
    return replace(made, price=price, labels={**made.labels, POOL: pool})


def test_nodes_whose_agents_fit_elsewhere_go_together() -> None:
    nodes = [pooled(f"n{i}", "p", 1_000_000, 4000) for i in range(4)]
    cluster = snapshot(nodes, [runs(f"x{i}", f"n{i}", cpu=1000, app=f"app{i}") for i in range(4)])
    assert prefix_search(cluster) == Consolidated(saved=3_000_000, emptied=3, moved=3, rounds=1)


def test_a_node_is_replaced_by_a_cheaper_one_that_takes_its_agents() -> None:
    nodes = [pooled("big", "p", 1_000_000, 8000), pooled("small", "q", 400_000, 2000)]
    cluster = snapshot(nodes, [runs("x", "big", cpu=2000)])
    assert prefix_search(cluster) == Consolidated(saved=600_000, emptied=0, moved=1, rounds=1)


def test_a_pool_that_grows_offers_more_nodes_than_it_has() -> None:
    apart = (near(HOSTNAME, app="web"),)
    nodes = [pooled("big", "p", 1_000_000, 8000), pooled("small", "q", 400_000, 2000)]
    cluster = snapshot(
        nodes, [runs(f"x-{name}", name, cpu=1000, anti_affinity=apart) for name in ("big", "small")]
    )
    assert prefix_search(cluster).saved == 0
    assert prefix_search(cluster, grows=True).saved == 600_000


def test_a_node_with_an_agent_that_may_not_move_stays() -> None:
    nodes = [pooled(f"n{i}", "p", 1_000_000, 4000) for i in range(2)]
    agents = [runs(f"x{i}", f"n{i}", cpu=1000, stays_because="asked for") for i in range(2)]
    assert prefix_search(snapshot(nodes, agents)).saved == 0
