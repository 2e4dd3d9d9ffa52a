"""Disruption budgets: §11's examples, and what goes beyond them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from placewright.models.agent import Agent, OwnerReference, Phase
from placewright.models.disruption import (
    allowed,
    budgets_of,
    eviction_refusal,
    excess,
    spends,
    violating,
)
from placewright.models.policy import PodDisruptionBudget, Scale
from placewright.models.selector import LabelSelector
from placewright.tests.builders import agent, agents, node, requirement, selector, snapshot

WEB = selector(app="web")


def running(count: int, **fields: object) -> list[Agent]:
    return agents("web", count, labels={"app": "web"}, on="n1", phase=Phase.RUNNING, **fields)


def budget(**fields: object) -> PodDisruptionBudget:
    return PodDisruptionBudget("default", "web", **{"selector": WEB, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "healthy", "expected"),
    [
        pytest.param({"min_available": "50%"}, 7, 3, id="half of seven rounds up to four that must stay"),
        pytest.param({"max_unavailable": "30%"}, 10, 3, id="thirty percent of ten may go"),
        pytest.param({"max_unavailable": "1%"}, 1, 1, id="one percent of one rounds up to one"),
        pytest.param({"min_available": 3}, 3, 0, id="three of three must stay"),
        pytest.param({"min_available": "100%"}, 5, 0, id="all must stay"),
        pytest.param({"max_unavailable": 0}, 5, 0, id="none may go"),
        pytest.param({"max_unavailable": 2}, 5, 2, id="two may go"),
        pytest.param({}, 5, 0, id="a budget that says nothing allows nothing"),
        pytest.param(
            {"min_available": 1, "disruptions_allowed": 4}, 1, 4, id="the status counts, not the spec"
        ),
        pytest.param({"min_available": 0}, 0, 0, id="nobody there, nothing allowed"),
    ],
)
def test_what_a_budget_allows(fields: dict[str, object], healthy: int, expected: int) -> None:
    cluster = snapshot([node("n1")], running(healthy))
    assert allowed(cluster, budget(**fields)) == expected


def test_an_unready_agent_counts_as_one_that_is_missing() -> None:
    sick = agent("sick", labels={"app": "web"}, on="n1", phase=Phase.RUNNING, ready=False)
    members = [*running(3), sick]
    assert allowed(snapshot([node("n1")], members), budget(max_unavailable=1)) == 0
    assert allowed(snapshot([node("n1")], members), budget(max_unavailable=2)) == 1


@pytest.mark.parametrize(
    ("chosen", "covered"),
    [
        pytest.param(WEB, True, id="a selector that matches"),
        pytest.param(selector(app="db"), False, id="a selector that does not match"),
        pytest.param(None, False, id="a null selector is about nobody"),
        pytest.param(LabelSelector(), True, id="an empty selector is about everybody in the namespace"),
    ],
)
def test_whom_a_budget_covers(chosen: LabelSelector | None, covered: bool) -> None:
    own = budget(selector=chosen, max_unavailable=1)
    [member] = running(1)
    assert bool(budgets_of(snapshot([node("n1")], [member], budgets=(own,)), member)) is covered


def test_a_budget_of_another_namespace_covers_nobody_here() -> None:
    other = PodDisruptionBudget("other", "web", WEB, max_unavailable=0)
    [member] = running(1)
    assert budgets_of(snapshot([node("n1")], [member], budgets=(other,)), member) == ()


def test_what_goes_beyond_is_summed_over_the_budgets() -> None:
    tight = PodDisruptionBudget("default", "tight", WEB, max_unavailable=0)
    loose = PodDisruptionBudget("default", "loose", WEB, max_unavailable=2)
    members = running(4)
    cluster = snapshot([node("n1")], members, budgets=(tight, loose))
    assert [excess(cluster, members[:count]) for count in range(5)] == [0, 1, 2, 4, 6]


OLD, NEW = OwnerReference("ReplicaSet", "web-1"), OwnerReference("ReplicaSet", "web-2")
SCALES = {("default", "ReplicaSet", rs.name): Scale(("Deployment", "web"), 10) for rs in (OLD, NEW)}


@pytest.mark.parametrize(
    ("fields", "owners", "expected"),
    [
        pytest.param({"max_unavailable": "30%"}, [OLD] * 8, 1, id="a percentage is of what the controller is to have"),
        pytest.param({"max_unavailable": 3}, [OLD] * 8, 1, id="what may go is of that too"),
        pytest.param({"min_available": "50%"}, [OLD] * 4 + [NEW] * 4, 3, id="two ReplicaSets of a Deployment count once"),
        pytest.param({"min_available": 5}, [OLD] * 8, 3, id="a number that must stay is of nothing"),
        pytest.param({"max_unavailable": 3}, [OwnerReference("Job", "x")] * 8, 0, id="a Job cannot be asked: nobody goes"),
        pytest.param({"min_available": 5}, [OwnerReference("Job", "x")] * 8, 3, id="nor need it be for a number that must stay"),
        pytest.param({"max_unavailable": 3}, [OwnerReference("CloneSet", "x")] * 8, 3, id="a controller that is not there wants what it has"),
        pytest.param({"max_unavailable": 3}, [None] * 8, 0, id="agents that nothing controls are not expected"),
    ],
)  # fmt: skip
def test_percentages_are_of_what_controllers_are_to_have(
    fields: dict[str, object], owners: list[OwnerReference | None], expected: int
) -> None:
    members = [replace(a, owner=owner, uid=a.name) for a, owner in zip(running(8), owners, strict=True)]
    assert allowed(snapshot([node("n1")], members, scales=SCALES), budget(**fields)) == expected


def test_who_was_let_go_already_is_not_healthy() -> None:
    assert (
        allowed(snapshot([node("n1")], running(4)), budget(min_available=2, disrupted=frozenset({"web-1"})))
        == 1
    )


class TestPreemption:
    """Which victims violate their budgets, in kube-scheduler's order."""

    def test_each_is_charged_in_turn(self) -> None:
        members = running(3)
        cluster = snapshot([node("n1")], members, budgets=(budget(disruptions_allowed=1),))
        assert violating(cluster, members, {}) == [False, True, True]
        assert violating(cluster, members, {("default", "web"): 1}) == [True, True, True]

    def test_any_budget_without_rest_is_enough(self) -> None:
        tight = PodDisruptionBudget("default", "tight", WEB, disruptions_allowed=0)
        members = running(1)
        cluster = snapshot([node("n1")], members, budgets=(budget(disruptions_allowed=9), tight))
        assert violating(cluster, members, {}) == [True]

    @pytest.mark.parametrize(
        ("fields", "labels"),
        [
            pytest.param({"selector": LabelSelector()}, {"app": "web"}, id="an empty selector is passed over"),
            pytest.param({"disrupted": frozenset({"web-0"})}, {"app": "web"}, id="one let go already costs nothing"),
            pytest.param({"selector": selector(requirement("x", "DoesNotExist"))}, {}, id="one without labels never violates"),
        ],
    )  # fmt: skip
    def test_who_is_not_charged(self, fields: dict[str, object], labels: dict[str, str]) -> None:
        members = [replace(a, labels=labels) for a in running(1)]
        cluster = snapshot([node("n1")], members, budgets=(budget(disruptions_allowed=0, **fields),))
        assert violating(cluster, members, {}) == [False]


UNREADY = agent("web-9", labels={"app": "web"}, on="n1", phase=Phase.RUNNING, ready=False)


class TestEviction:
    """What the API server answers to an eviction, in its order."""

    @pytest.mark.parametrize(
        ("member", "fields", "free"),
        [
            pytest.param(UNREADY, {"current_healthy": 2, "desired_healthy": 2}, True, id="an unready one of enough healthy goes free"),
            pytest.param(UNREADY, {"current_healthy": 1, "desired_healthy": 2}, False, id="one of too few does not"),
            pytest.param(UNREADY, {"current_healthy": 1, "desired_healthy": 2, "always_allow_unhealthy": True}, True, id="unless unhealthy ones always may"),
            pytest.param(UNREADY, {"current_healthy": 0, "desired_healthy": 0}, False, id="nor where none need be healthy"),
            pytest.param(replace(UNREADY, ready=True), {}, False, id="a ready one needs the budget"),
            pytest.param(replace(UNREADY, ready=True, phase=Phase.PENDING), {}, True, id="one that does not run yet goes free"),
            pytest.param(replace(UNREADY, ready=True, terminating=True), {}, True, id="so does one that is going"),
            pytest.param(replace(UNREADY, ready=True, labels={}), {}, True, id="and one that no budget covers"),
        ],
    )  # fmt: skip
    def test_who_goes_without_using_the_budget(
        self, member: Agent, fields: dict[str, object], free: bool
    ) -> None:
        cluster = snapshot([node("n1")], [member], budgets=(budget(disruptions_allowed=0, **fields),))
        assert (eviction_refusal(cluster, member, {}) == "") is free
        assert (spends(cluster, member) is None) is free

    def test_where_the_status_is_silent_health_is_worked_out(self) -> None:
        enough = snapshot([node("n1")], [*running(2), UNREADY], budgets=(budget(min_available=2),))
        assert eviction_refusal(enough, UNREADY, {}) == ""
        too_few = snapshot([node("n1")], [*running(1), UNREADY], budgets=(budget(min_available=2),))
        assert "lets nobody go" in eviction_refusal(too_few, UNREADY, {})

    def test_a_budget_is_used_up(self) -> None:
        members = running(3)
        cluster = snapshot([node("n1")], members, budgets=(budget(disruptions_allowed=2),))
        left = [eviction_refusal(cluster, members[0], {("default", "web"): n}) == "" for n in range(4)]
        assert left == [True, True, False, False]
        assert spends(cluster, members[0]) == cluster.budgets[0]

    def test_two_budgets_bar_it_whatever_they_allow(self) -> None:
        other = PodDisruptionBudget("default", "other", WEB, disruptions_allowed=9)
        [member] = running(1)
        cluster = snapshot([node("n1")], [member], budgets=(budget(disruptions_allowed=9), other))
        assert "several" in eviction_refusal(cluster, member, {})
