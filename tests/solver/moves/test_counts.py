"""From names to counts and back: who can stay does, and who leaves is the cheapest."""

from __future__ import annotations

import numpy as np

from placewright.models.goals import parse_goals
from placewright.models.movable import MovePolicy
from placewright.models.move_cost import MoveCosts
from placewright.models.snapshot import Snapshot
from placewright.solver.compilation import Compilation
from placewright.solver.compile import compile_problem
from placewright.solver.moves.counts import arrivals, counts, names, violates
from placewright.solver.moves.question import Question, ask
from placewright.tests.builders import node, snapshot, spread
from placewright.tests.moving import runs


def asked(cluster: Snapshot) -> tuple[Question, Compilation]:
    question = ask(cluster, parse_goals(("balance",)), MovePolicy())
    return question, compile_problem(question.asked)[0]


def test_names_are_counted_and_found_again() -> None:
    cluster = snapshot([node("a"), node("b")], [runs(f"x{i}", "aab"[i]) for i in range(3)])
    question, compilation = asked(cluster)
    count = counts(compilation, question.home)
    assert count.sum(axis=0).tolist() == [2, 1]
    assert names(question, compilation, MoveCosts(cluster, MovePolicy()), count) == question.home


def test_of_those_on_a_node_the_cheapest_to_move_leaves() -> None:
    cluster = snapshot([node("a"), node("b")], [runs("dear", "a", move_weight=5), runs("cheap", "a")])
    question, compilation = asked(cluster)
    count = np.zeros_like(compilation.cap)
    for g in compilation.pending:
        count[g] = [1, 1] if len(compilation.groups[g].members) == 2 else [0, 1]
    found = names(question, compilation, MoveCosts(cluster, MovePolicy()), count)
    assert found["default/cheap"] == "b"


def test_those_that_leave_stay_within_their_domain_of_spread_where_they_can() -> None:
    even = (spread(app="web"),)
    cluster = snapshot(
        [node(f"{zone}{i}", zone=zone) for zone in "ab" for i in range(2)],
        [runs("x", "a0", spread=even), runs("y", "b0", spread=even)],
    )
    question, compilation = asked(cluster)
    elsewhere = {"default/x": "b1", "default/y": "a1"}
    found = names(question, compilation, MoveCosts(cluster, MovePolicy()), counts(compilation, elsewhere))
    assert found == {"default/x": "a1", "default/y": "b1"}


def test_a_cut_rules_out_what_arrives_where_it_arrived() -> None:
    before, after = np.array([[2, 0, 0]]), np.array([[1, 1, 0]])
    cut = arrivals(after, before)
    assert cut == {(0, 1): 1}
    assert violates(after, [cut])
    assert violates(np.array([[0, 2, 0]]), [cut])
    assert not violates(np.array([[1, 0, 1]]), [cut])
    assert not violates(before, [])
