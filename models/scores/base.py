"""What a score is: the cost of a finished placement in one respect, the smaller the better.

kube-scheduler scores one agent on one node at a time, 0 to 100, the larger the better. A batch is judged by
its final state. All scores speak one unit, hundredths of kube-scheduler's point: 10,000 is what one agent
loses that gets 0 instead of 100, or what one full node costs beside an empty one. Weights multiply that.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from placewright.models.agent import Agent
from placewright.models.profile import Profile, ScoreName
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState

POINT = 100
"""One point of kube-scheduler's in our unit."""
WORST = 100 * POINT
"""What an agent costs that scores 0 of 100."""


class Score(ABC):
    """One score, in integers, lower is better. Stateless: everything it reads is in its arguments."""

    name: ClassVar[ScoreName]
    plugin: ClassVar[str]
    """kube-scheduler's equivalent, or "" where it has none."""
    summary: ClassVar[str]
    """One sentence for the table in docs/scores."""
    per_agent: ClassVar[bool] = False
    """Whether agents are judged, each under its own profile, or nodes, under the cluster's profile alone."""

    @abstractmethod
    def value(self, state: ClusterState, profile: Profile) -> int:
        """The cost of everything on the nodes, as `profile` sees it; never negative.

        A per-agent score counts only the agents that `judges` says are the profile's.
        """


def judges(snapshot: Snapshot, profile: Profile, agent: Agent) -> bool:
    """Whether this profile is the one that judges the agent."""
    return snapshot.profile_of(agent) is profile
