"""Groups that may not share a node: who is one, where nodes are closed, and what fixed ones close."""

from __future__ import annotations

import numpy as np
import pytest

from placewright.models.agent import Agent
from placewright.models.profile import Profile
from placewright.models.snapshot import Snapshot
from placewright.solver.compile import compile_groups
from placewright.solver.rules.exclusion import Rivals, compile_exclusions, fix_exclusions, tightened
from placewright.tests.builders import agent, agents, node, snapshot

NODES = [node("n1"), node("n2")]
PORTS = "NodePorts"


def same_app(one: Agent, other: Agent) -> bool:
    return one.labels["app"] == other.labels["app"]


def of_app(name: str, app: str, **fields: str) -> Agent:
    # By its priority class each is a group of its own.
    return agent(name, labels={"app": app}, priority_class_name=name, **fields)


def exclusions(cluster: Snapshot) -> tuple[list[list[bool]], Rivals]:
    compilation = compile_groups(cluster)
    closed, rivals = compile_exclusions(compilation, range(len(compilation.groups)), same_app, PORTS)
    return closed.tolist(), rivals


@pytest.mark.parametrize(
    ("everyone", "closed", "rivals"),
    [
        pytest.param(
            [of_app("a", "x"), of_app("b", "x"), of_app("c", "y")],
            [[False, False]] * 3,
            ((0, 0), (0, 1), (1, 1), (2, 2)),
            id="two of an app, and each with its own kind",
        ),
        pytest.param(
            [of_app("a", "x"), of_app("r", "x", on="n2"), of_app("s", "y", on="n1")],
            [[False, True]],
            ((0, 0),),
            id="one that runs closes its node",
        ),
        pytest.param(
            [of_app("a", "x", scheduler_name="free"), of_app("b", "x", scheduler_name="free")],
            [[False, False]] * 2,
            (),
            id="who is not checked is nobody's rival who is not either",
        ),
        pytest.param(
            [of_app("a", "x", scheduler_name="free"), of_app("b", "x"), of_app("r", "x", on="n1")],
            [[False, False], [True, False]],
            ((0, 1), (1, 1)),
            id="but the rival of one who is, and goes where that one may not",
        ),
    ],
)
def test_rivals_and_closed_nodes(everyone: list[Agent], closed: list[list[bool]], rivals: Rivals) -> None:
    cluster = snapshot(
        NODES,
        everyone,
        scheduler_names=frozenset({"default-scheduler", "free"}),
        profiles=(Profile(scheduler_name="free", off=frozenset({PORTS})),),
    )
    assert exclusions(cluster) == (closed, rivals)


def test_a_group_that_is_its_own_rival_has_one_place_on_a_node() -> None:
    cap, closed = np.array([[3, 3], [3, 3]]), np.array([[False, True], [False, False]])
    assert tightened(cap, closed, [0]).tolist() == [[1, 0], [3, 3]]
    assert cap.tolist() == [[3, 3], [3, 3]]


def test_fixed_agents_close_their_nodes_to_their_rivals() -> None:
    closed = np.zeros((3, 2), dtype=np.bool_)
    fixed = np.array([[1, 0], [0, 0], [0, 1]])
    rivals = ((0, 0), (0, 1), (1, 2))
    assert fix_exclusions(closed, rivals, fixed).tolist() == [[True, False], [True, True], [False, False]]
    assert not closed.any()


def test_replicas_are_one_group_and_one_rival() -> None:
    cluster = snapshot(NODES, agents("a", 3, labels={"app": "x"}))
    assert exclusions(cluster) == ([[False, False]], ((0, 0),))
