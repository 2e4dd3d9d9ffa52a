"""InterPodAffinity: preferred company, both ways (§5.3), and against a transcription."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewright.models.agent import Agent, WeightedAffinityTerm
from placewright.models.kube_scores.inter_pod_affinity import scores
from placewright.models.node import Node
from placewright.models.profile import Profile
from placewright.models.rules.topology import term_matches
from placewright.models.selector import AffinityTerm, LabelSelector
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.tests.builders import (
    HOSTNAME,
    ZONE,
    agent,
    near,
    node,
    requirement,
    selector,
    snapshot,
)
from placewright.tests.models.kube_scores.checks import points

NODES = [node("n1", zone="A"), node("n2", zone="A"), node("n3", zone="B"), node("n4")]


def like(weight: int, key: str = ZONE, **labels: str) -> WeightedAffinityTerm:
    return WeightedAffinityTerm(weight, near(key, **labels))


def web(name: str = "w", on: str = "n1", **fields: Any) -> Agent:
    return agent(name, labels={"app": "web"}, on=on, **fields)


@pytest.mark.parametrize(
    ("running", "own", "expected"),
    [
        pytest.param([web()], [like(10, app="web")], [100, 100, 0, 0], id="liked company draws to its zone"),
        pytest.param([web()], [like(-10, app="web")], [0, 0, 100, 100], id="disliked company drives away"),
        pytest.param(
            [web("a", "n1"), web("b", "n3")],
            [like(-10, HOSTNAME, app="web"), like(5, ZONE, app="web")],
            # -10 + 5, 5, -10 + 5, 0
            [0, 100, 0, 50],
            id="terms of several keys add up",
        ),
        pytest.param([web(), web("v", "n3")], [like(3, app="web")], [100, 100, 100, 0], id="a node without the key gets nothing"),
        pytest.param([web("a", "n4")], [like(3, app="web")], None, id="company on a node without the key draws nowhere"),
        pytest.param([web()], [like(3, app="db")], None, id="nobody is meant: skipped"),
        pytest.param([web()], [], None, id="nobody cares: skipped"),
        pytest.param([web(terminating=True)], [like(1, app="web")], [100, 100, 0, 0], id="an agent being deleted still counts"),
        pytest.param([web(namespace="other")], [like(1, app="web")], None, id="one of another namespace is not meant"),
        pytest.param([web("a"), web("b", "n3")], [like(0, app="web")], None, id="weight 0 is no preference"),
        pytest.param(
            [agent("x", labels={"app": "web", "tier": "db"}, on="n1")],
            [like(4, app="web"), like(-4, tier="db")],
            [0, 0, 0, 0],
            id="what cancels out is 0 everywhere",
        ),
    ],
)  # fmt: skip
def test_an_agents_own_preferences(
    running: list[Agent], own: list[WeightedAffinityTerm], expected: list[int] | None
) -> None:
    coming = agent("p", labels={"app": "api"}, preferred_affinity=tuple(own))
    found = points(scores, snapshot(NODES, [*running, coming]))
    assert (found or [0] * 4) == (expected or [0] * 4)
    if expected is None:
        assert found is None


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({"preferred_affinity": (like(7, app="api"),)}, [100, 100, 0, 0], id="preferred affinity draws"),
        pytest.param({"preferred_affinity": (like(-7, app="api"),)}, [0, 0, 100, 100], id="preferred anti-affinity drives away"),
        pytest.param({"affinity": (near(app="api"),)}, [100, 100, 0, 0], id="required affinity draws by the profile's weight"),
        pytest.param({"anti_affinity": (near(app="api"),)}, None, id="required anti-affinity never scores"),
        pytest.param({"preferred_affinity": (like(7, app="else"),)}, None, id="who is not meant is not drawn"),
    ],
)  # fmt: skip
def test_the_preferences_of_those_who_are_there(fields: dict[str, Any], expected: list[int] | None) -> None:
    seen = snapshot(NODES, [web(**fields), agent("p", labels={"app": "api"})])
    assert points(scores, seen) == expected


class TestProfile:
    """hardPodAffinityWeight and ignorePreferredTermsOfExistingPods."""

    def test_the_weight_of_required_affinity(self) -> None:
        # Zone A is wanted with 3 by one agent, zone B required by one.
        running = [web("a", "n1", preferred_affinity=(like(3, app="api"),)), web("b", "n3", affinity=(near(app="api"),))]  # fmt: skip
        seen = snapshot(NODES, [*running, agent("p", labels={"app": "api"})])
        assert points(scores, seen, profile=Profile(hard_affinity_weight=1)) == [100, 100, 33, 0]
        assert points(scores, seen, profile=Profile(hard_affinity_weight=6)) == [50, 50, 100, 0]
        assert points(scores, seen, profile=Profile(hard_affinity_weight=0)) == [100, 100, 0, 0]

    def test_an_agent_without_preferences_may_ignore_those_of_others(self) -> None:
        profile = Profile(ignore_preferred_of_existing=True)
        there = web(preferred_affinity=(like(5, app="api"),))
        silent = snapshot(NODES, [there, agent("p", labels={"app": "api"})])
        assert points(scores, silent, profile=profile) is None
        # One that has some of its own heeds all.
        own = agent("p", labels={"app": "api"}, preferred_affinity=(like(1, app="none"),))
        assert points(scores, snapshot(NODES, [there, own]), profile=profile) == [100, 100, 0, 0]


def test_a_negative_namespace_selector_means_every_namespace_only_with_the_quirk() -> None:
    term = AffinityTerm(
        ZONE, selector(app="web"), frozenset(), LabelSelector((requirement("team", "NotIn", "x"),))
    )
    coming = agent("p", preferred_affinity=(WeightedAffinityTerm(1, term),))
    spaces = {"default": {"team": "x"}}
    assert points(scores, snapshot(NODES, [web(), coming], namespaces=spaces)) is None
    quirky = snapshot(NODES, [web(), coming], namespaces=spaces, quirk_namespace_selector=True)
    assert points(scores, quirky) == [100, 100, 0, 0]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param((-10, 0, 5), [0, 66, 100], id="between the least and the most"),
        pytest.param((3, 3), [0, 0], id="no difference is 0"),
        pytest.param(
            (0, 29, 57, 58, 100), [0, 28, 56, 57, 100], id="the float's truncation is kube-scheduler's"
        ),
    ],
)
def test_how_raw_values_are_scaled(raw: tuple[int, ...], expected: list[int]) -> None:
    nodes = [node(f"n{i}") for i in range(len(raw))]
    running = [
        agent(f"r{i}", on=f"n{i}", preferred_affinity=(like(value, HOSTNAME, app="api"),))
        for i, value in enumerate(raw)
    ]
    assert points(scores, snapshot(nodes, [*running, agent("p", labels={"app": "api"})])) == expected


def test_what_comes_and_goes_is_followed() -> None:
    coming = agent("p", labels={"app": "api"}, preferred_affinity=(like(1, app="web"),))
    fan = agent("fan", preferred_affinity=(like(5, app="api"),))
    seen = snapshot(NODES, [coming, fan, web()])
    state = ClusterState(seen)
    assert scores(state, coming, seen.nodes, Profile()) == [100, 100, 0, 0]
    state.place(fan, seen.nodes[2])
    assert scores(state, coming, seen.nodes, Profile()) == [20, 20, 100, 0]
    state.remove(fan, seen.nodes[2])
    assert scores(state, coming, seen.nodes, Profile()) == [100, 100, 0, 0]


def transcribed(seen: Snapshot, p: Agent, nodes: tuple[Node, ...], hard: int) -> list[int]:
    """§5.3 word by word."""
    raw = dict.fromkeys((n.name for n in nodes), 0)

    def process(term: AffinityTerm, meant: Agent, where: Node, weight: int) -> None:
        if not term_matches(term, meant.namespace, meant.labels, seen.namespace_labels(meant.namespace)):
            return
        for n in nodes:
            value = where.labels.get(term.topology_key)
            if value is not None and n.labels.get(term.topology_key) == value:
                raw[n.name] += weight

    for q in seen.residents:
        where = seen.node_by_name[q.node_name]
        for own in p.spec.preferred_affinity:
            process(own.term, q, where, own.weight)
        for required in q.spec.affinity:
            process(required, p, where, hard)
        for theirs in q.spec.preferred_affinity:
            process(theirs.term, p, where, theirs.weight)
    least, most = min(raw.values()), max(raw.values())
    if most == least:
        return [0] * len(nodes)
    return [int(100.0 * (float(value - least) / float(most - least))) for value in raw.values()]


@given(rng=st.randoms(use_true_random=False), hard=st.integers(0, 100))
def test_any_cluster_scores_as_the_formulas_say(rng: Random, hard: int) -> None:
    nodes = [node(f"n{i}", zone=rng.choice(("a", "b", None))) for i in range(rng.randint(1, 4))]
    everyone = [_someone(rng, f"r{i}", on=rng.choice(nodes).name) for i in range(rng.randint(0, 6))]
    p = _someone(rng, "p")
    everyone.append(p)
    rng.shuffle(everyone)
    seen = snapshot(nodes, everyone)
    found = points(scores, seen, profile=Profile(hard_affinity_weight=hard)) or [0] * len(nodes)
    assert found == transcribed(seen, p, seen.nodes, hard)
    assert all(0 <= value <= 100 for value in found)


def _someone(rng: Random, name: str, on: str = "") -> Agent:
    def term() -> AffinityTerm:
        return near(rng.choice((ZONE, HOSTNAME)), app=rng.choice("xy"))

    liked = tuple(WeightedAffinityTerm(rng.randint(-100, 100), term()) for _ in range(rng.randint(0, 2)))
    required = tuple(term() for _ in range(rng.randint(0, 1)))
    return agent(name, labels={"app": rng.choice("xy")}, on=on, preferred_affinity=liked, affinity=required)
