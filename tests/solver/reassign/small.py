"""Small random reassignments that start from something that holds, and what they are judged by, written plainly."""

from __future__ import annotations

from random import Random

import numpy as np

from placewright.solver.compilation import IntArray
from placewright.solver.reassign.arrays import Reassignment
from placewright.solver.reassign.state import State
from placewright.solver.reassign.tally import Lists, members


def small(rng: Random, agents: int = 7, nodes: int = 4) -> tuple[Reassignment, IntArray]:
    """A problem and an assignment that keeps its rules, from which much of what could move is free to."""
    draw = np.random.default_rng(rng.randrange(2**32))
    resources, kinds = 2, 4
    kind = draw.integers(kinds, size=agents)
    home, where = draw.integers(nodes, size=agents), draw.integers(nodes, size=agents)
    places, near = draw.integers(3, size=nodes), draw.integers(2, size=nodes)
    request = draw.integers(1, 6, size=(resources, agents)).astype(np.float64)
    double = draw.random(resources) < 0.5
    needs = [(a, b) for a in range(kinds) for b in range(kinds) if a != b and draw.random() < 0.3]
    problem = Reassignment(
        request=request,
        capacity=np.full((resources, nodes), np.inf),
        home=home,
        double=double,
        eligible=(draw.random((agents, nodes)) < 0.9) | (where[:, None] == np.arange(nodes)),
        kind=kind,
        alone=np.array([np.bincount(where[kind == k], minlength=1).max(initial=0) < 2 for k in range(kinds)]),
        places=places,
        least=np.array([rng.randint(0, len(set(places[where[kind == k]]))) for k in range(kinds)]),
        near=near,
        needs=tuple(
            (a, b) for a, b in needs if domains(near, where, kind, a) <= domains(near, where, kind, b)
        ),
        bends=draw.integers(-4, 9, size=(3, agents)).astype(np.float64),
        offset=draw.integers(-20, 8, size=(3, nodes)).astype(np.float64),
        move=draw.integers(4, size=agents).astype(np.float64),
        distance=draw.integers(3, size=(nodes, nodes)).astype(np.float64) * (1 - np.eye(nodes)),
        most_weight=float(rng.choice((0, 5))),
    )
    capacity = charged(problem, where) + draw.integers(9, size=(resources, nodes))
    return Reassignment(**{**vars(problem), "capacity": capacity}), where


def charged(problem: Reassignment, where: IntArray) -> np.ndarray:
    """(R, N): what is in use, at home as well of those resources that are in use twice."""
    used = np.zeros_like(problem.capacity)
    for a, n in enumerate(where.tolist()):
        used[:, n] += problem.request[:, a]
        if n != problem.home[a]:
            used[:, problem.home[a]] += problem.request[:, a] * problem.double
    return used


def domains(of: IntArray, where: IntArray, kind: IntArray, k: int) -> set[int]:
    """The domains that agents of a kind are in."""
    return set(of[where[kind == k]].tolist())


def holds(problem: Reassignment, where: IntArray) -> bool:
    """Whether an assignment keeps every rule."""
    p = problem
    if (charged(p, where) > p.capacity).any() or not p.eligible[np.arange(len(where)), where].all():
        return False
    for k in range(p.kinds):
        of_kind = where[p.kind == k]
        if p.alone[k] and len(set(of_kind.tolist())) < len(of_kind):
            return False
        if len(domains(p.places, where, p.kind, k)) < p.least[k]:
            return False
    return all(domains(p.near, where, p.kind, a) <= domains(p.near, where, p.kind, b) for a, b in p.needs)


def lists(state: State) -> Lists:
    """Who is where in a state."""
    return members(state.where, len(state.cost))
