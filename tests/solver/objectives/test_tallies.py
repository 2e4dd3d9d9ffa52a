"""Tallies: what one more agent adds, agent by agent, against the terms' own values."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placewright.models.profile import Profile, ScoreName
from placewright.models.scores.utilisation import Potential
from placewright.models.snapshot import Snapshot
from placewright.solver.clock import Deadline
from placewright.solver.compile import compile_problem
from placewright.solver.construct import construct
from placewright.solver.objectives import TERMS
from placewright.solver.objectives.base import Term
from placewright.solver.objectives.weighted import WeightedObjective
from placewright.tests.builders import HOSTNAME, ZONE, agent, agents, node, selector, snapshot
from placewright.tests.solver.objectives.test_every_term import judged_by
from placewright.tests.solver.objectives.test_pairs_bound import soft, wants


def scores_of(cluster: Snapshot) -> WeightedObjective:
    _, problem = compile_problem(cluster)
    scores = problem.levels[-1]
    assert isinstance(scores, WeightedObjective)
    return scores


def _rounding(term: Term) -> float:
    """Costs are rounded up once, or wish by wish; tallies are not."""
    return max(1, len(getattr(term, "pairings", ()))) + 1e-6


@pytest.mark.parametrize("name", list(TERMS), ids=str)
@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(rng=st.randoms(use_true_random=False))
def test_a_tally_says_what_one_more_agent_adds(name: ScoreName, rng: Random) -> None:
    cluster = judged_by(rng, name)
    _, problem = compile_problem(cluster)
    open_pairs = np.argwhere(problem.cap > 0).tolist()
    for _, term in scores_of(cluster).terms:
        tally = term.tally()
        if tally is None:
            continue
        count = np.zeros_like(problem.cap)
        for g, n in rng.sample(open_pairs, min(6, len(open_pairs))):
            before = term.value(count)
            for number in (1, -1, 1):
                count[g, n] += number
                more = tally.more(g)[n] if number > 0 else 0.0
                tally.add(g, n, number)
            assert term.value(count) - before == pytest.approx(more, abs=_rounding(term))


def test_what_a_utilisation_costs_is_worked_out_once_for_all_clusters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []
    cost = Potential.cost

    def counted(self: Potential, utilisation: int) -> int:
        asked.append(utilisation)
        return cost(self, utilisation)

    clusters = [snapshot([node(f"n{i}", cpu=1000 * (i + 1))], agents("a", 2, cpu=100)) for i in range(2)]
    scores_of(clusters[0]).tally()
    monkeypatch.setattr(Potential, "cost", counted)
    assert scores_of(clusters[1]).tally() is not None
    assert len(asked) < 100


@pytest.mark.parametrize("name", list(TERMS), ids=str)
@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(rng=st.randoms(use_true_random=False))
def test_on_some_nodes_a_tally_says_what_it_says_on_all(name: ScoreName, rng: Random) -> None:
    _, problem = compile_problem(judged_by(rng, name))
    some = np.array(sorted(rng.sample(range(problem.cap.shape[1]), rng.randint(1, problem.cap.shape[1]))))
    tally = problem.levels[-1].tally()  # type: ignore[attr-defined]
    for g, n in rng.sample(np.argwhere(problem.cap > 0).tolist(), min(3, int((problem.cap > 0).sum()))):
        if tally is not None:
            assert tally.more_on(g, some).tolist() == tally.more(g)[some].tolist()
            tally.add(g, n, 1)


@pytest.mark.parametrize("name", list(TERMS), ids=str)
@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(rng=st.randoms(use_true_random=False))
def test_independent_agents_make_each_other_no_cheaper_and_dearer_on_one_node_only(
    name: ScoreName, rng: Random
) -> None:
    _, problem = compile_problem(judged_by(rng, name))
    tally = problem.levels[-1].tally()  # type: ignore[attr-defined]
    for g, n in np.argwhere(problem.cap > 0).tolist() if tally is not None else ():
        if tally.independent(g):
            before = tally.more(g)
            tally.add(g, n, 1)
            change = tally.more(g) - before
            # Utilisations are rounded to permille.
            assert change[n] >= -0.05 * abs(before[n])
            assert not np.delete(change, n).any()


NODES = [node(f"n{i}", zone="ab"[i % 2]) for i in range(4)]


def guided(cluster: Snapshot) -> list[list[str]]:
    """The apps on each node after a construction that goes by the tallies."""
    compilation, problem = compile_problem(cluster)
    tally = scores_of(cluster).tally()
    assert tally is not None
    count = construct(compilation, problem, Deadline(60), tallies=[tally])
    apps = [group.agent.labels.get("app", "") for group in compilation.groups]
    return [
        sorted(app for g, app in enumerate(apps) for _ in range(int(count[g, n])))
        for n in range(len(compilation.nodes))
    ]


def only(name: ScoreName) -> Profile:
    return Profile(weights={name: 1})


def test_a_first_answer_takes_agents_to_the_company_they_prefer() -> None:
    pending = [
        agent("db", labels={"app": "db"}, cpu=500, node_selector={HOSTNAME: "n2"}, priority=1),
        *agents("web", 3, labels={"app": "web"}, cpu=500, **wants(10, "db")),
    ]
    cluster = snapshot(NODES, pending, profile=only(ScoreName.INTER_POD_AFFINITY))
    assert guided(cluster) == [[], [], ["db", "web", "web", "web"], []]


def test_a_first_answer_spreads_over_zones_that_already_hold_some() -> None:
    there = [agent(f"r-{i}", labels={"app": "x"}, on="n0") for i in range(3)]
    coming = agents("x", 2, labels={"app": "x"}, cpu=100, spread=(soft(ZONE),))
    cluster = snapshot(NODES, [*there, *coming], profile=only(ScoreName.POD_TOPOLOGY_SPREAD))
    on = guided(cluster)
    assert [on[0], on[2]] == [[], []]


def test_a_first_answer_keeps_default_spread_apart_node_by_node() -> None:
    coming = agents("x", 4, labels={"app": "x"}, cpu=100, spread_selector=selector(app="x"))
    cluster = snapshot(NODES, coming, profile=only(ScoreName.POD_TOPOLOGY_SPREAD))
    assert guided(cluster) == [["x"]] * 4


@pytest.mark.parametrize("name", [ScoreName.LEAST_ALLOCATED, ScoreName.BALANCED_ALLOCATION], ids=str)
@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(rng=st.randoms(use_true_random=False))
def test_a_tally_of_shares_says_what_one_agent_fewer_takes_off(name: ScoreName, rng: Random) -> None:
    cluster = judged_by(rng, name)
    _, problem = compile_problem(cluster)
    tally = scores_of(cluster).tally()
    for g, n in np.argwhere(problem.cap > 0).tolist()[:5]:
        assert tally is not None
        before = tally.more(g)[n]
        tally.add(g, n, 1)
        assert tally.less(g, np.array([n]))[0] == pytest.approx(before)


@pytest.mark.parametrize("name", list(TERMS), ids=str)
@settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(rng=st.randoms(use_true_random=False))
def test_a_tally_says_what_going_elsewhere_changes(name: ScoreName, rng: Random) -> None:
    cluster = judged_by(rng, name)
    _, problem = compile_problem(cluster)
    tally = scores_of(cluster).tally()
    for g, n in np.argwhere(problem.cap > 0).tolist()[:5]:
        if tally is None:
            continue
        without = tally.more(g).copy()
        tally.add(g, n, 1)
        assert tally.shift(g, n) == pytest.approx(without - without[n])
