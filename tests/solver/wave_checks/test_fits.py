"""Whether a wave fits its snapshot and its plan: each claim on its own, true and a little wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from placewright.models.goals import Goal, Goals
from placewright.models.movable import Discipline, MovePolicy, pinned
from placewright.models.rebalance_plan import RebalancePlan
from placewright.models.snapshot import Snapshot
from placewright.solver.wave_checks.fits import Fit, owner_of
from placewright.tests.builders import agent, node, snapshot
from placewright.tests.moving import move, plan_of, runs

BALANCE = Goals((Goal.BALANCE,))
SURGE = Discipline.SURGE


def cluster(number: int = 4) -> Snapshot:
    """Agents x0, x1, … of one workload on a; b is in the same zone, c in another one."""
    return snapshot(
        [node("a", zone="one"), node("b", zone="one"), node("c", zone="two")],
        [runs(f"x{i}", "a", cpu=100) for i in range(number)],
    )


def plan(*names: str, to: str = "b", how: Discipline = Discipline.EVICT_THEN_BIND) -> RebalancePlan:
    return plan_of(cluster(), [[move(cluster(), name, to, how) for name in names]], BALANCE)


def fit_of(made: RebalancePlan) -> Fit:
    return Fit(cluster(), made, pinned(cluster(), MovePolicy()))


def misfits(made: RebalancePlan, **change: Any) -> list[str]:
    """What is said of the first wave of a plan with these fields changed."""
    wave = made.waves[0].model_copy(update=change)
    where = {agent.key: agent.node_name for agent in cluster().residents}
    return [violation.message for violation in fit_of(made).misfits(wave, where, ())]


def test_a_wave_that_fits_is_not_spoken_of() -> None:
    assert misfits(plan("x0", "x1")) == []


def test_an_agent_moves_once_at_a_time() -> None:
    twice = plan("x0").waves[0].moves * 2
    assert misfits(plan("x0"), moves=twice)[0] == "moves 2 times at once"


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("evictions", "its evictions are not those of its moves"),
        ("reservations", "its reservations or bindings are not those of its moves"),
        ("bindings", "its reservations or bindings are not those of its moves"),
    ],
)
def test_what_a_wave_emits_is_that_of_its_moves_in_their_order(field: str, said: str) -> None:
    both = plan("x0", "x1")
    items = getattr(both.waves[0], field)
    assert misfits(both, **{field: items[:1]}) == [said]
    assert misfits(both, **{field: items[::-1]}) == [said]
    assert misfits(both, **{field: (*items, items[0])}) == [said]


def test_reservations_and_bindings_are_for_the_target() -> None:
    made = plan("x0")
    for field in ("reservations", "bindings"):
        other = getattr(made.waves[0], field)[0].model_copy(update={"node": "c"})
        assert misfits(made, **{field: (other,)}) == [
            "its reservations or bindings are not those of its moves"
        ]


@pytest.mark.parametrize(
    ("labels", "fits"),
    [
        ({}, True),
        ({"kubernetes.io/hostname": "b"}, True),
        ({"kubernetes.io/hostname": "c"}, False),
        ({"topology.kubernetes.io/zone": "one"}, False),
        ({"kubernetes.io/hostname": "b", "topology.kubernetes.io/zone": "one"}, True),
        ({"kubernetes.io/hostname": "b", "no": "such"}, False),
    ],
    ids=str,
)
def test_a_node_selector_means_the_target_alone(labels: dict[str, str], fits: bool) -> None:
    made = plan("x0")
    binding = made.waves[0].bindings[0].model_copy(update={"node_selector": labels})
    said = [] if fits else ["its node selector means other nodes than its target"]
    assert misfits(made, bindings=(binding,)) == said


@pytest.mark.parametrize(
    ("limit", "names", "to", "fits"),
    [
        ({"max_at_once": 2}, ("x0", "x1"), "b", True),
        ({"max_at_once": 1}, ("x0", "x1"), "b", False),
        ({"max_per_node": 2}, ("x0", "x1"), "b", True),
        ({"max_per_node": 1}, ("x0", "x1"), "b", False),
        ({"max_per_zone": 2}, ("x0", "x1"), "b", True),
        ({"max_per_zone": 1}, ("x0", "x1"), "b", False),
        ({"max_per_zone": 1}, ("x0",), "c", True),
        ({"max_per_namespace": 2}, ("x0", "x1"), "b", True),
        ({"max_per_namespace": 1}, ("x0", "x1"), "b", False),
        ({"max_per_workload": 50}, ("x0", "x1"), "b", True),
        ({"max_per_workload": 49}, ("x0", "x1"), "b", False),
        ({"max_per_workload": 1}, ("x0",), "b", True),
        ({}, ("x0", "x1", "x2", "x3"), "b", True),
    ],
)
def test_limits_that_a_plan_states_hold_for_each_wave(
    limit: dict[str, int], names: tuple[str, ...], to: str, fits: bool
) -> None:
    made = plan(*names, to=to)
    limited = made.model_copy(update={"terms": made.terms.model_copy(update=limit)})
    assert (not list(fit_of(limited).limits(limited.waves[0]))) is fits


def test_who_surges_is_not_away() -> None:
    made = plan("x0", "x1", how=SURGE)
    limited = made.model_copy(update={"terms": made.terms.model_copy(update={"max_per_workload": 25})})
    assert not list(fit_of(limited).limits(limited.waves[0]))


def test_owners_are_named_by_kind_and_name() -> None:
    assert owner_of(runs("x", "a")) == "ReplicaSet/web"
    assert owner_of(replace(agent("bare"), owner=None)) == ""
