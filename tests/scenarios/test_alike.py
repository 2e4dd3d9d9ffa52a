"""Nodes that nothing but their names tells apart are tried once, and every loss stands for all that are alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from placewright.models.agent import Agent, OwnerReference, Phase
from placewright.models.node import Node
from placewright.models.selector import NODE_NAME_FIELD, NodeSelector, NodeSelectorTerm
from placewright.models.snapshot import Snapshot
from placewright.models.survival import Loss, Survival
from placewright.scenarios.alike import alike_nodes
from placewright.scenarios.survival import Question, lose_it, survives
from placewright.solver.settings import Settings
from placewright.tests.builders import (
    HOSTNAME,
    agent,
    near,
    node,
    node_affinity,
    requirement,
    snapshot,
    spread,
)

SETTINGS = Settings(time_limit=20.0, workers=1)


def three(agents: Sequence[Agent] = (), **second: Any) -> Snapshot:
    """Three nodes of which the second may be different."""
    nodes = [node(f"n{i}", zone="a") for i in range(3)]
    return snapshot([nodes[0], replace(nodes[1], **second), nodes[2]], agents)


def one_on_each(names: Sequence[str] = ("n0", "n1", "n2"), **fields: Any) -> list[Agent]:
    return [agent(f"a{name}", on=name, phase=Phase.RUNNING, cpu=500, **fields) for name in names]


ALL = [("n0", "n1", "n2")]
BUT_THE_SECOND = [("n0", "n2"), ("n1",)]


def daemon(on: str) -> Agent:
    """An agent of a DaemonSet, tied to its node by its controller."""
    tied = NodeSelectorTerm(match_fields=(requirement(NODE_NAME_FIELD, "In", on),))
    owner = OwnerReference("DaemonSet", "log")
    return agent(f"log-{on}", on=on, phase=Phase.RUNNING, owner=owner, node_affinity=NodeSelector((tied,)))


@pytest.mark.parametrize(
    ("cluster", "classes"),
    [
        pytest.param(three(one_on_each()), ALL, id="the same on each"),
        pytest.param(three([daemon(f"n{i}") for i in range(3)]), ALL, id="tied to their own node"),
        pytest.param(three(one_on_each(("n1",))), BUT_THE_SECOND, id="an agent more"),
        pytest.param(three(one_on_each(), unschedulable=True), BUT_THE_SECOND, id="cordoned"),
        pytest.param(three(one_on_each(), allocatable={"cpu": 9000}), BUT_THE_SECOND, id="larger"),
        pytest.param(
            three([*one_on_each(), agent("x", node_selector={HOSTNAME: "n1"})]),
            BUT_THE_SECOND,
            id="asked for by name",
        ),
        pytest.param(
            three(one_on_each(node_affinity=node_affinity([requirement(HOSTNAME, "NotIn", "n1")]))),
            BUT_THE_SECOND,
            id="avoided by name",
        ),
        pytest.param(
            three([agent("x", on="n0"), agent("y", on="n1", labels={"app": "y"}), agent("x2", on="n2")]),
            BUT_THE_SECOND,
            id="another label on it",
        ),
        pytest.param(
            three(one_on_each(node_affinity=node_affinity([requirement(HOSTNAME, "Gt", "1")]))),
            [("n0",), ("n1",), ("n2",)],
            id="names are compared",
        ),
    ],
)
def test_nodes_are_alike_where_only_names_differ(cluster: Snapshot, classes: list[tuple[str, ...]]) -> None:
    assert alike_nodes(cluster) == classes


def test_each_sort_of_node_is_tried_once_and_stands_for_the_others() -> None:
    nodes = [node(f"n{i}", cpu=1000) for i in range(40)]
    agents = [agent(f"a{i}", on=f"n{i}", phase=Phase.RUNNING, cpu=600) for i in range(39)]
    found = survives(snapshot(nodes, agents), "node", settings=SETTINGS)
    assert isinstance(found, Survival)
    assert [(loss.domains, len(loss.alike)) for loss in found.losses] == [(("n0",), 38), (("n39",), 0)]
    assert found.verdict.endswith("of any node; 2 placed and verified, 38 more are like one of them")


def repeated(rng: Random) -> Snapshot:
    """Two or three sorts of nodes, each several times over, with the same on it."""
    nodes: list[Node] = []
    agents: list[Agent] = []
    for kind in range(rng.choice((2, 3))):
        templates: list[dict[str, Any]] = [
            {
                "cpu": 500 * rng.randint(1, 3),
                "labels": {"app": rng.choice("xy")},
                "priority": rng.choice((0, 5)),
                **rng.choice(
                    (
                        {},
                        {},
                        {"anti_affinity": (near(HOSTNAME, app="x"),)},
                        {"spread": (spread(skew=2, app="y"),)},
                    )
                ),
            }
            for _ in range(rng.randint(0, 2))
        ]
        zone, cpu = rng.choice("ab"), 1000 * rng.randint(2, 4)
        for _ in range(rng.randint(1, 3)):
            name = f"n{kind}-{len(nodes)}"
            nodes.append(node(name, cpu=cpu, zone=zone))
            agents += [
                agent(f"{name}-{i}", on=name, phase=Phase.RUNNING, **fields)
                for i, fields in enumerate(templates)
            ]
    return snapshot(nodes, agents)


def lost(cluster: Snapshot, name: str) -> Loss:
    keys = frozenset(a.key for a in cluster.residents)
    loss = lose_it(Question(cluster, (name,), frozenset({name}), keys, SETTINGS, rearrange=False))
    assert isinstance(loss, Loss)
    return loss


def test_losing_a_node_comes_to_the_same_as_losing_one_that_is_alike() -> None:
    grouped = 0
    for seed in range(25):
        cluster = repeated(Random(seed))
        found = survives(cluster, "node", settings=SETTINGS)
        assert isinstance(found, Survival)
        for loss in found.losses:
            for name in loss.alike:
                other = lost(cluster, name)
                assert (other.answer, other.displaced, other.stranded) == (
                    loss.answer,
                    loss.displaced,
                    loss.stranded,
                ), seed
                grouped += 1
        told = [name for loss in found.losses for name in (*loss.domains, *loss.alike)]
        assert sorted(told) == sorted(n.name for n in cluster.nodes)
    assert grouped > 20
