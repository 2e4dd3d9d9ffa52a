"""A lower bound on what one wish costs, as lines of the linear relaxation.

In a domain with a owners and b of the agents that are meant there to stay, and u and v of them to come, the
pairs are ab + b*u + a*v + u*v. For a bundle of r domains that are alike (see bundles.py), U, V and P stand
for the sums of u, v and u*v:

    apart, an owner is one of those that are meant: v >= u, and u*u - u is convex, so by Jensen
        P - U  >=  2k*U - r*k*(k+1)                 for every k >= 0, equal where all u are k or k+1
    apart, it is not:  P >= 0  and  P >= most_v*U + most_u*V - r*most_u*most_v
    together:          P <= most_v*U  and  P <= most_u*V
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product

import numpy as np
from ortools.linear_solver import pywraplp

from placewright.solver.arrivals import arriving, counted
from placewright.solver.compilation import BoolArray, IntArray
from placewright.solver.node_classes import MOST_DOMAINS
from placewright.solver.objectives.base import LpExpression
from placewright.solver.objectives.bundles import Bundle, bundled
from placewright.solver.objectives.fullest import fullest
from placewright.solver.objectives.pairing import Pairing
from placewright.solver.relaxation import Relaxation

FEWEST_TANGENTS, MOST_TANGENTS = 3, 10
"""How many lines stand for a parabola."""
MOST_PIECES = 100
"""How many all bundles of a wish have together, about."""
MOST_COUPLES = 8
"""Of so many groups that own a wish, times those that it means, each is looked at alone."""


def relaxed_cost(pairing: Pairing, relaxation: Relaxation, most_cells: int) -> LpExpression:
    """An expression that is never above the wish's cost. It adds about `most_cells` variables at most."""
    asked = pairing.asked
    bound = _Bound(pairing, relaxation, most_cells)
    scale = asked.wish.points / (asked.wish.parts * asked.most)
    return scale * (bound.missing() if pairing.together else bound.unwanted())


@dataclass(frozen=True)
class _Couple:
    """Some owners of a wish and some whom it means, and how many of either come to each of `bundles`."""

    pairing: Pairing
    bundles: Sequence[Bundle]
    owners: Sequence[LpExpression]
    meant: Sequence[LpExpression]


class _Bound:
    """One wish in one relaxation: bundles, and what may come to each of them."""

    def __init__(self, pairing: Pairing, relaxation: Relaxation, most_cells: int) -> None:
        self._pairing = pairing
        self._relaxation = relaxation
        self._lp = relaxation.lp
        self._classes = relaxation.members
        self._bundle_of, self._bundles = bundled(pairing, relaxation, self._classes)
        if self._cells() > most_cells:
            # All nodes as one class: weaker, but with few parts and few bundles.
            self._classes = [np.arange(len(pairing.domain))]
            self._bundle_of, self._bundles = bundled(pairing, relaxation, self._classes)
        self._owners = self._arriving(pairing.owners, pairing.where)
        alike = np.array_equal(pairing.owners, pairing.meant) and bool(
            (pairing.where == pairing.within).all()
        )
        self._meant = self._owners if alike else self._arriving(pairing.meant, pairing.within)
        self._themselves = self._owners
        if not alike and pairing.asked.itself:
            self._themselves = self._arriving(pairing.owners, pairing.where & pairing.within)

    def unwanted(self) -> LpExpression:
        """No more than the others that are in their owners' domains."""
        terms: list[LpExpression] = [float(self._fixed())]
        squares: list[tuple[pywraplp.Variable, float]] = []
        for b, bundle in enumerate(self._bundles):
            terms.append(bundle.present * self._owners[b])
            terms.append(bundle.owning * self._meant[b])
            if self._pairing.asked.itself:
                squares += self._square(bundle, b)
            else:
                terms.append(self._product(bundle, b))
        if self._is_of_one_group():
            group = int(self._pairing.owners[0])
            own = fullest(self._relaxation, group, self._pairing.domain, self._pairing.domains)
            squares = [(own.at_least(squares, self._relaxation), 1.0)]
        return self._lp.Sum([*terms, *(cost * piece for piece, cost in squares)])

    def _is_of_one_group(self) -> bool:
        """Whether the wish is one group's to be apart from itself over few domains, wherever it may be."""
        pairing = self._pairing
        own = pairing.owners
        if not (pairing.asked.itself and len(own) == 1 and np.array_equal(own, pairing.meant)):
            return False
        may_be = (self._relaxation.cap[own[0]] > 0) & (pairing.domain >= 0)
        counted_everywhere = bool((pairing.where & pairing.within)[may_be].all())
        return counted_everywhere and 1 < pairing.domains <= MOST_DOMAINS

    def missing(self) -> LpExpression:
        """No more than the others that are not in their owners' domains."""
        most = self._pairing.asked.most
        there = int(self._pairing.owning[self._pairing.where].sum())
        terms: list[LpExpression] = [float(most * there - self._fixed()), most * self._outside()]
        for b, bundle in enumerate(self._bundles):
            terms.append((most - bundle.present) * self._owners[b])
            terms.append(-bundle.owning * self._meant[b])
            if self._pairing.asked.itself:
                terms.append(1.0 * self._themselves[b])
        met = [product for couple in self._couples() for product in self._met(couple)]
        return self._lp.Sum([*terms, *(-1.0 * product for product in met)])

    def _couples(self) -> Iterator[_Couple]:
        """Owners and others one group each, where they are few: what a group meets is known best."""
        pairing = self._pairing
        number = len(pairing.owners) * len(pairing.meant)
        if number == 1 or number > MOST_COUPLES:
            yield _Couple(pairing, self._bundles, self._owners, self._meant)
            return
        owners = {g: self._arriving(np.array([g]), pairing.where) for g in pairing.owners.tolist()}
        meant = {g: self._arriving(np.array([g]), pairing.within) for g in pairing.meant.tolist()}
        for g, h in product(owners, meant):
            couple = replace(pairing, owners=np.array([g]), meant=np.array([h]))
            yield _Couple(couple, bundled(couple, self._relaxation, self._classes)[1], owners[g], meant[h])

    def _met(self, couple: _Couple) -> list[pywraplp.Variable]:
        """At most u*v over the domains of each bundle, for a couple's owners and others."""
        products = []
        for b, bundle in enumerate(couple.bundles):
            if bundle.most_owners and bundle.most_meant:
                met = self._lp.NumVar(0.0, self._lp.infinity(), "")
                self._lp.Add(met <= bundle.most_meant * couple.owners[b])
                self._lp.Add(met <= bundle.most_owners * couple.meant[b])
                products.append(met)
        self._meet(couple.pairing, products)
        return products

    def _meet(self, pairing: Pairing, products: Sequence[pywraplp.Variable]) -> None:
        """All owners together meet no more of a group than if all were where most of it is."""
        relaxation = self._relaxation
        if not products or not 1 < pairing.domains <= MOST_DOMAINS:
            return
        met = [(product, 1.0) for product in products]
        sides = []
        for one, other in ((pairing.owners, pairing.meant), (pairing.meant, pairing.owners)):
            if len(other) == 1:
                most = float(relaxation.size[one].sum())
                sides.append(fullest(relaxation, int(other[0]), pairing.domain, pairing.domains))
                relaxation.row([*met, (sides[-1].t, -most)], most=0.0)
        if len(sides) == 2:
            meant, owners = sides
            # A row has each variable once.
            one_group = meant is owners
            half = [(meant.uneven, -1.0)] if one_group else [(meant.uneven, -0.5), (owners.uneven, -0.5)]
            relaxation.row([*met, *half, (meant.number, -float(owners.size) / pairing.domains)], most=0.0)

    def _square(self, bundle: Bundle, b: int) -> list[tuple[pywraplp.Variable, float]]:
        """At least u*u - u over the domains of a bundle, as parts with what each of them costs.

        Pieces of the sum that cost more and more, each up to where the next tangent is the higher one: they
        are filled in their order without being told to, where a line for each tangent would make the simplex
        slow.
        """
        if bundle.most_owners <= 1:
            return []
        touched = [0, *self._tangents(bundle.most_owners)]
        ends = [bundle.number * (k + after + 1) / 2.0 for k, after in pairwise(touched)]
        pieces = [
            self._lp.NumVar(0.0, end - start, "")
            for start, end in pairwise((0.0, *ends, self._lp.infinity()))
        ]
        self._relaxation.row([(self._themselves[b], -1.0), *((p, 1.0) for p in pieces)], least=0.0, most=0.0)
        return [(piece, 2.0 * k) for k, piece in zip(touched, pieces, strict=True) if k]

    def _tangents(self, most: int) -> list[int]:
        """Where the parabola is touched: everywhere if it is short, else close to an even spread."""
        lines = max(FEWEST_TANGENTS, min(MOST_TANGENTS, MOST_PIECES // len(self._bundles)))
        if most <= lines:
            return list(range(1, most))
        coming = int(self._relaxation.size[self._pairing.owners].sum())
        domains = max(1, sum(bundle.number for bundle in self._bundles))
        even = min(most, coming // domains + 1)
        about = lines // 5
        near = range(max(1, even - about), even + max(1, about) + 1)
        far = np.geomspace(1, most, max(1, lines - len(near))).astype(int).tolist()
        return sorted({*near, *far})

    def _product(self, bundle: Bundle, b: int) -> LpExpression:
        """At least u*v over the domains of a bundle."""
        u, v = bundle.most_owners, bundle.most_meant
        if not u or not v:
            return self._lp.Sum([])
        product = self._lp.NumVar(0.0, self._lp.infinity(), "")
        self._lp.Add(product >= v * self._owners[b] + u * self._meant[b] - float(bundle.number * u * v))
        return product

    def _cells(self) -> int:
        """How many parts the classes have in all."""
        return sum(len(np.unique(self._bundle_of[nodes])) for nodes in self._classes)

    def _fixed(self) -> int:
        """The others that meet those of their owners who stay."""
        pairing = self._pairing
        owning = np.where(pairing.where, pairing.owning, 0)
        present = np.where(pairing.within, pairing.present, 0)
        met = pairing.by_domain(owning) @ pairing.by_domain(present)
        return int(met) - int(owning[pairing.itself].sum())

    def _outside(self) -> LpExpression:
        """Owners that come to nodes without a domain: they have no company at all."""
        return self._owners[len(self._bundles)]

    def _arriving(self, groups: IntArray, counting: BoolArray) -> list[LpExpression]:
        """What may come of `groups` to each bundle, and last to nodes without a domain, where it counts."""
        bucket = counted(self._bundle_of, counting)
        return list(arriving(self._relaxation, groups, bucket, len(self._bundles) + 1, self._classes))
