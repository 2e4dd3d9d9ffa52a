"""What a time limit leaves time for."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import cache

import pytest

from placewright.models.plan import Status
from placewright.models.snapshot import Snapshot
from placewright.solver import budget
from placewright.solver.budget import Budget
from placewright.solver.clock import Deadline
from placewright.solver.compile import compile_problem, compile_until
from placewright.solver.construct import construct
from placewright.solver.place import place
from placewright.solver.settings import Settings
from placewright.solver.verify import VerifiedPlan
from placewright.tests.builders import agent, agents, near, node, snapshot

PACE = 1e-6


def cluster(pending: int) -> Snapshot:
    return snapshot([node(f"n{i}", cpu=10**6, memory=10**6) for i in range(4)], agents("a", pending, cpu=1))


@cache
def many() -> Snapshot:
    """Made once: budgets only count them."""
    return cluster(50_000)


def test_everybody_is_placed_where_time_suffices() -> None:
    assert Budget(cluster(1_000), 10.0, pace=PACE).most() is None


def test_the_longer_the_limit_the_more_agents_it_leaves_time_for() -> None:
    crowd = many()
    most = [Budget(crowd, seconds, pace=PACE).most() for seconds in (0.0, 1.0, 2.0)]
    assert most[0] == 0
    assert most[1] is not None
    assert most[2] is not None
    assert 0 < most[1] < most[2] < 50_000


def test_an_agent_takes_longer_among_more_nodes_than_a_cache_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    crowd = many()
    among_few = Budget(crowd, 100.0, pace=1e-4).most()
    monkeypatch.setattr(budget, "CACHED", 1)
    among_many = Budget(crowd, 100.0, pace=1e-4).most()
    assert among_few is not None
    assert among_many is not None
    assert among_few / 2.2 < among_many < among_few / 1.3


def test_a_machine_that_has_become_busier_is_asked_for_fewer() -> None:
    crowd = cluster(5_000)
    of_old = Budget(crowd, 1_000.0, pace=1e-3)
    most = of_old.most()
    assert most is not None
    assert of_old.still(most) == most
    slower = Budget(crowd, 1_000.0, pace=2e-3).still(most)
    assert 0 < slower < most


def test_what_was_thought_to_be_in_time_is_placed_anew_where_it_no_longer_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    crowd = cluster(200)
    monkeypatch.setattr(Budget, "most", lambda _, **__: 100)
    monkeypatch.setattr(Budget, "still", lambda _, placed: placed // 4)
    # Where the clock is not to decide who is left out after ordering.
    verdict = place(crowd, Settings(time_limit=5.0, workers=1, deterministic=True))
    assert isinstance(verdict, VerifiedPlan)
    assert len(verdict.plan.bindings) == 25
    assert "verifying 25 of them" in verdict.plan.warnings[-1]


def test_all_are_tried_on_a_machine_that_seems_a_little_slow_where_some_can_be_left_out_later() -> None:
    crowd = many()
    careful = Budget(crowd, 12.0, pace=1e-6).most()
    assert careful is not None
    assert careful > 0.7 * 50_000
    assert Budget(crowd, 12.0, pace=1e-6).most(shortens=True) is None
    assert Budget(crowd, 7.0, pace=1e-6).most(shortens=True) is not None


def test_the_longer_an_order_took_the_fewer_can_be_told_in_time() -> None:
    crowd = many()
    told = [Budget(crowd, 10.0, pace=PACE).tellable(50_000, took) for took in (0.0, 1.0, 10.0, 30.0, 1e9)]
    assert told[:2] == [50_000, 50_000]
    assert 50_000 > told[2] > told[3] > 0
    assert told[4] == 0


def test_nothing_that_was_kept_to_be_safe_is_spent_on_explaining() -> None:
    budget = Budget(cluster(1_000), 10.0, pace=PACE)
    assert budget.explanation(10, hurried=True).remaining() <= 1.0
    assert budget.explanation(10).remaining() > 9.0


def test_what_may_be_used_beyond_the_limit_is_kept_for_verifying() -> None:
    budget = Budget(cluster(1_000), 10.0, pace=1e-4)
    assert budget.explanation(0).remaining() == pytest.approx(10.0 - 0.1 * 5.0 * 1.15, abs=0.6)
    # Nothing would be left for reasons but the share that the search has kept for them.
    assert budget.explanation(1_000).remaining() == pytest.approx(1.0, abs=0.05)


def test_the_search_ends_early_enough_to_emit_what_was_found() -> None:
    budget = Budget(cluster(1_000), 10.0, pace=1e-5)
    everybody, nobody = budget.search(1_000, 0).remaining(), budget.search(0, 0).remaining()
    assert everybody < nobody - 1.0
    assert nobody <= 10.0


def test_a_first_answer_may_take_what_the_search_keeps_to_be_safe_and_no_more_than_the_grace() -> None:
    budget = Budget(cluster(1_000), 10.0, pace=1e-5)
    search, utmost = budget.search(1_000, 10**9).remaining(), budget.utmost(1_000).remaining()
    # What is kept to be safe, the grace without half of a tenth of the limit, and no explaining.
    assert utmost == pytest.approx(search + 0.15 * 2.0 + 1.8 - 0.5 + 1.0, abs=0.05)


def test_a_proof_may_take_what_was_kept_for_an_order_that_took_less() -> None:
    budget = Budget(cluster(1_000), 10.0, pace=1e-5)
    quick, slow = (budget.proof(1_000, took, 0).remaining() for took in (0.1, 1.5))
    assert quick > slow + 1.0
    assert slow < budget.search(1_000, 0).remaining() < quick


def test_explaining_takes_no_more_than_its_share_of_the_limit() -> None:
    budget = Budget(cluster(10), 10.0, pace=1e-5)
    assert budget.search(0, 10**9).remaining() > 8.0


def test_compiling_may_take_what_is_left_for_it_and_is_not_begun_where_that_is_too_little() -> None:
    crowd = cluster(10_000)
    replicas = tuple(replace(one, spec=crowd.agents[0].spec) for one in crowd.agents)
    crowd = replace(crowd, agents=replicas)
    enough, little = (Budget(crowd, seconds, pace=1e-3).compiling() for seconds in (100.0, 20.0))
    # Listing and accounting for 10,000 agents takes 50 seconds.
    assert 55.0 < enough.remaining() < 65.0
    assert little.passed


def test_nobody_is_refused_to_compile_a_little() -> None:
    assert Budget(cluster(10), 0.0, pace=1e-5).compiling().remaining() > 10**6


def test_compiling_ends_once_its_time_has_passed_wherever_it_is() -> None:
    crowd = cluster(10)
    expected = compile_problem(crowd)[1]
    ends = [compile_until(Looks(looks), crowd) for looks in range(40)]
    assert ends[0] is None
    found = [end[1] for end in ends if end is not None]
    assert found
    assert all(end is None for end in ends[: -len(found)])
    for problem in found:
        assert (problem.cap == expected.cap).all()
        assert [level.name for level in problem.levels] == [level.name for level in expected.levels]
        assert len(problem.encoders) == len(expected.encoders)


class Looks(Deadline):
    """Passes once it has been looked at so many times."""

    def __init__(self, looks: int) -> None:
        super().__init__(10.0)
        self._looks = looks

    def remaining(self) -> float:
        self._looks -= 1
        return 1.0 if self._looks >= 0 else 0.0


def test_no_more_agents_are_placed_than_asked_for_and_the_important_ones_first() -> None:
    low, high = agents("low", 4, cpu=1, priority=1), agents("high", 2, cpu=1, priority=9)
    claiming = agent("leaning", affinity=(near(app="x"),), labels={"app": "x"}, priority=5, cpu=1)
    compilation, problem = compile_problem(
        snapshot([node("n1", zone="a")], [*low, *high, claiming]), preempt=False
    )
    count = construct(compilation, problem, Deadline(5.0), most=3)
    placed = {compilation.groups[g].agent.name.split("-")[0] for g in count.sum(axis=1).nonzero()[0]}
    assert count.sum() == 3
    assert placed == {"high", "leaning"}


def test_a_limit_too_short_for_all_places_some_and_says_so() -> None:
    crowd = cluster(4_000)
    verdict = place(crowd, Settings(time_limit=0.05, workers=1))
    assert isinstance(verdict, VerifiedPlan)
    plan = verdict.plan
    assert len(plan.bindings) + len(plan.unplaced) == 4_000
    assert plan.unplaced
    assert any("is too short for 4000 agents" in warning for warning in plan.warnings)
    assert plan.status in (Status.FEASIBLE, Status.TIMEOUT)


def test_what_an_answer_took_is_what_the_next_one_is_reckoned_by() -> None:
    crowd = many()
    careful = Budget(crowd, 10.0, pace=1e-4)
    few = careful.most()
    assert few is not None
    assert careful.again(few, few, 0.5)
    more = careful.most()
    assert more is None or more > 2 * few


def test_an_answer_that_took_its_time_is_not_begun_anew() -> None:
    crowd = many()
    budget = Budget(crowd, 10.0, pace=1e-5)
    most = budget.most()
    assert most is not None
    assert not budget.again(most, most, 10.0)


def test_where_the_machine_is_faster_than_it_seemed_more_agents_are_placed_in_the_time_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reckoned = iter([10])
    monkeypatch.setattr(Budget, "most", lambda _, **__: next(reckoned, None))
    verdict = place(cluster(40), Settings(time_limit=5.0, workers=1))
    assert isinstance(verdict, VerifiedPlan)
    assert len(verdict.plan.bindings) == 40
    assert not verdict.plan.warnings


def test_an_answer_that_is_begun_anew_and_is_worse_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    reckoned = iter([10, 20, 4])
    monkeypatch.setattr(Budget, "most", lambda _, **__: next(reckoned))
    verdict = place(cluster(40), Settings(time_limit=5.0, workers=1))
    assert isinstance(verdict, VerifiedPlan)
    assert len(verdict.plan.bindings) == 10


def test_a_deterministic_round_is_never_begun_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    reckoned = iter([10])
    monkeypatch.setattr(Budget, "most", lambda _, **__: next(reckoned))
    verdict = place(cluster(40), Settings(time_limit=5.0, workers=1, deterministic=True))
    assert isinstance(verdict, VerifiedPlan)
    assert len(verdict.plan.bindings) == 10


def test_a_clock_of_processor_time_that_goes_by_ticks_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under `ulimit -t` it stands still for milliseconds: a pace of nothing was divided by."""
    monkeypatch.setattr(time, "process_time", lambda: 1.0)
    verdict = place(cluster(3), Settings(time_limit=10.0, workers=1))
    assert isinstance(verdict, VerifiedPlan)
    assert len(verdict.plan.bindings) == 3


def test_a_machine_that_seems_slow_for_a_moment_is_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    crowd = cluster(1_000)
    paces = iter([2e-4, 2e-4, 1e-6])
    monkeypatch.setattr(budget, "_pace", lambda _: next(paces))
    assert not Budget(crowd, 100.0).compiling().passed


def test_nobody_waits_for_a_machine_that_would_have_to_be_faster_than_any(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    crowd = cluster(1_000)
    paces = iter([1.0])
    monkeypatch.setattr(budget, "_pace", lambda _: next(paces))
    assert Budget(crowd, 100.0).compiling().passed
