"""The plan of a limit that leaves no time to compile: who waits is listed, nobody is placed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from placewright.models.agent import NAME, Agent
from placewright.models.levels import placed_names
from placewright.models.plan import Level, Plan, Status
from placewright.models.rules.victims import evictable
from placewright.models.snapshot import Snapshot
from placewright.models.unplaced import Kind, LeftOut, Unplaced, UnplacedReason
from placewright.solver.explain import NO_TIME
from placewright.solver.explain_joint import JOINT
from placewright.solver.groups import turn
from placewright.solver.settings import Settings

_NOT_LOOKED_INTO = (UnplacedReason(rule=JOINT, message=NO_TIME),)


def can_place_nobody(snapshot: Snapshot) -> bool:
    """Whether such a plan says what it is worth: not where placed agents are only a part of some level."""
    return bool(placed_names(snapshot, preempt=False))


def nobody_placed(snapshot: Snapshot, settings: Settings) -> Plan:
    """Every pending agent unplaced, the most important first; nothing is said but of the placed levels."""
    # Who is evicted and placed anew would count as well.
    most = Counter(agent.spec.priority for agent in (evictable(snapshot) if settings.preempt else ()))
    for agents in snapshot.pending_alike:
        most[agents[0].spec.priority] += len(agents)
    levels = tuple(
        Level(name=name, sense="maximize", value=0, bound=most[priority])
        for name, priority in placed_names(snapshot, preempt=settings.preempt).items()
    )
    in_order = sorted(snapshot.pending_alike, key=_importance)
    return Plan(
        status=Status.TIMEOUT,
        levels=levels,
        gap=next((level.gap for level in levels if not level.proven), 0.0),
        unplaced=LeftOut(_listed(replicas) for replicas in in_order),
        warnings=(
            *snapshot.warnings,
            too_short(snapshot, settings, "compiling them takes longer"),
        ),
        notes=snapshot.notes,
    )


def _listed(replicas: Sequence[Agent]) -> Kind:
    """Nobody was looked into, so that the same is said of all that one template makes."""
    first = replicas[0]
    said = Unplaced(
        namespace=first.namespace,
        agent=first.name,
        priority=first.spec.priority,
        message=NO_TIME,
        reasons=_NOT_LOOKED_INTO,
    )
    return said, tuple(map(NAME, replicas))


def too_short(snapshot: Snapshot, settings: Settings, why: str) -> str:
    """The warning of a limit that not all agents can be placed in."""
    limit, pending = f"{settings.time_limit:g} s", len(snapshot.pending)
    return f"the time limit of {limit} is too short for {pending} agents: {why}"


def _importance(replicas: list[Agent]) -> tuple[int, str, str, str]:
    first = replicas[0]
    return (-first.spec.priority, *turn(first))
