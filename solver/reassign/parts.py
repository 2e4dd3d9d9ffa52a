"""Parts solved to the end: the agents of a few nodes change places among these, by CP-SAT.

What single moves and exchanges cannot reach any more, chains of them can. Everybody else stays, so that rules
between kinds are about those who are in the part and constants.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from ortools.sat.python import cp_model

from placewright.solver.compilation import IntArray
from placewright.solver.reassign.arrays import Reassignment

Literals = dict[tuple[int, int], cp_model.IntVar]


@dataclass(frozen=True)
class Part:
    """Agents that may change places among some nodes, all of which they are on now."""

    agents: tuple[int, ...]
    nodes: tuple[int, ...]


@dataclass(frozen=True)
class Solved:
    """where: agent -> node, of the part; proven: nothing is better."""

    where: dict[int, int]
    proven: bool


class PartModel:
    """The model of one part, from an assignment (A,) that keeps every rule."""

    def __init__(self, problem: Reassignment, where: IntArray, part: Part) -> None:
        self._p = problem
        self._where = where
        self._part = part
        self._model = cp_model.CpModel()
        inside = np.zeros(len(where), dtype=np.bool_)
        inside[list(part.agents)] = True
        self._others = np.flatnonzero(~inside)
        self._x: Literals = {}
        for a in part.agents:
            for n in part.nodes:
                if problem.eligible[a, n]:
                    self._x[a, n] = self._model.new_bool_var("")
            self._model.add_exactly_one(x for (b, _), x in self._x.items() if b == a)
        self._by_kind: dict[int, list[int]] = {}
        for a in part.agents:
            self._by_kind.setdefault(int(problem.kind[a]), []).append(a)
        self._hold()
        self._keep_kinds()
        self._minimise()

    def solve(self, seconds: float, seed: int, *, deterministic: bool = False) -> Solved | None:
        """A better place for the part's agents, or the same; None where no answer was found in time.

        deterministic: seconds are of the solver's own time.
        """
        for (a, n), x in self._x.items():
            self._model.add_hint(x, int(self._where[a] == n))
        solver = cp_model.CpSolver()
        if deterministic:
            solver.parameters.max_deterministic_time = seconds
        else:
            solver.parameters.max_time_in_seconds = seconds
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = seed
        status = solver.solve(self._model)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return None
        where = {a: n for (a, n), x in self._x.items() if solver.boolean_value(x)}
        return Solved(where, status == cp_model.OPTIMAL)

    def _hold(self) -> None:
        """Amounts: what is in use twice stays in use at home."""
        p = self._p
        single = np.where(p.double[:, None], 0.0, p.request)
        free = p.capacity - p.charged(self._where)
        for a in self._part.agents:
            n = int(self._where[a])
            free[:, n] += single[:, a] if p.home[a] == n else p.request[:, a]
        for n in self._part.nodes:
            here = [(a, x) for (a, m), x in self._x.items() if m == n]
            for r in range(len(free)):
                amounts = [
                    (0 if p.double[r] and p.home[a] == n else int(p.request[r, a]), x) for a, x in here
                ]
                if sum(amount for amount, _ in amounts) > free[r, n]:
                    self._model.add(sum(amount * x for amount, x in amounts) <= int(free[r, n]))

    def _keep_kinds(self) -> None:
        p, model = self._p, self._model
        others = self._others
        kind, place = p.kind[others], self._where[others]
        for k, agents in self._by_kind.items():
            rest = place[kind == k]
            if p.alone[k]:
                for n in self._part.nodes:
                    here = self._on(agents, [n])
                    if len(here) > 1 or (here and (rest == n).any()):
                        model.add(sum(here) <= int(not (rest == n).any()))
            if p.least[k] > 1:
                self._keep_apart(agents, set(p.places[rest].tolist()), int(p.least[k]))
        for owner, company in p.needs:
            if owner != company and (owner in self._by_kind or company in self._by_kind):
                self._keep_company(
                    owner, company, place[kind == owner], set(p.near[place[kind == company]].tolist())
                )

    def _keep_apart(self, agents: list[int], taken: set[int], least: int) -> None:
        """In enough domains: those that others are in, and those that some of these agents are in."""
        literals = []
        for domain in {int(self._p.places[n]) for n in self._part.nodes} - taken:
            literal = self._model.new_bool_var("")
            here = self._on(agents, [n for n in self._part.nodes if self._p.places[n] == domain])
            self._model.add(sum(here) >= literal)
            literals.append(literal)
        if len(taken) < least:
            self._model.add(sum(literals) >= least - len(taken))

    def _keep_company(self, owner: int, company: int, rest: IntArray, there: set[int]) -> None:
        """No owner in a domain without company."""
        near = self._p.near
        waiting = {int(d) for d in near[rest]}
        for domain in {int(near[n]) for n in self._part.nodes} - there:
            nodes = [n for n in self._part.nodes if near[n] == domain]
            company_here = self._on(self._by_kind.get(company, []), nodes)
            if domain in waiting:
                self._model.add(sum(company_here) >= 1)
                continue
            for a in self._by_kind.get(owner, []):
                self._model.add(sum(self._on([a], nodes)) <= sum(company_here))

    def _on(self, agents: Iterable[int], nodes: Iterable[int]) -> list[cp_model.IntVar]:
        nodes = list(nodes)
        return [self._x[a, n] for a in agents for n in nodes if (a, n) in self._x]

    def _minimise(self) -> None:
        p = self._p
        bent, bends = p.bent(self._where), p.bends
        inside = list(self._part.agents)
        np.subtract.at(bent.T, self._where[inside], bends[:, inside].T)
        terms: list[cp_model.LinearExprT] = []
        for n in self._part.nodes:
            here = [(a, x) for (a, m), x in self._x.items() if m == n]
            for h in range(len(bent)):
                most = int(bent[h, n]) + sum(max(0, int(bends[h, a])) for a, _ in here)
                if most > 0:
                    cost = self._model.new_int_var(0, most, "")
                    added = sum(int(bends[h, a]) * x for a, x in here if bends[h, a])
                    self._model.add(cost >= int(bent[h, n]) + added)
                    terms.append(cost)
        terms.extend(self._fares())
        self._model.minimize(sum(terms))

    def _fares(self) -> Iterator[cp_model.LinearExprT]:
        p = self._p
        for (a, n), x in self._x.items():
            fare = int(p.distance[p.home[a], n] + (p.move[a] if p.home[a] != n else 0))
            if fare:
                yield fare * x
        if not p.most_weight:
            return
        away = self._others[self._where[self._others] != p.home[self._others]]
        moved = np.bincount(p.kind[away], minlength=p.kinds)
        most = self._model.new_int_var(int(moved.max()), len(p.home), "")
        for k, agents in self._by_kind.items():
            going = [x for (a, n), x in self._x.items() if a in agents and p.home[a] != n]
            if going and moved[k] + len(agents) > moved.max():
                self._model.add(most >= int(moved[k]) + sum(going))
        yield int(p.most_weight) * most
