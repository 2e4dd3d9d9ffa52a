"""How many of each group are to be placed whatever is bought: by quotas, gangs and zones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from placewright.models.agent import Agent
from placewright.models.policy import PodGroup, ResourceQuota
from placewright.solver.capacity.bins import make_bins
from placewright.solver.capacity.demand import Demand, demand
from placewright.solver.capacity.zones import zone_rules
from placewright.tests.builders import agent, agents, near, toleration
from placewright.tests.solver.capacity.questions import kind, question


def demanded(pending: list[Agent], *zones: str, **policies: Any) -> Demand:
    """Of nodes with four cores, in these zones."""
    asked = question(pending, kind("big", 4, 1, **({"zones": list(zones)} if zones else {})))
    asked = replace(asked, snapshot=replace(asked.snapshot, **policies))
    made = make_bins(asked)
    return demand(made, zone_rules(made))


def new(name: str, count: int, **fields: Any) -> list[Agent]:
    return agents(name, count, admitted=False, **fields)


def test_all_who_fit_a_node_are_wanted() -> None:
    found = demanded([*agents("a", 3, cpu=4000), agent("huge", cpu=5000)])
    assert found.wanted.tolist() == [3, 0]
    assert found.certain.tolist() == [3, 0]


@pytest.mark.parametrize(
    ("pending", "wanted", "certain"),
    [
        pytest.param(new("a", 5, cpu=1000), [3], [3], id="of one group as many as the quota leaves"),
        pytest.param(
            [*new("a", 2, cpu=1000, priority=1), *new("b", 2, cpu=1000)],
            [2, 1],
            [2, 1],
            id="the important first",
        ),
        pytest.param(
            [*new("a", 2, cpu=1000), *new("b", 2, cpu=1000, tolerations=(toleration("x"),))],
            3,
            [1, 1],
            id="of groups alike to the quota it is not said which",
        ),
        pytest.param([*new("a", 2, cpu=2000), *agents("b", 2)], [1, 2], [1, 2], id="who exists is charged"),
    ],
)
def test_a_quota_lets_in_what_it_leaves(pending: list[Agent], wanted: Any, certain: list[int]) -> None:
    found = demanded(pending, quotas=(ResourceQuota("default", "q", {"cpu": 3000}, used={}),))
    assert found.certain.tolist() == certain
    assert (found.wanted.tolist() if isinstance(wanted, list) else int(found.wanted.sum())) == wanted


def test_a_gang_that_is_too_small_is_not_wanted() -> None:
    pending = [*agents("p", 2, pod_group="g"), *agents("q", 3, pod_group="h")]
    gangs = (PodGroup("default", "g", 3), PodGroup("default", "h", 3))
    assert demanded(pending, pod_groups=gangs).wanted.tolist() == [0, 3]


def test_who_shares_no_zone_has_one_agent_in_each() -> None:
    apart = agents("a", 5, labels={"app": "x"}, anti_affinity=(near(app="x"),))
    assert demanded(apart, "a", "b").wanted.tolist() == [2]
