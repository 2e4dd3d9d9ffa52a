"""Disruption budgets: §11's examples, and what goes beyond them."""

from __future__ import annotations

import pytest

from placewright.models.agent import Agent, Phase
from placewright.models.disruption import allowed, budgets_of, excess
from placewright.models.policy import PodDisruptionBudget
from placewright.models.selector import LabelSelector
from placewright.tests.builders import agent, agents, node, selector, snapshot

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
