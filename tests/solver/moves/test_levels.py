"""The levels of a rebalance: which there are, what each is worth, and what limits and cuts leave open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from placewright.models.audit import STAYING, placed
from placewright.models.errors import UsageError
from placewright.models.goals import parse_goals
from placewright.models.move_cost import Pricing
from placewright.models.rebalance_levels import LevelMeaning
from placewright.models.rebalance_options import RebalanceOptions
from placewright.models.snapshot import Snapshot
from placewright.solver.compilation import Compilation, IntArray
from placewright.solver.compile import compile_problem
from placewright.solver.moves.counts import counts
from placewright.solver.moves.levels import Levels, bounded, build, drained_nodes, moves_term
from placewright.solver.moves.task import Task
from placewright.solver.moves.terms import Place
from placewright.solver.problem import Problem
from placewright.tests.builders import node, snapshot
from placewright.tests.moving import runs
from placewright.tests.solver.moves.boards import task_of


def built(
    cluster: Snapshot, *goals: str, options: RebalanceOptions | None = None
) -> tuple[Task, Compilation, Problem, Levels]:
    wanted = parse_goals(goals)
    task = task_of(cluster, wanted, options or RebalanceOptions(pricing=Pricing.EVEN))
    compilation, problem = compile_problem(task.question.asked, rules=STAYING)
    levels = build(task.question, compilation, problem.levels, wanted, task.costs, task.options)
    return task, compilation, problem, levels


def three() -> Snapshot:
    """Two on a, one on b, nobody on c; all the nodes have a price."""
    nodes = [replace(node(name), price=100_000) for name in "abc"]
    agents = [runs("x", "a", cpu=1000), runs("y", "a", cpu=500, app="db"), runs("z", "b", cpu=700, app="job")]
    return snapshot(nodes, agents)


def names(*goals: str) -> list[str]:
    return [level.name for level in built(three(), *goals)[3].all]


def test_levels_come_in_order_the_placed_first_and_moves_last() -> None:
    assert names("balance") == ["placed/priority=0", "goal/balance", "moves"]
    assert names("drain=a", "balance") == ["placed/priority=0", "drain", "goal/balance", "moves"]
    assert names("balance", "drain=a") == ["placed/priority=0", "drain", "goal/balance", "moves"]
    assert names("consolidate", "balance")[1:] == ["goal/consolidate", "goal/balance", "moves"]
    assert names("drain=a") == ["placed/priority=0", "drain", "moves"]


def test_a_goal_that_nobody_can_change_is_no_level() -> None:
    assert names("locality") == ["placed/priority=0", "moves"]
    assert names("locality", "balance") == ["placed/priority=0", "goal/balance", "moves"]


def test_guides_are_for_goals_that_single_moves_can_follow() -> None:
    _, _, _, levels = built(three(), "balance", "drain=a", options=RebalanceOptions(min_gain=7))
    assert [guide.price for guide in levels.guides()] == [7]


@pytest.mark.parametrize("goal", ["balance", "consolidate", "drain=a"])
@pytest.mark.parametrize(
    "ends", [{}, {"x": "b"}, {"x": "b", "y": "b"}, {"x": "c", "y": "b", "z": "c"}], ids=str
)
def test_values_are_what_the_states_themselves_say(goal: str, ends: Mapping[str, str]) -> None:
    options = RebalanceOptions(pricing=Pricing.EVEN, min_gain=3)
    task, compilation, _, levels = built(three(), goal, options=options)
    question = task.question
    where = {**question.home, **{f"default/{name}": to for name, to in ends.items()}}
    before, after = placed(question.asked, question.home), placed(question.asked, where)
    meaning = LevelMeaning(before, after, question.drained, 3, task.costs.fare(where))
    for level in levels.all[len(levels.placed) :]:
        parts = meaning.parts(level.name)
        assert parts is not None
        assert level.value(counts(compilation, where)) == parts[1]


def test_moves_cost_what_those_who_leave_each_place_cost() -> None:
    cluster = snapshot(
        [node("a"), node("b")],
        [runs("dear", "a", move_weight=4), runs("cheap", "a"), runs("other", "b", app="db")],
    )
    task, compilation, _, _ = built(cluster, "balance", options=RebalanceOptions(pricing=Pricing.OWN))
    found = moves_term(task.question, compilation, task.costs).costs
    assert sorted(found.values()) == [(1,), (1, 4)]


def test_only_named_nodes_are_drained() -> None:
    _, compilation, _, _ = built(three(), "balance")
    assert drained_nodes(compilation, parse_goals(("drain=a,c",))).tolist() == [True, False, True]


def test_weights_that_would_overflow_are_refused() -> None:
    with pytest.raises(UsageError):
        built(three(), "balance", options=RebalanceOptions(min_gain=10**17))


def asked(
    cluster: Snapshot,
    options: RebalanceOptions,
    cuts: Sequence[Mapping[Place, int]] = (),
    goal: str = "balance",
) -> tuple[Compilation, Problem]:
    task, compilation, problem, levels = built(cluster, goal, options=options)
    return compilation, bounded(problem, levels, task.question, compilation, options, cuts)


def holds(problem: Problem, count: IntArray) -> bool:
    """Whether every encoder of moves accepts counts."""
    own = [encoder.ledger(count) for encoder in problem.encoders if encoder.rule == "moves"]
    return all(ledger is None or bool(ledger.holds()) for ledger in own)


def at(compilation: Compilation, **where: str) -> IntArray:
    return counts(compilation, {f"default/{name}": to for name, to in where.items()})


def test_closed_nodes_take_nobody_and_keep_those_that_they_have() -> None:
    cluster = snapshot([node("a", unschedulable=True), node("b")], [runs("x", "a"), runs("y", "b", cpu=5)])
    compilation, problem = asked(cluster, RebalanceOptions())
    of = {group.agent.name: row.tolist() for group, row in zip(compilation.groups, problem.cap, strict=True)}
    assert of == {"x": [1, 1], "y": [0, 1]}


@pytest.mark.parametrize(
    ("options", "one", "both"),
    [
        (RebalanceOptions(), True, True),
        (RebalanceOptions(max_moves=1), True, False),
        (RebalanceOptions(max_moves=0), False, False),
        (RebalanceOptions(pricing=Pricing.EVEN, max_disruption=100), True, False),
        (RebalanceOptions(pricing=Pricing.EVEN, max_disruption=99), False, False),
        (RebalanceOptions(pricing=Pricing.EVEN, max_moves=2, max_disruption=200), True, True),
    ],
)
def test_limits_hold_for_all_moves_together(options: RebalanceOptions, one: bool, both: bool) -> None:
    compilation, problem = asked(three(), options)
    assert holds(problem, at(compilation, x="a", y="a", z="b"))
    assert holds(problem, at(compilation, x="b", y="a", z="b")) is one
    assert holds(problem, at(compilation, x="b", y="c", z="b")) is both


def test_cuts_rule_out_the_answers_that_they_were_made_of() -> None:
    compilation, _ = asked(three(), RebalanceOptions())
    group = next(g for g, found in enumerate(compilation.groups) if found.agent.name == "x")
    _, problem = asked(three(), RebalanceOptions(), [{(group, 1): 1}])
    assert not holds(problem, at(compilation, x="b", y="a", z="b"))
    assert holds(problem, at(compilation, x="c", y="a", z="b"))
    assert len(problem.levels) == 3


def test_nodes_that_cost_something_are_emptied_no_more_than_allowed() -> None:
    limited = RebalanceOptions(max_emptied=1)
    compilation, problem = asked(three(), limited, goal="consolidate")
    assert holds(problem, at(compilation, x="b", y="b", z="b"))
    assert not holds(problem, at(compilation, x="c", y="c", z="c"))
    free = replace(three(), nodes=(*three().nodes[:1], replace(three().nodes[1], price=0), three().nodes[2]))
    compilation, problem = asked(free, limited, goal="consolidate")
    assert holds(problem, at(compilation, x="c", y="c", z="c"))
    compilation, problem = asked(three(), replace(limited, max_emptied=0), goal="consolidate")
    assert holds(problem, at(compilation, x="c", y="a", z="b"))
    assert not holds(problem, at(compilation, x="b", y="b", z="b"))


def test_nodes_that_stay_in_use_anyway_are_not_emptied() -> None:
    pinned = runs("stays", "a", app="own", stays_because="asked for")
    kept = replace(three(), agents=(*three().agents, pinned))
    compilation, problem = asked(kept, RebalanceOptions(max_emptied=0), goal="consolidate")
    assert holds(problem, at(compilation, x="b", y="b", z="b"))
    assert not holds(problem, at(compilation, x="a", y="a", z="a"))
