"""What is asked: who is to be placed, what stays, and what each node bought brings along."""

from __future__ import annotations

from typing import Any

import pytest

from placewright.models.agent import Agent, OwnerReference
from placewright.models.catalog import Catalog
from placewright.models.profile import PLACED, ScoreName
from placewright.solver.capacity.question import ask, by_cost
from placewright.tests.builders import agent, node, node_affinity, requirement, snapshot, taint, toleration

NOTHING = Catalog(())
TIED = node_affinity([requirement("kubernetes.io/hostname", "In", "n1")])


def daemon(name: str = "log", **fields: Any) -> Agent:
    return agent(name, owner=OwnerReference("DaemonSet", name), **fields)


def test_who_is_less_important_is_left_out_of_the_question_and_counted() -> None:
    cluster = snapshot([node("n1")], [agent("high", priority=5), agent("low"), agent("runs", on="n1")])
    asked = ask(cluster, NOTHING, priority=5)
    assert [a.name for a in asked.snapshot.agents] == ["high", "runs"]
    assert asked.left_out == 1
    assert ask(cluster, NOTHING).left_out == 0


def test_from_scratch_there_are_no_nodes_and_who_ran_is_pending() -> None:
    cluster = snapshot(
        [node("n1")],
        [
            agent("runs", on="n1", device_ids=(1,), started="then"),
            agent("leaves", on="n1", terminating=True),
            agent("static", on="n1", static=True),
            daemon("log-1", on="n1"),
            agent("waits"),
        ],
    )
    asked = ask(cluster, NOTHING, from_scratch=True)
    assert asked.snapshot.nodes == ()
    assert {a.name for a in asked.snapshot.pending} == {"runs", "waits"}
    assert asked.snapshot.agent_by_key["default/runs"].device_ids == ()
    assert [a.name for a in asked.daemons] == ["log-1"]


@pytest.mark.parametrize(
    ("fields", "comes"),
    [
        pytest.param({}, False, id="a taint that it does not tolerate"),
        pytest.param({"tolerations": (toleration("gpu", operator="Exists"),)}, True, id="one that it does"),
        pytest.param(
            {"tolerations": (toleration(operator="Exists"),), "node_selector": {"disk": "ssd"}},
            False,
            id="a label that the node does not have",
        ),
        pytest.param(
            {"tolerations": (toleration(operator="Exists"),), "node_affinity": TIED},
            True,
            id="its tie to the node where it runs is not its template's",
        ),
    ],
)
def test_daemons_come_to_nodes_bought_as_their_templates_say(fields: dict[str, Any], comes: bool) -> None:
    runs = daemon(on="n1", **fields)
    asked = ask(snapshot([node("n1", labels={"disk": "ssd"})], [runs]), NOTHING)
    bought = node("new", taints=[taint("gpu")])
    with_it = asked.with_nodes([bought])
    assert [n.name for n in with_it.nodes] == ["n1", "new"]
    assert [a.name for a in with_it.residents if a.node_name == "new"] == (["log-new"] if comes else [])


def test_the_cost_question_places_first_and_then_saves() -> None:
    profile = by_cost(snapshot([node("n1")], [agent("a")])).options.profile
    assert [stage.name for stage in profile.stages] == [PLACED, "Cost"]
    assert profile.weights == {ScoreName.COST: 1}
