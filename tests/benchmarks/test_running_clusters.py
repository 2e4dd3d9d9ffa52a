"""Clusters for rebalances at size: the same every time, within what nodes hold, as crowded as they claim."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from placewright.benchmarks.running_clusters import AGENTS_PER_NODE, HOSTNAME, POOLS, ZONE, crowded, pools
from placewright.models.snapshot import Snapshot


@pytest.mark.parametrize("make", [crowded, pools])
def test_the_same_numbers_make_the_same_cluster(make: Callable[[int, int], Snapshot]) -> None:
    one, same, other = make(40, 1), make(40, 1), make(40, 2)
    assert (one.nodes, one.agents, one.budgets) == (same.nodes, same.agents, same.budgets)
    assert one.agents != other.agents


@pytest.mark.parametrize("make", [crowded, pools])
def test_nobody_is_where_it_could_not_be(make: Callable[[int], Snapshot]) -> None:
    cluster = make(40)
    used: Counter[tuple[str, str]] = Counter()
    for agent in cluster.agents:
        for resource, amount in agent.spec.requests.items():
            used[agent.node_name, resource] += amount
    for node in cluster.nodes:
        assert all(used[node.name, resource] <= node.allocatable[resource] for resource in ("cpu", "memory"))
    apart = Counter((a.labels["app"], a.node_name) for a in cluster.agents if a.spec.anti_affinity)
    assert set(apart.values()) == {1}
    assert all(term.topology_key == HOSTNAME for a in cluster.agents for term in a.spec.anti_affinity)


def test_those_that_are_spread_are_so_zone_by_zone() -> None:
    cluster = pools(60)
    zone = {node.name: node.labels[ZONE] for node in cluster.nodes}
    spread = Counter((a.labels["app"], zone[a.node_name]) for a in cluster.agents if a.spec.spread)
    for app in {app for app, _ in spread}:
        numbers = [spread[app, name] for name in ("z0", "z1", "z2")]
        assert max(numbers) - min(numbers) <= 1


def test_a_crowded_cluster_has_so_many_agents_and_most_on_one_half() -> None:
    cluster = crowded(40)
    assert len(cluster.agents) >= 40 * AGENTS_PER_NODE
    first = sum(int(agent.node_name[1:]) < 20 for agent in cluster.agents)
    assert first > len(cluster.agents) / 2


def test_pools_have_their_own_size_and_price() -> None:
    cluster = pools(60)
    kinds = {
        (n.labels["pool"], n.allocatable["cpu"], n.allocatable["memory"], n.price) for n in cluster.nodes
    }
    assert len(kinds) == POOLS
    assert all(node.price for node in cluster.nodes)
    assert {budget.name for budget in cluster.budgets} >= {agent.labels["app"] for agent in cluster.agents}
