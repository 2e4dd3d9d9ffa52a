"""Builders for clusters that run: agents of a ReplicaSet that may move, and plans for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from placewright.models.agent import Agent, OwnerReference, Phase
from placewright.models.audit import broken, placed, to_be_placed
from placewright.models.goals import Goals, parse_goals, world
from placewright.models.movable import Discipline, MovePolicy, pinned
from placewright.models.move_cost import MoveCosts
from placewright.models.plan import Status
from placewright.models.policy import PodDisruptionBudget
from placewright.models.rebalance_options import Limits, RebalanceOptions
from placewright.models.rebalance_plan import (
    EvictionMetadata,
    EvictionObject,
    PlannedBinding,
    PlannedGoals,
    PlannedMove,
    PlannedTerms,
    RebalancePlan,
    Reservation,
    Wave,
)
from placewright.models.snapshot import Snapshot
from placewright.solver.figures import figures
from placewright.solver.rebalance import rebalance
from placewright.solver.settings import Settings
from placewright.solver.verify_rebalance import VerifiedRebalance
from placewright.tests.builders import agent, selector

EVICTS = Discipline.EVICT_THEN_BIND
QUICK = Settings(time_limit=2.0, workers=1, deterministic=True)


def runs(name: str, on: str, *, app: str = "web", kind: str = "ReplicaSet", **fields: Any) -> Agent:
    """An agent that runs on a node and is made anew by its controller; its label app is `app`."""
    return agent(
        name,
        on=on,
        phase=Phase.RUNNING,
        uid=f"uid-{name}",
        labels={"app": app},
        owner=OwnerReference(kind, app),
        **fields,
    )


def budget(app: str = "web", name: str = "", **fields: Any) -> PodDisruptionBudget:
    """A disruption budget for the agents with this label app."""
    return PodDisruptionBudget("default", name or app, selector(app=app), **fields)


def plan_for(cluster: Snapshot, *goals: str, settings: Settings = QUICK, **options: Any) -> RebalancePlan:
    """The plan of a rebalance, which must verify."""
    verdict = rebalance(cluster, parse_goals(goals), RebalanceOptions(**options), settings)
    assert isinstance(verdict, VerifiedRebalance), verdict.violations
    return verdict.plan


def goes(plan: RebalancePlan) -> dict[str, str]:
    """Where each agent that moves ends, by name."""
    return {move.agent: move.to_node for move in plan.all_moves}


def waves_of(plan: RebalancePlan) -> list[list[str]]:
    """The names of the agents that move in each wave."""
    return [sorted(move.agent for move in wave.moves) for wave in plan.waves]


def after(cluster: Snapshot, plan: RebalancePlan) -> Snapshot:
    """The cluster once a plan has been carried out: the same agents, elsewhere."""
    ends = {move.key: move.to_node for move in plan.all_moves}
    agents = (replace(a, node_name=ends.get(a.key, a.node_name)) for a in cluster.agents)
    return replace(cluster, agents=tuple(agents))


def plan_of(
    cluster: Snapshot,
    waves: Sequence[Sequence[PlannedMove]],
    goals: Goals,
    policy: MovePolicy = MovePolicy(),  # noqa: B008 - immutable
) -> RebalancePlan:
    """A plan with these waves that says nothing of levels; its figures are right, its moves may not be."""
    judged = world(cluster, goals)
    where = {
        key: cluster.agent_by_key[key].node_name for key, why in pinned(judged, policy).items() if not why
    }
    asked = to_be_placed(judged, where)
    nothing = placed(asked, where)
    at_first = broken(asked, where)
    made = []
    for number, wave in enumerate(waves, start=1):
        where = {**where, **{move.key: move.to_node for move in wave}}
        made.append(
            Wave(
                number=number,
                moves=tuple(wave),
                evictions=tuple(
                    EvictionObject(metadata=EvictionMetadata(name=m.agent, namespace=m.namespace))
                    for m in wave
                ),
                reservations=tuple(
                    Reservation(
                        node=m.to_node,
                        namespace=m.namespace,
                        replaces=m.agent,
                        requests=dict(cluster.agent_by_key[m.key].spec.requests),
                    )
                    for m in wave
                ),
                bindings=tuple(
                    PlannedBinding(namespace=m.namespace, replaces=m.agent, node=m.to_node) for m in wave
                ),
                leaves=figures(placed(asked, where), goals.drained),
            )
        )
    moves = [move for wave in waves for move in wave]
    return RebalancePlan(
        status=Status.FEASIBLE,
        verdict="",
        goals=PlannedGoals.of(goals),
        terms=PlannedTerms.of(RebalanceOptions(policy, limits=Limits(per_workload=0))),
        moves=len(moves),
        cost=sum(move.cost for move in moves),
        broken_before=len(at_first),
        broken_after=len(broken(asked, where)),
        before=figures(nothing, goals.drained),
        after=figures(placed(asked, where), goals.drained),
        waves=tuple(made),
    )


def move(cluster: Snapshot, name: str, to: str, discipline: Discipline = EVICTS) -> PlannedMove:
    """The move of an agent of the default namespace, or of `namespace/name`."""
    key = name if "/" in name else f"default/{name}"
    agent = cluster.agent_by_key[key]
    return PlannedMove(
        namespace=agent.namespace,
        agent=agent.name,
        from_node=agent.node_name,
        to_node=to,
        discipline=discipline,
        why="goal",
        cost=MoveCosts(cluster, MovePolicy()).of(agent),
    )
