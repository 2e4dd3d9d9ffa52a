"""A running cluster as a question: who is asked about, who counts where they are, and the fewest moves."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from placewright.models.agent import Agent, ClaimUse, DeviceRequest, OwnerReference, Phase
from placewright.models.levels import level_values
from placewright.models.node import DevicePool
from placewright.models.plan import Binding, Plan, Status
from placewright.models.policy import PodGroup, ResourceQuota
from placewright.models.profile import PLACED, Profile, Stage
from placewright.models.rules import RULES
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.models.storage import PersistentVolumeClaim, Storage, StorageClass
from placewright.solver.rearrangement import TOLERATED, Rearrangement, rearrangement
from placewright.tests.builders import HOSTNAME, agent, agents, near, node, snapshot, spread
from placewright.tests.running import running_cluster

NODES = [node("n0", zone="a"), node("n1", zone="b"), node("n2", zone="c")]


def asked(*everyone: Agent, **fields: Any) -> Rearrangement:
    return rearrangement(snapshot(NODES, Random(4).sample(everyone, len(everyone)), **fields))


def plan(**where: str) -> Plan:
    """A plan that has these agents of the default namespace on these nodes."""
    bindings = (
        Binding(namespace="default", agent=name.replace("_", "-"), node=n) for name, n in where.items()
    )
    return Plan(status=Status.FEASIBLE, bindings=tuple(bindings), sequential=False)


WAITING = Storage(
    claims={("default", "c"): PersistentVolumeClaim("default", "c", storage_class="later")},
    classes={"later": StorageClass("later", "csi", wait_for_first_consumer=True)},
)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        pytest.param({}, "", id="like most"),
        pytest.param({"static": True}, "belongs to its node", id="static"),
        pytest.param({"owner": OwnerReference("DaemonSet", "d")}, "belongs to its node", id="of a DaemonSet"),
        pytest.param({"terminating": True}, "is being deleted already", id="on its way out"),
        pytest.param({"preemptable": False}, "is not preemptable", id="that says so"),
        pytest.param({"devices": (DeviceRequest("gpu", 1),)}, "holds devices", id="with devices"),
        pytest.param(
            {"claims": (ClaimUse("c"),)}, "has a claim that waits for its volume", id="with an unbound claim"
        ),
        pytest.param({"recreated": False}, "nothing would make it anew elsewhere", id="bare"),
        pytest.param({"scheduler_name": "other"}, "is of another scheduler", id="of others"),
    ],
)
def test_who_stays_and_why(fields: dict[str, Any], reason: str) -> None:
    nodes = [node("n0", devices=(DevicePool("gpu", 1, "T4"),)), node("n1")]
    found = rearrangement(snapshot(nodes, [agent("a", on="n0", **fields)], storage=WAITING))
    assert dict(found.pinned) == ({reason: 1} if reason else {})
    assert found.home == ({} if reason else {"default/a": "n0"})


def test_who_is_asked_about_is_as_before_it_was_bound_and_charged_to_nobody_again() -> None:
    quota = ResourceQuota("default", "q", {"pods": 1}, used={"pods": 1})
    there = agent(
        "a", on="n0", phase=Phase.RUNNING, started="2026-01-01", nominated_node="n1", admitted=False
    )
    found = asked(there, quotas=(quota,))
    [pending] = found.snapshot.pending
    assert (pending.node_name, pending.nominated_node, pending.started) == ("", "", "")
    assert (pending.phase, pending.admitted) == (Phase.PENDING, True)


def test_who_is_pending_in_truth_is_left_out_and_counted() -> None:
    found = asked(agent("a", on="n0"), *agents("new", 2), agent("gated", scheduling_gates=("g",)))
    assert [a.name for a in found.snapshot.pending] == ["a"]
    assert found.ignored == 2
    assert "default/gated" in found.snapshot.agent_by_key


def test_who_could_not_go_where_it_is_stays_there_and_counts_for_the_others() -> None:
    apart = (near(HOSTNAME, app="web"),)
    web = {"app": "web"}
    close = agents("w", 2, on="n0", labels=web, anti_affinity=apart)
    found = asked(*close, agent("o", on="n1", labels=web, anti_affinity=apart))
    assert dict(found.pinned) == {TOLERATED: 2}
    assert found.tolerated == 2
    assert found.home == {"default/o": "n1"}
    state = ClusterState(found.snapshot)
    [other] = found.snapshot.pending
    open_to = [n.name for n in NODES if all(rule.rejects(state, other, n) is None for rule in RULES)]
    assert open_to == ["n1", "n2"]


def test_tolerating_some_may_leave_others_where_they_could_not_go_either() -> None:
    # Zone a is two ahead of zone c: its three are tolerated, and then nobody else breaks anything.
    even: dict[str, Any] = {"labels": {"app": "x"}, "spread": (spread(app="x"),)}
    found = asked(*agents("x", 3, on="n0", **even), agent("y", on="n1", **even))
    assert found.pinned[TOLERATED] == 3
    assert found.home == {"default/y": "n1"}


def test_where_a_gang_is_short_its_agents_are_tolerated() -> None:
    found = asked(*agents("g", 2, on="n0", pod_group="g"), pod_groups=(PodGroup("default", "g", 3),))
    assert dict(found.pinned) == {TOLERATED: 2}


def test_nobody_who_runs_is_left_out_for_a_stage_that_comes_first_in_the_profile() -> None:
    stages = (Stage({"Cost": 1}), Stage({PLACED: 1}))
    found = asked(agent("a", on="n0"), profile=Profile(stages=stages))
    assert [stage.name for stage in found.snapshot.options.profile.stages] == [PLACED, "Cost"]


def test_as_it_stands_everybody_is_where_they_are() -> None:
    found = asked(agent("a", on="n0"), agent("b", on="n2"), agent("d", on="n1", static=True))
    there = {binding.agent: binding.node for binding in found.as_it_stands().bindings}
    assert there == {"a": "n0", "b": "n2"}
    assert list(found.moves(found.as_it_stands())) == []


@pytest.mark.parametrize(
    ("ends", "moves"),
    [
        pytest.param(("n1", "n0", "n0"), {}, id="that change places do not move"),
        pytest.param(("n1", "n1", "n0"), {("n0", "n1")}, id="of which one goes"),
        pytest.param(("n2", "n2", "n1"), {("n0", "n2")}, id="of which both on a node go"),
    ],
)
def test_agents_alike(ends: tuple[str, str, str], moves: set[tuple[str, str]]) -> None:
    found = asked(agent("a-0", on="n0"), agent("a-1", on="n0"), agent("a-2", on="n1"))
    made = list(found.moves(plan(a_0=ends[0], a_1=ends[1], a_2=ends[2])))
    assert {(move.from_node, move.to_node) for move in made} == set(moves)


def test_moves_lead_to_a_state_as_good_as_the_plans_and_no_fewer_would_for_agents_that_are_alike() -> None:
    rng = Random(7)
    some = fewer = 0
    for _ in range(40):
        cluster = running_cluster(rng)
        found = rearrangement(cluster)
        names = [n.name for n in cluster.nodes]
        ends = {key: rng.choice(names) for key in found.home}
        bindings = (
            Binding(namespace=a.namespace, agent=a.name, node=ends[a.key]) for a in found.snapshot.pending
        )
        made = list(found.moves(Plan(status=Status.FEASIBLE, bindings=tuple(bindings), sequential=False)))
        after = {**found.home, **{f"{m.namespace}/{m.agent}": m.to_node for m in made}}
        assert _worth(found.snapshot, after) == _worth(found.snapshot, ends)
        moved = sum(found.home[key] != end for key, end in ends.items())
        assert len(made) <= moved
        some, fewer = some + len(made), fewer + (len(made) < moved)
    assert some > 20
    assert fewer > 2


def _worth(cluster: Snapshot, where: dict[str, str]) -> dict[str, int]:
    """The level values with everybody who is pending there."""
    state = ClusterState(cluster)
    for a in cluster.pending:
        state.place(a, cluster.node_by_name[where[a.key]])
    return level_values(state)
