"""What one rebalance is about: the question, what for, within which limits, and who is told how it goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

from placewright.models.goals import Goals
from placewright.models.move_cost import MoveCosts
from placewright.models.rebalance_options import RebalanceOptions
from placewright.solver.moves.question import Question
from placewright.solver.settings import Settings


@dataclass(frozen=True)
class Task:
    """`report` is told of progress, a line at a time."""

    question: Question
    goals: Goals
    options: RebalanceOptions
    settings: Settings
    report: Callable[[str], None]

    @cached_property
    def costs(self) -> MoveCosts:
        """What moves cost, by these options."""
        options = self.options
        return MoveCosts(self.question.snapshot, options.policy, options.pricing, options.surcharges)

    def limited(self, options: RebalanceOptions) -> Task:
        """The same under other limits."""
        return replace(self, options=options)

    def cost(self, key: str) -> int:
        """What moving an agent costs."""
        return self.costs.of(self.question.snapshot.agent_by_key[key])

    def trip(self, key: str, source: str, target: str) -> int:
        """What moving an agent from one node to another costs; nodes by name."""
        return self.costs.trip(self.question.snapshot.agent_by_key[key], source, target)

    def why(self, key: str) -> str:
        """What an agent moves for."""
        if self.question.home[key] in self.goals.drained:
            return "drain"
        return "repair" if self.options.repair and key in self.question.broken else "goal"
