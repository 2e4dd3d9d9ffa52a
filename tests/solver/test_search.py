"""Exact or part by part: both answers are valid, and neither beats the other's bound."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from types import SimpleNamespace

import numpy as np
import pytest

from placewright.models.policy import PodGroup
from placewright.models.snapshot import Snapshot
from placewright.solver import clock
from placewright.solver.bound import Bounds
from placewright.solver.clock import Deadline
from placewright.solver.compile import compile_problem
from placewright.solver.place import place
from placewright.solver.previous import MOST_GAP
from placewright.solver.search import HASTY_SHARE, Answer, Search
from placewright.solver.settings import Settings, Strategy
from placewright.solver.verify import VerifiedPlan
from placewright.tests.builders import agents, node, snapshot
from placewright.tests.tiny import tiny_cluster


def several(rng: Random, parts: int) -> Snapshot:
    """Tiny clusters side by side, in one: their agents may go anywhere."""
    clusters = [tiny_cluster(rng) for _ in range(parts)]
    nodes = [replace(n, name=f"{i}-{n.name}") for i, c in enumerate(clusters) for n in c.nodes]
    agents = [
        replace(a, name=f"{i}-{a.name}", node_name=a.node_name and f"{i}-{a.node_name}")
        for i, c in enumerate(clusters)
        for a in c.agents
        if not a.spec.claims
    ]
    return replace(
        clusters[0], nodes=tuple(nodes), agents=tuple(agents), pod_groups=(PodGroup("default", "gang", 2),)
    )


@pytest.mark.parametrize("seed", range(6))
def test_no_strategy_beats_the_others_bound(seed: int) -> None:
    cluster = several(Random(seed), 4)
    answers = {}
    for strategy in (Strategy.EXACT, Strategy.NEIGHBOURHOOD):
        verdict = place(cluster, Settings(time_limit=2.0, workers=1, strategy=strategy))
        assert isinstance(verdict, VerifiedPlan), verdict
        assert not [warning for warning in verdict.plan.warnings if "bug" in warning]
        answers[strategy] = verdict.plan.levels
    # Lower levels depend on the values above them: only the first one is comparable as it is.
    exact, parts = answers[Strategy.EXACT][0], answers[Strategy.NEIGHBOURHOOD][0]
    assert parts.value <= exact.bound
    assert exact.value <= parts.bound


LIMIT, SLOW = 100.0, 3.0


@dataclass
class Told:
    """A search whose scores have a bound `gap` away, after `SLOW` seconds; what it then had for them."""

    gap: float
    now: float = 0.0
    seconds: float | None = None

    def bound(self, index: int, *__: object, value: int) -> int:
        self.now += SLOW if index else 0.0
        return round(value * (1.0 - self.gap)) if index else value

    def solve(self, _: int, __: object, bound: int, seconds: float) -> int:
        self.seconds = seconds
        return bound


def searched(
    monkeypatch: pytest.MonkeyPatch, gap: float, *, patient: bool, tolerated: float = 0.0
) -> tuple[Told, Answer]:
    told = Told(gap)
    monkeypatch.setattr(clock, "time", SimpleNamespace(monotonic=lambda: told.now))
    monkeypatch.setattr(Bounds, "level", told.bound)
    monkeypatch.setattr(Search, "_solve_exactly", told.solve)
    _, problem = compile_problem(snapshot([node("n0"), node("n1")], agents("a", 3, cpu=1000)))
    start, tolerances = np.array([[2, 1]]), {problem.levels[-1].name: tolerated}
    settings, deadline = Settings(time_limit=LIMIT, workers=1), Deadline(LIMIT)
    search = Search(
        problem, start, lambda _: True, settings, deadline, print, patient=patient, tolerances=tolerances
    )
    return told, search.run()


def test_who_is_not_patient_gives_scores_a_small_part_of_the_time_bound_included(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert searched(monkeypatch, 0.02, patient=True)[0].seconds == LIMIT - SLOW
    assert searched(monkeypatch, 0.02, patient=False)[0].seconds == pytest.approx(HASTY_SHARE * LIMIT - SLOW)


def test_after_a_round_that_was_as_far_from_its_bound_nothing_more_is_looked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert searched(monkeypatch, 0.02, patient=False, tolerated=0.02)[0].seconds is None
    assert searched(monkeypatch, 0.02, patient=False, tolerated=0.01)[0].seconds is not None


@pytest.mark.parametrize(
    ("gap", "patient", "again"), [(0.02, False, False), (2 * MOST_GAP, False, True), (0.02, True, True)]
)
def test_who_is_not_patient_looks_for_a_bound_again_only_where_it_says_nearly_nothing(
    monkeypatch: pytest.MonkeyPatch, gap: float, patient: bool, again: bool
) -> None:
    _, answer = searched(monkeypatch, gap, patient=patient)
    assert (1 in answer.looked) is again
    assert 0 in answer.looked
