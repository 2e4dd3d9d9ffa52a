"""Required affinity: company in every domain, and an order in which it is there in time (§5.4).

Presence alone is not enough where support can go in a circle: two agents that only support each other
could never start. Three cases, from cheap to general:

1. company that does not lean back on the group: presence suffices;
2. a group that is its own only company: it all goes to one domain per key;
3. anything else: seeds, and times at which each group is first there (`affinity_times`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import networkx as nx
import numpy as np

from placewright.models.rules.own_terms import own_affinity, own_matcher
from placewright.solver.compilation import BoolArray, Compilation, IntArray
from placewright.solver.relaxation import Relaxation
from placewright.solver.rules.affinity_ledger import AffinityLedger
from placewright.solver.rules.affinity_times import Hungry, encode_times
from placewright.solver.rules.base import Encoder
from placewright.solver.rules.ledger import Ledger
from placewright.solver.variables import Literal, Variables


@dataclass(frozen=True)
class AffinityEncoder(Encoder):
    """hungry: group -> what it needs. A group without required affinity is not in it."""

    rule: ClassVar[str] = "inter_agent_affinity"
    hungry: dict[int, Hungry]

    @classmethod
    def compile(cls, compilation: Compilation) -> Self | None:
        hungry = {}
        for g, group in enumerate(compilation.groups):
            terms = own_affinity(compilation.snapshot, group.agent)
            if not terms or compilation.standing[g]:
                continue
            matcher = own_matcher(compilation.snapshot, group.agent)
            keys = dict.fromkeys(term.topology_key for term in terms)
            company = compilation.groups_matching(matcher)
            hungry[g] = Hungry(
                company=tuple(company.tolist()),
                standing=tuple(company[compilation.standing[company]].tolist()),
                there=compilation.residents_matching(matcher),
                domains=tuple(compilation.domains(key).of_node for key in keys),
            )
        return cls(hungry) if hungry else None

    def tighten(self, cap: IntArray) -> IntArray:
        """Where nobody is there and no company can come, a group can never be; and so on down the line."""
        cap = cap.copy()
        changed = True
        while changed:
            before = int(cap.sum())
            for g, need in self.hungry.items():
                coming = cap[[q for q in need.company if q != g or not need.anyone_anywhere]].any(axis=0)
                for domain in need.domains:
                    cap[g, ~_supported(coming | (need.there > 0), domain)] = 0
            changed = int(cap.sum()) != before
        return cap

    def company(self) -> Mapping[int, Sequence[int]]:
        """Without those that may be the first of their series, or have somebody there already."""
        return {
            g: need.company
            for g, need in self.hungry.items()
            if g not in need.company and not need.there.any()
        }

    def relax(self, relaxation: Relaxation) -> None:
        for g, company in self.company().items():
            relaxation.accompany(g, company)

    def encode(self, x: Variables) -> None:
        open_groups = {g: need for g, need in self.hungry.items() if x.most([g])}
        for g, need in open_groups.items():
            _demand_presence(x, g, need)
        timed: set[int] = set()
        for circle in _circles(open_groups):
            [first, *others] = sorted(circle)
            if not others and open_groups[first].company == (first,):
                _one_domain(x, first, open_groups[first])
            else:
                timed |= circle
        if timed:
            encode_times(x, open_groups, timed)

    def ledger(self, count: IntArray) -> Ledger:
        return AffinityLedger(self.hungry, count)

    def fixing(self, fixed: IntArray) -> Self:
        return type(self)(
            {
                g: replace(need, there=need.there + fixed[list(need.company)].sum(axis=0))
                for g, need in self.hungry.items()
            }
        )


def _supported(there: BoolArray, domain: IntArray) -> BoolArray:
    """bool (N,): nodes in a domain where company is, or may come."""
    return np.isin(domain, np.unique(domain[there & (domain >= 0)]))


def _demand_presence(x: Variables, g: int, need: Hungry) -> None:
    """Where nobody is there from the start, some company must come."""
    for domain in need.domains:
        for d in dict.fromkeys(int(domain[n]) for n in x.nodes_of(g)):
            nodes = np.flatnonzero(domain == d)
            if d < 0:
                _close(x, g, nodes)
            elif not need.there[nodes].any() and need.company != (g,):
                company = x.present(need.company, nodes.tolist())
                x.model.add_implication(x.present([g], nodes.tolist()), company)


def _close(x: Variables, g: int, nodes: IntArray) -> None:
    for n in nodes.tolist():
        if x.most([g], [n]):
            x.model.add(x.x(g, n) == 0)


def _circles(hungry: dict[int, Hungry]) -> list[set[int]]:
    """Sets of groups that lean on each other, or one on itself, somewhere without support from the start."""
    graph = nx.DiGraph()
    graph.add_nodes_from(sorted(hungry))
    for g, need in sorted(hungry.items()):
        graph.add_edges_from((g, q) for q in need.company if q in hungry)
    return [
        set(circle)
        for circle in nx.strongly_connected_components(graph)
        if len(circle) > 1 or any(graph.has_edge(g, g) for g in circle)
    ]


def _one_domain(x: Variables, g: int, need: Hungry) -> None:
    """A group that only has itself: one domain of each key if it is the first in its series.

    Where others are there from the start it can only join them.
    """
    seedable = not need.anyone_anywhere
    for domain in need.domains:
        literals: list[Literal] = []
        for d in dict.fromkeys(int(domain[n]) for n in x.nodes_of(g)):
            nodes = np.flatnonzero(domain == d)
            if d < 0 or need.there[nodes].any():
                continue
            if seedable:
                literals.append(x.present([g], nodes.tolist()))
            else:
                _close(x, g, nodes)
        if len(literals) > 1:
            x.model.add_at_most_one(literals)
