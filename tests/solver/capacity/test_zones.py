"""What rules say about zones, and shares of them that keep it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from placewright.models.agent import Agent
from placewright.solver.capacity.zones import ZoneRules, plan_zones, zone_rules
from placewright.tests.builders import agent, agents, near, node, spread
from placewright.tests.solver.capacity.questions import bins, kind

WEB, DB = {"app": "web"}, {"app": "db"}
EVEN = spread(app="web")
ZONES = ("a", "b")


def planned(
    pending: list[Agent], *target: list[float], zones: tuple[str, ...] = ZONES, **fields: Any
) -> tuple[ZoneRules, list[list[int]] | None]:
    """The rules, and the shares of zones nearest to `target`, group by group."""
    made = bins(pending, kind("big", 9, 1, zones=list(zones)), **fields)
    rules = zone_rules(made)
    plan = plan_zones(made, rules, made.size, np.array(target))
    return rules, None if plan is None else plan.tolist()


def test_groups_of_which_no_rule_speaks_have_no_shares() -> None:
    rules, plan = planned(agents("a", 3), [3.0, 0.0])
    assert not rules.zoned.any()
    assert plan == [[0, 0]]


def test_a_spread_group_is_divided_as_its_skew_allows() -> None:
    web = agents("w", 4, labels=WEB, spread=(EVEN,))
    rules, plan = planned(web, [4.0, 0.0])
    [line] = rules.spreads
    assert (line.groups, line.matching, line.closed, line.domains.tolist()) == (
        (0,),
        (0,),
        True,
        [True, True],
    )
    assert plan == [[2, 2]]
    lax = agents("w", 4, labels=WEB, spread=(replace(EVEN, max_skew=2),))
    assert planned(lax, [4.0, 0.0])[1] == [[3, 1]]


def test_who_runs_counts() -> None:
    there = [node("n1", zone="a", cpu=0), node("n2", zone="b", cpu=0)]
    running = agents("r", 2, labels=WEB, on="n1")
    web = agents("w", 2, labels=WEB, spread=(EVEN,))
    rules, plan = planned([*running, *web], [2.0, 0.0], nodes=there)
    assert rules.spreads[0].base.tolist() == [2, 0]
    assert plan == [[0, 2]]


@pytest.mark.parametrize(
    ("constraint", "domains", "zero"),
    [
        pytest.param(replace(EVEN, min_domains=3), [True, True], True, id="fewer domains than wanted"),
        pytest.param(replace(EVEN, min_domains=2), [True, True], False, id="as many as wanted"),
    ],
)
def test_with_too_few_domains_the_least_is_zero(constraint: Any, domains: list[bool], zero: bool) -> None:
    rules, _ = planned(agents("w", 2, labels=WEB, spread=(constraint,)), [1.0, 1.0])
    assert (rules.spreads[0].domains.tolist(), rules.spreads[0].floor_is_zero) == (domains, zero)


def test_a_zone_that_a_selector_leaves_out_is_no_domain() -> None:
    pinned = agents("w", 3, labels=WEB, spread=(EVEN,), node_selector={"topology.kubernetes.io/zone": "a"})
    rules, plan = planned(pinned, [3.0, 0.0])
    assert rules.spreads[0].domains.tolist() == [True, False]
    assert plan == [[3, 0]]


def test_those_who_keep_apart_share_no_zone() -> None:
    shy = agent("d", labels=DB, anti_affinity=(near(app="web"),))
    rules, plan = planned([*agents("w", 2, labels=WEB), shy], [0.0, 1.0], [2.0, 0.0])
    assert rules.apart == ((0, 1),)
    assert not rules.alone
    assert plan == [[0, 1], [2, 0]]
    assert planned(agents("w", 3, labels=WEB, anti_affinity=(near(app="web"),)), [1.0, 1.0])[1] is None


def test_company_is_in_each_zone_of_those_who_lean_on_it() -> None:
    follows = agents("f", 2, affinity=(near(app="db"),))
    leads = agent("lead", labels=DB)
    rules, plan = planned([*follows, leads], [1.0, 1.0], [1.0, 0.0])
    assert rules.company[0][0] == (1,)
    assert plan == [[2, 0], [1, 0]]
    series = agents("s", 3, labels=WEB, affinity=(near(app="web"),))
    assert planned(series, [1.6, 1.4])[1] in ([[3, 0]], [[0, 3]])


def test_without_zones_there_are_no_rules_about_them() -> None:
    made = bins(agents("w", 2, labels=WEB, spread=(EVEN,)), kind("big", 9, 1))
    assert zone_rules(made) == ZoneRules(zone_rules(made).zoned, (), (), {})
    assert not zone_rules(made).zoned.any()
