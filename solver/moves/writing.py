"""A target that was reached, written down as a rebalance plan: names, figures, levels, reasons and waves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from placewright.models.agent import Agent
from placewright.models.audit import broken, placed
from placewright.models.goals import Goals
from placewright.models.plan import Status
from placewright.models.rebalance_levels import DRAIN, LevelMeaning, goal_name
from placewright.models.rebalance_plan import (
    DeleteOptions,
    EvictionMetadata,
    EvictionObject,
    PlannedBinding,
    PlannedGoals,
    PlannedMove,
    PlannedTerms,
    Preconditions,
    Reasons,
    RebalanceLevel,
    RebalancePlan,
    Reservation,
    Wave,
)
from placewright.models.state import ClusterState
from placewright.solver.clock import Deadline
from placewright.solver.figures import figures
from placewright.solver.moves.blocked import blocked
from placewright.solver.moves.cluster import Move
from placewright.solver.moves.reached import Reached
from placewright.solver.moves.task import Task

HOSTNAME = "kubernetes.io/hostname"


class Writer:
    """Writes plans for one task."""

    def __init__(self, task: Task, deadline: Deadline) -> None:
        self._task = task
        self._deadline = deadline
        self._question = task.question

    def plan(self, found: Reached) -> RebalancePlan:
        """The plan for what was reached, with everything but its timing and what fewer moves would bring."""
        task, question, drained = self._task, self._question, self._task.goals.drained
        before, after = placed(question.asked, question.home), placed(question.asked, found.where)
        moves = [move for wave in found.route.waves for move in wave]
        levels = self._levels(found, before, after)
        still = broken(question.asked, found.where) if moves and question.broken else question.broken
        plan = RebalancePlan(
            status=Status.FEASIBLE,
            verdict="",
            goals=PlannedGoals.of(task.goals),
            terms=PlannedTerms.of(task.options),
            levels=levels,
            gap=next((level.gap for level in levels if level.value != level.bound), 0.0),
            moves=len(moves),
            cost=sum(map(self._trip, moves)),
            movable=len(question.home),
            pinned=tuple(
                Reasons(reason=reason, agents=number)
                for reason, number in sorted(Counter(pin.reason for pin in question.pinned.values()).items())
            ),
            broken_before=len(question.broken),
            broken_after=len(still),
            before=figures(before, drained),
            after=figures(after, drained),
            waves=tuple(self._waves(found.route.waves)),
            blocked=tuple(blocked(task, after, found.route.stuck, moves, self._deadline)),
            warnings=(*question.snapshot.warnings, *found.target.warnings),
            notes=(*question.snapshot.notes, *_silent(task.goals, levels), *_notes(found)),
        )
        status = self._status(plan, found)
        return plan.model_copy(update={"status": status, "verdict": verdict(plan, status)})

    def _levels(
        self, found: Reached, before: ClusterState, after: ClusterState
    ) -> tuple[RebalanceLevel, ...]:
        task = self._task
        fare = task.costs.fare(found.where)
        meaning = LevelMeaning(before, after, task.goals.drained, task.options.min_gain, fare)
        levels = []
        for name, known in zip(found.target.names, found.target.values, strict=True):
            parts = meaning.parts(name)
            if parts is not None:
                then, now, terms = parts
                bound = min(known.bound, now)
                gap = (now - bound) / max(1, abs(now), abs(bound))
                levels.append(
                    RebalanceLevel(name=name, before=then, value=now, bound=bound, gap=gap, terms=terms)
                )
        return tuple(levels)

    def _status(self, plan: RebalancePlan, found: Reached) -> Status:
        if plan.blocked:
            drain = next(level for level in plan.levels if level.name == DRAIN)
            # Who may not move stays whatever is tried; of the others it has to be proven.
            if drain.bound > 0 or any(
                f"{b.namespace}/{b.agent}" in self._question.pinned for b in plan.blocked
            ):
                return Status.INFEASIBLE
        proven = found.direct and all(level.value == level.bound for level in plan.levels)
        return Status.OPTIMAL if proven and not plan.broken_after else Status.FEASIBLE

    def _waves(self, waves: Sequence[Sequence[Move]]) -> Iterator[Wave]:
        snapshot, asked = self._question.snapshot, self._question.asked
        state = placed(asked, self._question.home)
        moved: set[str] = set()
        for number, wave in enumerate(waves, start=1):
            for move in wave:
                agent = asked.agent_by_key[move.key]
                state.remove(agent, asked.node_by_name[move.source])
                state.place(agent, asked.node_by_name[move.target])
            going = [(snapshot.agent_by_key[move.key], move) for move in wave]
            yield Wave(
                number=number,
                moves=tuple(self._planned(agent, move) for agent, move in going),
                evictions=tuple(_eviction(agent, again=agent.key in moved) for agent, _ in going),
                reservations=tuple(_reservation(agent, move) for agent, move in going),
                bindings=tuple(self._binding(agent, move) for agent, move in going),
                leaves=figures(state, self._task.goals.drained),
            )
            moved.update(move.key for move in wave)

    def _planned(self, agent: Agent, move: Move) -> PlannedMove:
        return PlannedMove(
            namespace=agent.namespace,
            agent=agent.name,
            from_node=move.source,
            to_node=move.target,
            discipline=move.discipline,
            why=move.why,
            cost=self._trip(move),
        )

    def _binding(self, agent: Agent, move: Move) -> PlannedBinding:
        owner = f"{agent.owner.kind}/{agent.owner.name}" if agent.owner is not None else ""
        host = self._hosts.get(move.target, "")
        return PlannedBinding(
            namespace=agent.namespace,
            replaces=agent.name,
            owner=owner,
            node=move.target,
            node_selector={HOSTNAME: host} if host else {},
        )

    @cached_property
    def _hosts(self) -> Mapping[str, str]:
        """The host names of nodes, by the node's name, that no other node has."""
        nodes = self._question.snapshot.nodes
        known = Counter(node.labels.get(HOSTNAME, "") for node in nodes)
        hosts = {node.name: node.labels.get(HOSTNAME, "") for node in nodes}
        return {name: host for name, host in hosts.items() if host and known[host] == 1}

    def _trip(self, move: Move) -> int:
        agent = self._question.snapshot.agent_by_key[move.key]
        return self._task.costs.trip(agent, move.source, move.target)


def _eviction(agent: Agent, *, again: bool) -> EvictionObject:
    uid = "" if again else agent.uid
    return EvictionObject(
        metadata=EvictionMetadata(name=agent.name, namespace=agent.namespace),
        delete_options=DeleteOptions(preconditions=Preconditions(uid=uid)) if uid else None,
    )


def _reservation(agent: Agent, move: Move) -> Reservation:
    requests = dict(sorted(agent.spec.requests.items()))
    return Reservation(node=move.target, namespace=agent.namespace, replaces=agent.name, requests=requests)


def _silent(goals: Goals, levels: Sequence[RebalanceLevel]) -> Iterator[str]:
    """Goals that say nothing here, so that nobody takes "proven" for more than it is."""
    for goal in goals.scored:
        if all(level.name != goal_name(goal) for level in levels):
            yield f"goal {goal} says nothing: the input has nothing that its scores look at"


def _notes(found: Reached) -> Iterator[str]:
    route = found.route
    if found.detours:
        yield f"{found.detours} moves are detours: agents that wait for each other let one of them pass"
    if route.changed:
        yield f"{len(route.changed)} agents go elsewhere than was best, as no order of moves leads there"
    for key, reason in sorted(route.stuck.items())[:5]:
        yield f"{key} never gets to {found.target.where[key]}: {reason}"
    if len(route.stuck) > 5:
        yield f"{len(route.stuck) - 5} more agents never get where they would be best"


def verdict(plan: RebalancePlan, status: Status) -> str:
    """In one line: what moves and what that brings, or that nothing is worth a move."""
    on_drained = plan.after.on_drained
    if status is Status.INFEASIBLE:
        stay = f"{on_drained} agent{'' if on_drained == 1 else 's'}"
        return f"{stay} cannot leave the nodes to be drained; {plan.extent} otherwise"
    if plan.blocked:
        stay = f"{on_drained} agent{'' if on_drained == 1 else 's'}"
        return f"{stay} left on the nodes to be drained, perhaps not for good; {plan.extent} otherwise"
    if not plan.moves:
        return (
            "nothing is worth a move, proven"
            if status is Status.OPTIMAL
            else "nothing worth a move was found"
        )
    proof = "proven: no other way is better" if status is Status.OPTIMAL else "verified"
    return f"{plan.extent}, {proof}"
