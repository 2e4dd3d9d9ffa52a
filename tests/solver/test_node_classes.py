"""What the relaxation takes together: nodes that are open to the same, told apart as far as that is not too much."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from placewright.solver import node_classes as module
from placewright.solver.compilation import IntArray
from placewright.solver.node_classes import NodeClasses, node_classes

OPEN = np.ones((2, 6), dtype=np.int64)
SAME = np.full((6, 1), 4)
ZONES = np.array([0, 0, 1, 1, 2, -1])
HOSTS = np.arange(6)


def parts(classes: NodeClasses) -> list[list[int]]:
    return [np.flatnonzero(classes.of_node == c).tolist() for c in range(classes.number)]


def test_alike_nodes_are_one_class() -> None:
    assert parts(node_classes(OPEN, SAME)) == [[0, 1, 2, 3, 4, 5]]


def test_nodes_that_are_open_to_others_are_another_class() -> None:
    cap = OPEN.copy()
    cap[1, [0, 3]] = 0
    assert parts(node_classes(cap, SAME)) == [[0, 3], [1, 2, 4, 5]]


def test_how_many_of_a_group_a_node_takes_tells_none_apart() -> None:
    cap = OPEN.copy()
    cap[1, 0] = 7
    assert node_classes(cap, SAME).number == 1


def test_domains_and_what_is_free_tell_nodes_apart() -> None:
    free = SAME.copy()
    free[1] = 9
    classes = node_classes(OPEN, free, [ZONES])
    assert parts(classes) == [[5], [0], [1], [2, 3], [4]]
    assert classes.alike
    assert [key.tolist() for key in classes.apart] == [ZONES.tolist()]


def test_what_would_make_too_many_classes_is_left_out_the_keys_of_few_domains_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    free = np.arange(6).reshape(6, 1)
    monkeypatch.setattr(module, "MOST_COLUMNS", 8)
    classes = node_classes(OPEN, free, [HOSTS, ZONES])
    assert parts(classes) == [[5], [0, 1], [2, 3], [4]]
    assert not classes.alike
    assert [key.tolist() for key in classes.apart] == [ZONES.tolist()]


def test_a_key_of_one_domain_or_of_very_many_tells_none_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_DOMAINS", 5)
    assert node_classes(OPEN, SAME, [np.zeros(6, dtype=np.int64), HOSTS]).number == 1


def test_a_rough_class_is_of_one_zone_before_its_nodes_are_open_to_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cap = OPEN.copy()
    cap[1, [0, 3]] = 0
    free = np.array([[1], [1], [1], [2], [2], [2]])
    monkeypatch.setattr(module, "MOST_ROUGH_COLUMNS", 2 * len(np.unique(ZONES)))
    rough = node_classes(cap, free, [ZONES], rough=True)
    assert rough.number == len(np.unique(ZONES))
    assert not rough.alike
    assert [key.tolist() for key in rough.apart] == [ZONES.tolist()]
    monkeypatch.setattr(module, "MOST_ROUGH_COLUMNS", module.MOST_COLUMNS)
    assert node_classes(cap, free, [ZONES], rough=True).number == node_classes(cap, free, [ZONES]).number


def test_every_node_is_in_one_class_whose_nodes_are_alike_in_all_that_is_said_of_it() -> None:
    rng = Random(4)
    for _ in range(50):
        number = rng.randint(1, 8)
        cap = np.array([[rng.choice((0, 1, 3)) for _ in range(number)] for _ in range(3)])
        free = np.array([[rng.choice((1, 2))] for _ in range(number)])
        key: IntArray = np.array([rng.choice((-1, 0, 1, 2)) for _ in range(number)])
        classes = node_classes(cap, free, [key])
        assert sorted(n for part in parts(classes) for n in part) == list(range(number))
        for part in parts(classes):
            assert len(np.unique(cap[:, part] > 0, axis=1).T) == 1
            assert len(np.unique(free[part], axis=0)) == 1
            assert not classes.apart or len(np.unique(key[part])) == 1
