"""What an objective level is, and what the terms are that weighted levels are made of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import ClassVar, Literal, Self, TypeAlias

import numpy as np
from ortools.linear_solver import pywraplp

from placewright.models.profile import Profile, ScoreName
from placewright.solver.compilation import Compilation, FloatArray, IntArray
from placewright.solver.objectives.floor import Floor
from placewright.solver.relaxation import Relaxation
from placewright.solver.variables import Linear, Variables

LpExpression: TypeAlias = pywraplp.LinearExpr


class Objective(ABC):
    """One level, in integers. Levels are optimised in order, each optimum kept for those below."""

    sense: ClassVar[Literal["maximize", "minimize"]]

    @property
    @abstractmethod
    def name(self) -> str:
        """The level's name in plans."""

    @abstractmethod
    def expression(self, x: Variables) -> Linear:
        """The level over `x`, adding to the model what it needs; equal to `value` at an optimum."""

    @abstractmethod
    def value(self, count: IntArray) -> int:
        """The level's value for counts (G, N)."""

    @abstractmethod
    def limit(self, cap: IntArray) -> int:
        """A bound that needs no solving: no answer within `cap` (G, N) is better."""

    @abstractmethod
    def fixing(self, fixed: IntArray) -> Self:
        """The same level where `fixed` (G, N) agents are already there: `value` still counts them."""

    @abstractmethod
    def relax(self, relaxation: Relaxation) -> int | None:
        """The level's bound in the linear relaxation, or None where the solver gave none."""

    def loosened(self, bound: int, less: int) -> int:
        """The bound where the relaxation's optimum is less by up to `less`; `bound`: what `relax` gave."""
        return bound - less if self.sense == "minimize" else bound + less

    def topologies(self) -> Iterable[IntArray]:
        """Topology keys that `relax` would tell apart: the domain of each node (N,), -1 for none."""
        return ()

    def worth(self, groups: int) -> IntArray:
        """(G,): how much better one more agent of each group makes the level, wherever it goes."""
        return np.zeros(groups, dtype=np.int64)

    @abstractmethod
    def demand(self, relaxation: Relaxation, value: int) -> None:
        """Ask of the relaxation that this level, kept from above, is at least as good as `value`."""

    def alone(self, group: int, cap: IntArray) -> IntArray:
        """int64 (N,): the level's value with one agent of a group on each node, and nobody else anywhere.

        Exact where `cap` (G, N) lets it in; anything elsewhere.
        """
        return _one_by_one(self.value, group, cap)


class Tally(ABC):
    """What one more agent would change in a term's cost, kept up to date while agents come and go.

    For guidance only: a tally need not be exact, and no value or bound comes from one.
    """

    @abstractmethod
    def more(self, group: int) -> FloatArray:
        """(N,): what one more agent of a group would add to the cost on each node."""

    def more_on(self, group: int, nodes: IntArray) -> FloatArray:
        """The same on each of `nodes`; to be overridden where that is less work."""
        return self.more(group)[nodes]

    def independent(self, group: int) -> bool:
        """Whether one of a group makes another dearer on its own node, if anything, and nowhere cheaper.

        The nodes that several of them cost least on, one to a node, are then those of one after the other.
        """
        return False

    def less(self, group: int, nodes: IntArray) -> FloatArray:
        """What one of a group's agents that are there adds to the cost on each of `nodes`.

        By default as much as one more would.
        """
        return self.more(group)[nodes]

    def shift(self, group: int, node: int) -> FloatArray:
        """(N,): what one of a group's agents on `node` would change in the cost by going elsewhere."""
        self.add(group, node, -1)
        more = self.more(group)
        self.add(group, node, 1)
        changes: FloatArray = more - more[node]
        return changes

    @abstractmethod
    def add(self, group: int, node: int, number: int) -> None:
        """`number` agents of a group have come to a node; gone, where it is negative."""

    def add_many(self, group: int, nodes: IntArray, number: IntArray) -> None:
        """The same for several nodes, none of them twice."""
        for node, many in zip(nodes.tolist(), number.tolist(), strict=True):
            self.add(group, node, many)


class Term(ABC):
    """One score's cost over counts: the encoding of the module of the same name in models/scores.

    Integers, lower is better. `value` equals the score's own for every placement; a test compares them.
    The counts include the agents that may leave where they run (`Compilation.standing`): they are groups
    like any other here. Everybody else who runs is in what `compile` reads of `Compilation.settled`.
    """

    score: ClassVar[ScoreName | None]
    """The score that this encodes; None for what is no score."""

    @classmethod
    @abstractmethod
    def compile(cls, compilation: Compilation, profile: Profile) -> Self | None:
        """This term's numbers as `profile` sees them, or None where it is 0 whatever is placed."""

    @abstractmethod
    def expression(self, x: Variables) -> Linear:
        """The cost over `x`, adding to the model what it needs: never below `value`, equal at a minimum."""

    @abstractmethod
    def value(self, count: IntArray) -> int:
        """The cost for counts (G, N)."""

    @abstractmethod
    def least(self) -> int:
        """A lower bound that needs no solving."""

    @abstractmethod
    def most(self, cap: IntArray) -> int:
        """An upper bound for counts within `cap` (G, N), to see in advance that nothing overflows."""

    @abstractmethod
    def fixing(self, fixed: IntArray) -> Self:
        """The same cost where `fixed` (G, N) agents are already there: `value` still counts them."""

    @abstractmethod
    def relax(self, relaxation: Relaxation) -> LpExpression | None:
        """An expression in the linear relaxation, never above the cost; None: there is only `least`."""

    def told_by(self) -> IntArray | None:
        """(G, ...): all that `relax` reads of each group but who may go where; None: more than can be said.

        Groups with equal rows, open to the same nodes, are one and the same to it.
        """
        return None

    def floor(self, cap: IntArray, size: IntArray, near: IntArray | None) -> Floor:
        """What the cost is at least for counts within `cap` (G, N), no more than `size` (G,) in all.

        Close to the cost at counts `near` (G, N); without them where nobody has come. There is some node.
        """
        return Floor.flat(cap, self.least())

    def topologies(self) -> Iterable[IntArray]:
        """Topology keys that `relax` would tell apart: the domain of each node (N,), -1 for none."""
        return ()

    def alone(self, group: int, cap: IntArray) -> IntArray:
        """int64 (N,): the cost with one agent of a group on each node, and nobody else anywhere.

        Exact where `cap` (G, N) lets it in; anything elsewhere.
        """
        return _one_by_one(self.value, group, cap)

    def worth(self, groups: int) -> IntArray:
        """(G,): what one more agent of each group takes off the cost, wherever it goes."""
        return np.zeros(groups, dtype=np.int64)

    def step(self) -> int:
        """Every value is a multiple of this, so that bounds can be rounded up to one."""
        return 1

    def tally(self) -> Tally | None:
        """A tally of this term with nobody placed; None: it does not say where an agent had better go."""
        return None


def _one_by_one(value: Callable[[IntArray], int], group: int, cap: IntArray) -> IntArray:
    found, count = np.zeros(cap.shape[1], dtype=np.int64), np.zeros_like(cap)
    for n in np.flatnonzero(cap[group]).tolist():
        count[group, n] = 1
        found[n] = value(count)
        count[group, n] = 0
    return found
