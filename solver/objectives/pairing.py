"""One wish over counts: who owns it, whom it means, and where they share a domain.

The arithmetic of models/scores/pairs.py on arrays of counts; nothing of a model is here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from placewright.models.profile import Profile
from placewright.models.rules.topology import NODE_ITSELF
from placewright.models.scores.pairs import Asked, PairScore
from placewright.solver.compilation import BoolArray, Compilation, IntArray


@dataclass(frozen=True)
class Pairing:
    """A wish of some groups and some running agents.

    owners, meant: indices of the groups that own the wish, and that it means.
    owning, present (N,): owners, and agents it means, that are there and stay.
    domain (N,): domain of each node, -1 where it has none; domains: how many there are.
    where, within (N,): whether owners, and agents it means, count on a node.
    fit (N,): how many of the agents it means may come to a node, at most.
    """

    asked: Asked
    owners: IntArray
    meant: IntArray
    owning: IntArray
    present: IntArray
    domain: IntArray
    domains: int
    where: BoolArray
    within: BoolArray
    fit: IntArray

    @property
    def together(self) -> bool:
        return self.asked.wish.together

    @property
    def itself(self) -> BoolArray:
        """bool (N,): where an owner counts as one of its own domain, which is to be taken off."""
        return self.where & self.within & (self.domain >= 0) & self.asked.itself

    def value(self, count: IntArray) -> int:
        """The cost for counts (G, N)."""
        return self._cost(
            self.owning + count[self.owners].sum(axis=0), self.present + count[self.meant].sum(axis=0)
        )

    def at_first(self) -> int:
        """The cost before anybody comes."""
        return self._cost(self.owning, self.present)

    def _cost(self, owning: IntArray, present: IntArray) -> int:
        owners = np.where(self.where, owning, 0)
        if not owners.any():
            return self.asked.cost(0)
        meant = np.where(self.within, present, 0)
        met = int(self.by_domain(owners) @ self.by_domain(meant)) - int(owners[self.itself].sum())
        return self.asked.cost(self.asked.most * int(owners.sum()) - met if self.together else met)

    def alone(self, group: int) -> IntArray:
        """int64 (N,): the cost with one agent of a group on each node, and nobody else who comes."""
        owns, meant = self.where & (group in self.owners), self.within & (group in self.meant)
        there = np.where(self.where, self.owning, 0)
        owning = np.append(self.by_domain(there), 0)
        company = np.append(self.by_domain(np.where(self.within, self.present, 0)), 0)
        # The place past the last domain is for nodes without one.
        pairs = owns * company[self.domain] + meant * owning[self.domain]
        pairs += owns & meant & (self.domain >= 0)
        met = owning @ company - there[self.itself].sum() + pairs - (owns & self.itself)
        units = self.asked.most * (there.sum() + owns) - met if self.together else met
        values, which = np.unique(units, return_inverse=True)
        costs = np.array([self.asked.cost(value) for value in values.tolist()], dtype=np.int64)
        return costs[which]

    def by_domain(self, amount: IntArray) -> IntArray:
        """int64 (D,): amounts per node (N,) summed by domain."""
        # One place before the first domain for the nodes without one. Counts are exact as doubles.
        summed = np.bincount(self.domain + 1, weights=amount, minlength=self.domains + 1)
        found: IntArray = summed[1:].astype(np.int64)
        return found

    def most(self, cap: IntArray) -> int:
        """An upper bound for counts within `cap`: each owner pays in full at the worst."""
        owners = int(self.owning.sum()) + int(cap[self.owners].sum())
        return self.asked.cost(self.asked.most * owners)

    def least(self) -> int:
        """A lower bound: agents that are unwanted and there can only become more."""
        if self.together:
            return 0
        return self.at_first()

    def fixing(self, fixed: IntArray) -> Pairing:
        return replace(
            self,
            owning=self.owning + fixed[self.owners].sum(axis=0),
            present=self.present + fixed[self.meant].sum(axis=0),
        )


def pairings(compilation: Compilation, score: PairScore, profile: Profile) -> Iterator[Pairing]:
    """Every wish that some agent has, or may come to have, on a node."""
    snapshot = compilation.snapshot
    groups: dict[Asked, list[int]] = {}
    running: dict[Asked, IntArray] = {}
    for g, group in enumerate(compilation.groups):
        for asked in score.asked(snapshot, profile, group.agent):
            groups.setdefault(asked, []).append(g)
    for those in compilation.settled:
        for asked in score.asked(snapshot, profile, those.sample):
            if asked not in running:
                running[asked] = np.zeros(len(compilation.nodes), dtype=np.int64)
            running[asked][those.nodes] += those.number
    for asked in dict.fromkeys((*groups, *running)):
        yield _pairing(compilation, asked, groups.get(asked, []), running.get(asked))


def _pairing(compilation: Compilation, asked: Asked, owners: list[int], owning: IntArray | None) -> Pairing:
    wish = asked.wish
    nodes = compilation.nodes
    nobody = np.zeros(len(nodes), dtype=np.int64)
    domain, domains = _domains(compilation, wish.topology_key)
    matcher = wish.matcher
    meant = np.zeros(0, dtype=np.int64) if matcher is None else compilation.groups_matching(matcher)
    return Pairing(
        asked,
        owners=np.array(owners, dtype=np.int64),
        meant=meant,
        owning=nobody if owning is None else owning,
        present=nobody if matcher is None else compilation.residents_matching(matcher),
        domain=domain,
        domains=domains,
        where=compilation.named(wish.where),
        within=compilation.named(wish.within),
        fit=_fit(compilation, meant),
    )


def _fit(compilation: Compilation, groups: IntArray) -> IntArray:
    """int64 (N,): how many agents of `groups` fit on a node by what each of them asks for at least.

    Those that run there may stay whatever is free.
    """
    coming = groups[~compilation.standing[groups]]
    fit: IntArray = compilation.cap[coming].sum(axis=0)
    for r in range(compilation.request.shape[1] if len(coming) else 0):
        least = int(compilation.request[coming, r].min())
        if least:
            fit = np.minimum(fit, compilation.free[:, r] // least)
    staying: IntArray = compilation.home[groups].sum(axis=0)
    return fit + staying


def _domains(compilation: Compilation, key: str) -> tuple[IntArray, int]:
    if key == NODE_ITSELF:
        return np.arange(len(compilation.nodes), dtype=np.int64), len(compilation.nodes)
    domains = compilation.domains(key)
    return domains.of_node, len(domains.values)
