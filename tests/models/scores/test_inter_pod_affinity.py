"""InterPodAffinity: which pairs count, what each costs, and for whom."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from placewright.models.agent import Agent, Phase, WeightedAffinityTerm
from placewright.models.options import Options
from placewright.models.profile import Profile
from placewright.models.scores.base import POINT, WORST
from placewright.models.scores.inter_pod_affinity import SCORE
from placewright.models.selector import AffinityTerm, match_labels
from placewright.models.snapshot import Snapshot
from placewright.tests.builders import HOSTNAME, ZONE, agent, agents, near, node, selector, snapshot
from placewright.tests.rule_checks import state_of

NODES = [node("a1", zone="a"), node("a2", zone="a"), node("b1", zone="b"), node("no-zone")]
WEB, DB = {"app": "web"}, {"app": "db"}


def wants(weight: int, app: str = "db", key: str = ZONE, **fields: Any) -> tuple[WeightedAffinityTerm, ...]:
    return (WeightedAffinityTerm(weight, near(key, app=app, **fields)),)


def cost(everyone: list[Agent], *, profile: Profile | None = None, **options: Any) -> int:
    """What agents cost that run on NODES, read in any order."""
    shuffled = list(everyone)
    Random(5).shuffle(shuffled)
    judging = profile or Profile()
    cluster = Snapshot(
        nodes=tuple(NODES),
        agents=tuple(shuffled),
        namespaces={"team": {"kind": "own"}},
        options=Options(profile=judging, **options),
    )
    return SCORE.value(state_of(cluster), judging)


def db(*nodes: str, **fields: Any) -> list[Agent]:
    return [agent(f"db-{i}", labels=DB, on=name, **fields) for i, name in enumerate(nodes)]


@pytest.mark.parametrize(
    ("everyone", "expected"),
    [
        pytest.param(db("a1", "b1"), 0, id="agents without terms cost nothing"),
        pytest.param(
            [agent("w", on="a1", preferred_affinity=wants(100)), *db("a2")],
            0,
            id="all the company there is in the zone costs nothing",
        ),
        pytest.param(
            [agent("w", on="a1", preferred_affinity=wants(100)), *db("b1")],
            WORST,
            id="no company of a term of weight 100 costs the worst",
        ),
        pytest.param(
            [agent("w", on="a1", preferred_affinity=wants(100)), *db("a1", "a2", "b1", "b1")],
            WORST // 2,
            id="half of the company costs half",
        ),
        pytest.param(
            [agent("w", on="a1", preferred_affinity=wants(3)), *db("a1", "b1", "b1")],
            2 * POINT,
            id="a term of weight 3 is worth three points",
        ),
        pytest.param(
            [agent("w", on="a1", preferred_affinity=wants(1)), *db("a1", "a1", "b1")],
            34,
            id="a third of a point is rounded up",
        ),
        pytest.param(
            [*agents("w", 3, on="a1", preferred_affinity=wants(1)), *db("a1", "a1", "b1")],
            100,
            id="the owners of one term are rounded together",
        ),
        pytest.param(
            [agent("w", on="a1", preferred_affinity=wants(100)), agent("db", labels=DB)],
            WORST,
            id="company that still waits is missing",
        ),
        pytest.param(
            [
                agent("w", on="a1", preferred_affinity=wants(100)),
                agent("db", labels=DB, scheduling_gates=("g",)),
            ],
            0,
            id="company that cannot come is not missed",
        ),
        pytest.param(
            [agent("w", on="a1", preferred_affinity=wants(100)), *db("b1", phase=Phase.SUCCEEDED)],
            0,
            id="finished agents are no company",
        ),
        pytest.param(
            [agent("w", preferred_affinity=wants(100)), *db("b1")], 0, id="an owner that waits costs nothing"
        ),
        pytest.param(
            [agent("w", on="a1", preferred_affinity=wants(100)), *db("a1", "b1", terminating=True)],
            WORST // 2,
            id="agents that are being deleted are still company",
        ),
        pytest.param(
            [agent("w", on="no-zone", preferred_affinity=wants(100)), *db("no-zone")],
            WORST,
            id="a node without the key has no company, not even its own agents",
        ),
        pytest.param(
            [agent("w", on="a1", preferred_affinity=wants(100, key=HOSTNAME)), *db("a1", "a2")],
            WORST // 2,
            id="by hostname only the node itself is near",
        ),
    ],
)
def test_affinity_costs_the_share_of_company_that_is_elsewhere(everyone: list[Agent], expected: int) -> None:
    assert cost(everyone) == expected


@pytest.mark.parametrize(
    ("everyone", "expected"),
    [
        pytest.param(
            [agent("w", on="a1", preferred_affinity=wants(-100)), *db("a2", "b1")],
            WORST // 2,
            id="half of those avoided in the zone costs half",
        ),
        pytest.param(
            [agent("w", on="b1", preferred_affinity=wants(-100)), *db("a1", "a2")],
            0,
            id="none of those avoided costs nothing",
        ),
        pytest.param(
            [agent("w", on="no-zone", preferred_affinity=wants(-100)), *db("no-zone")],
            0,
            id="on a node without the key nobody is near",
        ),
        pytest.param(
            [agent(f"db-{i}", labels=DB, on="a1", preferred_affinity=wants(-100)) for i in range(3)],
            3 * WORST,
            id="peers all together cost the worst, each",
        ),
        pytest.param(
            [agent(f"db-{n}", labels=DB, on=n, preferred_affinity=wants(-100)) for n in ("a1", "a2", "b1")],
            WORST,
            id="an agent is not its own company",
        ),
        pytest.param(
            [agent("db", labels=DB, on="a1", preferred_affinity=wants(-100))],
            0,
            id="without peers there is nothing to avoid",
        ),
        pytest.param(
            [
                agent("w", labels=WEB, on="a1", preferred_affinity=wants(-100)),
                agent("db", labels=DB, on="a2", preferred_affinity=wants(-50, app="web")),
            ],
            WORST + WORST // 2,
            id="each side of a pair counts its own term",
        ),
        pytest.param(
            [agent("w", on="a1", preferred_affinity=(*wants(-100), *wants(-100))), *db("a1")],
            2 * WORST,
            id="a term said twice counts twice",
        ),
        pytest.param(
            [
                agent("w", on="a1", preferred_affinity=(*wants(40), *wants(-100, key=HOSTNAME))),
                *db("a2", "b1"),
            ],
            20 * POINT,
            id="terms of both signs add up",
        ),
    ],
)
def test_anti_affinity_costs_the_share_that_is_near(everyone: list[Agent], expected: int) -> None:
    assert cost(everyone) == expected


ELSEWHERE = AffinityTerm(ZONE, selector(app="db"), frozenset(), match_labels({"kind": "own"}))


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        pytest.param(near(app="db"), 0, id="agents of other namespaces are not meant"),
        pytest.param(near(app="db", namespace="team"), WORST, id="a named namespace is meant"),
        pytest.param(ELSEWHERE, WORST, id="a namespace with the labels asked for is meant"),
        pytest.param(AffinityTerm(ZONE, None, frozenset({"team"})), 0, id="a null selector means nobody"),
        pytest.param(AffinityTerm(ZONE, selector(), frozenset({"team"})), WORST, id="an empty one everybody"),
    ],
)
def test_terms_mean_agents_by_namespace_and_labels(term: AffinityTerm, expected: int) -> None:
    owner = agent("w", on="a1", preferred_affinity=(WeightedAffinityTerm(-100, term),))
    assert cost([owner, *db("a1", namespace="team")]) == expected


@pytest.mark.parametrize(
    ("weight", "expected"),
    [
        pytest.param(1, POINT // 2, id="weight 1 by default"),
        pytest.param(60, 30 * POINT, id="as the profile says"),
        pytest.param(0, 0, id="nothing at weight 0"),
    ],
)
def test_required_affinity_is_wished_for_too(weight: int, expected: int) -> None:
    owner = agent("w", on="a1", affinity=(near(app="db"),))
    assert cost([owner, *db("a1", "b1")], profile=Profile(hard_affinity_weight=weight)) == expected


def test_required_anti_affinity_never_scores() -> None:
    assert cost([agent("w", on="a1", anti_affinity=(near(app="db"),)), *db("a1")]) == 0


def test_wishes_of_agents_that_run_can_be_ignored() -> None:
    running = agent("r", on="a1", preferred_affinity=wants(100), affinity=(near(app="web"),))
    coming = agent("c", preferred_affinity=wants(100))
    cluster = snapshot(NODES, [running, coming, *db("b1")])
    state = state_of(cluster, {"c": "a1"})
    # Only what the agent that comes wishes is left.
    assert SCORE.value(state, cluster.options.profile) == 2 * WORST
    ignoring = Profile(ignore_preferred_of_existing=True)
    state = state_of(snapshot(NODES, [running, coming, *db("b1")], profile=ignoring), {"c": "a1"})
    assert SCORE.value(state, ignoring) == WORST


def test_each_profile_judges_the_agents_of_its_scheduler() -> None:
    other = Profile(name="other", scheduler_name="other", hard_affinity_weight=50)
    main = Profile()
    terms: dict[str, Any] = {"affinity": (near(app="db"),)}
    cluster = snapshot(
        NODES,
        [agent("x", on="a1", **terms), agent("y", on="a1", scheduler_name="other", **terms), *db("b1")],
        profile=main,
        profiles=(other,),
    )
    assert SCORE.value(state_of(cluster), main) == POINT
    assert SCORE.value(state_of(cluster), other) == 50 * POINT


def test_a_move_changes_the_cost_at_once() -> None:
    cluster = snapshot(NODES, [agent("w", preferred_affinity=wants(100)), *db("b1")])
    state = state_of(cluster, {"w": "a1"})
    assert SCORE.value(state, cluster.options.profile) == WORST
    owner = cluster.agent_by_key["default/w"]
    state.remove(owner, NODES[0])
    state.place(owner, NODES[2])
    assert SCORE.value(state, cluster.options.profile) == 0
