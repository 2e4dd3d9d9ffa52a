"""What one more agent changes in the costs of wishes, kept up to date as agents come and go."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from placewright.solver.compilation import FloatArray, IntArray
from placewright.solver.objectives.base import Tally
from placewright.solver.objectives.pairing import Pairing


class PairTally(Tally):
    """Owners and agents that are meant, by wish and domain.

    One place past the last domain stands for nodes without one: nothing is counted there.
    """

    def __init__(self, pairings: Sequence[Pairing]) -> None:
        self._pairings = pairings
        self._owners = [_by_domain(pairing, pairing.owning * pairing.where) for pairing in pairings]
        self._meant = [_by_domain(pairing, pairing.present * pairing.within) for pairing in pairings]
        self._owned_by: dict[int, list[int]] = {}
        self._meaning: dict[int, list[int]] = {}
        for p, pairing in enumerate(pairings):
            for g in pairing.owners.tolist():
                self._owned_by.setdefault(g, []).append(p)
            for g in pairing.meant.tolist():
                self._meaning.setdefault(g, []).append(p)

    def more(self, group: int) -> FloatArray:
        total = np.zeros(len(self._pairings[0].domain))
        for p in self._owned_by.get(group, ()):
            pairing = self._pairings[p]
            others = self._meant[p][pairing.domain]
            total += _scale(pairing) * pairing.where * (_signed(pairing, others) + _missed(pairing))
        for p in self._meaning.get(group, ()):
            pairing = self._pairings[p]
            total += _scale(pairing) * pairing.within * _signed(pairing, self._owners[p][pairing.domain])
        return total

    def independent(self, group: int) -> bool:
        return not {*self._owned_by.get(group, ())} & {*self._meaning.get(group, ())}

    def add_many(self, group: int, nodes: IntArray, number: IntArray) -> None:
        for concerned, amounts, counts in (
            (self._owned_by, self._owners, "where"),
            (self._meaning, self._meant, "within"),
        ):
            for p in concerned.get(group, ()):
                pairing = self._pairings[p]
                domain = pairing.domain[nodes]
                counted = getattr(pairing, counts)[nodes] & (domain >= 0)
                np.add.at(amounts[p], domain[counted], number[counted])

    def add(self, group: int, node: int, number: int) -> None:
        for p in self._owned_by.get(group, ()):
            pairing = self._pairings[p]
            if pairing.where[node] and pairing.domain[node] >= 0:
                self._owners[p][pairing.domain[node]] += number
        for p in self._meaning.get(group, ()):
            pairing = self._pairings[p]
            if pairing.within[node] and pairing.domain[node] >= 0:
                self._meant[p][pairing.domain[node]] += number


def _by_domain(pairing: Pairing, amount: IntArray) -> FloatArray:
    return np.append(pairing.by_domain(amount), 0).astype(np.float64)


def _scale(pairing: Pairing) -> float:
    return pairing.asked.wish.points / (pairing.asked.wish.parts * pairing.asked.most)


def _missed(pairing: Pairing) -> int:
    """What an owner lacks that has no company at all."""
    return pairing.asked.most if pairing.together else 0


def _signed(pairing: Pairing, company: FloatArray) -> FloatArray:
    return -company if pairing.together else company
