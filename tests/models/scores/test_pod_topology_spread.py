"""PodTopologySpread: soft constraints and defaults, who counts where, and what sharing a domain costs."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from placewright.models.agent import Agent, InclusionPolicy, SpreadConstraint
from placewright.models.node import Node
from placewright.models.profile import DefaultSpread, Profile
from placewright.models.scores.base import WORST
from placewright.models.scores.pod_topology_spread import SCORE
from placewright.models.selector import LabelSelector
from placewright.tests.builders import HOSTNAME, ZONE, agent, node, selector, snapshot, spread, taint
from placewright.tests.rule_checks import state_of

NODES = [node("a1", zone="a"), node("a2", zone="a"), node("b1", zone="b")]
APP = {"app": "x"}
PEERS = selector(app="x")


def soft(key: str = ZONE, *, by: LabelSelector | None = PEERS, **fields: Any) -> SpreadConstraint:
    constraint = replace(spread(key), hard=False, selector=by)
    return replace(constraint, **fields)


def peers(*nodes: str, spread: tuple[SpreadConstraint, ...] = (soft(),), **fields: Any) -> list[Agent]:
    return [agent(f"x-{i}", on=name, labels=APP, spread=spread, **fields) for i, name in enumerate(nodes)]


def cost(everyone: list[Agent], *, nodes: list[Node] = NODES, profile: Profile | None = None) -> int:
    shuffled = list(everyone)
    Random(5).shuffle(shuffled)
    judging = profile or Profile()
    return SCORE.value(state_of(snapshot(nodes, shuffled, profile=judging)), judging)


@pytest.mark.parametrize(
    ("everyone", "expected"),
    [
        pytest.param(peers("a1", "a1", "a1"), 3 * WORST, id="all in one zone costs the worst, each"),
        pytest.param(peers("a1", "a2", "b1"), WORST, id="of two peers in three, each pays for the other"),
        pytest.param(peers("a1", "b1"), 0, id="apart costs nothing"),
        pytest.param(peers("a1"), 0, id="without peers there is nothing to spread"),
        pytest.param(peers("a1", "a2", spread=(soft(HOSTNAME),)), 0, id="by hostname nodes are apart"),
        pytest.param(
            peers("a1", "a2", spread=(soft(HOSTNAME), soft())), WORST, id="two constraints count half each"
        ),
        pytest.param(
            peers("a1", "a1", spread=(soft(), soft())), 2 * WORST, id="a constraint said twice counts twice"
        ),
        pytest.param(peers("a1", "a2", spread=(spread(app="x"),)), 0, id="hard constraints do not score"),
        pytest.param(
            peers("a1", "a2", spread=(spread(HOSTNAME, app="x"), soft())),
            2 * WORST,
            id="beside a hard constraint a soft one counts in full",
        ),
        pytest.param(peers("a1", "a1", spread=(soft(by=None),)), 0, id="a null selector means nobody"),
        pytest.param(
            peers("a1", "a1", spread=(soft(by=selector()),)), 0, id="an empty selector means nobody"
        ),
        pytest.param(
            [*peers("a1"), agent("y", on="a2", labels=APP)],
            WORST,
            id="whom the selector means need not wish it",
        ),
        pytest.param(
            [*peers("a1"), agent("y", on="a2", labels=APP, namespace="team")],
            0,
            id="other namespaces do not count",
        ),
        pytest.param(
            [agent("y", on="a1", spread=(soft(),)), agent("z", on="a1", labels=APP), agent("w", labels=APP)],
            WORST // 2,
            id="an owner that is none of them sees the share of all of them",
        ),
        pytest.param(peers("a1", "a1", terminating=True), 0, id="agents being deleted wish nothing"),
        pytest.param(
            [*peers("a1"), agent("y", on="a1", labels=APP, terminating=True)],
            0,
            id="agents being deleted do not count",
        ),
    ],
)
def test_each_owner_pays_for_the_share_of_peers_in_its_domain(everyone: list[Agent], expected: int) -> None:
    assert cost(everyone) == expected


POOL = [*NODES, node("bare"), node("bare-too")]


@pytest.mark.parametrize(
    ("everyone", "profile", "expected"),
    [
        pytest.param(peers("bare", "a1"), Profile(), WORST, id="a node without the key is the worst"),
        pytest.param(
            peers("bare", "a1", spread=(soft(), soft(HOSTNAME))),
            Profile(),
            WORST,
            id="and no worse for two constraints",
        ),
        pytest.param(peers("bare", "bare"), Profile(), 2 * WORST, id="whoever else is there"),
        pytest.param(
            [*peers("a1"), agent("y", on="bare", labels=APP), agent("z", on="a2", labels=APP)],
            Profile(),
            WORST // 2,
            id="agents on it are in no domain",
        ),
        pytest.param(
            peers("bare", "bare-too", spread=(), spread_selector=PEERS),
            Profile(),
            0,
            id="with the system's defaults only the keys that it has count",
        ),
        pytest.param(
            peers("bare", "bare", spread=(), spread_selector=PEERS),
            Profile(),
            WORST,
            id="so by hostname agents there can be together",
        ),
        pytest.param(
            peers("bare", "a1", spread=(), spread_selector=PEERS),
            Profile(default_spread=DefaultSpread(system=False, constraints=(soft(by=None),))),
            WORST,
            id="with defaults from a list it is the worst again",
        ),
    ],
)
def test_nodes_without_a_key(everyone: list[Agent], profile: Profile, expected: int) -> None:
    assert cost(everyone, nodes=POOL, profile=profile) == expected


LISTED = DefaultSpread(system=False, constraints=(soft(by=None), spread(HOSTNAME)))


@pytest.mark.parametrize(
    ("own", "default", "expected"),
    [
        pytest.param({"spread_selector": PEERS}, DefaultSpread(), WORST, id="zone and hostname, half each"),
        pytest.param({"spread_selector": PEERS}, LISTED, 2 * WORST, id="those of a list that are soft"),
        pytest.param(
            {"spread_selector": PEERS},
            DefaultSpread(system=False),
            0,
            id="none with an empty list",
        ),
        pytest.param({}, DefaultSpread(), 0, id="none for agents that nothing selects"),
        pytest.param(
            {"spread_selector": PEERS, "spread": (spread(HOSTNAME, app="y"),)},
            DefaultSpread(),
            0,
            id="none for agents with constraints of their own, even hard ones",
        ),
    ],
)
def test_defaults(own: dict[str, Any], default: DefaultSpread, expected: int) -> None:
    everyone = peers("a1", "a2", **{"spread": (), **own})
    assert cost(everyone, profile=Profile(default_spread=default)) == expected


IGNORE, HONOR = InclusionPolicy.IGNORE, InclusionPolicy.HONOR
MIXED = [
    node("plain", zone="a"),
    node("ssd", zone="a", labels={"disk": "ssd"}),
    node("tainted", zone="a", labels={"disk": "ssd"}, taints=[taint("gpu")]),
]


@pytest.mark.parametrize(
    ("constraint", "other", "expected"),
    [
        pytest.param(soft(), "plain", 0, id="nodes that the owner cannot select do not count by default"),
        pytest.param(soft(node_affinity_policy=IGNORE), "plain", WORST, id="unless affinity is ignored"),
        pytest.param(soft(), "tainted", WORST, id="nodes with taints count by default"),
        pytest.param(soft(node_taints_policy=HONOR), "tainted", 0, id="unless taints are honored"),
        pytest.param(soft(HOSTNAME), "ssd", WORST, id="by hostname the node itself counts"),
    ],
)
def test_policies_say_where_others_count(constraint: SpreadConstraint, other: str, expected: int) -> None:
    owner = agent("o", on="ssd", labels=APP, spread=(constraint,), node_selector={"disk": "ssd"})
    assert cost([owner, agent("y", on=other, labels=APP)], nodes=MIXED) == expected


def test_by_hostname_policies_are_not_asked() -> None:
    owner = agent("o", on="plain", labels=APP, spread=(soft(HOSTNAME),), node_selector={"disk": "ssd"})
    assert cost([owner, agent("y", on="plain", labels=APP)], nodes=MIXED) == WORST


def test_an_owner_that_does_not_count_itself_where_it_is_takes_nothing_off() -> None:
    # It runs where its own selector no longer lets it: on a node that does not count.
    owner = agent("o", on="plain", labels=APP, spread=(soft(),), node_selector={"disk": "ssd"})
    assert cost([owner, agent("y", on="ssd", labels=APP)], nodes=MIXED) == WORST


def test_counts_are_squares_so_that_even_is_best() -> None:
    even, uneven = peers("a1", "a1", "b1", "b1"), peers("a1", "a1", "a2", "b1")
    assert cost(even) == 4 * WORST // 3 + 1
    assert cost(uneven) == 2 * WORST
