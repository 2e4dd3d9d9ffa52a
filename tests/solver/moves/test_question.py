"""A running cluster as a question: who is to be placed anew, who stays, and which nodes are closed."""

from __future__ import annotations

import pytest

from placewright.models.agent import Phase
from placewright.models.errors import UsageError
from placewright.models.goals import parse_goals
from placewright.models.movable import MovePolicy
from placewright.models.snapshot import Snapshot
from placewright.solver.moves.question import Question, ask
from placewright.tests.builders import agent, node, snapshot, taint
from placewright.tests.moving import runs


def asked(cluster: Snapshot, *goals: str) -> Question:
    return ask(cluster, parse_goals(goals or ("balance",)), MovePolicy())


def mixed() -> Snapshot:
    return snapshot(
        [node("a", taints=[taint("gone")]), node("b")],
        [
            runs("x", "a"),
            runs("daemon", "a", kind="DaemonSet", app="agent"),
            agent("bare", on="b", phase=Phase.RUNNING, uid="u", recreated=False),
            agent("waiting"),
            agent("done", on="b", phase=Phase.SUCCEEDED),
        ],
    )


def test_who_may_move_is_to_be_placed_and_the_others_run_on() -> None:
    question = asked(mixed())
    assert question.home == {"default/x": "a"}
    assert [a.key for a in question.asked.pending] == ["default/x"]
    assert {a.key for a in question.asked.residents} == {"default/daemon", "default/bare"}
    assert {key: pin.reason for key, pin in question.pinned.items()} == {
        "default/daemon": "belongs to its node",
        "default/bare": "nothing would make it anew elsewhere",
    }


def test_agents_that_wait_are_no_part_of_it_and_the_snapshot_stays_as_it_is() -> None:
    question = asked(mixed())
    assert "default/waiting" not in question.asked.agent_by_key
    assert question.snapshot.agent_by_key["default/x"].node_name == "a"
    assert question.snapshot.agent_by_key["default/waiting"].node_name == ""


def test_only_movable_agents_are_told_to_break_a_rule() -> None:
    cluster = snapshot(
        [node("a", taints=[taint("gone")])], [runs("x", "a"), agent("bare", on="a", recreated=False)]
    )
    assert asked(cluster).broken == {"default/x"}


def test_cordoned_nodes_and_those_to_drain_take_nobody_and_that_breaks_no_rule() -> None:
    cordoned = taint("node.kubernetes.io/unschedulable")
    cluster = snapshot(
        [node("a"), node("b", unschedulable=True), node("c", taints=[cordoned]), node("d")],
        [runs(f"x{name}", name, app=name) for name in "abcd"],
    )
    question = asked(cluster, "drain=a", "balance")
    assert question.closed == {"a", "b", "c"}
    assert question.drained == ("a",)
    assert question.broken == frozenset()
    assert asked(cluster).closed == {"b", "c"}


def test_a_node_to_drain_has_to_be_there() -> None:
    with pytest.raises(UsageError, match="no node 'z'"):
        asked(snapshot([node("a")]), "drain=z")
