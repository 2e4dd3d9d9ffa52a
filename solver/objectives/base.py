"""What an objective level is: a linear expression to push one way, and its value for an answer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Literal, Self

from placewright.solver.compilation import IntArray
from placewright.solver.relaxation import Relaxation
from placewright.solver.variables import Linear, Variables


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

    @abstractmethod
    def demand(self, relaxation: Relaxation, value: int) -> None:
        """Ask of the relaxation that this level, kept from above, is at least as good as `value`."""
