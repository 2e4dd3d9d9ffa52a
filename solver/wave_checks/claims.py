"""What a rebalance plan says of itself beside its waves: status, who may move, who stays, what is proven.

A plan from elsewhere may leave out who may move and who is blocked; what it says has to be so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise

from placewright.models.plan import Status
from placewright.models.rebalance_plan import ParetoPoint, RebalanceLevel, RebalancePlan
from placewright.models.rules.base import Violation
from placewright.models.scores.used_nodes import keeps_in_use
from placewright.models.state import ClusterState
from placewright.solver.wave_checks.fits import LIMIT, PLAN

HAIR = 1e-9
"""Gaps are floating-point numbers."""


def claims(plan: RebalancePlan, pinned: Mapping[str, str], after: ClusterState) -> Iterator[Violation]:
    """Everything that is not as the plan says.

    pinned: running agent -> why it may not move, "" where it may. after: the state that the plan leads to.
    """
    yield from _status(plan)
    yield from _limits(plan)
    yield from _who_moves(plan, pinned)
    yield from _who_is_left(plan, after)
    for level in plan.levels:
        if abs(level.gap - _gap(level)) > HAIR:
            yield Violation(PLAN, f"level {level.name}: its gap is {_gap(level):.6f}, not {level.gap:.6f}")
    if abs(plan.gap - max(0.0, next((g for g in map(_gap, plan.levels) if g), 0.0))) > HAIR:
        yield Violation(PLAN, "its gap is not that of its first level that is not proven")
    yield from _pareto(plan.pareto)


def _status(plan: RebalancePlan) -> Iterator[Violation]:
    """`optimal` where every level is at its bound and nobody is left, `infeasible` where somebody is."""
    left = plan.after.on_drained
    if plan.status is Status.OPTIMAL:
        open_levels = [level.name for level in plan.levels if level.value != level.bound]
        if not plan.levels or open_levels:
            missing = open_levels[0] if open_levels else "none is stated"
            yield Violation(PLAN, f"says optimal, but not every level is at its bound: {missing}")
        if left or plan.broken_after:
            yield Violation(PLAN, "says optimal, but somebody is left on a drained node, or breaks a rule")
    elif plan.status is Status.INFEASIBLE:
        if not left:
            yield Violation(PLAN, "says infeasible, but nobody is left on a drained node")
    elif plan.status is not Status.FEASIBLE:
        yield Violation(PLAN, f"says {plan.status}: a plan is optimal, feasible or infeasible")


def _limits(plan: RebalancePlan) -> Iterator[Violation]:
    """More moves, or dearer ones, than its terms allow."""
    moves, cost = plan.terms.max_moves, plan.terms.max_disruption
    if moves is not None and plan.moves > moves:
        yield Violation(LIMIT, f"{plan.moves} moves, {moves} is the most")
    if cost is not None and plan.cost > cost:
        yield Violation(LIMIT, f"moves cost {plan.cost}, {cost} is the most")


def _who_moves(plan: RebalancePlan, pinned: Mapping[str, str]) -> Iterator[Violation]:
    reasons = Counter(pinned.values())
    movable = reasons.pop("", 0)
    if "movable" in plan.model_fields_set and plan.movable != movable:
        yield Violation(PLAN, f"{movable} agents may move, not {plan.movable}")
    if "pinned" in plan.model_fields_set and {p.reason: p.agents for p in plan.pinned} != dict(reasons):
        yield Violation(PLAN, "who stays, and why, is not as it says")


def _who_is_left(plan: RebalancePlan, after: ClusterState) -> Iterator[Violation]:
    if "blocked" not in plan.model_fields_set:
        return
    left = {
        (key, name)
        for name in plan.goals.drained
        for key, agent in after.agents_on(name).items()
        if keeps_in_use(agent)
    }
    said = {(f"{item.namespace}/{item.agent}", item.node) for item in plan.blocked}
    for key, name in sorted(left ^ said):
        verb = "is left on a drained node and not listed" if (key, name) in left else "is not left there"
        yield Violation(PLAN, f"blocked: {verb}", key, name)


def _gap(level: RebalanceLevel) -> float:
    return (level.value - level.bound) / max(1, abs(level.value), abs(level.bound))


def _pareto(points: tuple[ParetoPoint, ...]) -> Iterator[Violation]:
    for point in points:
        where = f"pareto: at {point.max_moves} moves"
        if point.moves > point.max_moves:
            yield Violation(PLAN, f"{where} it moves {point.moves}")
        if point.value < point.bound or point.proven != (point.value == point.bound):
            yield Violation(
                PLAN, f"{where} {point.value} and its bound {point.bound} do not fit what is proven"
            )
    for fewer, more in pairwise(points):
        if more.value > fewer.value or more.max_moves <= fewer.max_moves:
            yield Violation(PLAN, f"pareto: {more.max_moves} moves are worse than {fewer.max_moves}")
