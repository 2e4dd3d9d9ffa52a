"""What workloads ask of where all their agents are (models/demands.py), over counts of groups told apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Self

import numpy as np

from placewright.models.agent import Agent
from placewright.models.audit import placed
from placewright.models.demands import Demands, Workload, workload_of
from placewright.models.rules.topology import Matcher
from placewright.solver.compilation import BoolArray, Compilation, IntArray
from placewright.solver.moves.question import Question
from placewright.solver.moves.terms import Told
from placewright.solver.rules.base import Encoder
from placewright.solver.rules.ledger import Ledger
from placewright.solver.variables import Variables


@dataclass(frozen=True)
class Spread:
    """`groups` are in at least `least` domains (N,), -1 for none. there (D,): where some are fixed."""

    groups: tuple[int, ...]
    domain: IntArray
    there: BoolArray
    least: int

    def reached(self, count: IntArray) -> BoolArray:
        """bool (D,): the domains that counts (G, N) reach, with those that are fixed."""
        return self.there | _domains(count, self.groups, self.domain, len(self.there))


@dataclass(frozen=True)
class Company:
    """Whoever of `askers` is in a domain (N,) has somebody of `meant` there, or of those who are fixed.

    there, needs (D,): where somebody is fixed that is meant, and where somebody is fixed that asks.
    """

    askers: tuple[int, ...]
    meant: tuple[int, ...]
    domain: IntArray
    there: BoolArray
    needs: BoolArray

    def lacks(self, count: IntArray) -> BoolArray:
        """bool (D,): the domains in which, by counts (G, N), somebody has no company."""
        number = len(self.there)
        asking = self.needs | _domains(count, self.askers, self.domain, number)
        return asking & ~self.there & ~_domains(count, self.meant, self.domain, number)


@dataclass(frozen=True)
class DemandEncoder(Encoder):
    """No workload has less of what it asks for than before."""

    rule: ClassVar[str] = "moves"
    spreads: tuple[Spread, ...] = field(default=())
    companies: tuple[Company, ...] = field(default=())

    @classmethod
    def compile(cls, compilation: Compilation) -> Self | None:
        return None

    @classmethod
    def of(cls, question: Question, compilation: Compilation) -> Self | None:
        """What a question's workloads ask for, of groups as `telling_apart` has them; None: nothing."""
        before = Demands.of(placed(question.asked, question.home))
        spreads = tuple(_spreads(compilation, before))
        companies = tuple(_companies(compilation, before))
        return cls(spreads, companies) if spreads or companies else None

    def tighten(self, cap: IntArray) -> IntArray:
        tightened = cap.copy()
        for one in self.companies:
            # Where there is no domain nobody has company.
            tightened[np.ix_(list(one.askers), np.flatnonzero(one.domain < 0).tolist())] = 0
        return tightened

    def encode(self, x: Variables) -> None:
        for spread in self.spreads:
            free = np.flatnonzero(~spread.there).tolist()
            missing = spread.least - int(spread.there.sum())
            if missing > 0:
                inside = (np.flatnonzero(spread.domain == d).tolist() for d in free)
                x.model.add(sum(x.present(spread.groups, nodes) for nodes in inside) >= missing)
        for company in self.companies:
            for d in np.flatnonzero(~company.there).tolist():
                self._accompany(x, company, d)

    def _accompany(self, x: Variables, company: Company, d: int) -> None:
        nodes = np.flatnonzero(company.domain == d).tolist()
        if not company.needs[d] and not x.most(company.askers, nodes):
            return
        met = x.present(company.meant, nodes)
        if company.needs[d]:
            x.model.add(met == 1)
            return
        x.model.add_implication(x.present(company.askers, nodes), met)

    def ledger(self, count: IntArray) -> Ledger:
        enough = all(spread.reached(count).sum() >= spread.least for spread in self.spreads)
        return Told(enough and not any(company.lacks(count).any() for company in self.companies))

    def fixing(self, fixed: IntArray) -> Self:
        return replace(
            self,
            spreads=tuple(replace(spread, there=spread.reached(fixed)) for spread in self.spreads),
            companies=tuple(_fixing(company, fixed) for company in self.companies),
        )


def _fixing(company: Company, fixed: IntArray) -> Company:
    number = len(company.there)
    there = company.there | _domains(fixed, company.meant, company.domain, number)
    needs = company.needs | _domains(fixed, company.askers, company.domain, number)
    return replace(company, there=there, needs=needs)


def _domains(count: IntArray, groups: Sequence[int], domain: IntArray, number: int) -> BoolArray:
    """bool (D,): the domains in which anybody of some groups is."""
    found = np.zeros(number, dtype=np.bool_)
    inside = domain[count[list(groups)].any(axis=0)]
    found[inside[inside >= 0]] = True
    return found


def _spreads(compilation: Compilation, before: Demands) -> Iterator[Spread]:
    """One for each workload and topology key that some of it asks about."""
    groups: dict[tuple[Workload, str], list[int]] = {}
    wanted: dict[tuple[Workload, str], int] = {}
    fixed: dict[tuple[Workload, str], list[int]] = {}
    for g in compilation.pending:
        agent = compilation.groups[g].agent
        for key, number in agent.spec.min_domains:
            groups.setdefault((workload_of(agent), key), []).append(g)
            _raise(wanted, agent, key, number)
    for agent in compilation.fixed_residents:
        for key, number in agent.spec.min_domains:
            fixed.setdefault((workload_of(agent), key), []).append(compilation.node_index[agent.node_name])
            _raise(wanted, agent, key, number)
    for (workload, key), those in groups.items():
        domains = compilation.domains(key)
        there = np.zeros(len(domains.values), dtype=np.bool_)
        at = domains.of_node[fixed.get((workload, key), [])]
        there[at[at >= 0]] = True
        least = wanted[workload, key] - before.short.get((workload, key), 0)
        yield Spread(tuple(those), domains.of_node, there, least)


def _raise(wanted: dict[tuple[Workload, str], int], agent: Agent, key: str, number: int) -> None:
    known = (workload_of(agent), key)
    wanted[known] = max(number, wanted.get(known, 0))


def _companies(compilation: Compilation, before: Demands) -> Iterator[Company]:
    """One for each term; whoever has had nobody near it asks for nothing."""
    askers: dict[tuple[Matcher, str], list[int]] = {}
    fixed: dict[tuple[Matcher, str], list[int]] = {}
    for g in compilation.pending:
        agent = compilation.groups[g].agent
        for i, term in enumerate(agent.spec.near):
            if (agent.key, i) not in before.alone:
                askers.setdefault((Matcher((term,)), term.topology_key), []).append(g)
    for agent in compilation.fixed_residents:
        for i, term in enumerate(agent.spec.near):
            if (agent.key, i) not in before.alone:
                home = compilation.node_index[agent.node_name]
                fixed.setdefault((Matcher((term,)), term.topology_key), []).append(home)
    for matcher, key in dict.fromkeys((*askers, *fixed)):
        domains = compilation.domains(key)
        there, needs = (np.zeros(len(domains.values), dtype=np.bool_) for _ in range(2))
        with_label = domains.of_node >= 0
        meant_at = (compilation.residents_matching(matcher) > 0) & with_label
        there[domains.of_node[meant_at]] = True
        needs[domains.of_node[fixed.get((matcher, key), [])]] = True
        meant = tuple(compilation.groups_matching(matcher).tolist())
        yield Company(tuple(askers.get((matcher, key), [])), meant, domains.of_node, there, needs)
