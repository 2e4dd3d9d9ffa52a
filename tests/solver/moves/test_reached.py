"""The best of the targets that were tried, with the route to each: direct ones, detours, and cuts in between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from placewright.models.goals import parse_goals
from placewright.models.movable import Discipline, MovePolicy
from placewright.models.move_cost import Pricing
from placewright.models.rebalance_options import Limits, RebalanceOptions
from placewright.models.snapshot import Snapshot
from placewright.solver.clock import Deadline, Phases
from placewright.solver.moves.cluster import Move
from placewright.solver.moves.reached import Reached, Seeker
from placewright.solver.moves.target import Finder, Target
from placewright.solver.moves.terms import Place
from placewright.solver.moves.waves import Route
from placewright.solver.search import LevelValue
from placewright.tests.builders import node, snapshot
from placewright.tests.moving import EVICTS, runs
from placewright.tests.solver.moves.boards import task_of

OPTIONS = RebalanceOptions(pricing=Pricing.EVEN, limits=Limits(per_workload=0))
GOALS = parse_goals(("locality",))


class Given(Finder):
    """Gives targets one after the other, and remembers the cuts that it was asked with."""

    def give(self, *targets: Target) -> Given:
        self.targets, self.cuts = list(targets), list[int]()
        return self

    def find(self, deadline: Deadline, cuts: Sequence[Mapping[Place, int]] = ()) -> Target:
        self.cuts.append(len(cuts))
        return self.targets.pop(0) if len(self.targets) > 1 else self.targets[0]


def target(
    where: Mapping[str, str], value: int, moves: int = 200, *, wrong: int = 0, searched: bool = True
) -> Target:
    """A target (agent name -> node name) with these values of the goal and of the moves."""
    ends = {f"default/{name}": to for name, to in where.items()}
    broken = frozenset(f"default/wrong{i}" for i in range(wrong))
    values = (LevelValue(value, value), LevelValue(moves, moves))
    return Target(ends, broken, ("goal/locality", "moves"), values, {(0, 0): 1}, searched)


def best(
    cluster: Snapshot, *targets: Target, options: RebalanceOptions = OPTIONS, seconds: float = 60.0
) -> tuple[Reached, list[int]]:
    """What is reached of these targets, and how many cuts each search was asked with."""
    task = task_of(cluster, GOALS, options)
    finder = Given(task).give(*targets)
    return Seeker(task, finder, Deadline(seconds)).best(Phases()), finder.cuts


def crossing(nodes: str = "abc") -> Snapshot:
    """x and y, each of which fills a node."""
    return snapshot(
        [node(name, cpu=1000) for name in nodes],
        [runs("x", "a", app="x", cpu=1000), runs("y", "b", app="y", cpu=1000)],
    )


def routes(route: Route) -> list[list[tuple[str, str]]]:
    return [[(move.key.split("/")[1], move.target) for move in wave] for wave in route.waves]


SWAP, ASIDE, STAY = {"x": "b", "y": "a"}, {"x": "c", "y": "b"}, {"x": "a", "y": "b"}


def test_a_target_that_is_reached_directly_is_taken_at_once() -> None:
    reached, cuts = best(crossing(), target(ASIDE, 5), target(SWAP, 1))
    assert (routes(reached.route), cuts) == ([[("x", "c")]], [0])
    assert reached.direct
    assert reached.where == {"default/x": "c", "default/y": "b"}


def test_after_a_detour_the_next_best_target_is_looked_for_and_taken_where_it_is_as_good() -> None:
    reached, cuts = best(crossing(), target(SWAP, 5, 200), target(ASIDE, 5, 100))
    assert cuts == [0, 1]
    assert routes(reached.route) == [[("x", "c")]]


def test_a_detour_is_taken_where_the_next_target_is_worse() -> None:
    reached, cuts = best(crossing(), target(SWAP, 5, 200), target(ASIDE, 6, 100))
    assert cuts == [0, 1]
    assert (reached.detours, reached.direct, len(reached.route.waves)) == (1, False, 3)
    assert reached.target.values[0].value == 5


def test_detours_cost_what_the_moves_cost() -> None:
    # The swap with its detour costs 300: as good by the goal, and dearer than 250.
    reached, _ = best(crossing(), target(SWAP, 5, 200), target(ASIDE, 5, 250))
    assert reached.where["default/x"] == "c"
    reached, _ = best(crossing(), target(SWAP, 5, 200), target(ASIDE, 5, 350))
    assert reached.where["default/x"] == "b"


def test_who_breaks_a_rule_weighs_more_than_any_value() -> None:
    reached, _ = best(crossing(), target(SWAP, 9, 200), target(ASIDE, 1, 100, wrong=1))
    assert reached.where["default/x"] == "b"


def test_what_single_moves_have_found_is_not_cut_off() -> None:
    _, cuts = best(crossing(), target(SWAP, 5, searched=False), target(ASIDE, 1))
    assert cuts == [0]


def test_a_target_that_no_path_leads_to_is_worth_what_is_reached_of_it() -> None:
    # Each had better be where the other one is, and there is nowhere to park: nobody moves.
    cluster = snapshot(
        [node("a", cpu=1000, data=frozenset({"right"})), node("b", cpu=1000, data=frozenset({"left"}))],
        [
            runs("x", "a", app="x", cpu=1000, needs_data={"left": 8}),
            runs("y", "b", app="y", cpu=1000, needs_data={"right": 8}),
        ],
    )
    reached, cuts = best(cluster, target(SWAP, 0, 200), target(STAY, 1, 0))
    assert (reached.route.waves, cuts) == ([], [0, 1])
    assert reached.direct
    assert reached.where == {"default/x": "a", "default/y": "b"}


def test_targets_are_cut_off_until_time_is_up() -> None:
    _, cuts = best(crossing("ab"), target(SWAP, 0, 200), seconds=0.0)
    assert cuts == [0]


def test_moves_are_limited_with_their_detours() -> None:
    limited = RebalanceOptions(pricing=Pricing.EVEN, limits=Limits(per_workload=0), max_moves=2)
    reached, _ = best(crossing(), target(SWAP, 5, 200), target(STAY, 6, 0), options=limited)
    assert reached.route.moves <= 2
    roomy = RebalanceOptions(pricing=Pricing.EVEN, limits=Limits(per_workload=0), max_moves=3)
    reached, _ = best(crossing(), target(SWAP, 5, 200), target(STAY, 6, 0), options=roomy)
    assert reached.route.moves == 3


def test_where_all_move_at_once_there_is_one_wave_and_no_path_to_find() -> None:
    at_once = RebalanceOptions(MovePolicy(discipline=Discipline.AT_ONCE), Pricing.EVEN)
    reached, cuts = best(crossing("ab"), target(SWAP, 5), options=at_once)
    assert (routes(reached.route), cuts) == ([[("x", "b"), ("y", "a")]], [0])
    assert best(crossing("ab"), target(STAY, 5), options=at_once)[0].route.waves == []


def route(*waves: Sequence[tuple[str, str, str]], **fields: dict[str, str]) -> Reached:
    moves = [[Move(key, a, b, EVICTS, "goal") for key, a, b in wave] for wave in waves]
    return Reached(target({}, 0), Route(moves, **fields), {})


@pytest.mark.parametrize(
    ("found", "detours", "direct"),
    [
        (route(), 0, True),
        (route([("x", "a", "b"), ("y", "b", "c")]), 0, True),
        (route([("x", "a", "b")], [("x", "b", "c")]), 1, False),
        (route([("x", "a", "b")], stuck={"y": "why"}), 0, False),
        (route([("x", "a", "b")], changed={"x": "b"}), 0, False),
    ],
)
def test_a_direct_route_brings_everybody_there_in_one_move(
    found: Reached, detours: int, direct: bool
) -> None:
    assert (found.detours, found.direct) == (detours, direct)
