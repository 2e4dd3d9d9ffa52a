"""Patterns for one node: what is found keeps the rules, and bounds are beyond the best that there is."""

from __future__ import annotations

import math
from itertools import product
from random import Random

import numpy as np
import pytest

from placewright.models.agent import HostPort
from placewright.solver.capacity.bins import Bins
from placewright.solver.capacity.pricing import Range, Weights, best_pattern, fill, narrowed
from placewright.solver.clock import Deadline
from placewright.solver.compilation import FloatArray, IntArray
from placewright.tests.builders import HOSTNAME, agent, agents, near
from placewright.tests.solver.capacity.questions import bins, kind

EVER = Deadline(math.inf)


def random_bins(rng: Random) -> Bins:
    """Up to four groups, some of which want the same port, and two kinds of nodes."""
    pending = []
    for g in range(rng.randint(1, 4)):
        port = (HostPort(80),) if rng.random() < 0.35 else ()
        # Of different amounts, so that each is a group of its own.
        pending += agents(f"a{g}", rng.randint(1, 3), cpu=100 * rng.randint(3, 9) + g, host_ports=port)
    return bins(pending, kind("small", 1, 3), kind("big", 2, 5))


def patterns(of: Bins, k: int) -> list[IntArray]:
    """Everything that a node of a kind can hold."""
    found = []
    for counts in product(*(range(int(most) + 1) for most in of.cap[k])):
        count = np.array(counts, dtype=np.int64)
        there = np.flatnonzero(count)
        clash = any(of.clash[g, h] for g in there for h in there if g != h)
        if not clash and (count @ of.request <= of.free[k]).all():
            found.append(count)
    return found


def random_value(rng: Random, of: Bins) -> FloatArray:
    return np.array([[rng.choice((0.0, rng.uniform(0.5, 9.0))) for _ in row] for row in of.cap])


@pytest.mark.parametrize("seed", range(20))
def test_no_bound_is_below_the_best_and_the_exact_pattern_is_it(seed: int) -> None:
    rng = Random(seed)
    of = random_bins(rng)
    value = random_value(rng, of)
    ks = np.arange(len(of.kinds))
    filled = fill(of, of.cap, value)
    weights = Weights(of)
    bounds = weights.at_most(ks, value, of.cap, (filled * value).sum(axis=1))
    for k in ks.tolist():
        every = patterns(of, k)
        best = max(float(count @ value[k]) for count in every)
        assert any((filled[k] == count).all() for count in every)
        assert bounds[k] >= best - 1e-6
        whole = Range(np.zeros_like(of.cap[k]), of.cap[k])
        exact, most = best_pattern(of, k, value[k], whole, 5.0, EVER)
        assert float(exact @ value[k]) == pytest.approx(best, rel=1e-4, abs=1e-6)
        assert most >= best - 1e-6
        spare = rng.uniform(0.0, best + 0.1)
        near_best = narrowed(value[k], weights.mu[k], of.request, of.cap[k], spare)
        bound = float(weights.mu[k] @ of.free[k]) + float(
            np.maximum(value[k] - of.request @ weights.mu[k], 0) @ of.cap[k]
        )
        for count in every:
            if float(count @ value[k]) >= bound - spare:
                assert (near_best.least <= count).all()
                assert (count <= near_best.most).all()


def test_the_highest_score_is_put_on_first_and_who_is_worth_nothing_is_left_out() -> None:
    of = bins(
        [*agents("a", 3, cpu=600), *agents("b", 3, cpu=500), *agents("c", 3, cpu=100)], kind("small", 1, 1)
    )
    order = [group.agent.name[0] for group in of.compilation.groups]
    score = np.array([[{"a": 3.0, "b": 2.0, "c": 0.0}[name] for name in order]])
    [count] = fill(of, of.cap, score)
    assert dict(zip(order, count.tolist(), strict=True)) == {"a": 1, "b": 0, "c": 0}


def test_who_needs_company_on_its_node_comes_after_it_or_not_at_all() -> None:
    leads = agent("lead", labels={"app": "db"}, cpu=400)
    follows = agent("follow", affinity=(near(HOSTNAME, app="db"),), cpu=300)
    of = bins([follows, leads], kind("small", 1, 1), kind("tiny", 0, 1))
    follow, lead = (
        next(g for g, group in enumerate(of.compilation.groups) if group.agent.name == n)
        for n in ("follow", "lead")
    )
    score = np.ones((len(of.kinds), 2))
    score[:, follow] = 9.0
    assert fill(of, of.cap, score)[0, [follow, lead]].tolist() == [1, 1]
    score[:, lead] = 0.0
    assert fill(of, of.cap, score)[0].tolist() == [0, 0]


def test_of_counts_that_there_are_not_no_pattern_is_found() -> None:
    of = bins(agents("a", 3, cpu=600), kind("small", 1, 1))
    count, most = best_pattern(of, 0, np.array([1.0]), Range(np.array([2]), np.array([3])), 1.0, EVER)
    assert (count.tolist(), most) == ([0], float("-inf"))
