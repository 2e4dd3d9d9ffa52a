"""What each level of the objective is worth in a finished placement, by name, from the state alone.

The order of importance is the profile's (`stages`). Nothing here knows how an answer was found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from typing import Literal

from placewright.models.disruption import excess
from placewright.models.plan import LevelTerm
from placewright.models.profile import DISRUPTION, PLACED, Stage
from placewright.models.rules.victims import QOS_COST, evictable, returns
from placewright.models.scores import weighed
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState

_COUNTED = "placed/priority="
BUDGETS = "over-budget/priority>="
"""How the names of the levels about budgets begin."""
EVICTED = "evicted/"
"""How the names of the levels that count evictions begin."""


def placed_name(priority: int) -> str:
    """The name of the level that counts the placed agents of one priority."""
    return f"{_COUNTED}{priority}"


def budgets_name(lowest: int) -> str:
    """The level of what goes beyond disruption budgets by evicting agents of at least this priority."""
    return f"{BUDGETS}{lowest}"


def evicted_name(priority: int) -> str:
    """The level that counts the evicted agents of one priority."""
    return f"{EVICTED}priority={priority}"


QOS_NAME = f"{EVICTED}qos"
"""The level by which, among equal evictions, BestEffort goes before Burstable before Guaranteed."""


def sense_of(name: str) -> Literal["maximize", "minimize"]:
    """Which values of a level are the better ones: placed agents are counted up, all else costs."""
    return "maximize" if name.startswith(_COUNTED) else "minimize"


def tiers(
    pending: Collection[int], leaving: Collection[int], placed: Collection[int]
) -> Iterator[tuple[int, list[int], list[int]]]:
    """The order of importance of the placed levels, by priorities; `pending` ones, highest first.

    After each comes what is settled before the next one: evictions among agents of `leaving` priorities,
    then who of `placed` priorities is placed anew. No agent goes for one that is not more important.
    """
    ordered = sorted(set(pending), reverse=True)
    for priority, following in zip(ordered, [*ordered[1:], None], strict=False):
        between = [
            q
            for q in sorted({*leaving, *placed}, reverse=True)
            if q < priority and (following is None or q >= following)
        ]
        yield (
            priority,
            [q for q in between if q in leaving],
            [q for q in between if q in placed and q != following],
        )


def importance(snapshot: Snapshot, *, preempt: bool) -> tuple[str, ...]:
    """The name of every level, the most important first; with `preempt` those of evictions, too."""
    names: list[str] = []
    for stage in snapshot.options.profile.stages:
        if stage.name == PLACED:
            names.extend(_placed_names(snapshot, preempt=preempt))
        elif stage.name != DISRUPTION:
            names.append(stage.name)
        elif preempt and evictable(snapshot):
            names.append(QOS_NAME)
    return tuple(names)


def placed_names(snapshot: Snapshot, *, preempt: bool) -> dict[str, int]:
    """The placed levels, in their order, with their priorities; none where they are a part of some blend."""
    named = any(stage.name == PLACED for stage in snapshot.options.profile.stages)
    return {
        name: int(name.removeprefix(_COUNTED))
        for name in (_placed_names(snapshot, preempt=preempt) if named else ())
        if name.startswith(_COUNTED)
    }


def _placed_names(snapshot: Snapshot, *, preempt: bool) -> Iterator[str]:
    going = evictable(snapshot) if preempt else ()
    pending = {agents[0].spec.priority for agents in snapshot.pending_alike}
    leaving = {agent.spec.priority for agent in going}
    back = {agent.spec.priority for agent in going if returns(snapshot, agent)}
    for priority, settled, anew in tiers(pending, leaving, pending | back):
        yield placed_name(priority)
        if settled:
            yield budgets_name(settled[-1])
        yield from (evicted_name(q) for q in settled)
        yield from (placed_name(q) for q in anew)


def level_values(state: ClusterState, names: Collection[str] | None = None) -> dict[str, int]:
    """Every level's value by name: placed agents per priority, disruption, then what else the stages say.

    `names`: of what the stages say, which takes longest, only these.
    """
    values = _placed(state) | _disrupted(state)
    for stage in state.snapshot.options.profile.stages:
        if stage.name not in (PLACED, DISRUPTION) and (names is None or stage.name in names):
            values[stage.name] = sum(term.weight * term.value for term in stage_terms(state, stage))
    return values


def _placed(state: ClusterState) -> dict[str, int]:
    snapshot = state.snapshot
    priorities = dict.fromkeys(agents[0].spec.priority for agents in snapshot.pending_alike)
    priorities |= dict.fromkeys(agent.spec.priority for agent in evictable(snapshot))
    placed = Counter(agent.spec.priority for agent, _ in state.placed())
    return {placed_name(priority): placed[priority] for priority in (*priorities, *placed)}


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
    key = (__name__, tuple(stage.parts.items()))
    return state.derived(
        key,
        lambda: tuple(term for part, weight in stage.parts.items() for term in _terms(state, part, weight)),
    )


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
