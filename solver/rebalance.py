"""The whole line for a rebalance: snapshot in, a verified plan of waves out.

Target and path are found together: where no path leads to a target, or only a longer one, the target is cut
off and the next best one is looked for, while there is time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from placewright.models.agent import Agent
from placewright.models.audit import broken, placed
from placewright.models.goals import Goals
from placewright.models.move_cost import MoveCosts
from placewright.models.plan import Status
from placewright.models.rebalance_options import RebalanceOptions
from placewright.models.rebalance_plan import (
    DeleteOptions,
    EvictionMetadata,
    EvictionObject,
    Figures,
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
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.solver.clock import Deadline, Phases
from placewright.solver.figures import figures
from placewright.solver.moves.blocked import blocked
from placewright.solver.moves.descend import Allowance
from placewright.solver.moves.pareto import pareto
from placewright.solver.moves.passage import Move
from placewright.solver.moves.question import Question, ask
from placewright.solver.moves.target import Finder, Target
from placewright.solver.moves.waves import Route, Router
from placewright.solver.settings import Settings
from placewright.solver.verify_rebalance import (
    RefusedRebalance,
    VerifiedRebalance,
    level_parts,
    verify_rebalance,
)

PATH_SHARE = 0.4
"""The part of the time limit that is kept for the path and for verifying it."""
MOST_CUTS = 30
"""How many targets without a direct path are cut off before the best plan so far is taken."""


@dataclass(frozen=True)
class _Found:
    """A target with the route that leads to it, or as near to it as it gets."""

    target: Target
    route: Route
    where: Mapping[str, str]

    @property
    def direct(self) -> bool:
        """Whether everybody gets where they are meant to be, each in one move."""
        return not self.route.stuck and not self.route.changed and self.detours == 0

    @property
    def detours(self) -> int:
        moved = {move.key for wave in self.route.waves for move in wave}
        return self.route.moves - len(moved)


def rebalance(
    snapshot: Snapshot,
    goals: Goals,
    options: RebalanceOptions,
    settings: Settings,
    *,
    progress: Callable[[str], None] | None = None,
) -> VerifiedRebalance | RefusedRebalance:
    """What should move, and in which order. Expected failures are in the plan, never raised.

    Raises UsageError where the goals name nodes that are not there.
    """
    report = progress or (lambda _: None)
    phases = Phases()
    whole = Deadline(settings.time_limit)
    with phases("compile"):
        question = ask(snapshot, goals, options.policy)
        finder = Finder(question, goals, options, settings, report)
    report(f"{len(question.home)} agents may move, {len(question.pinned)} stay")
    planner = _Planner(question, goals, options, settings, finder, whole, report)
    found = planner.best(phases)
    with phases("plan"):
        plan = planner.plan(found)
    if options.pareto:
        with phases("pareto"):
            most = len({move.key for move in plan.all_moves})
            points = tuple(pareto(question, finder, options, most, Deadline(settings.time_limit)))
            plan = plan.model_copy(update={"pareto": points})
    with phases("verify"):
        verdict = verify_rebalance(snapshot, plan)
    if isinstance(verdict, RefusedRebalance) or settings.deterministic:
        return verdict
    return verdict.timed({name: round(seconds, 6) for name, seconds in phases.seconds.items()})


class _Planner:
    def __init__(
        self,
        question: Question,
        goals: Goals,
        options: RebalanceOptions,
        settings: Settings,
        finder: Finder,
        deadline: Deadline,
        report: Callable[[str], None],
    ) -> None:
        self._question = question
        self._goals = goals
        self._options = options
        self._settings = settings
        self._finder = finder
        self._deadline = deadline
        self._report = report
        self._costs: MoveCosts = finder.costs

    def best(self, phases: Phases) -> _Found:
        """The best target with a path to it: the first whose path is direct, else the best of those tried."""
        limit = self._settings.time_limit
        found: list[_Found] = []
        cuts: list[Mapping[tuple[int, int], int]] = []
        while True:
            share = self._deadline.minus(limit * PATH_SHARE).remaining()
            with phases("solve"):
                target = self._finder.find(Deadline(share / (2 if found else 1)), cuts)
            if found and self._rank(target) >= self._rank_of(found):
                break
            with phases("path"):
                found.append(self._routed(target))
            self._report(f"path: {found[-1].route.moves} moves in {len(found[-1].route.waves)} waves")
            again = target.searched and target.arrivals and len(cuts) < MOST_CUTS
            if found[-1].direct or not again or self._deadline.minus(limit * PATH_SHARE).passed:
                break
            cuts.append(target.arrivals)
        return min(found, key=self._worth)

    def _rank(self, target: Target) -> tuple[int, ...]:
        """What a plan for a target is worth at best, smaller is better."""
        return (len(target.broken), *(known.value for known in target.values))

    def _rank_of(self, found: list[_Found]) -> tuple[int, ...]:
        return min(self._worth(one)[: 1 + len(one.target.values)] for one in found)

    def _worth(self, found: _Found) -> tuple[int, ...]:
        """What a plan is worth, detours included, smaller is better: first of all who gets there."""
        target = found.target
        where = {**target.where, **found.where}
        if found.route.stuck or found.route.changed:
            state = placed(self._question.asked, where)
            values = self._values(state, where, target.names)
        else:
            values = [known.value for known in target.values]
        detour = sum(
            self._costs.of(self._question.snapshot.agent_by_key[key]) * (times - 1)
            for key, times in Counter(m.key for wave in found.route.waves for m in wave).items()
        )
        values[-1] += detour
        return (len(target.broken), *values, found.route.moves, len(found.route.waves))

    def _values(self, state: ClusterState, where: Mapping[str, str], names: tuple[str, ...]) -> list[int]:
        plan, before = self._draft(), placed(self._question.asked, self._question.home)
        parts = (level_parts(name, plan, before, state, self._fare(where)) for name in names)
        return [part[1] for part in parts if part is not None]

    def _routed(self, target: Target) -> _Found:
        home = self._question.home
        going = {key: name for key, name in target.where.items() if name != home[key]}
        drained = set(self._goals.drained)
        why = {
            key: "drain" if home[key] in drained else "repair" if key in self._question.broken else "goal"
            for key in going
        }
        router = Router(
            self._question.snapshot,
            going,
            why,
            policy=self._options.policy,
            limits=self._options.limits,
            elsewhere=_Elsewhere(self._question, self._finder),
            cost=lambda key: self._costs.of(self._question.snapshot.agent_by_key[key]),
            detours=self._detours(going),
            deadline=self._deadline.minus(self._settings.time_limit * PATH_SHARE / 2),
        )
        route = router.run()
        where = dict(home)
        for wave in route.waves:
            where.update({move.key: move.target for move in wave})
        return self._sound(_Found(target, route, where))

    def _detours(self, going: Mapping[str, str]) -> Allowance:
        """What the limits leave beside the moves that a target takes."""
        options, by_key = self._options, self._question.snapshot.agent_by_key
        allowance = Allowance(options.max_moves, options.max_disruption)
        allowance.take(len(going), sum(self._costs.of(by_key[key]) for key in going))
        return allowance

    def _sound(self, found: _Found) -> _Found:
        """The route as far as nobody breaks a rule who did not: all of it, unless some never got there."""
        if not found.route.stuck and not found.route.changed:
            return found
        question = self._question
        waves = list(found.route.waves)
        while waves:
            where = dict(question.home)
            for wave in waves:
                where.update({move.key: move.target for move in wave})
            if not broken(question.asked, where) - question.broken:
                break
            waves.pop()
        where = dict(question.home)
        for wave in waves:
            where.update({move.key: move.target for move in wave})
        return _Found(found.target, replace(found.route, waves=waves), where)

    def _fare(self, where: Mapping[str, str]) -> int:
        by_key = self._question.snapshot.agent_by_key
        return sum(self._costs.of(by_key[k]) for k, name in where.items() if name != self._question.home[k])

    def _draft(self) -> RebalancePlan:
        """A plan that says only how it was asked for."""
        options = self._options
        nothing = Figures(nodes_in_use=0, price=0, on_drained=0)
        return RebalancePlan(
            status=Status.FEASIBLE,
            verdict="",
            goals=PlannedGoals.of(self._goals),
            terms=PlannedTerms.of(options.policy, options.pricing, options.limits, options.min_gain),
            before=nothing,
            after=nothing,
        )

    def plan(self, found: _Found) -> RebalancePlan:
        """Names, figures, levels and reasons for the best that was found."""
        question, target = self._question, found.target
        before, after = placed(question.asked, question.home), placed(question.asked, found.where)
        moves = [move for wave in found.route.waves for move in wave]
        levels = self._levels(found, before, after)
        still = question.broken
        if moves and question.broken:
            still = broken(question.asked, found.where)
        stays = tuple(blocked(question, after, found.route.stuck, self._options))
        drained = self._goals.drained
        plan = self._draft().model_copy(
            update={
                "levels": levels,
                "gap": next((level.gap for level in levels if level.value != level.bound), 0.0),
                "moves": len(moves),
                "cost": sum(self._costs.of(question.snapshot.agent_by_key[move.key]) for move in moves),
                "movable": len(question.home),
                "pinned": tuple(
                    Reasons(reason=reason, agents=number)
                    for reason, number in sorted(Counter(question.pinned.values()).items())
                ),
                "broken_before": len(question.broken),
                "broken_after": len(still),
                "before": figures(before, drained),
                "after": figures(after, drained),
                "waves": tuple(self._waves(found.route)),
                "blocked": stays,
                "warnings": (*question.snapshot.warnings, *target.warnings),
                "notes": (*question.snapshot.notes, *self._notes(found)),
            }
        )
        status = self._status(plan, found)
        return plan.model_copy(update={"status": status, "verdict": verdict(plan, status)})

    def _levels(self, found: _Found, before: ClusterState, after: ClusterState) -> tuple[RebalanceLevel, ...]:
        plan, fare = self._draft(), self._fare(found.where)
        levels = []
        for name, known in zip(found.target.names, found.target.values, strict=True):
            parts = level_parts(name, plan, before, after, fare)
            if parts is not None:
                then, now, terms = parts
                bound = min(known.bound, now)
                gap = (now - bound) / max(1, abs(now), abs(bound))
                levels.append(
                    RebalanceLevel(name=name, before=then, value=now, bound=bound, gap=gap, terms=terms)
                )
        return tuple(levels)

    def _notes(self, found: _Found) -> Iterator[str]:
        route = found.route
        if found.detours:
            yield f"{found.detours} moves are detours: agents that wait for each other let one of them pass"
        if route.changed:
            yield f"{len(route.changed)} agents go elsewhere than was best, as no order of moves leads there"
        for key, reason in sorted(route.stuck.items())[:5]:
            yield f"{key} never gets to {found.target.where[key]}: {reason}"
        if len(route.stuck) > 5:
            yield f"{len(route.stuck) - 5} more agents never get where they would be best"

    def _status(self, plan: RebalancePlan, found: _Found) -> Status:
        if plan.blocked:
            drain = next(level for level in plan.levels if level.name == "drain")
            # Who may not move stays whatever is tried; of the others it has to be proven.
            if drain.bound > 0 or any(
                f"{b.namespace}/{b.agent}" in self._question.pinned for b in plan.blocked
            ):
                return Status.INFEASIBLE
        proven = found.direct and all(level.value == level.bound for level in plan.levels)
        return Status.OPTIMAL if proven and not plan.broken_after else Status.FEASIBLE

    def _waves(self, route: Route) -> Iterator[Wave]:
        snapshot = self._question.snapshot
        state = placed(self._question.asked, self._question.home)
        where = dict(self._question.home)
        moved: set[str] = set()
        for number, wave in enumerate(route.waves, start=1):
            planned = tuple(self._planned(move) for move in wave)
            for move in wave:
                agent = self._question.asked.agent_by_key[move.key]
                state.remove(agent, snapshot.node_by_name[where[move.key]])
                state.place(agent, self._question.asked.node_by_name[move.target])
                where[move.key] = move.target
            yield Wave(
                number=number,
                moves=planned,
                evictions=tuple(
                    _eviction(snapshot.agent_by_key[move.key], again=move.key in moved) for move in wave
                ),
                reservations=tuple(
                    Reservation(
                        node=move.to_node,
                        namespace=move.namespace,
                        replaces=move.agent,
                        requests=dict(sorted(snapshot.agent_by_key[move.key].spec.requests.items())),
                    )
                    for move in planned
                ),
                bindings=tuple(
                    PlannedBinding(
                        namespace=move.namespace,
                        replaces=move.agent,
                        owner=_owner(snapshot.agent_by_key[move.key]),
                        node=move.to_node,
                    )
                    for move in planned
                ),
                leaves=figures(state, self._goals.drained),
            )
            moved.update(move.key for move in wave)

    def _planned(self, move: Move) -> PlannedMove:
        agent = self._question.snapshot.agent_by_key[move.key]
        return PlannedMove(
            namespace=agent.namespace,
            agent=agent.name,
            from_node=move.source,
            to_node=move.target,
            discipline=move.discipline,
            why=move.why,
            cost=self._costs.of(agent),
        )


def _eviction(agent: Agent, *, again: bool) -> EvictionObject:
    uid = "" if again else agent.uid
    return EvictionObject(
        metadata=EvictionMetadata(name=agent.name, namespace=agent.namespace),
        delete_options=DeleteOptions(preconditions=Preconditions(uid=uid)) if uid else None,
    )


def _owner(agent: Agent) -> str:
    return f"{agent.owner.kind}/{agent.owner.name}" if agent.owner is not None else ""


class _Elsewhere:
    """Other nodes for an agent than its target, those with most room first."""

    def __init__(self, question: Question, finder: Finder) -> None:
        self._compilation = finder.compilation
        self._closed = question.closed
        self._group = {
            a.key: g for g in self._compilation.pending for a in self._compilation.groups[g].members
        }

    def __call__(self, key: str, target: str) -> list[str]:
        compilation, g = self._compilation, self._group[key]
        nodes = np.flatnonzero(compilation.cap[g])
        whole = np.maximum(compilation.amounts.whole[nodes], 1)
        room = (compilation.free[nodes] / whole).sum(axis=1)
        ordered = (compilation.nodes[n].name for n in nodes[np.argsort(-room, kind="stable")].tolist())
        return [name for name in ordered if name != target and name not in self._closed]


def verdict(plan: RebalancePlan, status: Status) -> str:
    """In one line: what moves and what that brings, or that nothing is worth a move."""
    on_drained = plan.after.on_drained
    if status is Status.INFEASIBLE:
        stay = f"{on_drained} agent{'' if on_drained == 1 else 's'}"
        return f"{stay} cannot leave the nodes to be drained; {_moves(plan)} otherwise"
    if not plan.moves:
        return (
            "nothing is worth a move, proven"
            if status is Status.OPTIMAL
            else "nothing worth a move was found"
        )
    proof = "proven: no other way is better" if status is Status.OPTIMAL else "verified"
    return f"{_moves(plan)}, {proof}"


def _moves(plan: RebalancePlan) -> str:
    count, waves = plan.moves, len(plan.waves)
    return f"{count} move{'' if count == 1 else 's'} in {waves} wave{'' if waves == 1 else 's'}"
