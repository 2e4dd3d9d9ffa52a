"""The linear relaxation over classes of nodes that every assignment is a point of.

Groups keep their identity. Nodes that are open to the same groups, and in the same topology domains, are
summed into one class, with their free amounts and their per-pair limits added up. Its optimum bounds every
assignment, whatever the classes are: a coarser one can only make the bound weaker, never wrong.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar, cast

import numpy as np
from ortools.linear_solver import pywraplp

from placewright.solver.apportion import Apportionment, Demand, Limit
from placewright.solver.clock import Deadline
from placewright.solver.compilation import BoolArray, IntArray, Running
from placewright.solver.node_classes import NodeClasses, node_classes

T = TypeVar("T")
WHOLE_SHARE = 0.05
"""The part of its time in which a solution's numbers are made whole, even where there is none left."""


@dataclass(frozen=True)
class Evenness:
    """`domains` times what the fullest domain has of a group is at most the sum of `coming` and `more`."""

    domains: int
    coming: tuple[pywraplp.Variable, ...]
    more: int


class Relaxation:
    """y[g, c] >= 0, continuous, for group g and node class c. Objectives add their terms to `lp`.

    `members[c]` are the node indices of a class; `cap` (G, N) is no larger than a group. `size` and arguments
    as in `Problem`. classes: by default nodes that are open to the same groups and have the same free.
    places (C, K): the domain of each class, for the keys that tell classes apart, the coarsest first.
    """

    def __init__(
        self,
        cap: IntArray,
        size: IntArray,
        request: IntArray,
        free: IntArray,
        running: Running | None = None,
        classes: NodeClasses | None = None,
    ) -> None:
        self.lp = pywraplp.Solver.CreateSolver("GLOP")
        classes = node_classes(cap, free) if classes is None else classes
        self.members = [np.flatnonzero(classes.of_node == c) for c in range(classes.number)]
        first = np.array([nodes[0] for nodes in self.members], dtype=np.int64)
        self._apart = [key.tobytes() for key in classes.apart]
        self.places: IntArray = (
            np.array([key[first] for key in classes.apart], dtype=np.int64).reshape(-1, len(first)).T
        )
        self._y: dict[tuple[int, int], pywraplp.Variable] = {}
        self._solved = False
        self._made: dict[int, tuple[object, object]] = {}
        self._shared: dict[Hashable, object] = {}
        self._ceilings: dict[tuple[int, bytes], IntArray] = {}
        self._evenness: dict[tuple[int, bytes], list[Evenness]] = {}
        self._limits: list[Limit] = []
        self._demands: list[Demand] = []
        self._company: dict[int, Sequence[int]] = {}
        self._demanded: list[pywraplp.Constraint | None] = []
        self._seconds = math.inf
        self._until = Deadline(math.inf)
        self._together = dict(running.returning) if running else {}
        self.size = size
        self.cap: IntArray = np.minimum(cap, size[:, None])
        for c, nodes in enumerate(self.members):
            self._add_class(c, self.cap[:, nodes].sum(axis=1), request, free[nodes].sum(axis=0))
        for g in np.flatnonzero(self.cap.any(axis=1)).tolist():
            self.row(((y, 1.0) for y in self._terms([g])), most=float(size[g]))
        for standing, back in self._together.items():
            self.row(((y, 1.0) for y in self._terms([standing, back])), most=float(size[standing]))

    def _add_class(self, c: int, limit: IntArray, request: IntArray, free: IntArray) -> None:
        groups = np.flatnonzero(limit).tolist()
        for g in groups:
            self._y[g, c] = self.lp.NumVar(0.0, float(limit[g]), "")
        for r in np.flatnonzero(request.any(axis=0)).tolist():
            self.row(((self._y[g, c], float(request[g, r])) for g in groups), most=float(free[r]))

    def row(
        self, terms: Iterable[tuple[pywraplp.Variable, float]], *, least: float | None = None, most: float
    ) -> pywraplp.Constraint:
        """least <= sum of coefficient times variable <= most; written coefficient by coefficient.

        The long rows are what setting up the relaxation costs: as expressions they would take three times
        as long.
        """
        row = self.lp.RowConstraint(-self.lp.infinity() if least is None else least, most)
        for variable, coefficient in terms:
            if coefficient:
                row.SetCoefficient(variable, coefficient)
        return row

    def tells_apart(self, domain: IntArray) -> bool:
        """Whether each class lies in one domain of a topology key; `domain` (N,) as in `keys`."""
        return domain.tobytes() in self._apart

    @contextmanager
    def within(self, places: Mapping[int, BoolArray]) -> Iterator[None]:
        """Meanwhile all classes are closed to a group but those within its nodes (N,)."""
        closed = [
            (variable, variable.ub())
            for (g, c), variable in self._y.items()
            if g in places and not places[g][self.members[c]].any()
        ]
        self._solved = False
        for variable, _ in closed:
            variable.SetUb(0.0)
        yield
        self._solved = False
        for variable, most in closed:
            variable.SetUb(most)

    def cover(self, group: int, domain: IntArray, most: IntArray) -> None:
        """Remember that no domain d ever has more than `most[d]` agents (D,) of a group."""
        key = (group, domain.tobytes())
        self._ceilings[key] = np.minimum(self._ceilings.get(key, most), most)

    def limit(self, amounts: Mapping[int, int], most: int) -> None:
        """Demand that all placed agents together, at `amounts[g]` an agent, come to at most `most`."""
        terms = [(y, float(amount)) for g, amount in amounts.items() for y in self._terms([g])]
        self.row(terms, most=float(most))
        self._limits.append(Limit(amounts, most))

    def accompany(self, group: int, company: Sequence[int]) -> None:
        """Demand that nobody of a group is placed unless somebody of `company` is: of whole numbers alone."""
        self._company[group] = company

    def apportionment(self) -> Apportionment:
        """What limits say of whole numbers of agents, wherever these go."""
        most = np.minimum(self.size, self.cap.sum(axis=1))
        return Apportionment(most, self._limits, self._together, self._company)

    def ceiling(self, group: int, domain: IntArray, domains: int) -> IntArray:
        """int64 (D,): how many agents of a group each domain may have, as far as rules have said so."""
        known = self._ceilings.get((group, domain.tobytes()))
        return np.full(domains, self.size[group]) if known is None else np.minimum(known, self.size[group])

    def even_out(self, group: int, domain: IntArray, evenness: Evenness) -> None:
        """Remember how evenly a group is spread over the domains of a topology key."""
        self._evenness.setdefault((group, domain.tobytes()), []).append(evenness)

    def evenness(self, group: int, domain: IntArray) -> Sequence[Evenness]:
        """All that is known of how evenly a group is spread over the domains of a topology key."""
        return self._evenness.get((group, domain.tobytes()), ())

    def _amount(self, terms: Iterable[tuple[pywraplp.Variable, float]]) -> pywraplp.Variable:
        """A variable that equals a long sum, so that it can be used again and again at no cost."""
        total = self.lp.NumVar(-self.lp.infinity(), self.lp.infinity(), "")
        self.row(((total, -1.0), *terms), least=0.0, most=0.0)
        return total

    def total(self, parts: Sequence[pywraplp.Variable]) -> pywraplp.Variable:
        """A variable for the sum, of which many rows may speak."""
        return parts[0] if len(parts) == 1 else self._amount((part, 1.0) for part in parts)

    def _terms(self, groups: Iterable[int]) -> list[pywraplp.Variable]:
        return [self._y[g, c] for g in groups for c in range(len(self.members)) if (g, c) in self._y]

    def groups_of(self, c: int) -> list[int]:
        """The groups that may come to class `c`."""
        return [g for g in range(len(self.cap)) if (g, c) in self._y]

    def is_open(self, c: int, groups: Iterable[int]) -> bool:
        """Whether any of `groups` may come to class `c`."""
        return any((g, c) in self._y for g in groups)

    def sum(self, groups: Iterable[int]) -> pywraplp.Variable:
        """How many agents of `groups` are placed."""
        return self._amount((y, 1.0) for y in self._terms(groups))

    def arrivals(self, c: int, groups: Iterable[int]) -> pywraplp.Variable:
        """How many agents of `groups` class `c` receives."""
        return self.total([self._y[g, c] for g in groups if (g, c) in self._y])

    def load(self, c: int, amounts: Sequence[float]) -> pywraplp.Variable:
        """What class `c` receives when one agent of group g adds `amounts[g]`."""
        given = ((self._y.get((g, c)), float(amount)) for g, amount in enumerate(amounts) if amount)
        return self._amount((y, amount) for y, amount in given if y is not None)

    def hold(
        self,
        c: int,
        amounts: Mapping[int, float],
        others: Iterable[tuple[pywraplp.Variable, float]],
        most: float,
    ) -> None:
        """Demand that what class `c` receives, at `amounts[g]` an agent, plus `others` is at most `most`.

        others: variables with their coefficients.
        """
        received = ((self._y[g, c], amount) for g, amount in amounts.items() if (g, c) in self._y)
        self.row((*received, *others), most=most)

    def at_least(self, groups: Sequence[int], value: int) -> None:
        """Demand that `value` agents of `groups` are placed."""
        terms = self._terms(groups)
        self._solved = False
        self._demands.append(Demand(tuple(groups), value))
        row = None
        if terms and value > 0:
            # A hair of slack: an integer point meets the demand, and rounding must not cut it off.
            row = self.row(((y, 1.0) for y in terms), least=value - 1e-6, most=self.lp.infinity())
        self._demanded.append(row)

    def most(self, groups: Sequence[int]) -> int | None:
        """An upper bound on the agents of `groups` placed; None where the solver gave none."""
        terms = self._terms(groups)
        if not terms:
            return 0
        objective = self.lp.Objective()
        objective.Clear()
        for y in terms:
            objective.SetCoefficient(y, 1.0)
        objective.SetMaximization()
        value = self._solve()
        if value is None:
            return None
        whole = self.apportionment().bound(groups, self._demands, self._until.remaining())
        return min(whole, math.floor(value + _slack(value)))

    def at_most(self, costs: Sequence[pywraplp.LinearExpr], value: int) -> None:
        """Demand that the sum of `costs` is no more than `value`."""
        self._solved = False
        row = self.lp.Add(self.lp.Sum(list(costs)) <= value + _slack(value)) if costs else None
        self._demanded.append(row)

    def hurry(self, seconds: float) -> None:
        """Let all that is solved from now on be done in so many seconds: what is cut off has no answer."""
        self._seconds, self._until = seconds, Deadline(seconds)

    def once(self, key: object, make: Callable[[], T]) -> T:
        """`make()`, made at the first call for this very object: what it adds to `lp` is added once."""
        if id(key) not in self._made:
            # The key is kept, so that its id stays its own.
            self._made[id(key)] = (key, make())
        return cast(T, self._made[id(key)][1])

    def shared(self, key: Hashable, make: Callable[[], T]) -> T:
        """The same for what goes by a name."""
        if key not in self._shared:
            self._shared[key] = make()
        return cast(T, self._shared[key])

    def least(self, costs: Sequence[pywraplp.LinearExpr]) -> int | None:
        """A lower bound on the sum of `costs`; None where the solver gave none."""
        self.lp.Minimize(self.lp.Sum(list(costs)))
        value = self._solve()
        return None if value is None else math.ceil(value - _slack(value))

    def solution(self) -> dict[tuple[int, int], float]:
        """(group, class) -> y of the last solve, without what is practically nothing.

        Empty where nothing was solved since the last demand.
        """
        if not self._solved:
            return {}
        found = {key: variable.solution_value() + 1e-6 for key, variable in self._y.items()}
        return {key: value for key, value in found.items() if value >= 1e-3}

    def slopes(self) -> tuple[float, ...]:
        """How much less the last `least` would at least be, for each that a demand asks less; in their order.

        The duals of the demands: what is least is convex in what they ask for, so this holds however much
        less it is.
        """
        if not self._solved:
            return ()
        return tuple(0.0 if row is None else abs(row.dual_value()) for row in self._demanded)

    def whole(self, solution: Mapping[tuple[int, int], float]) -> dict[int, int]:
        """For the groups that limits speak of, a whole number close to `solution` that all demands allow."""
        amounts: dict[int, float] = {}
        for (g, _), amount in solution.items():
            amounts[g] = amounts.get(g, 0.0) + amount
        # However late: without it the solution is worth little.
        seconds = max(self._until.remaining(), WHOLE_SHARE * self._seconds)
        return self.apportionment().nearest(amounts, self._demands, seconds)

    def _solve(self) -> float | None:
        # What it takes to set up a level is part of its time.
        seconds = self._until.remaining()
        if math.isfinite(seconds):
            self.lp.SetTimeLimit(max(1, int(1000 * seconds)))
        self._solved = self.lp.Solve() == pywraplp.Solver.OPTIMAL
        if not self._solved:
            return None
        return float(self.lp.Objective().Value())


def _slack(value: float) -> float:
    """What floating point may have got wrong; the bound is rounded away by at least this."""
    return 1e-6 * max(1.0, abs(value))
