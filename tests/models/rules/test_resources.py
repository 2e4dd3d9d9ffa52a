"""Resources, case by case (§2.4)."""

from __future__ import annotations

from typing import Any

import pytest

from placewright.models.rules.resources import RULE
from placewright.models.state import ClusterState
from placewright.tests.builders import agent, agents, node, snapshot
from placewright.tests.rule_checks import blamed, messages, open_nodes, state_of

GPU = "nvidia.com/gpu"


@pytest.mark.parametrize(
    ("used", "asked", "admitted"),
    [
        pytest.param({"cpu": 3500}, {"cpu": 500}, True, id="equality fits"),
        pytest.param({"cpu": 3500}, {"cpu": 501}, False, id="one more milli does not"),
        pytest.param({"cpu": 4200}, {"memory": 1024}, True, id="a full resource bars only who asks for it"),
        pytest.param({"cpu": 4200}, {"cpu": 1}, False, id="an overcommitted one bars whoever does"),
        pytest.param({"cpu": 4200}, {}, True, id="asking for nothing passes on an overcommitted node"),
        pytest.param({}, {"extra": {GPU: 0}}, True, id="asking for zero of what the node lacks passes"),
        pytest.param({}, {"extra": {GPU: 1}}, False, id="a missing allocatable amount is zero"),
        pytest.param(
            {}, {"extra": {"ephemeral-storage": 1}}, False, id="one byte of storage that is not there"
        ),
        pytest.param({}, {"memory": 8192}, True, id="the whole node fits"),
        pytest.param({"memory": 1}, {"memory": 8192}, False, id="but not beside anything"),
    ],
)
def test_an_agent_fits_beside_what_runs(used: dict[str, Any], asked: dict[str, Any], admitted: bool) -> None:
    cluster = snapshot([node("n1")], [agent("r", on="n1", **used), agent("a", **asked)])
    assert open_nodes(RULE, cluster, "a") == ({"n1"} if admitted else set())


def test_pod_slots_count_even_for_agents_that_ask_for_nothing() -> None:
    cluster = snapshot([node("n1", pods=2)], [*agents("r", 2, on="n1"), agent("a")])
    assert messages(RULE, cluster, "a") == {"Too many pods"}


def test_a_node_without_pod_slots_takes_nobody() -> None:
    assert open_nodes(RULE, snapshot([node("n1", pods=0)], [agent("a")]), "a") == set()


def test_extended_resources_and_hugepages_are_plain_counts() -> None:
    have = node("n1", extra={GPU: 2, "hugepages-2Mi": 4})
    cluster = snapshot(
        [have], [agent("r", extra={GPU: 1}, on="n1"), agent("a", extra={GPU: 1, "hugepages-2Mi": 4})]
    )
    assert open_nodes(RULE, cluster, "a") == {"n1"}


def test_every_short_resource_is_named() -> None:
    cluster = snapshot([node("n1", cpu=1, memory=1)], [agent("a", cpu=2, memory=2)])
    assert messages(RULE, cluster, "a") == {"Insufficient cpu, Insufficient memory"}


def test_what_no_empty_node_could_hold_cannot_be_resolved_by_taking_others_away() -> None:
    cluster = snapshot(
        [node("n1")], [agent("a", cpu=9000), agent("b", cpu=3000), agent("r", cpu=2000, on="n1")]
    )
    state, n1 = ClusterState(cluster), cluster.nodes[0]
    never = RULE.rejects(state, cluster.agent_by_key["default/a"], n1)
    later = RULE.rejects(state, cluster.agent_by_key["default/b"], n1)
    assert never is not None
    assert later is not None
    assert (never.resolvable, later.resolvable) == (False, True)


def test_terminal_agents_hold_nothing_and_terminating_ones_still_do() -> None:
    ended = agent("done", cpu=4000, on="n1", phase="Succeeded")
    ending = agent("ending", cpu=3000, on="n1", terminating=True)
    cluster = snapshot([node("n1")], [ended, ending, agent("a", cpu=1000), agent("b", cpu=1001)])
    assert open_nodes(RULE, cluster, "a") == {"n1"}
    assert open_nodes(RULE, cluster, "b") == set()
    gone = snapshot([node("n1")], cluster.agents, assume_terminating_gone=True)
    assert open_nodes(RULE, gone, "b") == {"n1"}


def test_an_agent_on_a_node_that_is_not_in_the_snapshot_holds_nothing_here() -> None:
    cluster = snapshot(
        [node("n1", cpu=1000)], [agent("lost", cpu=1000, on="elsewhere"), agent("a", cpu=1000)]
    )
    assert open_nodes(RULE, cluster, "a") == {"n1"}


def test_only_placed_agents_that_ask_for_what_is_short_are_blamed() -> None:
    cluster = snapshot(
        [node("n1")], [agent("r", cpu=3000, on="n1"), agent("a", cpu=2000), agent("free", memory=1)]
    )
    assert blamed(RULE, cluster, {"a": "n1", "free": "n1"}) == {"a"}
    [violation] = RULE.violations(state_of(cluster, {"a": "n1"}))
    assert violation.message == "cpu: 5 requested of 4 allocatable"


def test_overcommit_that_was_there_before_is_not_blamed_on_who_asks_for_nothing() -> None:
    cluster = snapshot([node("n1")], [agent("r", cpu=9000, on="n1"), agent("a")])
    assert blamed(RULE, cluster, {"a": "n1"}) == set()
