"""What each level of the objective is worth in a finished placement, by name, from the state alone.

The order of importance is the profile's (`stages`). Nothing here knows how an answer was found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from placewright.models.disruption import excess
from placewright.models.plan import LevelTerm
from placewright.models.profile import DISRUPTION, PLACED, Stage
from placewright.models.rules.victims import QOS_COST, evictable
from placewright.models.scores import weighed
from placewright.models.state import ClusterState


def placed_name(priority: int) -> str:
    """The name of the level that counts the placed agents of one priority."""
    return f"placed/priority={priority}"


def budgets_name(lowest: int) -> str:
    """The level of what goes beyond disruption budgets by evicting agents of at least this priority."""
    return f"over-budget/priority>={lowest}"


def evicted_name(priority: int) -> str:
    """The level that counts the evicted agents of one priority."""
    return f"evicted/priority={priority}"


QOS_NAME = "evicted/qos"
"""The level by which, among equal evictions, BestEffort goes before Burstable before Guaranteed."""


def level_values(state: ClusterState) -> dict[str, int]:
    """Every level's value by name: placed agents per priority, disruption, then what else the stages say."""
    values = _placed(state) | _disrupted(state)
    for stage in state.snapshot.options.profile.stages:
        if stage.name not in (PLACED, DISRUPTION):
            values[stage.name] = sum(term.weight * term.value for term in stage_terms(state, stage))
    return values


def _placed(state: ClusterState) -> dict[str, int]:
    snapshot = state.snapshot
    names = (placed_name(a.spec.priority) for a in (*snapshot.pending, *evictable(snapshot)))
    values = dict.fromkeys(names, 0)
    placed = Counter(placed_name(agent.spec.priority) for agent, _ in state.placed())
    return values | placed


def _disrupted(state: ClusterState) -> dict[str, int]:
    """Evictions by priority, and beyond budgets down to each priority that an agent has which may go."""
    snapshot = state.snapshot
    priorities = sorted({agent.spec.priority for agent in evictable(snapshot)})
    evicted = state.evicted
    if not priorities:
        return {}
    values = {QOS_NAME: sum(QOS_COST[agent.spec.qos] for agent in evicted)}
    for priority in priorities:
        values[evicted_name(priority)] = sum(agent.spec.priority == priority for agent in evicted)
    for lowest in priorities:
        values[budgets_name(lowest)] = excess(snapshot, [a for a in evicted if a.spec.priority >= lowest])
    return values


def stage_terms(state: ClusterState, stage: Stage) -> tuple[LevelTerm, ...]:
    """What a level that is a sum is made of, each part with its weight and its value."""
    return tuple(term for part, weight in stage.parts.items() for term in _terms(state, part, weight))


def _terms(state: ClusterState, part: str, weight: int) -> Iterator[LevelTerm]:
    snapshot = state.snapshot
    if part == PLACED:
        unplaced = sum(agent.key not in state.new for agent in snapshot.pending)
        yield LevelTerm(name="unplaced", weight=weight, value=unplaced)
    elif part == DISRUPTION:
        yield LevelTerm(name="evicted", weight=weight, value=len(state.evicted))
    for item in weighed(snapshot.options, part):
        yield LevelTerm(
            name=item.score.name,
            profile=item.profile.scheduler_name if len(snapshot.options.all_profiles) > 1 else "",
            weight=weight * item.weight,
            value=item.score.value(state, item.profile),
        )
