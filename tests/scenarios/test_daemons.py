"""DaemonSet agents on nodes that are new: one of each that the node admits, there from the start."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from placewright.models.agent import Agent, OwnerReference, Phase
from placewright.models.node import Node
from placewright.models.selector import (
    NODE_NAME_FIELD,
    NodeSelector,
    NodeSelectorTerm,
    Operator,
    Requirement,
)
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.scenarios.daemons import with_daemons
from placewright.tests.builders import agent, node, snapshot, taint, toleration

NEW = node("new", labels={"pool": "gpu"})


def daemon(name: str, on: str = "old", *, of: str = "", **fields: Any) -> Agent:
    own = {"phase": Phase.RUNNING, "uid": "u", "started": "then", **fields}
    return agent(name, on=on, owner=OwnerReference("DaemonSet", of or name), **own)


def tied(to: str) -> NodeSelector:
    """What its controller writes into an agent that is for one node."""
    return NodeSelector((NodeSelectorTerm(match_fields=(Requirement(NODE_NAME_FIELD, Operator.IN, (to,)),)),))


def enlarged(*there: Agent, new: tuple[Node, ...] = (NEW,)) -> Snapshot:
    return with_daemons(snapshot([node("old"), *new], there), new)


def added(*there: Agent, new: tuple[Node, ...] = (NEW,)) -> dict[str, str]:
    """The agents that came, by name: the node that each is on."""
    keys = {one.key for one in there}
    return {a.name: a.node_name for a in enlarged(*there, new=new).agents if a.key not in keys}


def test_each_daemonset_has_one_on_each_new_node() -> None:
    there = (daemon("log-x", of="log"), daemon("log-y", of="log"), daemon("net"), agent("web", on="old"))
    second = replace(NEW, name="newer")
    assert added(*there, new=(NEW, second)) == {
        "log-new": "new",
        "net-new": "new",
        "log-newer": "newer",
        "net-newer": "newer",
    }


@pytest.mark.parametrize(
    ("fields", "comes"),
    [
        pytest.param({}, True, id="asks for nothing"),
        pytest.param({"node_selector": {"pool": "gpu"}}, True, id="selects nodes like it"),
        pytest.param({"node_selector": {"pool": "cpu"}}, False, id="selects others"),
        pytest.param({"node_affinity": tied("old")}, True, id="is tied to its node, as each of them is"),
        pytest.param({"cpu": 10_000}, False, id="is too large"),
        pytest.param({"terminating": True}, False, id="is being deleted"),
        pytest.param({"phase": Phase.SUCCEEDED}, False, id="has ended"),
    ],
)
def test_who_comes_to_a_node(fields: dict[str, Any], comes: bool) -> None:
    assert bool(added(daemon("log", **fields))) is comes


def test_a_taint_keeps_off_who_does_not_tolerate_it() -> None:
    guarded = replace(NEW, taints=(taint("gpu"),))
    there = (daemon("log"), daemon("net", tolerations=(toleration(operator="Exists"),)))
    assert added(*there, new=(guarded,)) == {"net-new": "new"}


def test_it_runs_there_and_has_nothing_of_where_the_first_one_is() -> None:
    seen = enlarged(daemon("log-x", of="log", cpu=300, node_affinity=tied("old")))
    came = seen.agent_by_key["default/log-new"]
    assert (came.uid, came.started, came.phase) == ("", "", Phase.RUNNING)
    assert came.spec.node_affinity == tied("new")
    assert came.spec.requests["cpu"] == 300
    assert set(ClusterState(seen).agents_on("new")) == {"default/log-new"}


def test_one_that_is_there_already_is_not_made_twice() -> None:
    assert added(daemon("log-new", on="new", of="log")) == {}


def test_a_cluster_without_daemonsets_stays_as_it_is() -> None:
    assert added(agent("web", on="old")) == {}
