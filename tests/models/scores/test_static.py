"""Scores of an agent on a node: kube-scheduler's numbers, scaled to the nodes that are open for good."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from placewright.models.agent import Agent
from placewright.models.node import Node
from placewright.models.profile import Profile
from placewright.models.scores import data_locality, image_locality, node_affinity, taint_toleration
from placewright.models.scores.base import Score
from placewright.models.selector import NodeSelectorTerm, PreferredNodeTerm, Requirement
from placewright.models.state import ClusterState
from placewright.tests.builders import MIB, agent, node, requirement, snapshot, taint, toleration


def prefers(weight: int, *wanted: Requirement) -> PreferredNodeTerm:
    return PreferredNodeTerm(weight, NodeSelectorTerm(match_expressions=wanted))


SSD, ZONED = requirement("disk", "In", "ssd"), requirement("zone", "Exists")
NODES = [node("n1", labels={"disk": "ssd", "zone": "a"}), node("n2", labels={"zone": "b"}), node("n3")]
WISH = (prefers(80, SSD), prefers(20, ZONED))


def costs(score: Score, nodes: list[Node], one: Agent, profile: Profile | None = None) -> list[int]:
    """What the agent costs on each node."""
    judged = profile or Profile()
    states = (ClusterState(snapshot(nodes, [replace(one, node_name=n.name)], profile=judged)) for n in nodes)
    return [score.value(state, judged) for state in states]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({"preferred_nodes": WISH}, [0, 8000, 10000], id="the heaviest match costs nothing"),
        pytest.param({}, [0, 0, 0], id="without a preference nothing costs anything"),
        pytest.param({"preferred_nodes": (prefers(50),)}, [0, 0, 0], id="an empty term matches nothing"),
        pytest.param({"preferred_nodes": (prefers(0, SSD),)}, [0, 0, 0], id="a weight of 0 is nothing"),
        pytest.param(
            {"preferred_nodes": WISH, "node_selector": {"zone": "b"}},
            [0, 0, 10000],
            id="only nodes that are open count; on another the agent scores as if that were open, too",
        ),
    ],
)
def test_node_affinity(fields: dict[str, Any], expected: list[int]) -> None:
    assert costs(node_affinity.SCORE, NODES, agent("a", **fields)) == expected


def test_preferences_of_the_profile_are_added() -> None:
    profile = Profile(added_preferred=(prefers(10, ZONED),))
    assert costs(node_affinity.SCORE, NODES, agent("a"), profile) == [0, 0, 10000]


SOFT = [
    node("n1"),
    node("n2", taints=[taint("a", effect="PreferNoSchedule")]),
    node("n3", taints=[taint(key, effect="PreferNoSchedule") for key in "abc"]),
]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param(
            {}, [0, 3300, 10000], id="a third of the worst costs a third, as kube-scheduler truncates"
        ),
        pytest.param({"tolerations": (toleration(operator="Exists"),)}, [0, 0, 0], id="all are tolerated"),
        pytest.param(
            {"tolerations": (toleration("a", operator="Exists", effect="NoSchedule"),)},
            [0, 3300, 10000],
            id="a toleration of another effect does not help",
        ),
        pytest.param(
            {"tolerations": (toleration("a", operator="Exists"),)},
            [0, 0, 10000],
            id="one of them is tolerated",
        ),
    ],
)
def test_taint_toleration(fields: dict[str, Any], expected: list[int]) -> None:
    assert costs(taint_toleration.SCORE, SOFT, agent("a", **fields)) == expected


def test_where_all_nodes_are_alike_nothing_is_lost() -> None:
    tainted = [node(f"n{i}", taints=[taint("a", effect="PreferNoSchedule")]) for i in range(2)]
    assert costs(taint_toleration.SCORE, tainted, agent("a")) == [0, 0]


def test_a_cluster_without_soft_taints_costs_nothing() -> None:
    assert costs(taint_toleration.SCORE, NODES, agent("a")) == [0, 0, 0]


def test_image_locality_is_what_kube_schedulers_score_is_below_the_best() -> None:
    # 500 MiB on two of four nodes: 23 points, and nobody can have more.
    nodes = [node(f"n{i}", images={"web:latest": 500 * MIB} if i < 2 else {}) for i in range(4)]
    assert costs(image_locality.SCORE, nodes, agent("a", images=("web",))) == [0, 0, 2300, 2300]


def test_an_image_that_is_nowhere_costs_nothing() -> None:
    assert costs(image_locality.SCORE, NODES, agent("a", images=("web",))) == [0, 0, 0]


@pytest.mark.parametrize(
    ("needs", "expected"),
    [
        pytest.param({}, [0, 0], id="who reads nothing costs nothing"),
        pytest.param({"weights": 3}, [0, 10000], id="all that is missing costs all"),
        pytest.param(
            {"weights": 1, "corpus": 2}, [6667, 10000], id="a missing part costs its part, rounded up"
        ),
        pytest.param({"weights": 0}, [0, 0], id="what has no size costs nothing"),
    ],
)
def test_data_locality(needs: dict[str, int], expected: list[int]) -> None:
    nodes = [node("n1", data=frozenset({"weights"})), node("n2")]
    assert costs(data_locality.SCORE, nodes, agent("a", needs_data=needs)) == expected


def test_agents_of_another_profile_are_not_judged() -> None:
    own, other = Profile(), Profile(scheduler_name="other")
    foreign = agent("a", preferred_nodes=WISH, scheduler_name="other", on="n3")
    state = ClusterState(snapshot(NODES, [foreign], profile=own, profiles=(other,)))
    assert node_affinity.SCORE.value(state, own) == 0
    assert node_affinity.SCORE.value(state, other) == 10000
