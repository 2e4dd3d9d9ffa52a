"""First answers: what is placed ahead of its turn, so that those who are more important find company."""

from __future__ import annotations

import numpy as np
import pytest

from placewright.models.agent import WeightedAffinityTerm
from placewright.models.profile import Profile, ScoreName, Shape, Stage
from placewright.solver.choosing import between_looks
from placewright.solver.clock import Deadline, WorkDeadline
from placewright.solver.compile import compile_problem
from placewright.solver.construct import construct
from placewright.solver.first_answer import plain
from placewright.solver.objectives.weighted import WeightedObjective
from placewright.tests.builders import HOSTNAME, agent, agents, near, node, snapshot


@pytest.mark.parametrize("packed", [False, True])
def test_a_leader_that_is_less_important_comes_first_where_more_important_ones_lean_on_it(
    packed: bool,
) -> None:
    # Placed at its turn the leader would come when the others have taken all the room.
    nodes = [node(f"n{i}", cpu=4000, zone="ab"[i % 2]) for i in range(4)]
    leader = agent("leader", cpu=100, labels={"app": "lead"})
    followers = agents("follower", 6, cpu=1000, priority=100, affinity=(near(app="lead"),))
    others = agents("other", 16, cpu=1000, priority=50)
    compilation, problem = compile_problem(snapshot(nodes, [leader, *followers, *others]))
    count = construct(compilation, problem, Deadline(10), packed=packed)
    placed = {group.agent.name: int(count[g].sum()) for g, group in enumerate(compilation.groups)}
    assert placed["follower-0"] == 6
    assert placed["leader"] == 1


def test_who_leans_on_nobody_that_can_come_lets_nobody_in() -> None:
    lonely = agent("lonely", priority=5, affinity=(near(app="nobody"),))
    compilation, problem = compile_problem(snapshot([node("n1", zone="a")], [lonely, agent("other")]))
    count = construct(compilation, problem, Deadline(10))
    assert [int(row.sum()) for row in count] == [0, 1]


def test_whom_no_rule_lets_in_where_the_target_wants_it_comes_before_anybody_less_important() -> None:
    # Both important ones are wanted on n1, which keeps them apart; the other's target fills n2.
    apart = agents(
        "important", 2, cpu=500, priority=100, labels={"app": "a"}, anti_affinity=(near(HOSTNAME, app="a"),)
    )
    nodes = [node(name, cpu=1000) for name in ("n1", "n2")]
    compilation, problem = compile_problem(snapshot(nodes, [*apart, agent("other", cpu=1000)]))
    important, other = (
        {g.agent.name: i for i, g in enumerate(compilation.groups)}[n] for n in ("important-0", "other")
    )
    target = np.zeros_like(problem.cap)
    target[important, 0] = 2
    target[other, 1] = 1
    count = construct(compilation, problem, Deadline(10), target=target)
    assert count[important].tolist() == [1, 1]
    assert count[other].tolist() == [0, 0]


def test_who_is_worth_more_to_the_first_level_comes_first() -> None:
    """By size alone the one that asks for the most memory would be placed."""
    thirsty = agent("thirsty", cpu=1000, memory=8000)
    others = agents("other", 3, cpu=1300, memory=1000)
    stages = (Stage({"Allocation": 1}), Stage({"placed": 1}), Stage({"disruption": 1}))
    profile = Profile(weights={}, allocate={"cpu": 1}, stages=stages)
    cluster = snapshot([node("n1", cpu=4000)], [thirsty, *others], profile=profile)
    compilation, problem = compile_problem(cluster)
    count = construct(compilation, problem, Deadline(10))
    placed = {group.agent.name: int(count[g].sum()) for g, group in enumerate(compilation.groups)}
    assert placed == {"thirsty": 0, "other-0": 3}


def test_an_answer_without_time_still_keeps_room_where_that_is_what_is_wanted() -> None:
    """Spread over all nodes, as the plainest answer was once, nobody large would find a place afterwards."""
    profile = Profile(weights={ScoreName.FRAGMENTATION: 1}, shapes=(Shape("whole", {"cpu": 4000}, count=9),))
    cluster = snapshot([node(f"n{i}") for i in range(9)], agents("a", 8, cpu=1000), profile=profile)
    compilation, problem = compile_problem(cluster)
    count = plain(compilation, problem, WorkDeadline(0.0, work=5.0))
    assert sorted(count.sum(axis=0).tolist()) == [0] * 7 + [4, 4]


def test_who_is_in_one_domain_is_let_into_another_with_company_of_its_own() -> None:
    # The important ones are wanted in both zones: their company needs company in each of them.
    nodes = [node(f"n{zone}", cpu=4000, zone=zone) for zone in "ab"]
    pending = [
        *agents("last", 2, cpu=100, priority=100, labels={"app": "last"}, affinity=(near(app="middle"),)),
        *agents("middle", 2, cpu=100, labels={"app": "middle"}, affinity=(near(app="first"),)),
        *agents("first", 2, cpu=100, labels={"app": "first"}),
    ]
    compilation, problem = compile_problem(snapshot(nodes, pending))
    target = np.ones_like(problem.cap)
    count = construct(compilation, problem, Deadline(10), target=target)
    assert (count == target).all()


def test_when_comparing_takes_too_long_everybody_is_placed_all_the_same() -> None:
    wish = (WeightedAffinityTerm(100, near(app="x")),)
    asking = agents("x", 4, cpu=100, labels={"app": "x"}, preferred_affinity=wish)
    cluster = snapshot([node("a", zone="a"), node("b", zone="b")], asking)
    compilation, problem = compile_problem(cluster)
    weighted = [level for level in problem.levels if isinstance(level, WeightedObjective)]
    tallies = [tally for level in weighted if (tally := level.tally()) is not None]
    scores = []
    for seconds in (10.0, 0.0):
        count = construct(compilation, problem, Deadline(10.0), tallies=tallies, comparing=Deadline(seconds))
        assert count.sum() == 4
        scores.append(problem.levels[-1].value(count))
    assert scores[0] < scores[1]


def test_more_come_between_two_looks_where_one_agent_makes_another_no_cheaper() -> None:
    wish = (WeightedAffinityTerm(100, near(app="close")),)
    pending = [
        *agents("even", 20, cpu=100),
        *agents("close", 20, cpu=200, labels={"app": "close"}, preferred_affinity=wish),
    ]
    compilation, problem = compile_problem(snapshot([node(f"n{i}") for i in range(500)], pending))
    tallies = [problem.levels[-1].tally()]  # type: ignore[attr-defined]
    looks = {
        group.agent.name: between_looks(500, tallies, g, group.size)
        for g, group in enumerate(compilation.groups)
    }
    assert looks == {"even-0": 5, "close-0": 3}


def test_on_few_nodes_each_agent_is_compared_for_itself() -> None:
    """Three at a time, one to each of three nodes, would fill all of them alike whatever it costs."""
    nodes = [node("large", cpu=16000), node("small", cpu=4000), node("middle", cpu=8000)]
    profile = Profile(weights={ScoreName.LEAST_ALLOCATED: 1, ScoreName.BALANCED_ALLOCATION: 1})
    compilation, problem = compile_problem(snapshot(nodes, agents("a", 18, cpu=1000), profile=profile))
    scores = problem.levels[-1]
    tallies = [scores.tally()]  # type: ignore[attr-defined]
    count = construct(compilation, problem, Deadline(10), tallies=tallies)
    ways = [[[18 - i - j, i, j]] for i in range(5) for j in range(9) if 18 - i - j <= 16]
    assert scores.value(count) == min(scores.value(np.array(way, dtype=np.int64)) for way in ways)
