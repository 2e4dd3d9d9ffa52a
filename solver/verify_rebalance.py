"""The last gate for rebalance plans: a replay, step by step, in the worst order inside each wave.

Reads the snapshot and the plan only. Only `verify_rebalance` makes a `VerifiedRebalance`, and only that is
emitted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from placewright.models.audit import broken_in, placed, to_be_placed
from placewright.models.demands import Demands
from placewright.models.goals import world
from placewright.models.rebalance_levels import LevelMeaning
from placewright.models.rebalance_plan import RebalancePlan
from placewright.models.rules.base import Violation
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.solver.figures import figures
from placewright.solver.wave_checks.claims import claims
from placewright.solver.wave_checks.fits import PLAN
from placewright.solver.wave_checks.replay import Replay

BROKEN = "broken before and after"

_SEAL = object()


class VerifiedRebalance:
    """A rebalance plan that holds at every instant, with the state that it leads to."""

    def __init__(self, plan: RebalancePlan, state: ClusterState, seal: object) -> None:
        if seal is not _SEAL:
            raise TypeError("only verify_rebalance() makes a VerifiedRebalance")
        self.plan = plan
        self.state = state

    def timed(self, seconds: Mapping[str, float]) -> VerifiedRebalance:
        """The same plan with its timing filled in, which is about the run and not about the cluster."""
        return VerifiedRebalance(self.plan.model_copy(update={"timing": dict(seconds)}), self.state, _SEAL)


@dataclass(frozen=True)
class RefusedRebalance:
    """A rebalance plan that must not be carried out, and what is wrong with it, the first thing first."""

    plan: RebalancePlan
    violations: tuple[Violation, ...]


def verify_rebalance(snapshot: Snapshot, plan: RebalancePlan) -> VerifiedRebalance | RefusedRebalance:
    """Replay a plan. Raises UsageError where it drains a node that the snapshot does not hold."""
    goals = plan.goals.goals()
    judged = world(snapshot, goals)
    replay = Replay(judged, plan)
    violations = list(replay.run())
    if not violations:
        ends = _Ends.of(judged, replay.where)
        violations.extend(_broken(plan, ends))
        violations.extend(_wrong(judged, plan, ends))
        violations.extend(claims(plan, replay.pinned, ends.after))
    if violations:
        return RefusedRebalance(plan, tuple(violations))
    return VerifiedRebalance(plan, replay.state, _SEAL)


@dataclass(frozen=True)
class _Ends:
    """The cluster before the first wave and after the last, with all that may move placed.

    where: agent key -> node name after it, of those.
    """

    before: ClusterState
    after: ClusterState
    where: Mapping[str, str]

    @classmethod
    def of(cls, snapshot: Snapshot, where: Mapping[str, str]) -> _Ends:
        asked = to_be_placed(snapshot, where.keys())
        home = {key: snapshot.agent_by_key[key].node_name for key in where}
        return cls(placed(asked, home), placed(asked, where), where)


def _broken(plan: RebalancePlan, ends: _Ends) -> Iterator[Violation]:
    """Agents that break a rule in the end and did not before."""
    before, after = broken_in(ends.before), broken_in(ends.after)
    for key in sorted(after - before):
        yield Violation(BROKEN, "breaks a rule in the end and did not before", key, ends.where[key])
    for said, found in ((plan.broken_before, before), (plan.broken_after, after)):
        if said != len(found):
            yield Violation(PLAN, f"{len(found)} agents break a rule, not {said}")


def _wrong(snapshot: Snapshot, plan: RebalancePlan, ends: _Ends) -> Iterator[Violation]:
    """Numbers that are not what the states have."""
    before, after, drained = ends.before, ends.after, plan.goals.drained
    if plan.before != figures(before, drained) or plan.after != figures(after, drained):
        yield Violation(PLAN, "its figures before or after are not those of the states")
    if (plan.moves, plan.cost) != (len(plan.all_moves), sum(move.cost for move in plan.all_moves)):
        yield Violation(PLAN, "its number of moves, or their cost, is not that of its waves")
    for worse in Demands.of(after).beyond(Demands.of(before)):
        yield Violation(BROKEN, worse)
    fare = plan.terms.costs(snapshot).fare(ends.where)
    meaning = LevelMeaning(before, after, drained, plan.terms.min_gain, fare)
    for level in plan.levels:
        expected = meaning.parts(level.name)
        if expected is None:
            yield Violation(PLAN, f"level {level.name} is not known")
        elif (level.before, level.value, level.terms) != expected:
            yield Violation(PLAN, f"level {level.name} goes from {expected[0]} to {expected[1]}")
        elif level.value < level.bound:
            yield Violation(PLAN, f"level {level.name}: {level.value} is beyond its bound {level.bound}")
