"""Explanations: kube-scheduler's line node by node, and what in the whole answer stands in the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from placewright.models.agent import Agent, DeviceRequest, HostPort
from placewright.models.node import DevicePool
from placewright.models.policy import PodGroup, ResourceQuota
from placewright.models.profile import FitArgs, Profile
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.models.unplaced import Unplaced
from placewright.solver import explain
from placewright.solver.clock import Deadline
from placewright.solver.explain import explain_unplaced, node_reasons, without
from placewright.solver.place import place
from placewright.solver.settings import Settings
from placewright.solver.verify import VerifiedPlan
from placewright.tests.builders import agent, agents, near, node, snapshot, spread, taint
from placewright.tests.rule_checks import state_of

GPU = "nvidia.com/gpu"


def explained(cluster: Snapshot, placed: Mapping[str, str], *, proven: bool = True) -> dict[str, Unplaced]:
    """Everything pending that is not in `placed` (agent name -> node name), explained; by agent name."""
    state = ClusterState(cluster)
    for name, on in placed.items():
        state.place(cluster.agent_by_key[f"default/{name}"], cluster.node_by_name[on])
    left = [a for a in cluster.pending if a.name not in placed]
    return {u.agent: u for u in explain_unplaced(cluster, state, left, proven=proven)}


def said(unplaced: Unplaced, rule: str) -> list[str]:
    return [reason.message for reason in unplaced.reasons if reason.rule == rule]


FIVE = [node(f"n{i}", cpu=1000) for i in range(3)] + [
    node(f"g{i}", taints=(taint("gpu", "true"),)) for i in range(2)
]


def test_the_line_counts_nodes_by_message_and_sorts_it_as_text() -> None:
    [left] = explained(snapshot(FIVE, [agent("big", cpu=2000)]), {}).values()
    assert left.message == (
        "0/5 nodes are available: 2 node(s) had untolerated taint {gpu: true}, 3 Insufficient cpu."
    )


def test_each_short_resource_of_a_node_is_counted_by_itself() -> None:
    [left] = explained(
        snapshot([node("n1", cpu=100, memory=1)], [agent("a", cpu=200, memory=2)]), {}
    ).values()
    assert left.message == "0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory."


def test_reasons_name_rule_message_and_nodes_and_the_commonest_comes_first() -> None:
    [left] = explained(snapshot(FIVE, [agent("big", cpu=2000)]), {}).values()
    assert [(r.rule, r.message, r.nodes) for r in left.reasons[:2]] == [
        ("resources", "Insufficient cpu", ("n0", "n1", "n2")),
        ("taints", "node(s) had untolerated taint {gpu: true}", ("g0", "g1")),
    ]


def test_what_this_round_placed_is_counted() -> None:
    cluster = snapshot([node("n1", cpu=1000)], agents("a", 2, cpu=600))
    assert explained(cluster, {"a-0": "n1"})["a-1"].message == "0/1 nodes are available: 1 Insufficient cpu."


def test_replicas_get_the_same_words() -> None:
    left = explained(snapshot([node("n1", cpu=100)], agents("a", 3, cpu=600)), {})
    assert sorted(left) == ["a-0", "a-1", "a-2"]
    assert len({u.message for u in left.values()}) == 1


def _device(name: str, on: str = "") -> Agent:
    return agent(name, devices=(DeviceRequest(GPU, 1),), on=on)


WEB = {"app": "web"}
ONE = node("n1", cpu=1000)
JOINT_CASES = [
    pytest.param(
        snapshot([ONE], [agent("web", cpu=600, priority=100), agent("late", cpu=600)]),
        {"web": "n1"},
        "would fit on n1 were it not for this round's default/web (priority 100)",
        id="an agent placed this round holds the room",
    ),
    pytest.param(
        snapshot([ONE], [agent("db", cpu=600, on="n1", priority=7), agent("late", cpu=600, priority=7)]),
        {},
        "would fit on n1 were it not for the running default/db (priority 7)",
        id="a running agent holds the room",
    ),
    pytest.param(
        snapshot([ONE], [agent("idle", cpu=600, on="n1"), agent("late", cpu=600, priority=7)]),
        {},
        "would fit on n1 were it not for the running default/idle (priority 0); 1 of them has a lower priority",
        id="a running agent of lower priority holds the room, and that is said",
    ),
    pytest.param(
        snapshot(
            [node("n1", cpu=1000, memory=64)],
            [agent("c", cpu=900), agent("m", memory=60), agent("late", cpu=500)],
        ),
        {"c": "n1", "m": "n1"},
        "would fit on n1 were it not for this round's default/c (priority 0)",
        id="only those who use what is short are named",
    ),
    pytest.param(
        snapshot([node("n1", pods=1)], [agent("first"), agent("late")]),
        {"first": "n1"},
        "would fit on n1 were it not for this round's default/first (priority 0)",
        id="pod slots are held by anybody",
    ),
    pytest.param(
        snapshot([ONE], agents("web", 2, host_ports=(HostPort(80),))),
        {"web-0": "n1"},
        "would fit on n1 were it not for this round's default/web-0 (priority 0)",
        id="a host port is held by the one who has it",
    ),
    pytest.param(
        snapshot(
            [node("n1", zone="a"), node("n2", zone="a")],
            [*agents("web", 2, labels=WEB, anti_affinity=(near(app="web"),)), agent("other")],
        ),
        {"web-0": "n1", "other": "n2"},
        "would fit on n1, n2 were it not for this round's default/web-0 (priority 0)",
        id="anti-affinity is blamed on whom it means, wherever in the domain",
    ),
    pytest.param(
        snapshot([node("n1", devices=(DevicePool(GPU, 1),))], [_device("late"), _device("run", on="n1")]),
        {},
        "would fit on n1 were it not for the running default/run (priority 0)",
        id="a device is held by the one who has it",
    ),
    pytest.param(
        snapshot(
            [node(f"n{i}", cpu=1000) for i in range(5)], [*agents("a", 7, cpu=400), agent("z", cpu=900)]
        ),
        {**{f"a-{i}": f"n{i}" for i in range(5)}, "a-5": "n0", "a-6": "n1"},
        "would fit on n2 were it not for this round's default/a-2 (priority 0); "
        "4 other nodes are held likewise, none by fewer",
        id="of many nodes the one with the fewest in the way speaks",
    ),
]


@pytest.mark.parametrize(("cluster", "placed", "message"), JOINT_CASES)
def test_who_holds_the_room(cluster: Snapshot, placed: Mapping[str, str], message: str) -> None:
    [left] = explained(cluster, placed).values()
    assert said(left, "joint") == [message]


NEVER_CASES = [
    pytest.param(
        snapshot([node("n1", cpu=16000), node("n2", cpu=4000)], [agent("huge", cpu=64000)]),
        ["no node could ever hold it: requests cpu 64 but the largest node has 16"],
        id="more than the largest node has",
    ),
    pytest.param(
        snapshot([*FIVE, node("x", cpu=64000, unschedulable=True)], [agent("huge", cpu=32000)]),
        ["no node could ever hold it: requests cpu 32 but the largest of the 3 nodes it may use has 1"],
        id="more than the largest node has among those its other rules allow",
    ),
    pytest.param(
        snapshot(
            [node("c", cpu=8000, memory=64), node("m", cpu=100, memory=512)],
            [agent("a", cpu=4000, memory=256)],
        ),
        [
            "no node could ever hold it: each of its requests fits some node, but all of them together fit none"
        ],
        id="each amount fits somewhere and all of them nowhere",
    ),
    pytest.param(
        snapshot(FIVE, [agent("lost", node_selector={"disk": "ssd"})]),
        [],
        id="no node is of the right kind: the line says it all",
    ),
]


@pytest.mark.parametrize(("cluster", "messages"), NEVER_CASES)
def test_what_even_an_empty_cluster_could_not_hold(cluster: Snapshot, messages: list[str]) -> None:
    [left] = explained(cluster, {}).values()
    assert [m for m in said(left, "resources") if m.startswith("no node")] == messages
    assert said(left, "joint") == []


def test_spread_says_how_full_the_domains_are_and_which_one_is_short() -> None:
    nodes = [node("n1", zone="a"), node("n2", zone="b", cpu=100)]
    cluster = snapshot(nodes, agents("web", 2, cpu=500, labels=WEB, spread=(spread(app="web"),)))
    left = explained(cluster, {"web-0": "n1"})["web-1"]
    assert said(left, "topology_spread")[-1] == (
        "topology.kubernetes.io/zone: a holds 1, b holds 0; the emptiest, b, holds 0, maxSkew is 1"
    )


def test_a_quota_is_a_reason_of_its_own_with_its_numbers_and_its_users() -> None:
    quota = ResourceQuota("default", "team", {"requests.cpu": 1000}, used={"requests.cpu": 0})
    cluster = snapshot([node("n1")], agents("a", 2, cpu=600, admitted=False), quotas=(quota,))
    left = explained(cluster, {"a-0": "n1"})["a-1"]
    assert left.message == (
        "exceeded quota: team, requested: requests.cpu=600m, used: requests.cpu=600m, limited: requests.cpu=1"
    )
    assert [reason.rule for reason in left.reasons] == ["quota", "joint"]
    assert said(left, "joint") == ["the quota would allow it without this round's default/a-0 (priority 0)"]


def test_a_quota_that_was_used_up_before_blames_nobody_of_this_round() -> None:
    quota = ResourceQuota("default", "team", {"requests.cpu": 1000}, used={"requests.cpu": 1000})
    cluster = snapshot([node("n1")], [agent("a", cpu=600, admitted=False)], quotas=(quota,))
    assert [reason.rule for reason in explained(cluster, {})["a"].reasons] == ["quota"]


@pytest.mark.parametrize(
    ("running", "message"),
    [
        pytest.param(
            0,
            "gang g: room for 2 was found, minMember is 3, so none is placed",
            id="none runs",
        ),
        pytest.param(
            1,
            "gang g: with 1 running, room for 1 more was found, minMember is 3, so none is placed",
            id="one runs",
        ),
    ],
)
def test_a_gang_says_how_many_of_its_members_fit(running: int, message: str) -> None:
    ran = [agent(f"r{i}", cpu=1000, on="n1", pod_group="g") for i in range(running)]
    cluster = snapshot(
        [node("n1", cpu=2000)],
        [*ran, *agents("m", 3, cpu=1000, pod_group="g")],
        pod_groups=(PodGroup("default", "g", 3),),
    )
    left = explained(cluster, {})
    assert said(left["m-0"], "gang") == [message]


@pytest.mark.parametrize(
    ("proven", "message"),
    [
        (False, "n1 would take it as things stand: time ran out, more of it may place this"),
        (True, "n1 would take it as it stands, but not together with all that is placed"),
    ],
)
def test_an_open_node_is_a_matter_of_time_unless_the_answer_is_proven(proven: bool, message: str) -> None:
    [left] = explained(snapshot([ONE], [agent("a")]), {}, proven=proven).values()
    assert left.message == "0/1 nodes are available: 1 would take it as things stand."
    assert said(left, "joint") == [message]


def test_a_cluster_without_nodes_says_so() -> None:
    [left] = explained(snapshot([], [agent("a")]), {}).values()
    assert left.message == "0/0 nodes are available: the cluster has no nodes."


def test_what_creation_refuses_is_the_whole_story() -> None:
    [left] = explained(
        snapshot([ONE], [replace(agent("a", admitted=False), refusal="too big for it")]), {}
    ).values()
    assert (left.message, [r.rule for r in left.reasons]) == ("too big for it", ["admission"])


def test_when_time_is_up_who_is_left_out_is_listed_and_not_looked_into() -> None:
    cluster = snapshot([node("n1", cpu=1000)], agents("big", 3, cpu=4000))
    found = explain_unplaced(
        cluster, ClusterState(cluster), cluster.pending, proven=True, deadline=Deadline(0.0)
    )
    assert [u.agent for u in found] == ["big-0", "big-1", "big-2"]
    assert {u.message for u in found} == {explain.NO_TIME}


def test_explaining_leaves_the_state_as_it_was() -> None:
    cluster = snapshot(
        [node("n1", cpu=2000)],
        agents("m", 3, cpu=1000, pod_group="g"),
        pod_groups=(PodGroup("default", "g", 3),),
    )
    state = ClusterState(cluster)
    explain_unplaced(cluster, state, cluster.pending, proven=True)
    assert (state.new, dict(state.agents_on("n1"))) == ({}, {})


def test_the_work_is_bounded_however_many_kinds_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explain, "MOST_JOINT_LOOKS", 2)
    monkeypatch.setattr(explain, "MOST_LOOKS", 4)
    pending = [agent(f"a{i}", cpu=2000 + i) for i in range(4)]
    left = explained(snapshot(FIVE[:2], pending), {})
    assert [len(left[f"a{i}"].reasons) for i in range(4)] == [2, 2, 1, 1]
    assert left["a2"].message == "0/2 nodes are available: 2 Insufficient cpu."
    assert left["a3"].message == explain.NOT_LOOKED_INTO


def test_every_rule_speaks_on_every_node() -> None:
    nodes = [node("n1", cpu=100, taints=(taint("gpu"),), unschedulable=True), node("n2")]
    found = node_reasons(ClusterState(snapshot(nodes, [a := agent("a", cpu=500)])), a)
    assert [(n.name, [reason.rule for reason in reasons]) for n, reasons in found] == [
        ("n1", ["cordon", "taints", "resources"]),
        ("n2", []),
    ]


def test_an_agent_is_taken_off_its_node_before_it_is_asked_where_it_could_go() -> None:
    running = agent("r", cpu=1000, on="n1")
    state = without(ClusterState(snapshot([ONE], [running])), running)
    assert node_reasons(state, running) == [(ONE, [])]


def left_out(cluster: Snapshot, name: str) -> Unplaced:
    verdict = place(cluster, Settings(workers=1))
    assert isinstance(verdict, VerifiedPlan)
    return next(item for item in verdict.plan.unplaced if item.agent == name)


def test_nodes_are_counted_by_cause_in_kube_schedulers_words() -> None:
    nodes = [node("n1", cpu=100), node("n2", cpu=100), node("n3", taints=[taint("gpu", "true")])]
    item = left_out(snapshot(nodes, [agent("a", cpu=500)]), "a")
    assert (
        item.message
        == "0/3 nodes are available: 1 node(s) had untolerated taint {gpu: true}, 2 Insufficient cpu."
    )
    assert [(r.rule, r.nodes) for r in item.reasons[:2]] == [("resources", ("n1", "n2")), ("taints", ("n3",))]


def test_who_holds_the_room_is_named() -> None:
    cluster = snapshot([node("n1", cpu=1000)], [agent("vip", cpu=800, priority=5), agent("a", cpu=500)])
    [*_, joint] = left_out(cluster, "a").reasons
    assert joint.rule == "joint"
    assert joint.message == "would fit on n1 were it not for this round's default/vip (priority 5)"


def test_a_gang_that_does_not_fit_whole_says_so() -> None:
    cluster = snapshot(
        [node("n1", cpu=1000)],
        agents("a", 3, cpu=500, pod_group="g"),
        pod_groups=(PodGroup("default", "g", 3),),
    )
    item = left_out(cluster, "a-0")
    assert item.reasons[-1].message == "gang g: room for 2 was found, minMember is 3, so none is placed"


def test_every_rule_has_its_say_on_every_node() -> None:
    cluster = snapshot(
        [node("n1", cpu=100, taints=[taint("gpu")]), node("n2")],
        [agent("a", cpu=500, affinity=(near(app="x"),))],
    )
    [(first, one), (second, two)] = node_reasons(state_of(cluster), cluster.agents[0])
    assert (first.name, [reason.rule for reason in one]) == (
        "n1",
        ["taints", "resources", "inter_agent_affinity"],
    )
    assert (second.name, [reason.rule for reason in two]) == ("n2", ["inter_agent_affinity"])


IGNORING = Profile(fit=FitArgs(ignored_resources=frozenset({GPU})))


def test_what_the_agents_profile_leaves_to_others_is_never_what_is_too_large() -> None:
    cluster = snapshot([node("n1")], [agent("a", memory=99_000, extra={GPU: 3})], profile=IGNORING)
    [message] = said(explained(cluster, {})["a"], "resources")[-1:]
    assert message.startswith("no node could ever hold it: requests memory")


def test_nor_does_anybody_hold_it_for_others() -> None:
    """Of whoever used what is not checked it was said that the agent would fit without them."""
    there = [agent("gpu", on="n1", extra={GPU: 1}), agent("full", on="n1", cpu=4000)]
    cluster = snapshot([node("n1")], [*there, agent("a", cpu=1000, extra={GPU: 3})], profile=IGNORING)
    [message] = said(explained(cluster, {})["a"], "joint")
    assert "default/full" in message
    assert "default/gpu" not in message
