"""Whole numbers of agents within limits on sums: never below what is possible, and close to what is asked."""

from __future__ import annotations

from itertools import product
from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from placewright.models.policy import ResourceQuota, Scope, ScopeRequirement
from placewright.models.snapshot import Snapshot
from placewright.solver.apportion import Apportionment, Demand, Limit
from placewright.solver.blueprint import blueprint
from placewright.solver.bound import level_bound
from placewright.solver.clock import Deadline
from placewright.solver.compile import compile_problem
from placewright.solver.construct import construct
from placewright.tests.builders import MIB, agents, near, node, snapshot

SECONDS = 10.0


def random_limits(rng: Random) -> tuple[list[int], list[Limit], dict[int, int]]:
    """Up to four groups of up to three agents, and limits that may speak of any of them."""
    most = [rng.randint(0, 3) for _ in range(rng.randint(1, 4))]
    limits = []
    for _ in range(rng.randint(1, 3)):
        amounts = {g: rng.randint(1, 5) for g in range(len(most)) if rng.random() < 0.7}
        limits.append(Limit(amounts, rng.randint(0, 12)))
    together = {0: 1} if len(most) > 1 and rng.random() < 0.3 else {}
    return most, limits, together


def possible(most: list[int], limits: list[Limit], together: dict[int, int]) -> list[tuple[int, ...]]:
    """All whole numbers within the limits."""
    return [
        n
        for n in product(*(range(m + 1) for m in most))
        if all(sum(a * n[g] for g, a in limit.amounts.items()) <= limit.left for limit in limits)
        and all(n[g] + n[other] <= most[g] for g, other in together.items())
    ]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.randoms(use_true_random=False))
def test_no_whole_numbers_within_the_limits_are_more_than_the_bound(rng: Random) -> None:
    most, limits, together = random_limits(rng)
    found = Apportionment(np.array(most), limits, together)
    above, below = [0], list(range(1, len(most)))
    best = max(sum(n[g] for g in above) for n in possible(most, limits, together))
    first = found.bound(above, (), SECONDS)
    assert first >= best
    demands = (Demand(tuple(above), best),)
    rest = max(sum(n[g] for g in below) for n in possible(most, limits, together) if n[0] >= best)
    second = found.bound(below, demands, SECONDS)
    assert second >= rest
    if not together:
        # Nothing is left to a fraction.
        assert (first, second) == (best, rest)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.randoms(use_true_random=False))
def test_what_is_nearest_keeps_the_limits_and_meets_what_can_be_demanded(rng: Random) -> None:
    most, limits, _ = random_limits(rng)
    found = Apportionment(np.array(most), limits, {})
    everybody = tuple(range(len(most)))
    best = max(sum(n) for n in possible(most, limits, {}))
    wanted = {g: rng.random() * most[g] for g in everybody}
    number = found.nearest(wanted, (Demand(everybody, best),), SECONDS)
    assert number.keys() == found.groups
    whole = tuple(number.get(g, most[g]) for g in everybody)
    assert whole in possible(most, limits, {})
    assert sum(whole) == best or not number


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.randoms(use_true_random=False))
def test_nobody_comes_without_the_company_that_it_must_have(rng: Random) -> None:
    most, limits, _ = random_limits(rng)
    everybody = range(len(most))
    company = {g: [q for q in everybody if q != g and rng.random() < 0.5] for g in everybody}
    company = {g: groups for g, groups in company.items() if groups and rng.random() < 0.7}
    found = Apportionment(np.array(most), limits, {}, company)
    accompanied = [
        n
        for n in possible(most, limits, {})
        if all(not n[g] or any(n[q] for q in groups) for g, groups in company.items())
    ]
    best = max(sum(n) for n in accompanied)
    assert found.bound(everybody, (), SECONDS) >= best
    if found.groups == set(everybody):
        assert found.bound(everybody, (), SECONDS) == best
        wanted = {g: rng.random() * most[g] for g in everybody}
        number = found.nearest(wanted, (Demand(tuple(everybody), best),), SECONDS)
        assert tuple(number[g] for g in everybody) in accompanied


def test_the_bound_knows_that_a_quota_pays_for_company() -> None:
    # The quota is enough for three who lean on another, or for that one and one of them.
    fields = {"cpu": 1000, "admitted": False}
    leader = agents("leader", 1, cpu=2000, labels={"app": "lead"}, admitted=False)
    followers = agents("follower", 3, affinity=(near(app="lead"),), **fields)
    quota = ResourceQuota("default", "cpu", {"requests.cpu": 3000}, used={})
    cluster = snapshot([node("n1", cpu=9000, zone="a")], [*leader, *followers], quotas=(quota,))
    _, problem = compile_problem(cluster)
    assert level_bound(problem, 0, []) == 2
    assert blueprint(problem).target.sum() == 2


def test_without_a_limit_that_binds_all_may_come() -> None:
    found = Apportionment(np.array([3, 4]), [Limit({0: 2, 1: 1}, 10)], {})
    assert not found.groups
    assert found.bound([0, 1], (), SECONDS) == 7
    assert found.nearest({0: 1.5}, (), SECONDS) == {}


def test_a_sum_beyond_what_the_model_can_add_is_left_out() -> None:
    found = Apportionment(np.array([3, 4]), [Limit({0: 2**62, 1: 1}, 10)], {})
    assert found.bound([0, 1], (), SECONDS) == 7


def two_teams() -> Snapshot:
    """Each quota is enough for one agent and two thirds of another."""
    teams = ("one", "two")
    pending = [a for team in teams for a in agents(team, 3, namespace=team, cpu=600, admitted=False)]
    quotas = tuple(ResourceQuota(team, "cpu", {"requests.cpu": 1000}, used={}) for team in teams)
    return snapshot([node(f"n{i}", cpu=4000) for i in range(3)], pending, quotas=quotas)


def test_two_fractions_of_two_quotas_are_no_agent() -> None:
    _, problem = compile_problem(two_teams())
    assert level_bound(problem, 0, []) == 2


def test_the_blueprint_spends_a_quota_on_whole_agents() -> None:
    _, problem = compile_problem(two_teams())
    plan = blueprint(problem)
    assert plan.number.tolist() == [1, 1]
    assert plan.target.sum(axis=1).tolist() == [1, 1]


def test_quotas_of_one_namespace_with_scopes_and_several_resources_bind_together() -> None:
    # Of the important ones two fit the scoped quota; cpu then leaves two of the others, memory one.
    scope = ScopeRequirement(Scope.PRIORITY_CLASS, "In", ("high",))
    quotas = (
        ResourceQuota("default", "all", {"requests.cpu": 3900, "requests.memory": 3900 * MIB}, used={}),
        ResourceQuota("default", "high", {"pods": 2}, scopes=(scope,), used={}),
    )
    fields = {"admitted": False, "memory": 1000}
    high = agents("high", 3, cpu=1000, priority=100, priority_class_name="high", **fields)
    low = agents("low", 3, cpu=900, **fields)
    cluster = snapshot([node(f"n{i}", cpu=4000, memory=8000) for i in range(3)], [*high, *low], quotas=quotas)
    _, problem = compile_problem(cluster)
    assert level_bound(problem, 0, []) == 2
    assert level_bound(problem, 1, [2]) == 1


def test_of_equals_in_one_quota_the_numbers_decide_whom_the_rest_of_it_goes_to() -> None:
    # All small ones fit the quota. What the target leaves open must not go to the large one, which comes
    # first where nobody says how many there should be.
    pending = [
        *agents("large", 1, cpu=900, admitted=False),
        *agents("small", 4, cpu=250, labels={"app": "s"}, admitted=False),
    ]
    quota = ResourceQuota("default", "cpu", {"requests.cpu": 1000}, used={})
    cluster = snapshot([node("n1", cpu=4000)], pending, quotas=(quota,))
    compilation, problem = compile_problem(cluster)
    number = blueprint(problem).number
    names = {group.agent.name: g for g, group in enumerate(compilation.groups)}
    assert {name: int(number[g]) for name, g in names.items()} == {"large-0": 0, "small-0": 4}
    nobody = np.zeros_like(problem.cap)
    count = construct(compilation, problem, Deadline(10), target=nobody, number=number)
    assert count[names["small-0"]].sum() == 4
    assert construct(compilation, problem, Deadline(10), target=nobody).sum() == 1


def test_a_leader_that_leans_on_another_brings_it_along() -> None:
    nodes = [node(f"n{i}", cpu=4000, zone="ab"[i % 2]) for i in range(4)]
    chain = [
        *agents("last", 6, cpu=1000, priority=100, affinity=(near(app="middle"),)),
        *agents("middle", 1, cpu=100, labels={"app": "middle"}, affinity=(near(app="first"),)),
        *agents("first", 1, cpu=100, labels={"app": "first"}),
    ]
    others = agents("other", 16, cpu=1000, priority=50)
    compilation, problem = compile_problem(snapshot(nodes, [*chain, *others]))
    count = construct(compilation, problem, Deadline(10))
    placed = {group.agent.name: int(count[g].sum()) for g, group in enumerate(compilation.groups)}
    assert placed["last-0"] == 6


def test_without_time_for_an_answer_the_bound_is_all_there_are() -> None:
    # CP-SAT without a moment calls 0 its bound, which would say that nobody can be placed.
    shares = Apportionment(np.array([5]), [Limit({0: 2}, 7)], {})
    assert shares.bound([0], [], 0.0) in (3, 5)
    assert shares.bound([0], [], 10.0) == 3
