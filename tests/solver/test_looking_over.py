"""An answer looked over: agents go where they cost less, and nobody else is the worse for it."""

from __future__ import annotations

from random import Random

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placewright.models.agent import Agent
from placewright.models.node import Node
from placewright.models.profile import Profile, ScoreName
from placewright.models.selector import AffinityTerm, match_labels
from placewright.solver.accept import acceptor
from placewright.solver.clock import Deadline
from placewright.solver.compile import compile_problem
from placewright.solver.construct import construct
from placewright.solver.first_answer import better, looked_over_once
from placewright.solver.looking_over import looked_over
from placewright.solver.objectives.weighted import WeightedObjective
from placewright.solver.outcome import counts_of
from placewright.tests.builders import HOSTNAME, agent, node, snapshot
from placewright.tests.tiny import tiny_cluster

EVEN = Profile(weights={ScoreName.LEAST_ALLOCATED: 1})


def after(nodes: list[Node], asking: list[Agent], places: dict[str, str]) -> dict[str, list[str]]:
    """Where agents of each group are in the end, by the name of its first one; `places`: at first."""
    cluster = snapshot(nodes, asking, profile=EVEN)
    compilation, problem = compile_problem(cluster)
    levels = (level for level in problem.levels if isinstance(level, WeightedObjective))
    tallies = [tally for level in levels if (tally := level.tally()) is not None]
    start = counts_of(compilation, {f"default/{name}": where for name, where in places.items()})
    count = looked_over(compilation, problem, start, tallies, Deadline(60.0))
    assert (count.sum(axis=1) == start.sum(axis=1)).all()
    return {
        group.members[0].name: [compilation.nodes[n].name for n in np.repeat(np.arange(len(nodes)), row)]
        for group, row in zip(compilation.groups, count, strict=True)
    }


def test_of_two_on_a_small_node_one_goes_to_a_larger_one() -> None:
    nodes = [node("small", cpu=2000), node("large", cpu=8000)]
    asking = [agent("a", cpu=1000), agent("b", cpu=900)]
    found = after(nodes, asking, {"a": "small", "b": "small"})
    assert found == {"a": ["large"], "b": ["large"]}


def test_who_is_where_it_costs_least_stays() -> None:
    nodes = [node("n1", cpu=4000), node("n2", cpu=4000)]
    asking = [agent("a", cpu=1000), agent("b", cpu=900)]
    assert after(nodes, asking, {"a": "n1", "b": "n2"}) == {"a": ["n1"], "b": ["n2"]}


def test_nobody_goes_where_there_is_no_room() -> None:
    nodes = [node("small", cpu=2000), node("large", cpu=8000, pods=1)]
    asking = [agent("a", cpu=1000), agent("b", cpu=900)]
    found = after(nodes, asking, {"a": "small", "b": "small"})
    assert sorted([*found["a"], *found["b"]]) == ["large", "small"]


def test_whom_others_lean_on_stays_with_them() -> None:
    nodes = [node("small", cpu=2000), node("large", cpu=8000)]
    company = (AffinityTerm(HOSTNAME, match_labels({"app": "db"}), frozenset({"default"})),)
    database = agent("db", cpu=1000, labels={"app": "db"})
    leaning = agent("web", cpu=900, affinity=company, node_selector={HOSTNAME: "small"})
    found = after(nodes, [database, leaning], {"db": "small", "web": "small"})
    assert found == {"db": ["small"], "web": ["small"]}


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False))
def test_an_answer_is_no_worse_and_as_valid_for_having_been_looked_over(rng: Random) -> None:
    compilation, problem = compile_problem(tiny_cluster(rng))
    accepts = acceptor(compilation, problem)
    start = construct(compilation, problem, Deadline(60.0), packed=rng.random() < 0.5)
    count = looked_over_once(compilation, problem, Deadline(60.0), accepts, start)
    assert (count.sum(axis=1) == start.sum(axis=1)).all()
    assert accepts(count) or count is start
    assert better(problem, count, start) is count
