"""How far those lean who wish to be near others and apart from their own kind."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from placewright.solver.wishes import ALMOST, Wish, leaning


def everywhere(g: int, d: int) -> bool:
    return True


@pytest.mark.parametrize("seed", range(10))
def test_who_leans_wins_the_most_that_any_part_wins(seed: int) -> None:
    rng = Random(seed)
    worth, pay = rng.uniform(1.0, 100.0), rng.uniform(1.0, 100.0)
    parts = np.linspace(0.0, 1.0, 10_001)
    best = float(parts[np.argmax(parts * worth - parts**2 * pay)])
    found = leaning([Wish(worth, ((0, d), (1, d))) for d in range(3)], {0: pay}, everywhere)
    assert found == ({0: pytest.approx(best, abs=1e-4)} if best < ALMOST else {})


def test_wishes_of_one_domain_add_up_and_others_do_not() -> None:
    both = [Wish(30.0, ((0, 0), (1, 0))), Wish(30.0, ((0, 0), (2, 0))), Wish(50.0, ((0, 1), (3, 1)))]
    assert leaning(both, {0: 100.0}, everywhere) == {0: pytest.approx(0.3)}


def test_whoever_leans_draws_its_neighbours_less() -> None:
    # Alone 0 would win the most with half of it there; as 1 leans as well there is half as much to win.
    found = leaning([Wish(100.0, ((0, 0), (1, 0)))], {0: 100.0, 1: 100.0}, everywhere)
    assert found == {0: pytest.approx(0.25), 1: pytest.approx(0.25)}


def test_who_cannot_be_there_is_nobody_to_lean_towards() -> None:
    found = leaning([Wish(100.0, ((0, 0), (1, 0)))], {0: 100.0}, lambda g, d: g != 1)
    assert found == {}
