"""Alike agents taken together: what rules and scores say must not depend on who is taken together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest

from placewright.models.agent import Agent, AgentSpec, SharedLabels
from placewright.models.crowds import amounts, crowds
from placewright.models.filters import rejection
from placewright.models.levels import level_values
from placewright.models.rules import RULES
from placewright.models.rules.topology import Matcher, TopologyCounts, domain_of, matches
from placewright.models.selector import AffinityTerm, LabelSelector, Operator, Requirement
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.tests.builders import HOSTNAME, ZONE, agent, agents, node, snapshot
from placewright.tests.tiny import APPS, NAMESPACES, tiny_cluster, two_profiles

SEEDS = range(60)


def cluster(rng: Random) -> Snapshot:
    return (two_profiles if rng.random() < 0.3 else tiny_cluster)(rng)


def apart(seen: Snapshot) -> Snapshot:
    """The same cluster; no agent shares anything with another."""
    return replace(seen, agents=tuple(_alone(a) for a in seen.agents))


def _alone(one: Agent) -> Agent:
    selector = one.spread_selector and replace(one.spread_selector)
    return replace(one, spec=replace(one.spec), labels=dict(one.labels), spread_selector=selector)


def together(seen: Snapshot) -> Snapshot:
    """The same cluster; agents share whatever is equal."""
    specs: dict[object, AgentSpec] = {}
    labels: dict[object, SharedLabels] = {}
    selectors: dict[LabelSelector | None, LabelSelector | None] = {}
    return replace(
        seen,
        agents=tuple(
            replace(
                one,
                spec=specs.setdefault(one.spec.signature, one.spec),
                labels=labels.setdefault(one.label_set, SharedLabels(one.labels)),
                spread_selector=selectors.setdefault(one.spread_selector, one.spread_selector),
            )
            for one in seen.agents
        ),
    )


def placed(seen: Snapshot, seed: int) -> ClusterState:
    """A finished placement, as a rule a bad one; some agents that ran are gone or elsewhere."""
    rng = Random(seed)
    state = ClusterState(seen)
    for one in seen.agents:
        where = rng.choice(seen.nodes)
        if one.node_name and state.has(one) and rng.random() < 0.3:
            state.remove(one, seen.node_by_name[one.node_name])
            if rng.random() < 0.5:
                state.place(one, where)
        elif not one.node_name and rng.random() < 0.8:
            state.place(one, where)
    return state


@pytest.mark.parametrize("seed", SEEDS)
def test_rules_and_levels_say_the_same_of_agents_that_share_all_and_of_those_that_share_nothing(
    seed: int,
) -> None:
    drawn = cluster(Random(seed))
    one, other = (placed(made, seed) for made in (together(drawn), apart(drawn)))
    for rule in RULES:
        assert sorted(map(repr, rule.violations(one))) == sorted(map(repr, rule.violations(other)))
    assert level_values(one) == level_values(other)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_rule_that_a_spec_does_not_concern_never_says_anything_of_it(seed: int) -> None:
    state = placed(cluster(Random(seed)), seed)
    seen = state.snapshot
    for one in seen.agents:
        if state.has(one):
            continue
        for there in seen.nodes:
            said = [rule.rejects(state, one, there) for rule in RULES]
            assert rejection(state, one, there) == next((reason for reason in said if reason), None)
            for rule in RULES:
                assert rule.concerns(seen, one.spec) or rule.admits(seen, one, there) is None


def test_a_crowd_is_who_shares_spec_namespace_and_labels() -> None:
    web = agents("web", 3, cpu=100, labels={"app": "web"})
    shared = [replace(one, spec=web[0].spec) for one in web]
    other = replace(shared[0], name="other", labels={"app": "other"})
    nodes = [node("n1"), node("n2")]
    steps = [(shared[0], nodes[0]), (shared[1], nodes[1]), (other, nodes[1]), (shared[2], nodes[1])]
    found = crowds(steps)
    assert [{name: [a.name for a in on] for name, on in crowd.on.items()} for crowd in found] == [
        {"n1": ["web-0"], "n2": ["web-1", "web-2"]},
        {"n2": ["other"]},
    ]
    assert amounts(found, lambda spec: spec.requests["cpu"]) == {"n1": 100, "n2": 300}


def test_what_was_derived_of_a_state_is_forgotten_when_somebody_comes_or_goes() -> None:
    one, two = agent("one", cpu=1), agent("two", cpu=1)
    seen = snapshot([node("n1")], [one, two])
    state = ClusterState(seen)
    state.place(one, seen.nodes[0])
    assert [a.name for a, _ in state.placed()] == ["one"]
    state.place(two, seen.nodes[0])
    assert [a.name for a, _ in state.placed()] == ["one", "two"]
    assert len(state.crowds()) == len(state.placed_crowds()) == 2
    state.remove(one, seen.nodes[0])
    assert [a.name for a, _ in state.placed()] == ["two"]
    assert len(state.crowds()) == len(state.placed_crowds()) == 1


def a_matcher(rng: Random) -> Matcher:
    return Matcher(tuple(_term(rng) for _ in range(rng.randrange(3))), terminating=rng.random() < 0.5)


def _term(rng: Random) -> AffinityTerm:
    operator = rng.choice((Operator.IN, Operator.IN, Operator.NOT_IN, Operator.EXISTS))
    values = () if operator is Operator.EXISTS else tuple(rng.sample(APPS, rng.randint(1, 2)))
    selector = rng.choice(
        (None, LabelSelector(), *[LabelSelector((Requirement("app", operator, values),))] * 4)
    )
    spaces = frozenset(rng.sample(NAMESPACES, rng.randrange(3)))
    return AffinityTerm("", selector, spaces, LabelSelector() if rng.random() < 0.3 else None)


def _people(rng: Random) -> Iterator[Agent]:
    for i in range(8):
        one = agent(f"a{i}", namespace=rng.choice(NAMESPACES), labels={"app": rng.choice(APPS)}, cpu=1)
        yield replace(one, terminating=rng.random() < 0.3)


@pytest.mark.parametrize("seed", SEEDS)
def test_counts_by_domain_are_right_whenever_they_are_first_asked_for(seed: int) -> None:
    rng = Random(seed)
    nodes = [node(f"n{i}", labels={ZONE: rng.choice("ab")} if rng.random() < 0.8 else {}) for i in range(4)]
    people = list(_people(rng))
    seen = snapshot(nodes, people)
    state = ClusterState(seen)
    index = state.index(TopologyCounts)
    asked = [
        (a_matcher(rng), rng.choice((ZONE, HOSTNAME, "")), rng.choice((None, frozenset({"n0", "n2"}))))
        for _ in range(6)
    ]
    there: dict[str, str] = {}
    for one in (*people, *rng.sample(people, 4)):
        if one.key in there:
            state.remove(one, seen.node_by_name[there.pop(one.key)])
        else:
            there[one.key] = rng.choice(nodes).name
            state.place(one, seen.node_by_name[there[one.key]])
        matcher, key, within = rng.choice(asked)
        expected: Counter[str] = Counter()
        for other in people:
            where = seen.node_by_name.get(there.get(other.key, ""))
            if where is not None and (within is None or where.name in within):
                value = domain_of(where, key)
                if value is not None and matches(seen, matcher, other):
                    expected[value] += 1
        assert +Counter(index.counts(matcher, key, within)) == expected
