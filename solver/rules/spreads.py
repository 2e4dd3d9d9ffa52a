"""One hard spread constraint as integers: what the model and the linear relaxation read of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from placewright.solver.compilation import BoolArray, IntArray
from placewright.solver.rules.ledger import by_domain


@dataclass(frozen=True)
class Spread:
    """One hard constraint as some groups see it.

    domain (N,): domain of each node, -1 where it has none; counted (N,): 1 where its agents count.
    start (D,): agents counted in each domain; matching: groups that count. exempt: domains where a group
    that adds nothing passes before anything else is placed. standing: those of `matching` that run and may
    leave; with them, domains are exempt by who stays. itself: whether the groups count themselves. counting:
    the domains that have a node whose agents count. by_node: no two nodes share a domain. aside (N,): nodes
    where a group may go, in a domain that counts, without adding to it: all where they do not count
    themselves, else those that the constraint's policies leave out and the groups' profiles do not.
    """

    groups: tuple[int, ...]
    domain: IntArray
    counted: IntArray
    start: IntArray
    matching: tuple[int, ...]
    max_skew: int
    floor_is_zero: bool
    exempt: frozenset[int]
    standing: tuple[int, ...]
    itself: bool
    counting: IntArray
    by_node: bool
    aside: BoolArray

    def fixing(self, fixed: IntArray) -> Spread:
        there = fixed[list(self.matching)].sum(axis=0) * self.counted
        return replace(self, start=self.start + by_domain(self.domain, there, len(self.start)))
