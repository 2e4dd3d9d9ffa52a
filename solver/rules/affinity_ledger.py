"""Required affinity as counts stand."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from placewright.solver.compilation import BoolArray, IntArray
from placewright.solver.rules.affinity_times import Hungry
from placewright.solver.rules.ledger import Ledger, by_domain


class AffinityLedger(Ledger):
    """The company of each group that needs some, by domain of each of its topology keys."""

    def __init__(self, hungry: Mapping[int, Hungry], count: IntArray) -> None:
        self._hungry = hungry
        self._count = count.copy()
        self._feeding: dict[int, list[int]] = {}
        for g, need in hungry.items():
            for q in need.company:
                self._feeding.setdefault(q, []).append(g)
        self._company = {
            g: self._found(g, count[list(need.company)].sum(axis=0)) for g, need in hungry.items()
        }

    def _found(self, g: int, coming: IntArray) -> list[IntArray]:
        need = self._hungry[g]
        return [by_domain(domain, need.there + coming, _domains(domain)) for domain in need.domains]

    def add(self, group: int, nodes: IntArray, number: IntArray) -> None:
        self._count[group, nodes] += number
        for g in self._feeding.get(group, ()):
            for domain, company in zip(self._hungry[g].domains, self._company[g], strict=True):
                here = domain[nodes]
                np.add.at(company, here[here >= 0], number[here >= 0])

    def closed(self, group: int) -> BoolArray | None:
        need = self._hungry.get(group)
        if need is None or self.alone(group):
            return None
        return ~_supported(need, self._company[group])

    def alone(self, group: int) -> bool:
        """Whether the group needs company, finds none anywhere, and may be first in its series."""
        need = self._hungry.get(group)
        if need is None or group not in need.company:
            return False
        return not any(company.any() for company in self._company[group])

    def holds(self) -> bool | None:
        """True where an order is found in which everybody comes after company; None where it is not.

        Who may be first goes where most of its kind are. A cleverer choice might find an order all the same.
        """
        founded = self._count.copy()
        waiting = [g for g in self._hungry if founded[g].any()]
        founded[waiting] = 0
        while waiting:
            arrived = [g for g in waiting if self._arrive(g, founded)]
            waiting = [g for g in waiting if (founded[g] < self._count[g]).any()]
            if waiting and not arrived and not any(self._begin(g, founded) for g in waiting):
                return None
        return True

    def _arrive(self, g: int, founded: IntArray) -> bool:
        """Let in those of a group that find company among who is founded; False where nobody does."""
        need = self._hungry[g]
        here = self._found(g, founded[list(need.company)].sum(axis=0))
        coming = np.where(_supported(need, here), self._count[g], 0)
        came = bool((coming > founded[g]).any())
        founded[g] = np.maximum(founded[g], coming)
        return came

    def _begin(self, g: int, founded: IntArray) -> bool:
        need = self._hungry[g]
        if g not in need.company or any(
            company.any() for company in self._found(g, founded[list(need.company)].sum(axis=0))
        ):
            return False
        totals = by_domain(need.domains[0], self._count[g], _domains(need.domains[0]))
        if not totals.any():
            return False
        there = (need.domains[0] == int(totals.argmax())) & (self._count[g] > 0)
        founded[g, int(np.flatnonzero(there)[0])] = 1
        return True


def _domains(domain: IntArray) -> int:
    return int(domain.max(initial=-1)) + 1


def _supported(need: Hungry, company: list[IntArray]) -> BoolArray:
    """bool (N,): nodes that have company in the domain of every key."""
    supported = np.ones(len(need.there), dtype=np.bool_)
    for domain, found in zip(need.domains, company, strict=True):
        supported &= np.append(found > 0, False)[domain]
    return supported
