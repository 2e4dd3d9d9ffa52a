"""What the levels of a rebalance are worth: meant by the states alone, whoever made the plan."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from placewright.models.goals import Goal, value
from placewright.models.rebalance_plan import RebalanceTerm
from placewright.models.scores.used_nodes import keeps_in_use
from placewright.models.state import ClusterState

DRAIN, MOVES = "drain", "moves"
"""The levels that are no goal's score: agents left on drained nodes, and what moves cost."""


def goal_name(goal: Goal) -> str:
    """The name of a goal's level: what the goal costs and what moves cost, weighed."""
    return f"goal/{goal}"


@dataclass(frozen=True)
class LevelMeaning:
    """Two states of a cluster whose movable agents are `placed` in them, and the cost of getting from one to
    the other. drained: names of nodes. min_gain: what a unit of move cost weighs in a goal's level.

    fare: what it costs to move everybody who is elsewhere in the end from where they are, detours left out.
    """

    before: ClusterState
    after: ClusterState
    drained: Collection[str]
    min_gain: int
    fare: int

    def parts(self, name: str) -> tuple[int, int, tuple[RebalanceTerm, ...]] | None:
        """A level's values before and after, and what a goal's is made of; None for an unknown one."""
        if name == MOVES:
            return 0, self.fare, ()
        if name == DRAIN:
            return self._left(self.before), self._left(self.after), ()
        kind, _, goal = name.partition("/")
        if kind != "goal" or goal not in set(Goal):
            return None
        then, now = value(self.before, Goal(goal)), value(self.after, Goal(goal))
        score = RebalanceTerm(name=goal, weight=1, before=then, value=now)
        moves = RebalanceTerm(name=MOVES, weight=self.min_gain, before=0, value=self.fare)
        return then, now + self.min_gain * self.fare, (score, moves)

    def _left(self, state: ClusterState) -> int:
        """Movable agents on nodes that are to be drained."""
        return sum(
            key in state.new and keeps_in_use(agent)
            for name in self.drained
            for key, agent in state.agents_on(name).items()
        )
