"""Indexes by labels: what is filed is found exactly where asking every matcher would find it."""

from __future__ import annotations

from itertools import product

from placewright.models.rules.topology import KindIndex, Matcher, MatcherIndex, matches
from placewright.models.selector import AffinityTerm, LabelSelector
from placewright.tests.builders import ZONE, agent, near, requirement, snapshot

AGENTS = [
    agent(f"x{i}", labels=labels)
    for i, labels in enumerate(({}, {"app": "web"}, {"app": "db"}, {"app": "web", "tier": "front"}))
]
MATCHERS = [
    Matcher((near(app="web"),)),
    Matcher((near(app="db"),)),
    Matcher((near(app="web", tier="front"),)),
    Matcher((near(app="web", namespace="other"),)),
    Matcher((AffinityTerm(ZONE, LabelSelector((requirement("app", "Exists"),)), frozenset({"default"})),)),
    Matcher((AffinityTerm(ZONE, LabelSelector(()), frozenset({"default"})),)),
]


def test_what_is_filed_under_a_matcher_is_found_by_the_agents_that_it_means() -> None:
    cluster = snapshot([], AGENTS)
    index: MatcherIndex[int] = MatcherIndex(cluster)
    for number, matcher in enumerate((*MATCHERS, *MATCHERS)):
        index.add(matcher, number)
    for one in AGENTS:
        wanted = [i for i, matcher in enumerate((*MATCHERS, *MATCHERS)) if matches(cluster, matcher, one)]
        assert sorted(index.meaning(one)) == wanted


def test_what_is_filed_under_an_agent_is_found_by_the_matchers_that_mean_it() -> None:
    cluster = snapshot([], AGENTS)
    index: KindIndex[str] = KindIndex(cluster)
    for one, suffix in product(AGENTS, "ab"):
        index.add(one, one.name + suffix)
    for matcher in MATCHERS:
        wanted = [one.name + s for one, s in product(AGENTS, "ab") if matches(cluster, matcher, one)]
        assert sorted(index.meant(matcher)) == sorted(wanted)
