"""TrafficLocality: what the distance to those that an agent talks to costs."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from placewright.models.agent import Agent, Talk
from placewright.models.profile import Latency, Profile
from placewright.models.scores.base import WORST
from placewright.models.scores.traffic_locality import SCORE
from placewright.tests.builders import HOSTNAME, ZONE, agent, near, node, snapshot
from placewright.tests.rule_checks import state_of

REGION = "topology.kubernetes.io/region"
NODES = [
    node("a1", zone="a", labels={REGION: "north"}),
    node("a2", zone="a", labels={REGION: "north"}),
    node("b1", zone="b", labels={REGION: "north"}),
    node("c1", zone="c", labels={REGION: "south"}),
    node("bare"),
]
FLAT = Latency(((HOSTNAME, 1), (ZONE, 1)))


def talks(*apps_and_weights: tuple[str, int]) -> tuple[Talk, ...]:
    return tuple(Talk(near(app=app), weight) for app, weight in apps_and_weights)


def web(on: str, *apps_and_weights: tuple[str, int]) -> Agent:
    return agent("web", on=on, talks_to=talks(*(apps_and_weights or (("db", 1),))))


def app(name: str, *nodes: str, **fields: Any) -> list[Agent]:
    return [agent(f"{name}-{i}", labels={"app": name}, on=on, **fields) for i, on in enumerate(nodes)]


def cost(everyone: list[Agent], latency: Latency | None = None) -> int:
    shuffled = list(everyone)
    Random(5).shuffle(shuffled)
    profile = Profile(latency=latency or Latency())
    return SCORE.value(state_of(snapshot(NODES, shuffled, profile=profile)), profile)


@pytest.mark.parametrize(
    ("everyone", "expected"),
    [
        pytest.param([web("a1"), *app("db", "a1")], 0, id="on the same node it costs nothing"),
        pytest.param([web("a1"), *app("db", "a2")], WORST // 100, id="across nodes the first step"),
        pytest.param([web("a1"), *app("db", "b1")], WORST // 10, id="across zones the second as well"),
        pytest.param([web("a1"), *app("db", "c1")], WORST, id="across regions all steps"),
        pytest.param([web("a1"), *app("db", "bare")], WORST, id="without the keys everybody is far"),
        pytest.param([web("bare"), *app("db", "bare")], 99 * WORST // 100, id="but not on the same node"),
        pytest.param([web("a1"), *app("db", "a1", "c1")], WORST // 2, id="half of them far costs half"),
        pytest.param([web("a1"), *app("db", "")], WORST, id="whoever still waits is far"),
        pytest.param([web("a1")], 0, id="nobody to talk to costs nothing"),
        pytest.param([web(""), *app("db", "c1")], 0, id="an agent that waits itself costs nothing"),
        pytest.param(
            [web("a1", ("db", 3), ("cache", 1)), *app("db", "a1"), *app("cache", "c1")],
            WORST // 4,
            id="talks count by their weights",
        ),
        pytest.param(
            [web("a1", ("db", 3), ("nobody", 1)), *app("db", "c1")],
            3 * WORST // 4,
            id="a talk with nobody keeps its share",
        ),
        pytest.param(
            [web("a1"), *app("db", "a1"), *app("old", "c1", terminating=True)],
            0,
            id="others are not meant",
        ),
        pytest.param(
            [web("a1"), *app("db", "c1", terminating=True)], 0, id="agents being deleted do not count"
        ),
        pytest.param(
            [agent("w", on="a1", talks_to=talks(("db", 1)), terminating=True), *app("db", "c1")],
            0,
            id="nor do they wish",
        ),
        pytest.param(
            [
                agent(f"db-{i}", labels={"app": "db"}, on=n, talks_to=talks(("db", 1)))
                for i, n in enumerate(("a1", "c1"))
            ],
            2 * WORST,
            id="agents that talk among themselves do not talk to themselves",
        ),
        pytest.param([web("a1"), *app("db", "c1", namespace="team")], 0, id="other namespaces are not meant"),
    ],
)
def test_an_agent_pays_the_steps_to_the_share_that_is_beyond_them(
    everyone: list[Agent], expected: int
) -> None:
    assert cost(everyone) == expected


@pytest.mark.parametrize(
    ("latency", "expected"),
    [
        pytest.param(FLAT, WORST // 2, id="steps count by their costs"),
        pytest.param(Latency(((ZONE, 5),)), 0, id="a key that both share costs nothing"),
        pytest.param(Latency(((HOSTNAME, 1), ("rack", 99))), WORST, id="a key that no node has is left out"),
        pytest.param(Latency(()), 0, id="no steps, no distance"),
    ],
)
def test_latency_steps(latency: Latency, expected: int) -> None:
    assert cost([web("a1"), *app("db", "a2")], latency) == expected
