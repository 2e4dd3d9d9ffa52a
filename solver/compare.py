"""Plans side by side: each is verified, then all are judged by one profile, level by level.

Values come from the state that a plan leads to, so that anybody's plan can be judged. Bounds come from plans
that state levels of this profile. A bound was proven given the levels above: it holds for every plan that is
as good there, and for no other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from placewright.models.comparison import AgentCount, ComparedLevel, ComparedPlan, Comparison
from placewright.models.errors import UsageError
from placewright.models.levels import (
    BUDGETS,
    EVICTED,
    QOS_NAME,
    importance,
    level_values,
    sense_of,
    stage_terms,
)
from placewright.models.plan import Plan, Status
from placewright.models.plan_file import read_plan
from placewright.models.scores.used_nodes import used_nodes
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.solver.report import violation_line
from placewright.solver.sequential import schedule
from placewright.solver.utilisation import utilisations
from placewright.solver.verify import Refused, VerifiedPlan, verify, wrong_levels

BASELINE = "greedy"
"""The name of the sequential baseline's plan."""


@dataclass(frozen=True)
class Contender:
    """A plan and what it is called."""

    name: str
    plan: Plan


def contenders(
    snapshot: Snapshot, paths: Sequence[str], *, baseline: bool, preempt: bool
) -> tuple[Contender, ...]:
    """The plans in files, and the sequential baseline's where asked for. Raises InputError, UsageError."""
    if not paths and not baseline:
        raise UsageError("expected at least one plan, or --baseline greedy", field="--plan")
    found = [Contender(name, read_plan(path)) for name, path in zip(_names(paths), paths, strict=True)]
    if baseline:
        found.append(Contender(BASELINE, schedule(snapshot, preempt=preempt).plan()))
    return tuple(found)


def _names(paths: Sequence[str]) -> Iterator[str]:
    """The names of files, or where two are alike their paths; a path that is given twice is numbered."""
    short = Counter(PurePath(path).name for path in paths)
    seen: Counter[str] = Counter()
    for path in paths:
        name = PurePath(path).name
        name = path if short[name] > 1 or name == BASELINE else name
        seen[name] += 1
        yield name if seen[name] == 1 else f"{name}#{seen[name]}"


def compare(snapshot: Snapshot, plans: Sequence[Contender], *, preempt: bool = False) -> Comparison:
    """Judge plans for `snapshot` by its profile. With `preempt`, or where one evicts, evictions count too."""
    verdicts = [verify(snapshot, contender.plan, levels=False) for contender in plans]
    evicts = preempt or any(
        contender.plan.evictions
        or any(level.name.startswith((BUDGETS, EVICTED)) for level in contender.plan.levels)
        for contender in plans
    )
    order = importance(snapshot, preempt=evicts)
    judged = [
        _Judged.of(contender.name, verdict, order)
        for contender, verdict in zip(plans, verdicts, strict=True)
        if isinstance(verdict, VerifiedPlan)
    ]
    proofs, notes = _proofs(judged, order)
    best, decided_by, verdict_line = _verdict(judged, order, asked=len(plans))
    by_name = {one.name: one for one in judged}
    return Comparison(
        profile=snapshot.options.profile.name,
        verdict=verdict_line,
        best=best,
        decided_by=decided_by,
        plans=tuple(
            _refused(contender.name, verdict)
            if isinstance(verdict, Refused)
            else _compared(by_name[contender.name], order, proofs)
            for contender, verdict in zip(plans, verdicts, strict=True)
        ),
        warnings=snapshot.warnings,
        notes=tuple(notes),
    )


@dataclass(frozen=True)
class _Judged:
    """A valid plan with its value at every level.

    bounds: those it states, by level, where they are about these levels; else `why_not`.
    """

    name: str
    verified: VerifiedPlan
    values: Mapping[str, int]
    bounds: Mapping[str, int]
    why_not: str = ""

    @classmethod
    def of(cls, name: str, verified: VerifiedPlan, order: Sequence[str]) -> _Judged:
        values, plan = level_values(verified.state), verified.plan
        why_not = _unusable(verified, order) if plan.levels else ""
        bounds = {} if why_not else {level.name: level.bound for level in plan.levels}
        return cls(name, verified, {level: values[level] for level in order}, bounds, why_not)

    def key(self, order: Sequence[str]) -> tuple[int, ...]:
        """The larger the better."""
        return tuple(_goodness(level, self.values[level]) for level in order)


def _unusable(verified: VerifiedPlan, order: Sequence[str]) -> str:
    """Why what a plan proves is not about these levels; "" where it is."""
    plan = verified.plan
    if any(True for _ in wrong_levels(verified.snapshot, plan, verified.state)):
        return "states levels that are not this profile's"
    stated = [level.name for level in plan.levels]
    unstated = [level for level in order if level not in stated]
    costs = (name for name in unstated if sense_of(name) == "minimize")
    if plan.status is Status.TIMEOUT and any(not name.startswith((BUDGETS, EVICTED)) for name in costs):
        return "ran out of time before its levels were worked out"
    if any(not level.startswith(BUDGETS) and level != QOS_NAME for level in unstated):
        return "was made without evictions"
    return "" if stated == [level for level in order if level in stated] else "orders its levels otherwise"


def _goodness(level: str, value: int) -> int:
    return value if sense_of(level) == "maximize" else -value


def _proofs(judged: Sequence[_Judged], order: Sequence[str]) -> tuple[list[_Judged], list[str]]:
    """The plans whose bounds hold, and what is to be said of the others."""
    notes = [f"{one.name} {one.why_not}: its bounds are not used" for one in judged if one.why_not]
    proofs = []
    for one in (one for one in judged if one.bounds):
        beyond = next((other for other in judged if _beyond(other, one, order)), None)
        if beyond is None:
            proofs.append(one)
        else:
            notes.append(f"{beyond.name} is better than {one.name} says is possible: its bounds are not used")
    return proofs, notes


def _beyond(other: _Judged, proof: _Judged, order: Sequence[str]) -> bool:
    """Whether a plan is where another one has proven that none can be: it was made for something else."""
    return any(
        _goodness(level, other.values[level]) > _goodness(level, bound)
        for level in order
        for bound in _bounds_on(other, level, [proof], order)
    )


def _bounds_on(one: _Judged, level: str, proofs: Sequence[_Judged], order: Sequence[str]) -> Iterator[int]:
    """The bounds that hold for a plan at a level: of those that are nowhere better than it above."""
    above = order[: order.index(level)]
    for proof in proofs:
        if level in proof.bounds and all(
            _goodness(name, one.values[name]) >= _goodness(name, proof.values[name]) for name in above
        ):
            yield proof.bounds[level]


def _verdict(
    judged: Sequence[_Judged], order: Sequence[str], *, asked: int
) -> tuple[tuple[str, ...], str, str]:
    """Who is best, at which level that is decided, and the line that says so."""
    if len(judged) < 2:
        names = tuple(one.name for one in judged)
        if not names:
            return (), "", "no plan is valid"
        return names, "", f"{names[0]} is {'the only valid plan' if asked > 1 else 'valid'}"
    ranked = sorted(judged, key=lambda one: one.key(order), reverse=True)
    top = ranked[0].key(order)
    best = [one for one in judged if one.key(order) == top]
    names = tuple(one.name for one in best)
    if len(best) == len(judged):
        return names, "", f"no level differs: {_and(names)} are equally good"
    second = ranked[len(best)]
    level = next(name for name in order if ranked[0].values[name] != second.values[name])
    how = "better" if len(judged) == 2 else "best"
    against = f" ({second.name})" if len(judged) > 2 else ""
    is_ = "is" if len(names) == 1 else "are"
    line = f"{_and(names)} {is_} {how}: {level} {ranked[0].values[level]} against {second.values[level]}"
    return names, level, line + against


def _and(names: Sequence[str]) -> str:
    return " and ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else names[0]


def _refused(name: str, refused: Refused) -> ComparedPlan:
    return ComparedPlan(
        name=name, valid=False, violations=tuple(violation_line(one) for one in refused.violations)
    )


def _compared(one: _Judged, order: Sequence[str], proofs: Sequence[_Judged]) -> ComparedPlan:
    state = one.verified.state
    used = list(used_nodes(state))
    return ComparedPlan(
        name=one.name,
        valid=True,
        levels=tuple(_level(one, level, proofs, order) for level in order),
        agents=tuple(_agents(state)),
        evicted=len(state.evicted),
        placed_anew=sum(agent.key in state.new for agent in state.evicted),
        nodes_in_use=len(used),
        price=sum(node.price for node in used),
        utilisation=utilisations(state),
    )


def _level(one: _Judged, level: str, proofs: Sequence[_Judged], order: Sequence[str]) -> ComparedLevel:
    state, value = one.verified.state, one.values[level]
    stages = {stage.name: stage for stage in state.snapshot.options.profile.stages}
    bounds = sorted(_bounds_on(one, level, proofs, order), key=lambda bound: _goodness(level, bound))
    bound = bounds[0] if bounds else None
    return ComparedLevel(
        name=level,
        sense=sense_of(level),
        value=value,
        bound=bound,
        gap=None if bound is None else abs(bound - value) / max(1, abs(bound), abs(value)),
        terms=stage_terms(state, stages[level]) if level in stages else (),
    )


def _agents(state: ClusterState) -> Iterator[AgentCount]:
    pending = Counter(agent.spec.priority for agent in state.snapshot.pending)
    placed = Counter(a.spec.priority for a in state.snapshot.pending if a.key in state.new)
    for priority in sorted(pending, reverse=True):
        yield AgentCount(priority=priority, placed=placed[priority], pending=pending[priority])
