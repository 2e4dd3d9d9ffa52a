"""What a score is: a number for a whole placement, the smaller the better."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from placewright.models.state import ClusterState


class Score(ABC):
    """One term of what is best, in integers, lower is better."""

    name: ClassVar[str]
    """The level's name in plans."""
    plugin: ClassVar[str]
    """kube-scheduler's equivalent, or "" where it has none."""

    @abstractmethod
    def value(self, state: ClusterState) -> int:
        """The cost of everything that is on the nodes."""
