"""Which groups go to one topology domain as a whole, to be near those they prefer.

To the linear relaxation a third of an owner and a third of its company in each of three zones are as near as
all of both in one. A small model decides in which domain each group gathers, if in any:

    maximise  the wishes that come true: both groups in one domain, or company there that stays,
              less what whoever gathers pays that wishes to be apart from its own kind; who wins more
              by going there in part (`wishes`) does not gather, and draws the others less
    subject to  in each domain, whoever gathers there and can go nowhere else has room there,
                beside the even part of those whom spread forbids to gather

It is guidance only: no bound comes from it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from ortools.sat.python import cp_model

from placewright.solver.compilation import BoolArray, IntArray, alike_columns
from placewright.solver.objectives.pairing import Pairing
from placewright.solver.objectives.pairs import PairTerm
from placewright.solver.objectives.weighted import WeightedObjective
from placewright.solver.problem import Problem
from placewright.solver.relaxation import Relaxation
from placewright.solver.rules.affinity_times import Hungry
from placewright.solver.rules.inter_agent_affinity import AffinityEncoder
from placewright.solver.sound import sound_solver
from placewright.solver.wishes import Wish, leaning, payments, wishes

MOST_LINKS = 20_000
"""Pairs of groups that one topology key may link; with more, nobody gathers by it."""
MOST_KINDS = 40
"""Sets of nodes for which room is asked about."""
PARTS = 10_000
"""Room is counted in parts of what a domain has, so that numbers stay small."""
TIES = 20
"""What crowding all domains counts for: so small a part of all wishes."""
WORK = 0.5
"""How much work the model is worth, in CP-SAT's deterministic seconds."""


def gathered(problem: Problem, relaxation: Relaxation, seconds: float) -> dict[int, BoolArray]:
    """Group -> the nodes (N,) of the domain that it had better go to as a whole; no entry: anywhere."""
    found: dict[int, BoolArray] = {}
    for topology in _topologies(problem, relaxation):
        gathering = _Gathering(problem, relaxation, topology, found)
        for g, nodes in gathering.solve(seconds).items():
            found[g] = found[g] & nodes if g in found else nodes
    return found


@dataclass(frozen=True)
class _Topology:
    """The wishes for company over one topology key, and those to be apart, each with what a unit costs."""

    domain: IntArray
    domains: int
    wishes: tuple[tuple[float, Pairing], ...]
    apart: tuple[tuple[float, Pairing], ...]


def _topologies(problem: Problem, relaxation: Relaxation) -> list[_Topology]:
    """By topology key, those first that the most hangs on."""
    wishes: dict[bytes, list[tuple[float, Pairing]]] = {}
    apart: dict[bytes, list[tuple[float, Pairing]]] = {}
    for level in problem.levels:
        for weight, term in level.terms if isinstance(level, WeightedObjective) else ():
            for pairing in term.pairings if isinstance(term, PairTerm) else ():
                if relaxation.tells_apart(pairing.domain):
                    asked = pairing.asked
                    unit = weight * asked.wish.points / (asked.wish.parts * asked.most)
                    kind = wishes if pairing.together else apart
                    kind.setdefault(pairing.domain.tobytes(), []).append((unit, pairing))
    found = [
        _Topology(own[0][1].domain, own[0][1].domains, tuple(own), tuple(apart.get(key, ())))
        for key, own in wishes.items()
    ]
    links = {id(t): sum(len(p.owners) * len(p.meant) for _, p in t.wishes) for t in found}
    found = [topology for topology in found if links[id(topology)] <= MOST_LINKS]
    worth = {id(t): sum(u * p.asked.most * problem.size[p.owners].sum() for u, p in t.wishes) for t in found}
    return sorted(found, key=lambda topology: -worth[id(topology)])


class _Gathering:
    """The model for one topology key, with what earlier ones have settled."""

    def __init__(
        self, problem: Problem, relaxation: Relaxation, topology: _Topology, settled: dict[int, BoolArray]
    ) -> None:
        self._problem = problem
        self._topology = topology
        self._model = cp_model.CpModel()
        self._cap = problem.cap.copy()
        for g, nodes in settled.items():
            self._cap[g, ~nodes] = 0
        self._most = np.array(
            [
                np.minimum(
                    self._in_domains(self._cap[g]), relaxation.ceiling(g, topology.domain, topology.domains)
                )
                for g in range(len(problem.size))
            ]
        ).reshape(len(problem.size), topology.domains)
        self._at: dict[tuple[int, int], cp_model.IntVar] = {}
        self._leans: dict[int, float] = {}
        self._pays: dict[int, float] = {}
        self._worth: list[tuple[int, cp_model.IntVar]] = []
        self._peaks: list[cp_model.IntVar] = []

    def solve(self, seconds: float) -> dict[int, BoolArray]:
        """Where groups gather; nothing where nobody wins by it or no answer came in time."""
        self._add_wishes()
        if not self._worth:
            return {}
        self._follow()
        gain = sum(worth for worth, _ in self._worth)
        self._pay()
        for g in dict.fromkeys(g for g, _ in self._at):
            self._model.add_at_most_one(
                self._at[g, d] for d in range(self._topology.domains) if (g, d) in self._at
            )
        for groups, nodes in self._kinds():
            self._add_room(groups, nodes)
        self._model.maximize(sum(worth * literal for worth, literal in self._worth) - self._crowding(gain))
        solver = sound_solver()
        solver.parameters.num_workers = 1
        solver.parameters.max_deterministic_time = WORK
        solver.parameters.max_time_in_seconds = seconds
        solver.parameters.catch_sigint_signal = False
        if solver.solve(self._model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return {}
        return {
            g: self._topology.domain == d
            for (g, d), at in self._at.items()
            if g not in self._leans and solver.boolean_value(at)
        }

    def _add_wishes(self) -> None:
        size, topology = self._problem.size, self._topology
        pays = payments(topology.apart, size)
        everything = list(wishes(topology.wishes, size))
        # Who needs its own kind is all in one domain, wherever it would lean.
        alone = {g for hungry in self._hungry() for g, need in hungry.items() if {*need.company} <= {g}}
        leans = leaning(everything, {g: pay for g, pay in pays.items() if g not in alone}, self._may_gather)
        self._leans.update(leans)
        for wish in everything:
            self._add_worth(wish)
        self._pays = {g: pay for g, pay in pays.items() if g not in leans}

    def _pay(self) -> None:
        """Who wishes to be apart pays for it where it gathers; who leans has paid already."""
        for (g, _), at in self._at.items():
            if g in self._pays:
                self._worth.append((-round(self._pays[g]), at))

    def _add_worth(self, wish: Wish) -> None:
        """What it is worth that all of these groups gather in these domains."""
        halves = [self._leans[g] / 2.0 for g, _ in wish.places if g in self._leans]
        worth = round(wish.worth * math.prod(halves))
        if worth < 1 or not all(self._may_gather(g, d) for g, d in wish.places):
            return
        literals = [self._literal(g, d) for g, d in wish.places]
        both = literals[0] if len(literals) == 1 else self._model.new_bool_var("")
        for literal in literals if len(literals) > 1 else ():
            self._model.add_implication(both, literal)
        self._worth.append((worth, both))

    def _may_gather(self, g: int, d: int) -> bool:
        runs = self._problem.running.theirs[g]
        return not runs and bool(self._most[g, d] >= self._problem.size[g])

    def _literal(self, g: int, d: int) -> cp_model.IntVar:
        if (g, d) not in self._at:
            self._at[g, d] = self._model.new_bool_var("")
        return self._at[g, d]

    def _follow(self) -> None:
        """Who must have company goes where it gathers, and else some of the company stays everywhere.

        Not who pays for gathering: one of the company comes along to each of its domains, which is less.
        """
        apart = self._pays.keys() | self._leans.keys()
        for g, need in (item for hungry in self._hungry() for item in hungry.items() if item[0] not in apart):
            here = any(np.array_equal(domain, self._topology.domain) for domain in need.domains)
            # Of those who lean some stay everywhere.
            company = [q for q in need.company if q != g]
            if any(q in self._leans for q in company):
                continue
            if not here or need.there.any() or not company:
                continue
            gathers = [[at for (h, _), at in self._at.items() if h == q] for q in company]
            if len(company) > 1 or not any(self._may_gather(g, d) for d in range(self._topology.domains)):
                self._model.add(sum(at for places in gathers for at in places) <= len(company) - 1)
                continue
            for d in range(self._topology.domains):
                if (company[0], d) in self._at and self._may_gather(g, d):
                    self._model.add(self._literal(g, d) == self._at[company[0], d])
                elif (company[0], d) in self._at:
                    self._model.add(self._at[company[0], d] == 0)
                elif (g, d) in self._at and gathers[0]:
                    self._model.add(self._at[g, d] == 0)

    def _hungry(self) -> Iterator[Mapping[int, Hungry]]:
        return (enc.hungry for enc in self._problem.encoders if isinstance(enc, AffinityEncoder))

    def _kinds(self) -> Iterator[tuple[list[int], BoolArray]]:
        """Sets of nodes, the largest first, with the groups that can go nowhere else."""
        open_to = self._cap > 0
        _, first = np.unique(alike_columns(open_to.T), return_index=True)
        kinds = open_to[first]
        kinds = kinds[np.argsort(-kinds.sum(axis=1), kind="stable")][:MOST_KINDS]
        for kind in kinds:
            groups = np.flatnonzero(~(open_to & ~kind).any(axis=1) & open_to.any(axis=1))
            yield groups.tolist(), kind

    def _add_room(self, groups: Sequence[int], nodes: BoolArray) -> None:
        """No domain is promised more of a resource than it has, and all are filled alike if they can."""
        problem = self._problem
        asked = problem.size[:, None] * problem.request
        spread = [g for g in groups if (self._most[g] < problem.size[g]).all() and self._most[g].any()]
        for r in np.flatnonzero(problem.request[groups].any(axis=0)).tolist():
            peak = self._model.new_int_var(0, PARTS, "")
            for d in range(self._topology.domains):
                here = [
                    (asked[g, r] * self._leans.get(g, 1.0), self._at[g, d])
                    for g in groups
                    if (g, d) in self._at and asked[g, r]
                ]
                room = float(problem.room[nodes & (self._topology.domain == d), r].sum())
                if not here or not room:
                    continue
                taken = sum(float(asked[g, r] * self._most[g, d] / self._most[g].sum()) for g in spread)
                parts = [(math.ceil(PARTS * float(amount) / room), at) for amount, at in here]
                promised = sum(part * at for part, at in parts) + math.floor(PARTS * taken / room)
                self._model.add(promised <= PARTS)
                self._model.add(promised <= peak)
            self._peaks.append(peak)

    def _crowding(self, gain: int) -> cp_model.LinearExpr | int:
        """What settles ties, where all wishes are worth `gain`: the fullest domains are to be empty."""
        price = gain // (TIES * PARTS * max(1, len(self._peaks)))
        return max(1, price) * cp_model.LinearExpr.sum(self._peaks)

    def _in_domains(self, amount: IntArray) -> IntArray:
        inside = self._topology.domain >= 0
        return np.bincount(
            self._topology.domain[inside], amount[inside], minlength=self._topology.domains
        ).astype(np.int64)
