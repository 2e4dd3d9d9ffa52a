"""Why an agent is left out, as kube-scheduler says it and as the whole says it."""

from __future__ import annotations

import pytest

from placewright.models.plan import Unplaced
from placewright.models.policy import PodGroup, ResourceQuota
from placewright.models.snapshot import Snapshot
from placewright.solver.explain import node_reasons
from placewright.solver.place import place
from placewright.solver.settings import Settings
from placewright.solver.verify import VerifiedPlan
from placewright.tests.builders import agent, agents, near, node, snapshot, taint
from placewright.tests.rule_checks import state_of


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
    assert [(r.rule, r.nodes) for r in item.reasons] == [("resources", ("n1", "n2")), ("taints", ("n3",))]


def test_who_holds_the_room_is_named() -> None:
    cluster = snapshot([node("n1", cpu=1000)], [agent("vip", cpu=800, priority=5), agent("a", cpu=500)])
    [*_, joint] = left_out(cluster, "a").reasons
    assert joint.rule == "joint"
    assert joint.message == "would fit on n1 without this round's default/vip (priority 5)"


def test_what_no_node_could_ever_hold_is_said_with_the_largest() -> None:
    [*_, last] = left_out(snapshot([node("n1")], [agent("a", cpu=64000)]), "a").reasons
    assert last.message == "no node could ever hold it: cpu 64000m, the largest has 4000m"


def test_a_quota_bars_everywhere_and_is_said_once() -> None:
    quota = ResourceQuota("default", "q", {"pods": 1}, used={})
    cluster = snapshot([node("n1"), node("n2")], agents("a", 2, admitted=False), quotas=(quota,))
    verdict = place(cluster, Settings(workers=1))
    assert isinstance(verdict, VerifiedPlan)
    [item] = verdict.plan.unplaced
    assert item.message == "exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1"
    assert [(r.rule, r.nodes) for r in item.reasons] == [("quota", ())]


def test_a_gang_that_does_not_fit_whole_says_so() -> None:
    cluster = snapshot(
        [node("n1", cpu=1000)],
        agents("a", 3, cpu=500, pod_group="g"),
        pod_groups=(PodGroup("default", "g", 3),),
    )
    item = left_out(cluster, "a-0")
    assert item.reasons[-1].message == "gang g: its 3 members do not all fit, so none is placed"


def test_no_nodes_are_a_reason() -> None:
    assert "the cluster has no nodes" in left_out(snapshot([], [agent("a")]), "a").message


@pytest.mark.parametrize("count", [2, 5])
def test_agents_of_one_kind_get_the_same_explanation(count: int) -> None:
    verdict = place(snapshot([node("n1")], agents("a", count, cpu=9000)), Settings(workers=1))
    assert isinstance(verdict, VerifiedPlan)
    assert len(verdict.plan.unplaced) == count
    assert len({item.message for item in verdict.plan.unplaced}) == 1


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
