"""What ledgers say of counts, against the rules themselves, on random tiny clusters."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from placewright.models.rules import RULES
from placewright.models.state import ClusterState
from placewright.solver.books import Books
from placewright.solver.builder import is_special
from placewright.solver.compilation import Compilation, IntArray
from placewright.solver.compile import compile_problem
from placewright.solver.filling import emptiest
from placewright.solver.hand_out import hand_out_devices
from placewright.solver.outcome import outcome, settled_counts
from placewright.solver.problem import Problem
from placewright.tests.crowded import crowded
from placewright.tests.tiny import tiny_cluster

CLUSTERS = 200


def _state(compilation: Compilation, count: IntArray) -> ClusterState | None:
    """The counts as agents on nodes; None where their devices cannot be handed out."""
    made = outcome(compilation, count)
    devices = hand_out_devices(compilation.snapshot, made.steps)
    return None if devices is None else made.state(compilation.snapshot, devices)


def _random_counts(rng: Random, problem: Problem) -> IntArray:
    """Some agents somewhere within `cap` and `size`, whatever the rules say; those who run stay or go."""
    count = np.zeros_like(problem.cap)
    for g in range(len(problem.size)):
        for _ in range(int(problem.size[g])):
            n = rng.randrange(count.shape[1])
            if rng.random() < 0.8 and count[g, n] < problem.cap[g, n]:
                count[g, n] += 1
    for g, back in problem.running.returning.items():
        if count[back].sum() > problem.size[g] - count[g].sum():
            count[back] = 0
    return count


def _told(problem: Problem, count: IntArray) -> dict[str, bool | None]:
    """What the ledgers say, by rule; True only where all of a rule's do."""
    told: dict[str, bool | None] = {}
    for encoder in problem.encoders:
        ledger = encoder.ledger(count)
        holds = None if ledger is None else ledger.holds()
        if encoder.rule in told and holds is not False:
            holds = told[encoder.rule] and holds
        told[encoder.rule] = holds if told.get(encoder.rule) is not False else False
    return told


@pytest.mark.parametrize("preempt", [False, True], ids=["as it runs", "with evictions"])
def test_a_ledger_never_says_what_its_rule_does_not_say_of_a_finished_placement(preempt: bool) -> None:
    rng = Random(11)
    said = {True: 0, False: 0}
    for _ in range(CLUSTERS):
        compilation, problem = compile_problem(
            crowded(rng) if preempt else tiny_cluster(rng), preempt=preempt
        )
        for _ in range(4):
            count = settled_counts(compilation, _random_counts(rng, problem))
            state = _state(compilation, count)
            if state is None:
                continue
            for rule, told in _told(problem, count).items():
                if told is not None:
                    said[told] += 1
                    broken = [v for r in RULES if r.name == rule for v in r.violations(state)]
                    assert told is not bool(broken), (rule, told, broken, compilation.snapshot)
    assert min(said.values()) > 50


def test_who_comes_next_by_the_ledgers_is_who_the_rules_let_in() -> None:
    rng = Random(5)
    agreed = {True: 0, False: 0}
    for _ in range(CLUSTERS):
        compilation, problem = compile_problem(tiny_cluster(rng))
        special = {encoder.rule for encoder in problem.encoders if encoder.ledger(problem.cap * 0) is None}
        books = Books(problem, compilation.amounts.whole, ())
        state = ClusterState(compilation.snapshot)
        for g in rng.sample(range(len(compilation.groups)), len(compilation.groups)):
            ordinary = [a for a in compilation.groups[g].members if not is_special(compilation, a)]
            for agent in ordinary:
                open_nodes = [
                    n
                    for n, node in enumerate(compilation.nodes)
                    if all(r.rejects(state, agent, node) is None for r in RULES if r.name not in special)
                ]
                seen = [n for n in range(len(compilation.nodes)) if _may_come(books, g, n)]
                assert seen == [n for n in open_nodes if problem.cap[g, n] > 0], compilation.snapshot
                agreed[bool(seen)] += 1
                if seen:
                    n = rng.choice(seen)
                    books.add(g, np.array([n]), np.array([1]))
                    state.place(agent, compilation.nodes[n])
    assert min(agreed.values()) > 50


def _may_come(books: Books, g: int, n: int) -> bool:
    within = np.zeros(books.count.shape[1], dtype=np.int64)
    within[n] = 1
    asked: list[int] = []

    def note(group: int, room: IntArray, wanted: int) -> IntArray:
        asked.append(int(room.sum()))
        return np.zeros_like(room)

    books.fill(g, 1, note, within)
    return any(asked)


def test_many_at_a_time_are_placed_as_the_rules_accept_it() -> None:
    rng = Random(3)
    many = 0
    for _ in range(CLUSTERS):
        compilation, problem = compile_problem(tiny_cluster(rng))
        books = Books(problem, compilation.amounts.whole, ())
        many += sum(_fill(books, problem, g) for g in range(len(compilation.groups)))
        state = _state(compilation, books.count)
        told = _told(problem, books.count)
        if state is None:
            continue
        for rule in RULES:
            # Skew can come later, by others whom a selector means.
            if rule.name != "topology_spread" and told.get(rule.name, True) is not None:
                assert not list(rule.violations(state)), (rule.name, compilation.snapshot)
    assert many > 30


def _fill(books: Books, problem: Problem, g: int) -> int:
    """Place what comes of a group; how often several came at once."""

    def roomiest(group: int, room: IntArray, wanted: int) -> IntArray:
        return emptiest(books.left, books.step(group), room, wanted)

    many = 0
    while came := books.fill(g, int(problem.size[g] - books.count[g].sum()), roomiest):
        many += came > 1
    assert books.total == books.count.sum()
    return many
