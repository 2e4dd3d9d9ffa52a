"""NodeResourcesFit's strategies, example by example (§8.2 to §8.4), and against a transcription."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewright.models.agent import Agent
from placewright.models.kube_scores.base import Scorer
from placewright.models.kube_scores.fit import (
    least_allocated,
    most_allocated,
    requested_to_capacity_ratio,
    shape_score,
)
from placewright.models.node import Node
from placewright.models.profile import FitArgs, Profile
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.tests.builders import MIB, agent, node, snapshot
from placewright.tests.models.kube_scores.checks import points

GPU = "example.com/gpu"
RISING = ((0, 0), (100, 10))
FALLING = ((0, 10), (70, 5), (100, 0))


def judged(shape: tuple[tuple[int, int], ...] = (), **weights: int) -> Profile:
    """A profile whose fit weighs these resources; `gpu` stands for an extended one."""
    named = {GPU if name == "gpu" else name: weight for name, weight in weights.items()}
    return Profile(fit=FitArgs(resources=named or {"cpu": 1, "memory": 1}, shape=shape))


def filled(requested: tuple[int, int], allocatable: tuple[int, int]) -> Snapshot:
    """One node of (milli-cores, bytes) that agent `p` fills up to `requested`, half of it being there already."""
    there = tuple(amount // 2 for amount in requested)
    coming = tuple(amount - half for amount, half in zip(requested, there, strict=True))
    have = {"cpu": allocatable[0], "memory": allocatable[1], "pods": 110}
    running = replace(agent("r", on="n1"), spec=_spec(there))
    return snapshot([Node("n1", have)], [running, replace(agent("p"), spec=_spec(coming))])


def _spec(amounts: tuple[int, ...]) -> Any:
    asked = {"cpu": amounts[0], "memory": amounts[1]}
    return replace(agent("x").spec, requests=asked, scoring_requests=asked)


@pytest.mark.parametrize(
    ("scorer", "profile", "requested", "allocatable", "expected"),
    [
        pytest.param(least_allocated, judged(), (3000, 2), (4000, 8), 50, id="a quarter and three quarters free"),
        pytest.param(least_allocated, judged(cpu=5, memory=1), (2000, 7), (3000, 10), 32, id="cpu weighs five times"),
        pytest.param(least_allocated, judged(), (5000, 2), (4000, 8), 37, id="beyond full nothing is free"),
        pytest.param(most_allocated, judged(), (3000, 2), (4000, 8), 50, id="three quarters and a quarter used"),
        pytest.param(most_allocated, judged(), (5000, 2), (4000, 8), 62, id="beyond full counts as full"),
        pytest.param(requested_to_capacity_ratio, judged(RISING), (3000, 2), (4000, 8), 50, id="a rising shape"),
        pytest.param(requested_to_capacity_ratio, judged(RISING), (3000, 0), (4000, 8), 75, id="a resource that scores 0 is left out"),
        pytest.param(
            requested_to_capacity_ratio,
            judged(FALLING, cpu=1, memory=3),
            (2000, 6),
            (4000, 8),
            48,
            id="a falling shape is cut toward zero and the average rounded",
        ),
    ],
)  # fmt: skip
def test_the_examples_of_each_strategy(
    scorer: Scorer, profile: Profile, requested: tuple[int, int], allocatable: tuple[int, int], expected: int
) -> None:
    assert points(scorer, filled(requested, allocatable), profile=profile) == [expected]


def test_an_agent_that_asks_for_nothing_counts_for_its_defaults() -> None:
    used = agent("r", cpu=1000, memory=2048, on="n1")
    empty = agent("p", scoring_requests={"cpu": 100, "memory": 200 * MIB})
    assert points(least_allocated, snapshot([node("n1")], [used, empty])) == [72]


def test_agents_on_the_node_count_for_their_defaults_too() -> None:
    idle = agent("r", scoring_requests={"cpu": 2000, "memory": 0}, on="n1")
    assert points(least_allocated, snapshot([node("n1")], [idle, agent("p")])) == [75]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param({}, 50, id="one that wants none of it: cpu alone"),
        pytest.param({GPU: 1}, (50 * 3 + 25 * 5) // 8, id="one that wants some: both, by weight"),
    ],
)
def test_an_extended_resource_counts_for_who_requests_it(asked: dict[str, int], expected: int) -> None:
    seen = snapshot([node("n1", extra={GPU: 4})], [agent("p", cpu=2000, extra=asked)])
    assert points(most_allocated, seen, profile=judged(cpu=3, gpu=5)) == [expected]


def test_ephemeral_storage_counts_by_real_requests_whoever_asks() -> None:
    used = agent("r", extra={"ephemeral-storage": 30}, on="n1")
    seen = snapshot([node("n1", extra={"ephemeral-storage": 40})], [used, agent("p")])
    assert points(most_allocated, seen, profile=Profile(fit=FitArgs(resources={"ephemeral-storage": 1}))) == [
        75
    ]


def test_a_resource_that_a_node_does_not_have_is_left_out_there() -> None:
    seen = snapshot([node("n1", memory=0), node("n2")], [agent("p", cpu=1000)])
    assert points(least_allocated, seen) == [75, (75 + 100) // 2]
    assert points(least_allocated, seen, profile=judged(gpu=1)) == [0, 0]


@pytest.mark.parametrize(
    ("utilization", "expected"),
    [
        pytest.param(0, 100, id="at the first point"),
        pytest.param(50, 65, id="between two points, cut toward zero"),
        pytest.param(75, 42, id="on the second segment, cut toward zero"),
        pytest.param(100, 0, id="at the last point"),
    ],
)
def test_a_shape_is_straight_between_its_points(utilization: int, expected: int) -> None:
    assert shape_score(FALLING, utilization) == expected


def test_a_shape_is_flat_outside_its_points() -> None:
    shape = ((20, 3), (60, 9))
    assert [shape_score(shape, u) for u in (0, 20, 40, 60, 100)] == [30, 30, 60, 90, 90]


class TestQuirk:
    """1.35 and 1.36 do not see the pod-level resources of an incoming agent when they score fit (§1.4)."""

    def seen(self, *, quirk: bool) -> Snapshot:
        levelled = agent(
            "p",
            cpu=2000,
            memory=4096,
            scoring_requests={"cpu": 2000, "memory": 4096 * MIB},
            container_scoring_requests={"cpu": 100, "memory": 200 * MIB},
        )
        return snapshot([node("n1")], [levelled], quirk_fit_scoring=quirk)

    def test_off_they_count(self) -> None:
        assert points(least_allocated, self.seen(quirk=False)) == [50]

    def test_on_only_what_the_containers_ask_counts(self) -> None:
        assert points(least_allocated, self.seen(quirk=True)) == [(97 + 97) // 2]

    def test_on_agents_without_pod_level_resources_are_scored_as_ever(self) -> None:
        seen = snapshot([node("n1")], [agent("p", cpu=2000, memory=4096)], quirk_fit_scoring=True)
        assert points(least_allocated, seen) == [50]

    def test_on_agents_that_are_there_count_with_theirs(self) -> None:
        levelled = agent(
            "r", cpu=2000, memory=4096, container_scoring_requests={"cpu": 1, "memory": 1}, on="n1"
        )
        seen = snapshot([node("n1")], [levelled, agent("p")], quirk_fit_scoring=True)
        assert points(least_allocated, seen) == [50]


def transcribed(strategy: str, shape: Any, rows: list[tuple[int, int, int]]) -> int:
    """§8.2 to §8.4 for one node, word by word: rows are (weight, requested, allocatable)."""
    total = weights = 0
    for weight, requested, allocatable in rows:
        if allocatable == 0:
            continue
        if strategy == "least":
            own = 0 if requested > allocatable else ((allocatable - requested) * 100) // allocatable
        elif strategy == "most":
            own = (min(requested, allocatable) * 100) // allocatable
        else:
            own = _line(shape, 100 if requested > allocatable else requested * 100 // allocatable)
            if own <= 0:
                continue
        total += own * weight
        weights += weight
    if weights == 0:
        return 0
    return int(total / weights + 0.5) if strategy == "ratio" else total // weights


def _line(shape: Any, u: int) -> int:
    if u <= shape[0][0]:
        return int(shape[0][1]) * 10
    for (x0, y0), (x1, y1) in pairwise(shape):
        if u <= x1:
            return int(y0 * 10 + int((y1 - y0) * 10 * (u - x0) / (x1 - x0)))
    return int(shape[-1][1]) * 10


SCORERS: Mapping[str, Scorer] = {
    "least": least_allocated,
    "most": most_allocated,
    "ratio": requested_to_capacity_ratio,
}
SHAPES = st.lists(
    st.tuples(st.integers(0, 100), st.integers(0, 10)),
    min_size=1,
    max_size=4,
    unique_by=lambda point: point[0],
).map(lambda points: tuple(sorted(points)))


@given(
    strategy=st.sampled_from(["least", "most", "ratio"]),
    shape=SHAPES,
    weights=st.tuples(st.integers(1, 100), st.integers(1, 100), st.integers(1, 100)),
    have=st.tuples(st.integers(0, 9000), st.integers(0, 2**34), st.integers(0, 8)),
    used=st.tuples(st.integers(0, 9000), st.integers(0, 2**34), st.integers(0, 8)),
    asked=st.tuples(st.integers(0, 5000), st.integers(0, 2**33), st.integers(0, 4)),
)
def test_any_node_scores_as_the_formulas_say(
    strategy: str,
    shape: Any,
    weights: tuple[int, ...],
    have: tuple[int, ...],
    used: tuple[int, ...],
    asked: tuple[int, ...],
) -> None:
    names = ("cpu", "memory", GPU)
    running, coming = _with(agent("r", on="n1"), names, used), _with(agent("p"), names, asked)
    seen = snapshot([Node("n1", dict(zip(names, have, strict=True)))], [running, coming])
    profile = Profile(fit=FitArgs(resources=dict(zip(names, weights, strict=True)), shape=shape))
    rows = [(w, u + a, h) for w, u, a, h in zip(weights, used, asked, have, strict=True)]
    if asked[2] == 0:
        rows = rows[:2]
    found = points(SCORERS[strategy], seen, profile=profile)
    assert found == [transcribed(strategy, shape, rows)]
    assert 0 <= found[0] <= 100


def _with(base: Agent, names: tuple[str, ...], amounts: tuple[int, ...]) -> Agent:
    asked = dict(zip(names, amounts, strict=True))
    return replace(base, spec=replace(base.spec, requests={k: v for k, v in asked.items() if v}))


def test_what_comes_and_goes_is_followed() -> None:
    seen = snapshot([node("n1")], [agent("p"), agent("q", cpu=2000)])
    state, one = ClusterState(seen), seen.agent_by_key["default/p"]
    other, where = seen.agent_by_key["default/q"], seen.nodes[0]
    before = least_allocated(state, one, seen.nodes, Profile())
    state.place(other, where)
    assert least_allocated(state, one, seen.nodes, Profile()) == [75]
    state.remove(other, where)
    assert least_allocated(state, one, seen.nodes, Profile()) == before == [100]
