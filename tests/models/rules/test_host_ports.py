"""Host ports, case by case (§2.3)."""

from __future__ import annotations

from typing import Any

import pytest

from placewright.models.agent import HostPort
from placewright.models.rules.host_ports import RULE
from placewright.tests.builders import agent, node, snapshot
from placewright.tests.rule_checks import blamed, messages, open_nodes


@pytest.mark.parametrize(
    ("held", "wanted", "admitted"),
    [
        pytest.param(
            HostPort(80, ip="127.0.0.1"), HostPort(80), False, id="the wildcard conflicts with any address"
        ),
        pytest.param(
            HostPort(80, ip="127.0.0.1"), HostPort(80, ip="10.0.0.1"), True, id="two addresses do not"
        ),
        pytest.param(
            HostPort(80, ip="127.0.0.1"), HostPort(80, "UDP", "127.0.0.1"), True, id="nor two protocols"
        ),
        pytest.param(
            HostPort(80), HostPort(80, ip="10.0.0.1"), False, id="a held wildcard bars every address"
        ),
        pytest.param(HostPort(80), HostPort(81), True, id="another port is free"),
        pytest.param(HostPort(80), HostPort(80), False, id="the same port is not"),
        pytest.param(
            HostPort(80, ip="::"), HostPort(80, ip="::1"), True, id="the IPv6 wildcard is an ordinary string"
        ),
        pytest.param(
            HostPort(80, ip="::"), HostPort(80), False, id="but the IPv4 wildcard conflicts with it"
        ),
        pytest.param(HostPort(80, "SCTP"), HostPort(80, "SCTP"), False, id="SCTP counts like the others"),
    ],
)
def test_a_port_that_is_held_on_the_node(held: HostPort, wanted: HostPort, admitted: bool) -> None:
    running = agent("r", host_ports=(held,), on="n1")
    cluster = snapshot([node("n1"), node("n2")], [running, agent("a", host_ports=(wanted,))])
    assert open_nodes(RULE, cluster, "a") == ({"n1", "n2"} if admitted else {"n2"})


def test_two_containers_of_one_agent_do_not_conflict() -> None:
    twice = agent("a", host_ports=(HostPort(80), HostPort(80, ip="10.0.0.1")))
    cluster = snapshot([node("n1")], [twice])
    assert open_nodes(RULE, cluster, "a") == {"n1"}
    assert blamed(RULE, cluster, {"a": "n1"}) == set()


def test_both_new_agents_are_blamed_and_a_running_one_never() -> None:
    want: dict[str, Any] = {"host_ports": (HostPort(80),)}
    cluster = snapshot([node("n1")], [agent("a", **want), agent("b", **want), agent("r", on="n1", **want)])
    assert blamed(RULE, cluster, {"a": "n1", "b": "n1"}) == {"a", "b"}
    assert messages(RULE, cluster, "a") == {"node(s) didn't have free ports for the requested pod ports"}


def test_a_port_is_free_again_once_its_holder_is_taken_off() -> None:
    from placewright.models.state import ClusterState

    cluster = snapshot(
        [node("n1")],
        [agent("a", host_ports=(HostPort(80),)), agent("r", host_ports=(HostPort(80),), on="n1")],
    )
    state = ClusterState(cluster)
    waiting, n1 = cluster.agent_by_key["default/a"], cluster.nodes[0]
    assert RULE.rejects(state, waiting, n1) is not None
    state.remove(cluster.agent_by_key["default/r"], n1)
    assert RULE.rejects(state, waiting, n1) is None
