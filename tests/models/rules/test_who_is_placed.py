"""Scheduling gates, scheduler names and admission: rules about the agent alone (§10.4, §14)."""

from __future__ import annotations

from typing import Any

import pytest

from placewright.models.rules import admission, scheduler_name, scheduling_gates
from placewright.tests.builders import agent, node, snapshot
from placewright.tests.rule_checks import blamed, messages, open_nodes


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        pytest.param({}, None, id="a plain pending agent is placed"),
        pytest.param(
            {"scheduling_gates": ("quota",)}, "waiting for scheduling gates: quota", id="a gated one waits"
        ),
        pytest.param(
            {"scheduling_gates": ("a", "b")}, "waiting for scheduling gates: a, b", id="all gates are named"
        ),
        pytest.param({"phase": "Succeeded"}, "agent has ended: Succeeded", id="one that succeeded has ended"),
        pytest.param({"phase": "Failed"}, "agent has ended: Failed", id="so has one that failed"),
        pytest.param({"phase": "Unknown"}, None, id="an unknown phase has not"),
        pytest.param(
            {"terminating": True}, "agent is being deleted", id="a pending one that is being deleted"
        ),
        pytest.param({"phase": "Running"}, None, id="a phase alone assigns nothing"),
    ],
)
def test_scheduling_gates(fields: dict[str, Any], message: str | None) -> None:
    cluster = snapshot([node("n1")], [agent("a", **fields)])
    assert messages(scheduling_gates.RULE, cluster, "a") == ({message} if message else set())
    assert blamed(scheduling_gates.RULE, cluster, {"a": "n1"}) == ({"a"} if message else set())


@pytest.mark.parametrize(
    ("name", "ours", "admitted"),
    [
        pytest.param("default-scheduler", None, True, id="the default scheduler's are ours"),
        pytest.param("volcano", None, False, id="another's are not"),
        pytest.param("volcano", {"volcano"}, True, id="unless asked for"),
        pytest.param("default-scheduler", {"volcano"}, False, id="asking for others gives up the default"),
        pytest.param("b", {"a", "b"}, True, id="several may be asked for"),
        pytest.param("B", {"b"}, False, id="names are exact"),
        pytest.param("", {"b"}, False, id="no name is no match"),
        pytest.param("default", None, False, id="a prefix is no match"),
    ],
)
def test_scheduler_name(name: str, ours: set[str] | None, admitted: bool) -> None:
    options = {"scheduler_names": frozenset(ours)} if ours else {}
    cluster = snapshot([node("n1")], [agent("a", scheduler_name=name)], **options)
    assert open_nodes(scheduler_name.RULE, cluster, "a") == ({"n1"} if admitted else set())


def test_only_agents_that_are_ours_and_ready_are_pending() -> None:
    everyone = [
        agent("ours"),
        agent("gated", scheduling_gates=("g",)),
        agent("foreign", scheduler_name="other"),
        agent("going", terminating=True),
        agent("gone", phase="Failed"),
        agent("there", on="n1"),
    ]
    cluster = snapshot([node("n1")], everyone)
    assert [a.name for a in cluster.pending] == ["ours"]
    assert [str(cluster.classify(a)) for a in everyone] == [
        "pending",
        "gated",
        "foreign",
        "terminating",
        "terminal",
        "assigned",
    ]


def test_what_the_api_server_would_refuse_is_never_placed() -> None:
    cluster = snapshot([node("n1")], [agent("a", refusal="no PriorityClass with name x was found")])
    assert messages(admission.RULE, cluster, "a") == {"no PriorityClass with name x was found"}
