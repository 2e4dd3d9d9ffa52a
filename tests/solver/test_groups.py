"""Agents that no rule can tell apart are one group."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from placewright.models.agent import OwnerReference, Talk
from placewright.models.profile import DefaultSpread, Profile
from placewright.solver.groups import group_agents, group_pending
from placewright.tests.builders import agent, agents, near, node, selector, snapshot


def sizes(*pending: object, **fields: object) -> list[int]:
    cluster = snapshot([node("n1")], pending, **fields)  # type: ignore[arg-type]
    return sorted(group.size for group in group_pending(cluster))


def test_replicas_of_one_template_are_one_group() -> None:
    assert sizes(*agents("web", 5, cpu=100, labels={"app": "web"})) == [5]


def test_labels_that_nothing_selects_do_not_split_a_group() -> None:
    assert sizes(agent("a", labels={"pod-hash": "1"}), agent("b", labels={"pod-hash": "2"})) == [2]


def test_labels_that_a_running_agents_rule_selects_do_split_a_group() -> None:
    guard = agent("guard", on="n1", anti_affinity=(near(app="web"),))
    assert sizes(agent("a", labels={"app": "web"}), agent("b", labels={"app": "db"}), guard) == [1, 1]


def test_different_requests_priorities_and_namespaces_are_different_groups() -> None:
    pending = [agent("a", cpu=1), agent("b", cpu=2), agent("c", cpu=1, priority=5)]
    assert sizes(*pending, agent("d", cpu=1, namespace="team")) == [1, 1, 1, 1]


def test_agents_that_quota_already_charged_are_not_grouped_with_new_ones() -> None:
    assert sizes(agent("a", admitted=True), agent("b", admitted=False)) == [1, 1]


def test_replicas_are_told_apart_by_what_their_template_does_not_say() -> None:
    first, *others = agents("web", 6, cpu=100, labels={"app": "web"})
    shared = [replace(other, spec=first.spec, labels=first.labels) for other in others]
    daemon = OwnerReference("DaemonSet", "d")
    differing = [
        replace(shared[0], admitted=False),
        replace(shared[1], refusal="no"),
        replace(shared[2], static=True),
    ]
    assert sizes(first, *shared) == [6]
    assert sizes(first, *differing, *shared[3:]) == [1, 1, 1, 3]
    assert sizes(first, *(replace(other, owner=daemon) for other in shared)) == [1, 5]


def test_what_default_spread_counts_splits_a_group_where_defaults_hold() -> None:
    pending = [
        agent("a", labels={"app": "web"}, spread_selector=selector(app="web")),
        agent("b", labels={"app": "web"}, spread_selector=selector(tier="front")),
        agent("c", labels={"app": "web"}),
    ]
    assert sizes(*pending) == [1, 1, 1]
    assert sizes(*pending, profile=Profile(default_spread=DefaultSpread(system=False))) == [3]


def test_labels_that_default_spread_counts_split_a_group() -> None:
    front = agent("front", on="n1", spread_selector=selector(tier="front"))
    pending = [agent("a", labels={"tier": "front"}), agent("b", labels={"tier": "back"})]
    assert sizes(*pending, front) == [1, 1]
    assert sizes(*pending) == [2]


def test_labels_of_whom_an_agent_talks_to_split_a_group() -> None:
    talker = agent("t", on="n1", talks_to=(Talk(near("", app="db")),))
    pending = [agent("a", labels={"app": "db"}), agent("b", labels={"app": "web"})]
    assert (sizes(*pending, talker), sizes(*pending)) == ([1, 1], [2])


def test_the_order_in_which_agents_were_read_changes_nothing() -> None:
    pending = [*agents("a", 3, cpu=100), *agents("b", 2, cpu=200, priority=7), agent("c", created="2020")]
    shuffled = list(pending)
    Random(1).shuffle(shuffled)
    one, other = snapshot([], pending), snapshot([], shuffled)
    assert group_pending(one) == group_pending(other)


def test_higher_priority_comes_first_and_older_members_first() -> None:
    cluster = snapshot(
        [], [agent("new", created="2025"), agent("old", created="2024"), agent("vip", priority=9)]
    )
    groups = group_pending(cluster)
    assert [[a.name for a in group.members] for group in groups] == [["vip"], ["old", "new"]]


def test_any_agents_can_be_grouped_and_all_pending_ones_are_the_pending_groups() -> None:
    cluster = snapshot([node("n1")], [*agents("a", 3, cpu=1), agent("b", cpu=2), agent("r", on="n1", cpu=1)])
    assert group_agents(cluster, cluster.pending) == group_pending(cluster)
    assert [group.size for group in group_agents(cluster, cluster.agents)] == [4, 1]
