"""Where everybody is to be: repaired, drained, improved; with values and bounds that hold, and cuts kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from placewright.models.audit import placed
from placewright.models.goals import parse_goals
from placewright.models.move_cost import Pricing
from placewright.models.rebalance_levels import LevelMeaning
from placewright.models.rebalance_options import RebalanceOptions
from placewright.models.snapshot import Snapshot
from placewright.solver.clock import Deadline
from placewright.solver.moves import bounding
from placewright.solver.moves import target as module
from placewright.solver.moves.target import Finder, Target
from placewright.solver.moves.terms import Place
from placewright.solver.objectives.base import Objective
from placewright.tests.builders import ZONE, node, snapshot, taint
from placewright.tests.moving import runs
from placewright.tests.solver.moves.boards import task_of

EVEN = RebalanceOptions(pricing=Pricing.EVEN)


def found(
    cluster: Snapshot,
    *goals: str,
    options: RebalanceOptions = EVEN,
    cuts: Sequence[Mapping[Place, int]] = (),
    seconds: float = 20.0,
) -> Target:
    """The target, whose values are what the states themselves say, and no better than the bounds."""
    wanted = parse_goals(goals)
    task = task_of(cluster, wanted, options)
    target = Finder(task).find(Deadline(seconds), cuts)
    question = task.question
    assert target.where.keys() == question.home.keys()
    before, after = placed(question.asked, question.home), placed(question.asked, target.where)
    fare = task.costs.fare(target.where)
    meaning = LevelMeaning(before, after, question.drained, options.min_gain, fare)
    for name, known in zip(target.names, target.values, strict=True):
        parts = meaning.parts(name)
        assert parts is not None
        assert known.bound <= known.value == parts[1]
    return target


def ends(target: Target) -> dict[str, str]:
    return {key.split("/")[1]: name for key, name in target.where.items()}


def values(target: Target) -> dict[str, tuple[int, int]]:
    return {n: (known.value, known.bound) for n, known in zip(target.names, target.values, strict=True)}


def crowded() -> Snapshot:
    return snapshot([node("a"), node("b")], [runs(f"x{i}", "a", cpu=500, app=f"app{i}") for i in range(4)])


def test_agents_are_balanced_and_that_is_proven() -> None:
    target = found(crowded(), "balance")
    assert sorted(ends(target).values()) == ["a", "a", "b", "b"]
    assert all(known.value == known.bound for known in target.values)
    assert (target.broken, target.searched) == (frozenset(), True)


def test_what_is_drained_comes_before_what_is_best() -> None:
    target = found(crowded(), "drain=b", "balance")
    assert set(ends(target).values()) == {"a"}
    assert target.names == ("drain", "goal/balance", "moves")
    assert values(target)["drain"] == (0, 0)


def test_without_anything_to_gain_nobody_moves() -> None:
    target = found(crowded(), "balance", options=replace(EVEN, min_gain=10**6))
    assert set(ends(target).values()) == {"a"}
    assert (target.arrivals, values(target)["moves"]) == ({}, (0, 0))


def test_no_more_moves_than_allowed() -> None:
    target = found(crowded(), "balance", options=replace(EVEN, max_moves=1))
    assert sorted(ends(target).values()) == ["a", "a", "a", "b"]
    assert values(target)["moves"] == (100, 100)


def test_a_target_that_is_cut_off_is_not_found_again() -> None:
    cluster = snapshot(
        [node("a", data=frozenset({"one", "two"})), node("b", data=frozenset({"one"})), node("c")],
        [runs("x", "c", needs_data={"one": 3, "two": 1})],
    )
    first = found(cluster, "locality")
    second = found(cluster, "locality", cuts=[first.arrivals])
    third = found(cluster, "locality", cuts=[first.arrivals, second.arrivals])
    assert [ends(target)["x"] for target in (first, second, third)] == ["a", "b", "c"]


def tainted() -> Snapshot:
    """Two break a rule on a; one of them fits nowhere else."""
    return snapshot(
        [node("a", taints=[taint("gone")]), node("b", cpu=1500), node("c", cpu=1500)],
        [runs("x", "a", cpu=1000), runs("huge", "a", cpu=3000, app="db"), runs("y", "b", cpu=500, app="job")],
    )


def test_who_breaks_a_rule_is_helped_where_that_is_possible() -> None:
    target = found(tainted(), "balance")
    assert target.broken == {"default/huge"}
    assert ends(target)["x"] in ("b", "c")
    assert ends(target)["huge"] == "a"


def test_without_repair_they_stay_where_they_are() -> None:
    target = found(tainted(), "balance", options=replace(EVEN, repair=False))
    assert (ends(target)["x"], ends(target)["huge"]) == ("a", "a")


def test_without_repair_they_leave_all_the_same_what_is_to_be_drained() -> None:
    target = found(tainted(), "drain=a", options=replace(EVEN, repair=False))
    assert (ends(target)["x"] in ("b", "c"), ends(target)["huge"]) == (True, "a")
    assert values(target)["drain"] == (1, 1)


def test_who_can_go_nowhere_counts_among_those_left_in_value_and_bound() -> None:
    assert values(found(tainted(), "drain=a"))["drain"] == (1, 1)


def test_where_a_helped_one_might_have_gone_bounds_are_those_without_rules() -> None:
    # x and y cannot both be helped; whichever is, no better balance was there for the other one.
    cluster = snapshot(
        [node("a", taints=[taint("gone")]), node("b", cpu=1000)],
        [runs("x", "a", cpu=1000), runs("y", "a", cpu=900, app="db")],
    )
    target = found(cluster, "balance")
    assert len(target.broken) == 1
    assert target.values[0].bound < target.values[0].value


def test_limited_questions_share_what_is_compiled_and_find_their_own_answers() -> None:
    finder = Finder(task_of(crowded(), parse_goals(("balance",)), EVEN))
    all_of_them = finder.find(Deadline(20.0))
    none = finder.limited(replace(EVEN, max_moves=0))
    assert none.compilation is finder.compilation
    assert set(ends(none.find(Deadline(20.0))).values()) == {"a"}
    assert finder.find(Deadline(20.0)).where == all_of_them.where


def swapped() -> Snapshot:
    """Each would rather be where the other is, and both together ask for two zones."""
    return snapshot(
        [node("a", zone="one", data=frozenset({"set"})), node("b", zone="two")],
        [
            runs("x", "a", min_domains=((ZONE, 2),)),
            runs("y", "b", needs_data={"set": 1}, min_domains=((ZONE, 2),)),
        ],
    )


def test_two_change_places_where_one_move_would_leave_their_workload_with_less_than_it_asks_for() -> None:
    target = found(swapped(), "locality")
    assert (ends(target), target.searched) == ({"x": "b", "y": "a"}, True)
    assert all(known.value == known.bound for known in target.values)


def test_moves_that_leave_a_workload_with_less_than_it_asks_for_are_all_taken_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("placewright.solver.moves.compiled.MOST_TOLD_APART", 0)
    target = found(swapped(), "locality")
    assert (ends(target), target.searched) == ({"x": "a", "y": "b"}, False)


def test_where_there_are_too_many_pairs_single_moves_have_the_last_word(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MOST_PAIRS", 0)
    target = found(crowded(), "balance")
    assert sorted(ends(target).values()) == ["a", "a", "b", "b"]
    assert not target.searched
    assert values(target)["goal/balance"][1] > 0


def test_without_time_everybody_stays() -> None:
    target = found(crowded(), "balance", seconds=0.0)
    assert set(ends(target).values()) == {"a"}
    assert not target.searched


def test_nobody_to_move_is_nothing_to_find() -> None:
    target = found(snapshot([node("a")], [runs("stays", "a", stays_because="asked for")]), "balance")
    assert (target.where, target.arrivals, target.searched) == ({}, {}, False)


def test_bounds_for_whoever_is_helped_are_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def counted(levels: Sequence[Objective], *given: Any) -> Iterator[int]:
        asked.append(levels[0].name)
        return bounding.loose(levels, *given)

    monkeypatch.setattr(module, "loose", counted)
    finder = Finder(task_of(tainted(), parse_goals(("balance",)), EVEN))
    until = Deadline(20.0)
    first = finder.whoever_is_helped(until)
    assert first("goal/balance") == finder.whoever_is_helped(until)("goal/balance") > 0
    assert first("goal/unknown") == 0
    assert asked == ["goal/balance"]
    finder.limited(replace(EVEN, max_moves=1)).whoever_is_helped(until)
    assert len(asked) == 2
