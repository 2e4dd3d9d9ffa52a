"""Required anti-affinity, both ways: an owner in a domain keeps out everyone its term means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from placewright.models.rules.own_terms import PLUGIN, own_anti_affinity
from placewright.models.rules.topology import Matcher
from placewright.models.selector import AffinityTerm
from placewright.solver.arrivals import cover
from placewright.solver.compilation import BoolArray, Compilation, IntArray
from placewright.solver.relaxation import Relaxation
from placewright.solver.rules.anti_affinity_ledger import AntiAffinityLedger, Guard
from placewright.solver.rules.base import Encoder
from placewright.solver.rules.exclusion import close
from placewright.solver.rules.ledger import Ledger
from placewright.solver.variables import Variables


@dataclass(frozen=True)
class AntiAffinityEncoder(Encoder):
    """closed (G, N): agents that are there already keep the group out, by its terms or by theirs.

    standing (G,): groups of running agents that may leave. They keep others out, and nobody keeps them out.
    unchecked (G,): those, and groups whose profile does not ask: two of them do not keep each other out.
    """

    rule: ClassVar[str] = "inter_agent_affinity"
    closed: BoolArray
    guards: tuple[Guard, ...]
    standing: BoolArray
    unchecked: BoolArray

    @classmethod
    def compile(cls, compilation: Compilation) -> Self | None:
        snapshot = compilation.snapshot
        unchecked = compilation.unchecked(PLUGIN)
        owners: dict[AffinityTerm, list[int]] = {}
        for g, group in enumerate(compilation.groups):
            # Who is not checked never reads its terms as somebody who comes in: others do, as they stand.
            terms = (
                group.agent.spec.anti_affinity if unchecked[g] else own_anti_affinity(snapshot, group.agent)
            )
            for term in terms:
                owners.setdefault(term, []).append(g)
        closed = np.zeros_like(compilation.eligible)
        _close_by_residents(compilation, closed)
        guards = []
        for term, groups in owners.items():
            domain = compilation.domains(term.topology_key).of_node
            there = compilation.residents_matching(Matcher((term,)))
            closed[groups] |= _in_domains(domain, there > 0)
            meant = tuple(compilation.groups_matching(Matcher((term,))).tolist())
            guards.append(Guard(tuple(dict.fromkeys(groups)), domain, meant))
        if not guards and not closed.any():
            return None
        closed[unchecked] = False
        return cls(closed, tuple(guards), compilation.standing, unchecked)

    def tighten(self, cap: IntArray) -> IntArray:
        """A group that its own term means is alone in a domain, so on a node that has one."""
        cap = np.where(self.closed, 0, cap)
        for guard in self.guards:
            for g in guard.owners:
                if g in guard.meant and not self.unchecked[g]:
                    cap[g] = np.where(guard.domain >= 0, np.minimum(cap[g], 1), cap[g])
        return cap

    def encode(self, x: Variables) -> None:
        close(x, self.closed)
        for guard in self.guards:
            for owner in guard.owners:
                kept_out = self._checked(guard.meant) if self.unchecked[owner] else guard.meant
                for nodes in _domains_open_to(x, owner, guard.domain):
                    _keep_out(x, owner, kept_out, nodes)

    def topologies(self) -> Iterable[IntArray]:
        return (guard.domain for guard in self.guards)

    def relax(self, relaxation: Relaxation) -> None:
        """A group that its own term means has one agent in a domain at most."""
        for guard in self.guards:
            domains = int(guard.domain.max(initial=-1)) + 1
            alone = [g for g in guard.owners if g in guard.meant and not self.unchecked[g]]
            cover(relaxation, alone, guard.domain, np.ones(domains, dtype=np.int64))

    def ledger(self, count: IntArray) -> Ledger:
        return AntiAffinityLedger(self.guards, self.closed, self.unchecked, count)

    def fixing(self, fixed: IntArray) -> Self:
        closed = self.closed.copy()
        for guard in self.guards:
            for one, other in ((guard.owners, guard.meant), (guard.meant, guard.owners)):
                # Whoever is checked is kept out by all, the others by those that are checked.
                for groups, by in ((self._checked(one), other), (one, self._checked(other))):
                    there: BoolArray = np.any(fixed[list(by)], axis=0).astype(np.bool_)
                    closed[list(groups)] |= _in_domains(guard.domain, there)
        closed[self.standing] = False
        return replace(self, closed=closed)

    def _checked(self, groups: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(g for g in groups if not self.unchecked[g])


def _close_by_residents(compilation: Compilation, closed: BoolArray) -> None:
    """Running agents' terms keep out the groups they mean, all over their domains."""
    guarded: dict[AffinityTerm, BoolArray] = {}
    for those in compilation.settled:
        for term in those.sample.spec.anti_affinity:
            guarded.setdefault(term, np.zeros(len(compilation.nodes), dtype=np.bool_))[those.nodes] = True
    for term, owned in guarded.items():
        meant = compilation.groups_matching(Matcher((term,)))
        closed[meant] |= _in_domains(compilation.domains(term.topology_key).of_node, owned)


def _in_domains(domain: IntArray, marked: BoolArray) -> BoolArray:
    """bool (N,): the nodes that share a domain with a marked node."""
    found = np.zeros(int(domain.max(initial=-1)) + 2, dtype=np.bool_)
    found[domain[marked]] = True
    # Nodes without a domain, at -1, come last, and share nothing.
    found[-1] = False
    return found[domain]


def _domains_open_to(x: Variables, group: int, domain: IntArray) -> Iterator[list[int]]:
    """All nodes in use of each domain that the group may go to."""
    nodes = x.occupied_by(domain) if x.nodes_of(group) else {}
    for d in dict.fromkeys(int(domain[n]) for n in x.nodes_of(group)):
        if d >= 0:
            yield nodes[d]


def _keep_out(x: Variables, owner: int, meant: tuple[int, ...], nodes: list[int]) -> None:
    if owner in meant:
        x.model.add(x.sum([owner], nodes) <= 1)
    others = [g for g in meant if g != owner]
    if x.most(others, nodes):
        x.model.add_implication(x.present([owner], nodes), ~x.present(others, nodes))
