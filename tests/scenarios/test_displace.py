"""What becomes of agents whose node goes: made anew, or gone with it, and what that leaves."""

from __future__ import annotations

from typing import Any

import pytest

from placewright.models.agent import Agent, AgentClass, OwnerReference, Phase
from placewright.models.policy import ResourceQuota
from placewright.models.snapshot import Snapshot
from placewright.scenarios.displace import displaced, without_nodes
from placewright.tests.builders import agent, node, snapshot

DAEMON = OwnerReference("DaemonSet", "log")


def runs(name: str, on: str = "n", **fields: Any) -> Agent:
    return agent(name, on=on, **{"phase": Phase.RUNNING, "uid": f"u-{name}", **fields})


def left_by(*there: Agent, **fields: Any) -> Snapshot:
    """The cluster once the node `n` is gone."""
    return without_nodes(snapshot([node("n"), node("m")], there, **fields), {"n"})


def test_whose_node_goes_is_made_anew_under_its_name_and_waits() -> None:
    seen = left_by(runs("web", device_ids=(1,), started="then"), runs("other", "m"))
    web = seen.agent_by_key["default/web"]
    assert seen.classify(web) is AgentClass.PENDING
    assert (web.uid, web.node_name, web.device_ids, web.started, web.admitted) == ("", "", (), "", True)
    assert seen.agent_by_key["default/other"].node_name == "m"
    assert [n.name for n in seen.nodes] == ["m"]
    assert seen.notes == ()


@pytest.mark.parametrize(
    ("fields", "note"),
    [
        pytest.param({"owner": DAEMON}, "", id="of a DaemonSet"),
        pytest.param({"static": True}, "", id="static"),
        pytest.param({"terminating": True}, "", id="on its way out"),
        pytest.param(
            {"recreated": False},
            "1 agent that nothing makes anew goes with the nodes",
            id="bare, which is told",
        ),
    ],
)
def test_who_is_gone_with_its_node(fields: dict[str, Any], note: str) -> None:
    seen = left_by(runs("x", **fields))
    assert seen.agents == ()
    assert seen.notes == ((note,) if note else ())


def test_several_that_nothing_makes_anew_are_counted_together() -> None:
    seen = left_by(runs("x", recreated=False), runs("y", recreated=False))
    assert seen.notes == ("2 agents that nothing makes anew go with the nodes",)


def test_who_waits_or_has_ended_is_left_alone() -> None:
    ended = runs("done", phase=Phase.SUCCEEDED)
    waits = agent("waits", nominated_node="n")
    assert left_by(ended, waits).agents == (ended, waits)


def test_only_those_leave_that_are_chosen_and_their_nodes_stay() -> None:
    before = snapshot([node("n")], [runs("a"), runs("b")])
    seen = displaced(before, lambda one: one.name == "a")
    assert {one.name: one.node_name for one in seen.agents} == {"a": "", "b": "n"}
    assert seen.nodes == before.nodes


def test_quotas_have_room_for_those_who_are_gone_and_not_for_those_who_come_back() -> None:
    quota = ResourceQuota("default", "q", {"requests.cpu": 4000}, used={"requests.cpu": 3000})
    there = [runs("back", cpu=1000), runs("gone", cpu=2000, recreated=False)]
    [left] = left_by(*there, quotas=(quota,)).quotas
    assert left.used == {"requests.cpu": 1000}
