"""Limit overcommit: what limits on a node may add up to where the profile caps them."""

from __future__ import annotations

from typing import Any

import pytest

from placewright.models.agent import Agent
from placewright.models.profile import Profile
from placewright.models.rules.limit_overcommit import RULE
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.tests.builders import MIB, agent, node, snapshot
from placewright.tests.rule_checks import blamed, messages, open_nodes, state_of


def cluster(*agents: Agent, **caps: int) -> Snapshot:
    """Two cpu and 8 GiB on one node."""
    return snapshot([node("n", cpu=2000, memory=8192)], agents, profile=Profile(limit_caps=caps))


def limited(name: str, cpu: int = 0, memory: int = 0, **fields: Any) -> Agent:
    limits = {"cpu": cpu, "memory": memory * MIB}
    return agent(name, limits={key: amount for key, amount in limits.items() if amount}, **fields)


@pytest.mark.parametrize(
    ("running", "new", "caps", "may"),
    [
        pytest.param([], limited("a", cpu=9000), {}, True, id="without a cap limits are nobody's business"),
        pytest.param([], limited("a", cpu=3000), {"cpu": 1500}, True, id="up to the cap is within it"),
        pytest.param([], limited("a", cpu=3001), {"cpu": 1500}, False, id="one more is not"),
        pytest.param([], limited("a", cpu=3000), {"cpu": 1499}, False, id="a cap is rounded down"),
        pytest.param(
            [limited("r", cpu=2000, on="n")], limited("a", cpu=1000), {"cpu": 1500}, True, id="limits add up"
        ),
        pytest.param(
            [limited("r", cpu=2001, on="n")], limited("a", cpu=1000), {"cpu": 1500}, False, id="to too much"
        ),
        pytest.param(
            [agent("r", cpu=2000, on="n")],
            limited("a", cpu=1001),
            {"cpu": 1500},
            False,
            id="an agent without a limit counts its request",
        ),
        pytest.param(
            [limited("r", cpu=500, on="n")],
            agent("a", cpu=2600, limits={"cpu": 100}),
            {"cpu": 1500},
            False,
            id="so does one whose limit is of some containers only",
        ),
        pytest.param(
            [limited("r", cpu=9000, on="n")],
            limited("a", memory=100),
            {"cpu": 1500},
            True,
            id="who adds nothing may go where running agents are beyond the cap",
        ),
        pytest.param(
            [limited("r", cpu=9000, on="n")],
            limited("a", cpu=1),
            {"cpu": 1500},
            False,
            id="who adds a bit may not",
        ),
        pytest.param(
            [], limited("a", memory=9000), {"cpu": 1500}, True, id="only what is capped is looked at"
        ),
        pytest.param(
            [],
            limited("a", memory=8193),
            {"cpu": 1500, "memory": 1000},
            False,
            id="each resource has its cap",
        ),
        pytest.param(
            [],
            agent("a", limits={"gpu": 1}),
            {"gpu": 2000},
            False,
            id="nothing of what the node does not have",
        ),
    ],
)
def test_who_may_come(running: list[Agent], new: Agent, caps: dict[str, int], may: bool) -> None:
    assert open_nodes(RULE, cluster(*running, new, **caps), "a") == ({"n"} if may else set())


def test_an_agent_that_is_too_large_alone_is_never_admitted_and_no_eviction_helps() -> None:
    alone = cluster(limited("a", cpu=3001), cpu=1500)
    reason = RULE.rejects(ClusterState(alone), alone.agents[0], alone.nodes[0])
    assert reason is not None
    assert not reason.resolvable
    assert RULE.admits(alone, alone.agents[0], alone.nodes[0]) == reason
    crowded = cluster(limited("a", cpu=3000), limited("r", cpu=1, on="n"), cpu=1500)
    reason = RULE.rejects(ClusterState(crowded), crowded.agents[0], crowded.nodes[0])
    assert reason is not None
    assert reason.resolvable
    assert RULE.admits(crowded, crowded.agents[0], crowded.nodes[0]) is None


def test_the_message_names_what_is_beyond() -> None:
    both = cluster(limited("a", cpu=3001, memory=9000), cpu=1500, memory=1000)
    assert messages(RULE, both, "a") == {"Limits of cpu, memory beyond the profile's cap"}


def test_only_placed_agents_that_add_to_it_are_blamed() -> None:
    full = cluster(
        limited("r", cpu=2500, on="n"), limited("a", cpu=600), limited("b", memory=100), agent("c"), cpu=1500
    )
    assert blamed(RULE, full, {"a": "n", "b": "n", "c": "n"}) == {"a"}
    assert blamed(RULE, full, {"b": "n", "c": "n"}) == set()


def test_the_cap_follows_agents_that_come_and_go() -> None:
    full = cluster(limited("r", cpu=3000, on="n"), limited("a", cpu=500), cpu=1500)
    state = state_of(full)
    running, new, where = full.agent_by_key["default/r"], full.agent_by_key["default/a"], full.nodes[0]
    assert RULE.rejects(state, new, where) is not None
    state.remove(running, where)
    assert RULE.rejects(state, new, where) is None
    state.place(running, where)
    assert RULE.rejects(state, new, where) is not None
