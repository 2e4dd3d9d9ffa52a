"""Whom a node's refusal is about."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from placewright.models.agent import Agent, HostPort
from placewright.models.filters import rejection
from placewright.models.state import ClusterState
from placewright.solver.in_the_way import InTheWay
from placewright.tests.builders import HOSTNAME, agent, near, node, snapshot, taint


def in_the_way(waits: Agent, there: Sequence[Agent], *, pods: int = 110, zone: str = "z") -> list[str]:
    """The names of those who make the node `n` turn an agent away."""
    nodes = [
        node("n", cpu=2000, memory=1024, pods=pods, zone=zone, taints=[taint("gone")] if zone == "x" else ()),
        node("m", zone=zone),
    ]
    state = ClusterState(snapshot(nodes, [waits, *there]))
    reason = rejection(state, waits, nodes[0])
    assert reason is not None
    return [one.name for one in InTheWay(state, waits).on(nodes[0], reason)]


CPU, MEMORY = agent("cpu", cpu=1500, on="n"), agent("memory", memory=512, on="n")
WEB = {"app": "web"}


@pytest.mark.parametrize(
    ("waits", "there", "names"),
    [
        pytest.param(agent("x", cpu=1000), [CPU, MEMORY], ["cpu"], id="who uses what is short"),
        pytest.param(
            agent("x", host_ports=(HostPort(80),)),
            [
                agent("same", host_ports=(HostPort(80),), on="n"),
                agent("other", host_ports=(HostPort(81),), on="n"),
            ],
            ["same"],
            id="who has the port",
        ),
        pytest.param(
            agent("x", anti_affinity=(near(HOSTNAME, app="web"),)),
            [agent("here", labels=WEB, on="n"), agent("there", labels=WEB, on="m"), CPU],
            ["here"],
            id="whom it keeps apart from, in the domain",
        ),
        pytest.param(
            agent("x", anti_affinity=(near(app="web"),)),
            [agent("here", labels=WEB, on="n"), agent("there", labels=WEB, on="m")],
            ["here", "there"],
            id="whom it keeps apart from on another node of the domain",
        ),
        pytest.param(
            agent("x", labels=WEB),
            [agent("shy", anti_affinity=(near(HOSTNAME, app="web"),), on="n"), CPU],
            ["shy"],
            id="who keeps apart from it",
        ),
        pytest.param(
            agent("x", affinity=(near(app="web"),)), [CPU], [], id="nobody where company is what lacks"
        ),
    ],
)
def test_only_those_the_rule_is_about_are_in_the_way(
    waits: Agent, there: Sequence[Agent], names: Sequence[str]
) -> None:
    assert sorted(in_the_way(waits, there)) == sorted(names)


def test_where_the_number_of_agents_is_short_everybody_is_in_the_way() -> None:
    assert in_the_way(agent("x"), [CPU, MEMORY], pods=2) == ["cpu", "memory"]


def test_a_taint_is_nobodys_doing() -> None:
    assert in_the_way(agent("x"), [CPU, MEMORY], zone="x") == []
