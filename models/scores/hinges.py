"""Scores that cost something only beyond a line: a price for each unit by which a node is over it.

    over(n) = constant(n) + sum over resources r of slope(r) * used(n, r)
    cost    = sum over nodes n of ceil(price * max(0, over(n)) / per)

`used` is what agents request; requests that are left open count for nothing here.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from placewright.models.agent import AgentSpec
from placewright.models.crowds import amounts
from placewright.models.node import Node
from placewright.models.profile import Profile, Rate
from placewright.models.scores.base import Score
from placewright.models.state import ClusterState


@dataclass(frozen=True)
class Hinge:
    """One line, as above. constant: by node name; a node that is not in it is never over the line."""

    slope: Mapping[str, int]
    constant: Mapping[str, int]
    rate: Rate


class HingeScore(Score):
    """A score made of hinges."""

    plugin = ""

    @abstractmethod
    def hinges(self, profile: Profile, nodes: Sequence[Node]) -> tuple[Hinge, ...]:
        """The lines that a profile draws for these nodes."""

    def value(self, state: ClusterState, profile: Profile) -> int:
        total = 0
        for hinge in self.hinges(profile, state.snapshot.nodes):

            def weighed(spec: AgentSpec, slope: Mapping[str, int] = hinge.slope) -> int:
                return sum(times * spec.requests.get(name, 0) for name, times in slope.items())

            used = amounts(state.crowds(), weighed)
            for name, constant in hinge.constant.items():
                over = max(0, constant + used.get(name, 0))
                total += -(-hinge.rate.price * over // hinge.rate.per)
        return total
