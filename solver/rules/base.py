"""How a rule is encoded: compiled once into integers, then written into any number of models."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar, Self

from placewright.solver.apportion import Limit
from placewright.solver.compilation import Compilation, IntArray
from placewright.solver.relaxation import Relaxation
from placewright.solver.rules.ledger import Ledger
from placewright.solver.variables import Variables


class Encoder(ABC):
    """One rule's constraints over `x[group, node]`.

    Encoders do not depend on each other's order. They hold integers only (indices and amounts), so that
    the same compiled encoder serves the exact model and every neighbourhood.
    """

    rule: ClassVar[str]
    """The name of the rule in models/rules that this encodes."""

    @classmethod
    @abstractmethod
    def compile(cls, compilation: Compilation) -> Self | None:
        """This rule's numbers for a snapshot, or None where it constrains nothing there."""

    @abstractmethod
    def encode(self, x: Variables) -> None:
        """Add this rule's constraints to `x.model`."""

    def tighten(self, cap: IntArray) -> IntArray:
        """`cap` (G, N) lowered to what this rule can ever allow: fewer variables, and a tighter bound."""
        return cap

    def topologies(self) -> Iterable[IntArray]:
        """Topology keys that `relax` would tell apart: the domain of each node (N,), -1 for none."""
        return ()

    def limits(self) -> Iterable[Limit]:
        """What this rule limits of all placed agents together, wherever they go."""
        return ()

    def company(self) -> Mapping[int, Sequence[int]]:
        """Group -> groups: nobody of it is placed unless somebody of these is."""
        return {}

    def relax(self, relaxation: Relaxation) -> None:  # noqa: B027 - most rules have no linear side
        """Add rows that hold for every placement that keeps this rule."""

    def ledger(self, count: IntArray) -> Ledger | None:
        """The rule as counts (G, N) stand; None where they say too little: the rule itself is asked."""
        return None

    @abstractmethod
    def fixing(self, fixed: IntArray) -> Self:
        """The same rule where `fixed[g, n]` agents of each group are already there and stay.

        The model that follows decides only about the rest.
        """
