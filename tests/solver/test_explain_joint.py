"""What in the whole answer keeps an agent out: those who are named are really in the way."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from placewright.models.agent import Agent, ClaimUse
from placewright.models.filters import rejection
from placewright.models.node import Node
from placewright.models.policy import PodGroup
from placewright.models.profile import Profile
from placewright.models.rules import RULES
from placewright.models.rules.base import Reason
from placewright.models.rules.devices import choose_devices
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.models.storage import PersistentVolume, PersistentVolumeClaim, Storage
from placewright.models.unplaced import UnplacedReason
from placewright.solver import explain_joint
from placewright.solver.explain_joint import JOINT, joint_reasons, listed, ranked
from placewright.tests.builders import ZONE, agent, agents, near, node, snapshot, spread, taint
from placewright.tests.rule_checks import state_of
from placewright.tests.tiny import tiny_cluster, two_profiles

RULE_OF = {rule.name: rule for rule in RULES}
WEB: dict[str, Any] = {"labels": {"app": "web"}, "spread": (spread(app="web"),)}


def now(state: ClusterState, waits: Agent) -> list[tuple[Node, Reason | None]]:
    return [(where, rejection(state, waits, where)) for where in state.snapshot.nodes]


def told(
    cluster: Snapshot, placed: Mapping[str, str] | None = None, *, proven: bool = True
) -> list[tuple[str, str]]:
    """What is said of the agent `x`: (rule, message)."""
    state = state_of(cluster, placed)
    waits = cluster.agent_by_key["default/x"]
    reasons = joint_reasons(state, waits, now(state, waits), proven=proven)
    return [(reason.rule, reason.message) for reason in reasons]


@pytest.mark.parametrize(
    ("names", "text"),
    [
        pytest.param(["a"], "a", id="one"),
        pytest.param(["a", "b", "c"], "a, b, c", id="three"),
        pytest.param(["a", "b", "c", "d", "e"], "a, b, c and 2 more", id="the first three of more"),
        pytest.param([], "", id="none"),
    ],
)
def test_a_few_names_are_listed(names: Sequence[str], text: str) -> None:
    assert listed(names) == text


def test_the_most_important_are_named_with_their_priorities_once_if_they_are_the_same() -> None:
    low, high = agents("l", 2, priority=1), agents("h", 2, priority=9)
    assert ranked([low[1], low[0]]) == "default/l-0, default/l-1 (priority 1)"
    assert ranked([*low, *high]) == (
        "default/h-0 (priority 9), default/h-1 (priority 9), default/l-0 (priority 1) and 1 more"
    )


def test_the_domains_of_each_hard_constraint_are_told_fullest_first() -> None:
    nodes = [node("a", zone="a"), node("b", zone="b", pods=1), node("c", zone="c", pods=0)]
    waits = agent("x", **WEB)
    cluster = snapshot(nodes, [*agents("w", 3, **WEB), waits])
    assert told(cluster, {"w-0": "a", "w-1": "b"})[0] == (
        "topology_spread",
        f"{ZONE}: a holds 1, b holds 1, c holds 0; the emptiest, c, holds 0, maxSkew is 1",
    )


def test_too_few_domains_are_told_with_how_many_are_asked_for() -> None:
    even = replace(spread(app="web"), min_domains=3)
    nodes = [node("a", zone="a"), node("b", zone="b")]
    waits = agent("x", labels={"app": "web"}, spread=(even,))
    cluster = snapshot(nodes, [*(agent(f"r{z}", on=z, labels={"app": "web"}) for z in "ab"), waits])
    assert told(cluster)[0] == (
        "topology_spread",
        f"{ZONE}: a holds 1, b holds 1; the emptiest, b, holds 1, maxSkew is 1, minDomains 3",
    )


def test_a_gang_of_which_enough_would_fit_is_a_matter_of_the_whole() -> None:
    cluster = snapshot(
        [node("n", cpu=2000)],
        [agent("x", cpu=1000, pod_group="g"), agent("y", cpu=1000, pod_group="g")],
        pod_groups=(PodGroup("default", "g", 2),),
    )
    assert told(cluster) == [
        (JOINT, "n would take it as it stands, but not together with all that is placed")
    ]
    [(_, late)] = told(cluster, proven=False)
    assert late == "n would take it as things stand: time ran out, more of it may place this"


def test_asking_how_many_of_a_gang_fit_leaves_the_state_as_it_was() -> None:
    cluster = snapshot(
        [node("n", cpu=2000)],
        [agent("x", cpu=1000, pod_group="g"), *agents("y", 2, cpu=1000, pod_group="g")],
        pod_groups=(PodGroup("default", "g", 3),),
    )
    state = ClusterState(cluster)
    waits = cluster.agent_by_key["default/x"]
    [reason] = joint_reasons(state, waits, now(state, waits), proven=True)
    assert reason.rule == "gang"
    assert not state.new
    assert not state.agents_on("n")


@pytest.mark.parametrize(
    ("nodes", "waits", "message"),
    [
        pytest.param(
            [node("a", cpu=1000), node("b", cpu=2000)],
            agent("x", cpu=3000),
            "no node could ever hold it: requests cpu 3 but the largest node has 2",
            id="an amount that no node has",
        ),
        pytest.param(
            [node("a", cpu=1000), node("b", cpu=9000, taints=[taint("gpu")])],
            agent("x", cpu=3000),
            "no node could ever hold it: requests cpu 3 but the largest of the 1 nodes it may use has 1",
            id="of those it may use",
        ),
        pytest.param(
            [node("a", cpu=1000, memory=900), node("b", cpu=4000, memory=100)],
            agent("x", cpu=2000, memory=500),
            "no node could ever hold it: each of its requests fits some node, but all of them together fit none",
            id="all amounts together",
        ),
    ],
)
def test_what_is_too_large_for_empty_nodes_is_told(nodes: list[Node], waits: Agent, message: str) -> None:
    assert told(snapshot(nodes, [waits])) == [("resources", message)]


def test_where_it_may_use_no_node_at_all_nothing_is_added() -> None:
    assert told(snapshot([node("a", taints=[taint("gpu")])], [agent("x")])) == []


def test_an_own_wish_to_keep_apart_and_that_of_others_are_both_in_the_way() -> None:
    zone = [node("a", zone="z"), node("b", zone="z", pods=0)]
    apart: dict[str, Any] = {"anti_affinity": (near(app="x"),)}
    others = [
        agent("guard", on="a", labels={"app": "guard"}, **apart),
        agent("like", on="a", labels={"app": "x"}),
        agent("plain", on="a"),
    ]
    waits = agent("x", labels={"app": "x"}, **apart)
    [(rule, message)] = [said for said in told(snapshot(zone, [*others, waits])) if said[0] == JOINT]
    assert rule == JOINT
    assert "default/guard, default/like" in message
    assert "plain" not in message


def test_who_overcommits_limits_is_named() -> None:
    capped = Profile(limit_caps={"cpu": 1000})
    there = [agent("full", on="a", limits={"cpu": 900}), agent("free", on="a")]
    cluster = snapshot([node("a", cpu=1000)], [*there, agent("x", limits={"cpu": 500})], profile=capped)
    assert told(cluster) == [(JOINT, "would fit on a were it not for the running default/full (priority 0)")]


def test_those_of_lower_priority_that_stay_all_the_same_are_told() -> None:
    there = [agent("own", cpu=600, on="a", static=True), agent("idle", cpu=600, on="a")]
    room = "would fit on a were it not for the running default/idle, default/own (priority 0)"
    lower = f"{room}; 2 of them have a lower priority"
    waits = agent("x", cpu=600, priority=5)
    nodes = [node("a", cpu=1200)]
    assert told(snapshot(nodes, [*there, waits])) == [
        (JOINT, f"{lower}, but 1 may not be evicted: default/own belongs to its node")
    ]
    meek = agent("x", cpu=600, priority=5, preemption_policy="Never")
    assert told(snapshot(nodes, [*there, meek])) == [(JOINT, f"{lower}, but this one may not preempt")]


def test_who_uses_a_claim_that_is_for_one_agent_is_named_wherever_it_is() -> None:
    claim = PersistentVolumeClaim(
        "default", "c", volume_name="v", bound=True, access_modes=frozenset({"ReadWriteOncePod"})
    )
    storage = Storage(claims={claim.key: claim}, volumes={"v": PersistentVolume("v")})
    everyone = [agent("has", on="a", claims=(ClaimUse("c"),)), agent("x", claims=(ClaimUse("c"),))]
    cluster = snapshot([node("a"), node("b")], everyone, storage=storage)
    assert told(cluster) == [
        (JOINT, "would fit on a, b were it not for the running default/has (priority 0)")
    ]


_NAMES = re.compile(r"(?:default|team)/[a-z0-9-]+")


def without(state: ClusterState, keys: Sequence[str]) -> ClusterState:
    """The state without these agents."""
    for key in keys:
        one = state.snapshot.agent_by_key[key]
        state.remove(one, state.snapshot.node_by_name[state.new.get(key) or one.node_name])
    return state


def filled(cluster: Snapshot) -> ClusterState:
    """As many of the pending agents as find a node one after the other, without devices."""
    state = ClusterState(cluster)
    for waits in cluster.pending[:-1]:
        open_to = next((n for n in cluster.nodes if rejection(state, waits, n) is None), None)
        if open_to is not None and not waits.spec.devices:
            state.place(waits, open_to)
    return state


def blamed(reason: UnplacedReason) -> list[str]:
    """The agents that a reason names, where it names all."""
    held = reason.rule == JOINT and reason.message.startswith("would fit on ")
    return (
        []
        if not held or " more" in reason.message or "other nodes" in reason.message
        else _NAMES.findall(reason.message.partition(";")[0])
    )


def test_without_those_who_are_named_the_rule_lets_the_agent_in() -> None:
    """Those who run are asked about as things were before the round."""
    checked = {"running": 0, "round's": 0}
    for seed in range(400):
        cluster = (tiny_cluster if seed % 2 else two_profiles)(Random(seed))
        state = filled(cluster)
        for waits in [a for a in cluster.pending if a.key not in state.new]:
            for reason in list(joint_reasons(state, waits, now(state, waits), proven=True)):
                named = blamed(reason)
                whose = "running" if "the running" in reason.message else "round's"
                for where in map(cluster.node_by_name.__getitem__, reason.nodes if named else ()):
                    then = ClusterState(cluster) if whose == "running" else filled(cluster)
                    refused = rejection(then, waits, where)
                    assert refused is not None
                    freed = without(then, named)
                    assert RULE_OF[refused.rule].rejects(freed, waits, where) is None, (seed, reason)
                    checked[whose] += 1
    assert min(checked.values()) > 20, checked


@pytest.mark.parametrize("seed", range(80))
def test_what_nodes_said_before_the_round_is_what_asking_them_again_would_say(seed: int) -> None:
    rng = Random(seed)
    cluster = tiny_cluster(rng)
    state = ClusterState(cluster)
    for one in rng.sample(cluster.pending, len(cluster.pending)):
        nodes = [on for on in cluster.nodes if rejection(state, one, on) is None]
        if nodes and rng.random() < 0.7:
            on = rng.choice(nodes)
            state.place(one, on, choose_devices(state, one, on) or ())
    for waits in cluster.pending:
        if waits.key not in state.new:
            asked = [(on, rejection(state.before(), waits, on)) for on in cluster.nodes]
            assert explain_joint._before(state, waits, now(state, waits)) == asked
