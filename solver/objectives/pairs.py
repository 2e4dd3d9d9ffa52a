"""Scores about pairs of agents: the encoding of models/scores/pairs.py.

Within one domain, with u owners and v others to come, and a and b of them there that stay, the pairs are

    (a + u) * (b + v) = ab + b*u + a*v + u*v

of which only u*v is not linear: a square where owners and others are the same agents, a line or two where
one of the counts is at most 1, else a product of two variables.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar, Self, TypeAlias

import numpy as np
from ortools.sat.python import cp_model

from placewright.models.profile import Profile, ScoreName
from placewright.models.scores import inter_pod_affinity, pod_topology_spread, traffic_locality
from placewright.models.scores.pairs import PairScore
from placewright.solver.compilation import BoolArray, Compilation, IntArray
from placewright.solver.objectives.base import LpExpression, Tally, Term
from placewright.solver.objectives.floor import Floor
from placewright.solver.objectives.pairing import Pairing, pairings
from placewright.solver.objectives.pairs_bound import relaxed_cost
from placewright.solver.objectives.pairs_floor import pairs_floor
from placewright.solver.objectives.pairs_tally import PairTally
from placewright.solver.relaxation import Relaxation
from placewright.solver.variables import Linear, Variables

Pairs: TypeAlias = tuple[tuple[int, int], ...]
"""(group, node) of variables."""

MOST_CELLS = 10_000
"""How many variables a term adds to the linear relaxation, about."""

MOST_LINES = 24
"""A square of at most this is given by its tangents at the integers, a larger one as a product."""


@dataclass(frozen=True)
class PairTerm(Term):
    """Sum of the costs of `pairings`."""

    meaning: ClassVar[PairScore]
    pairings: tuple[Pairing, ...]

    @classmethod
    def compile(cls, compilation: Compilation, profile: Profile) -> Self | None:
        found = tuple(pairings(compilation, cls.meaning, profile))
        return cls(found) if found else None

    def expression(self, x: Variables) -> Linear:
        return sum((_cost(x, pairing) for pairing in self.pairings), start=0)

    def value(self, count: IntArray) -> int:
        return sum(pairing.value(count) for pairing in self.pairings)

    def alone(self, group: int, cap: IntArray) -> IntArray:
        total = np.zeros(cap.shape[1], dtype=np.int64)
        for pairing in self.pairings:
            total += pairing.alone(group)
        return total

    def least(self) -> int:
        return sum(pairing.least() for pairing in self.pairings)

    def most(self, cap: IntArray) -> int:
        return sum(pairing.most(cap) for pairing in self.pairings)

    def fixing(self, fixed: IntArray) -> Self:
        return replace(self, pairings=tuple(pairing.fixing(fixed) for pairing in self.pairings))

    def relax(self, relaxation: Relaxation) -> LpExpression | None:
        cells = MOST_CELLS // len(self.pairings)
        return relaxation.lp.Sum([relaxed_cost(pairing, relaxation, cells) for pairing in self.pairings])

    def topologies(self) -> Iterable[IntArray]:
        return (pairing.domain for pairing in self.pairings)

    def floor(self, cap: IntArray, size: IntArray, near: IntArray | None) -> Floor:
        return pairs_floor(self.pairings, cap, size)

    def tally(self) -> Tally:
        return PairTally(self.pairings)


class InterPodAffinityTerm(PairTerm):
    score: ClassVar[ScoreName] = ScoreName.INTER_POD_AFFINITY
    meaning: ClassVar[PairScore] = inter_pod_affinity.SCORE


class PodTopologySpreadTerm(PairTerm):
    score: ClassVar[ScoreName] = ScoreName.POD_TOPOLOGY_SPREAD
    meaning: ClassVar[PairScore] = pod_topology_spread.SCORE


class TrafficLocalityTerm(PairTerm):
    score: ClassVar[ScoreName] = ScoreName.TRAFFIC_LOCALITY
    meaning: ClassVar[PairScore] = traffic_locality.SCORE


def _cost(x: Variables, pairing: Pairing) -> Linear:
    """The cost of one wish: units times points, divided and rounded up once."""
    asked = pairing.asked
    if not any(x.nodes_of(g) for groups in (pairing.owners, pairing.meant) for g in groups.tolist()):
        return pairing.at_first()
    owners, meant = _variables(x, pairing)
    met = _met(x, pairing, owners, meant)
    units: Linear = met
    if pairing.together:
        there = int(pairing.owning[pairing.where].sum())
        coming = [pair for pairs in owners.values() for pair in pairs]
        units = asked.most * (_sum(x, coming) + there) - met
    common = math.gcd(asked.wish.points, asked.wish.parts * asked.most)
    points, parts = asked.wish.points // common, asked.wish.parts * asked.most // common
    if parts == 1:
        return points * units
    # Each owner pays in full at the worst.
    paying = int(pairing.owning.sum()) + x.most(pairing.owners.tolist())
    cost = x.model.new_int_var(0, asked.cost(asked.most * paying), "")
    x.model.add(parts * cost >= points * units)
    x.complete_hints(lambda count: [(cost, pairing.value(count))])
    return cost


def _variables(x: Variables, pairing: Pairing) -> tuple[dict[int, Pairs], dict[int, Pairs]]:
    """The variables of owners and of agents that are meant, by domain; -1: nodes without one."""

    def by_domain(groups: Iterable[int], counted: BoolArray) -> dict[int, Pairs]:
        found: dict[int, list[tuple[int, int]]] = {}
        for g in groups:
            for n in x.nodes_of(g):
                if counted[n]:
                    found.setdefault(int(pairing.domain[n]), []).append((g, n))
        return {d: tuple(pairs) for d, pairs in found.items()}

    owners = by_domain(pairing.owners.tolist(), pairing.where)
    meant = by_domain(pairing.meant.tolist(), pairing.within & (pairing.domain >= 0))
    return owners, meant


def _met(x: Variables, pairing: Pairing, owners: dict[int, Pairs], meant: dict[int, Pairs]) -> Linear:
    """How many others are in their owners' domains, over all owners."""
    owning = np.where(pairing.where, pairing.owning, 0)
    there = pairing.by_domain(owning)
    company = pairing.by_domain(np.where(pairing.within, pairing.present, 0))
    constant = int(there @ company) - int(owning[pairing.itself].sum())
    factors: dict[tuple[int, int], int] = {}
    for d, pairs in owners.items():
        for g, n in pairs if d >= 0 else ():
            factors[g, n] = int(company[d]) - int(pairing.itself[n])
    for d, pairs in meant.items():
        for pair in pairs:
            factors[pair] = factors.get(pair, 0) + int(there[d])
    linear = sum((factor * x.x(g, n) for (g, n), factor in factors.items() if factor), start=constant)
    both = [d for d in owners if d in meant]
    return sum((_product(x, owners[d], meant[d], at_most=pairing.together) for d in both), start=linear)


def _product(x: Variables, one: Pairs, other: Pairs, *, at_most: bool) -> Linear:
    """The product of two sums, or with `at_most` something up to it, and else something from it up."""
    u, v = _sum(x, one), _sum(x, other)
    most_u, most_v = _most(x, one), _most(x, other)
    if one == other and most_u == 1:
        return u
    product = x.model.new_int_var(0, most_u * most_v, "")
    if one == other and not at_most and most_u <= MOST_LINES:
        for k in range(1, most_u):
            # Through k and k + 1 on the parabola: together exact at every integer.
            x.model.add(product >= (2 * k + 1) * u - k * (k + 1))
        x.model.add(product >= u)
    elif min(most_u, most_v) > 1:
        factors = [_variable(x, u, most_u, one)] * 2
        if one != other:
            factors[1] = _variable(x, v, most_v, other)
        x.model.add_multiplication_equality(product, factors)
    elif at_most:
        x.model.add(product <= most_v * u)
        x.model.add(product <= most_u * v)
    else:
        x.model.add(product >= most_v * u + most_u * v - most_u * most_v)
    x.complete_hints(lambda count: [(product, _counted(count, one) * _counted(count, other))])
    return product


def _variable(x: Variables, total: Linear, most: int, pairs: Pairs) -> cp_model.IntVar:
    """A variable that equals a sum."""
    variable = x.model.new_int_var(0, most, "")
    x.model.add(variable == total)
    x.complete_hints(lambda count: [(variable, _counted(count, pairs))])
    return variable


def _sum(x: Variables, pairs: Iterable[tuple[int, int]]) -> Linear:
    return sum((x.x(g, n) for g, n in pairs), start=0)


def _most(x: Variables, pairs: Pairs) -> int:
    nodes: dict[int, list[int]] = {}
    for g, n in pairs:
        nodes.setdefault(g, []).append(n)
    return sum(x.most([g], on) for g, on in nodes.items())


def _counted(count: IntArray, pairs: Pairs) -> int:
    return sum(int(count[pair]) for pair in pairs)
