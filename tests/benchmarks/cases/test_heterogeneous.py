from __future__ import annotations

from placewright.benchmarks.cases.heterogeneous import document


def test_no_two_nodes_and_no_two_agents_are_alike() -> None:
    made = document(200)
    nodes = {tuple(node["allocatable"].values()) for node in made["nodes"]}
    agents = {tuple(agent["requests"].values()) for agent in made["agents"]}
    assert (len(nodes), len(agents)) == (200, 1_800)
    have = sum(int(node["allocatable"]["cpu"][:-1]) for node in made["nodes"])
    asked = sum(int(agent["requests"]["cpu"][:-1]) for agent in made["agents"])
    assert 0.89 < asked / have <= 0.9
