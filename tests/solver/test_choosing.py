"""Which nodes are taken first, by cost, by what is in use, by what is left; all of it as the books stand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from placewright.solver.books import Books
from placewright.solver.choosing import Choosing, between_looks
from placewright.solver.clock import Deadline
from placewright.solver.compilation import FloatArray
from placewright.solver.compile import compile_problem
from placewright.solver.objectives.base import Tally
from placewright.tests.builders import agents, node, snapshot

ROOM = np.array([9, 9, 9])


class Priced(Tally):
    """What each node costs, dearer by `rise` with each agent on it; how often it was asked is counted."""

    def __init__(self, costs: Sequence[float], rise: float = 0.0, independent: bool = True) -> None:
        self.costs = np.array(costs, dtype=np.float64)
        self.rise = rise
        self.asked = 0
        self._independent = independent

    def more(self, group: int) -> FloatArray:
        self.asked += 1
        return self.costs.copy()

    def independent(self, group: int) -> bool:
        return self._independent

    def add(self, group: int, node: int, number: int) -> None:
        self.costs[node] += self.rise * number


def books(*cpu: int, tallies: Sequence[Tally] = ()) -> Books:
    """Of nodes with so much cpu, and one group whose agents take 1000."""
    compilation, problem = compile_problem(
        snapshot([node(f"n{i}", cpu=amount) for i, amount in enumerate(cpu)], agents("a", 9, cpu=1000))
    )
    return Books(problem, compilation.amounts.whole, tallies)


def test_the_emptiest_nodes_come_first_and_are_filled_to_a_common_level() -> None:
    assert Choosing(books(2000, 4000, 8000)).roomiest(0, ROOM, 3).tolist() == [0, 1, 2]


def test_packed_nodes_are_filled_one_after_the_other_the_fullest_first() -> None:
    choosing = Choosing(books(2000, 4000, 8000), packed=True)
    assert choosing.roomiest(0, np.array([2, 4, 8]), 5).tolist() == [2, 3, 0]


def test_nodes_are_taken_into_use_in_the_order_told_and_those_in_use_come_first() -> None:
    choosing = Choosing(books(4000, 4000, 4000), packed=True, opening=np.array([3.0, 1.0, 2.0]))
    assert choosing.roomiest(0, np.array([4, 4, 4]), 5).tolist() == [0, 4, 1]
    choosing.in_use(np.array([0]))
    assert choosing.roomiest(0, np.array([4, 4, 4]), 5).tolist() == [4, 1, 0]


def test_the_cheapest_nodes_take_one_agent_each() -> None:
    tallies = [Priced([5, 1, 3])]
    choosing = Choosing(books(4000, 4000, 4000, tallies=tallies), tallies)
    assert choosing.cheapest(0, ROOM, 2).tolist() == [0, 1, 1]
    assert choosing.cheapest(0, np.array([9, 0, 9]), 9).tolist() == [1, 0, 1]


def test_of_equal_costs_the_next_tally_decides_then_what_is_left() -> None:
    tallies = [Priced([1, 1, 1]), Priced([2, 1, 1])]
    own = books(2000, 4000, 8000, tallies=tallies)
    assert Choosing(own, tallies).cheapest(0, ROOM, 1).tolist() == [0, 0, 1]
    assert Choosing(own, tallies, packed=True).cheapest(0, ROOM, 1).tolist() == [0, 1, 0]


def test_costs_are_asked_again_only_once_somebody_has_come() -> None:
    dear = Priced([1, 2, 3], rise=5.0)
    own = books(4000, 4000, 4000, tallies=[dear])
    choosing = Choosing(own, [dear])
    for _ in range(3):
        assert choosing.cheapest(0, ROOM, 1).tolist() == [1, 0, 0]
    assert dear.asked == 1
    own.add(0, np.array([0]), np.array([1]))
    assert choosing.cheapest(0, ROOM, 1).tolist() == [0, 1, 0]
    assert dear.asked == 2


def test_one_by_one_nodes_come_in_the_same_order() -> None:
    tallies = [Priced([5, 1, 3])]
    nodes = np.arange(3)
    left = np.array([[1], [3], [7]])
    own = books(2000, 4000, 8000, tallies=tallies)
    assert Choosing(own, tallies).in_order(0, nodes, left).tolist() == [1, 2, 0]
    assert Choosing(own, tallies, comparing=Deadline(0.0)).in_order(0, nodes, left).tolist() == [2, 1, 0]
    assert Choosing(own, ()).in_order(0, nodes[1:], left[1:]).tolist() == [2, 1]


def test_nothing_is_compared_without_tallies_or_once_the_time_for_it_is_over() -> None:
    own = books(4000)
    assert not Choosing(own, ()).compares
    assert Choosing(own, [Priced([1])]).compares
    assert not Choosing(own, [Priced([1])], comparing=Deadline(0.0)).compares


def test_more_come_between_two_looks_only_where_every_tally_says_that_none_gets_cheaper() -> None:
    assert between_looks(1000, [Priced([1])], 0, 20) == 10
    few = between_looks(1000, [Priced([1]), Priced([1], independent=False)], 0, 20)
    assert 1 <= few < 10
