"""What controllers want after a scenario: so many more or fewer, for all that share the number."""

from __future__ import annotations

import pytest

from placewright.models.agent import Agent, OwnerReference
from placewright.models.policy import Scale
from placewright.scenarios.replicas import rescaled
from placewright.tests.builders import agent

WEB = Scale(("Deployment", "web"), 4)
SCALES = {
    ("default", "ReplicaSet", "web-1"): WEB,
    ("default", "ReplicaSet", "web-2"): WEB,
    ("team", "ReplicaSet", "web-1"): WEB,
    ("default", "StatefulSet", "db"): Scale(("StatefulSet", "db"), 2),
}


def owned(kind: str, name: str, namespace: str = "default") -> Agent:
    return agent("a", namespace=namespace, owner=OwnerReference(kind, name))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param([(owned("ReplicaSet", "web-1"), 2)], (6, 6, 4, 2), id="more, for all of its ReplicaSets"),
        pytest.param([(owned("ReplicaSet", "web-2"), -1)] * 3, (1, 1, 4, 2), id="one fewer, three times"),
        pytest.param(
            [(owned("ReplicaSet", "web-1"), -1), (owned("ReplicaSet", "web-2"), -2)],
            (1, 1, 4, 2),
            id="of both ReplicaSets",
        ),
        pytest.param([(owned("StatefulSet", "db"), -5)], (4, 4, 4, 0), id="never fewer than none"),
        pytest.param([(owned("ReplicaSet", "web-1", "team"), 1)], (4, 4, 5, 2), id="in its namespace alone"),
        pytest.param([(owned("Job", "batch"), 1), (agent("bare"), 1)], (4, 4, 4, 2), id="whose number is not known"),
        pytest.param([], (4, 4, 4, 2), id="nothing"),
    ],
)  # fmt: skip
def test_what_controllers_want(changes: list[tuple[Agent, int]], expected: tuple[int, ...]) -> None:
    assert tuple(scale.replicas for scale in rescaled(SCALES, changes).values()) == expected
