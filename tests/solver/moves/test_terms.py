"""What moves cost and what is left on drained nodes, as terms; and what keeps agents from coming.

Each says the same in a model, of counts, and once some are fixed; relaxed it never says more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placewright.models.profile import Profile
from placewright.solver.compile import compile_problem
from placewright.solver.moves.terms import (
    ClosedEncoder,
    CutEncoder,
    EmptiedEncoder,
    LeftTerm,
    LimitEncoder,
    MovesTerm,
    Place,
)
from placewright.solver.objectives.base import Term
from placewright.tests.builders import agent, node, snapshot
from placewright.tests.solver.moves.small_counts import (
    CAP,
    GROUPS,
    NODES,
    NOTHING,
    SOME,
    all_counts,
    assert_encodes,
    assert_relaxes,
    assert_same_everywhere,
    modelled,
    relaxed,
    variables,
)

COSTS = st.dictionaries(
    st.tuples(st.integers(0, GROUPS - 1), st.integers(0, NODES - 1)),
    st.lists(st.integers(0, 5), min_size=1, max_size=3).map(lambda found: tuple(sorted(found))),
    min_size=1,
)


def test_the_cheapest_leave_first() -> None:
    term = MovesTerm({(0, 0): (1, 2, 7), (1, 1): (5,)})
    lost = [([3, 0, 0], 0), ([2, 0, 0], 1), ([1, 0, 0], 3), ([0, 3, 0], 10)]
    for there, cost in lost:
        assert term.value(np.array([there, [0, 1, 0]])) == cost
        assert term.value(np.array([there, [1, 0, 0]])) == cost + 5


def test_who_comes_where_somebody_left_makes_up_for_them() -> None:
    # Agents of a group are interchangeable: three where there were two cost nothing, and gain nothing.
    term = MovesTerm({(0, 0): (1, 2)})
    assert term.value(np.array([[3, 0, 0], [0, 0, 0]])) == 0


@settings(deadline=None, max_examples=15, derandomize=True)
@given(costs=COSTS)
def test_moves_cost_the_same_in_a_model_as_of_counts(costs: Mapping[Place, Sequence[int]]) -> None:
    term = MovesTerm({at: tuple(found) for at, found in costs.items()})
    for count in all_counts()[::7]:
        assert modelled(term, count, variables()) == term.value(count)


@pytest.mark.parametrize("costs", [(2, 2), (0, 3), (1, 1, 4), (3,)], ids=str)
def test_moves_cost_the_same_once_some_agents_are_fixed(costs: tuple[int, ...]) -> None:
    assert_same_everywhere(MovesTerm({(0, 0): costs, (1, 1): (1, 2), (1, 2): (4,)}), SOME)


def test_hints_of_moves_are_what_they_cost() -> None:
    term, x = MovesTerm({(0, 0): (1, 2, 7)}), variables()
    term.expression(x)
    count = np.array([[1, 2, 0], [0, 0, 0]])
    hints = list(x.hints(count))[len(list(x.items())) :]
    assert [value for _, value in hints] == [3]


@pytest.mark.parametrize(
    "term",
    [
        MovesTerm({(0, 0): (1, 2), (0, 1): (3,), (1, 1): (2, 5)}),
        LeftTerm(np.array([True, False, False])),
        LeftTerm(np.array([True, False, True]), already=2),
    ],
)
def test_relaxed_a_term_is_never_more_than_of_any_counts(term: Term) -> None:
    assert_relaxes(term)


def test_relaxed_moves_cost_what_whole_classes_lose() -> None:
    # All of group 1 has to leave node 2, which is closed to it: no relaxation brings it back.
    term = MovesTerm({(1, 2): (4, 6)})
    assert relaxed(term, np.array([[0], [2]])) == pytest.approx(8.0)


@pytest.mark.parametrize("drained", [[True, False, False], [False, True, True], [False, False, False]])
def test_what_is_left_on_drained_nodes_is_counted(drained: list[bool]) -> None:
    term = LeftTerm(np.array(drained))
    assert_same_everywhere(term, NOTHING)
    assert_same_everywhere(term, SOME)
    assert term.value(np.array([[1, 1, 0], [0, 1, 0]])) == (drained[0] + 2 * drained[1])


def test_nobody_comes_to_closed_nodes_and_those_at_home_may_stay() -> None:
    home = np.array([[1, 0, 0], [0, 2, 0]])
    keeper = ClosedEncoder(np.array([True, True, False]), home)
    assert keeper.tighten(CAP).tolist() == [[1, 0, 2], [0, 2, 0]]
    ledger = keeper.ledger(CAP)
    assert ledger is not None
    assert ledger.holds()


@pytest.mark.parametrize("most", [0, 1, 3, 100])
def test_moves_cost_no_more_than_the_limit(most: int) -> None:
    limit = LimitEncoder((MovesTerm({(0, 0): (1, 2), (1, 1): (1, 1)}),), most)
    accepted = [assert_encodes(limit, fixed) for fixed in (NOTHING, SOME)]
    assert accepted[0] == accepted[1]
    assert (accepted[0] == len(all_counts())) == (most == 100)
    assert accepted[0] > 0


@pytest.mark.parametrize("most", [0, 1, 2])
def test_no_more_nodes_are_emptied_than_the_limit(most: int) -> None:
    used, keeps = np.array([True, True, False]), np.array([True, False])
    limit = EmptiedEncoder(used, keeps, most)
    for fixed in (NOTHING, SOME):
        accepted = assert_encodes(limit, fixed)
        emptied = [sum(not count[0, n] for n in (0, 1)) for count in all_counts()]
        assert accepted == sum(number <= most for number in emptied)


@pytest.mark.parametrize(
    "stays",
    [{(0, 0): 1}, {(0, 0): 2, (1, 1): 1}, {(0, 0): 1, (1, 1): 1}, {(1, 2): 1}, {(0, 1): 2, (0, 2): 1}],
    ids=str,
)
def test_a_cut_leaves_all_counts_but_those_with_everybody_there(stays: Mapping[Place, int]) -> None:
    for fixed in (NOTHING, SOME):
        accepted = assert_encodes(CutEncoder(stays), fixed)
        there = [all(count[at] >= number for at, number in stays.items()) for count in all_counts()]
        assert accepted == len(all_counts()) - sum(there)


def test_terms_and_limits_of_one_question_come_from_no_profile() -> None:
    compilation, _ = compile_problem(snapshot([node("n")], [agent("x")]))
    for term in (MovesTerm, LeftTerm):
        with pytest.raises(TypeError, match="belongs to no profile"):
            term.compile(compilation, Profile())
    for encoder in (ClosedEncoder, LimitEncoder, EmptiedEncoder, CutEncoder):
        assert encoder.compile(compilation) is None


def test_of_finished_counts_nobody_is_asked_one_by_one() -> None:
    ledger = LimitEncoder((MovesTerm({(0, 0): (1,)}),), 1).ledger(NOTHING)
    assert ledger is not None
    with pytest.raises(TypeError, match="finished counts"):
        ledger.add(0, np.array([0]), np.array([1]))
