"""The last gate: a plan against the snapshot it is for. Reads nothing of how the plan was found.

Only `verify` makes a `VerifiedPlan`, and only a `VerifiedPlan` is emitted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from placewright.models.agent import NAME, Agent
from placewright.models.filters import openings
from placewright.models.levels import level_values, stage_terms
from placewright.models.node import Node
from placewright.models.plan import Binding, Plan
from placewright.models.rules import RULES, preemption
from placewright.models.rules.base import Rule, Violation
from placewright.models.rules.victims import needless
from placewright.models.rules.volume_binding import VolumeChoice, choice_violations
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState

PLAN_RULE = "plan"
"""The rule named when a plan does not fit its snapshot at all: unknown names, agents bound twice."""

_Step = tuple[Agent, Node, tuple[int, ...]]
"""A binding: who, where, and with which devices."""

_SEAL = object()


class VerifiedPlan:
    """A plan that breaks no rule of its snapshot, with the state that it leads to."""

    def __init__(self, plan: Plan, state: ClusterState, seal: object) -> None:
        if seal is not _SEAL:
            raise TypeError("only verify() makes a VerifiedPlan")
        self.plan = plan
        self.state = state

    @property
    def snapshot(self) -> Snapshot:
        return self.state.snapshot

    def timed(self, seconds: Mapping[str, float]) -> VerifiedPlan:
        """The same plan with its timing filled in, which is about the run and not about the cluster."""
        return VerifiedPlan(self.plan.model_copy(update={"timing": dict(seconds)}), self.state, _SEAL)


@dataclass(frozen=True)
class Refused:
    """A plan that must not be emitted, and everything that is wrong with it."""

    plan: Plan
    violations: tuple[Violation, ...]


def verify(
    snapshot: Snapshot, plan: Plan, *, rules: Sequence[Rule] = RULES, levels: bool = True
) -> VerifiedPlan | Refused:
    """Check names, every rule on the final state, the order if one is claimed, and the level values.

    Without `levels` what the plan says about its own worth is not judged: a plan made under another profile
    is as valid.
    """
    keys = [binding.key for binding in plan.bindings]
    violations = list(_misfits(snapshot, plan, keys))
    if violations:
        return Refused(plan, tuple(violations))
    steps = _steps(snapshot, plan, keys)
    state = _final_state(snapshot, plan, steps)
    for rule in rules:
        violations.extend(rule.violations(state))
    if not violations and plan.levels:
        violations.extend(_wrong_volumes(snapshot, plan, steps))
    if not violations:
        violations.extend(_needless(state, rules))
        violations.extend(_disorder(snapshot, plan, steps, rules))
        violations.extend(wrong_levels(snapshot, plan, state) if levels else ())
    return Refused(plan, tuple(violations)) if violations else VerifiedPlan(plan, state, _SEAL)


def _needless(state: ClusterState, rules: Sequence[Rule]) -> Iterator[Violation]:
    """Evictions that nobody of higher priority needed."""
    for agent in needless(state, rules):
        message = "could have stayed beside all that are more important"
        yield Violation(preemption.RULE.name, message, agent.key, agent.node_name)


def _misfits(snapshot: Snapshot, plan: Plan, keys: Sequence[str]) -> Iterator[Violation]:
    """Names that the snapshot does not know, and agents that are dealt with twice or not at all."""
    evicted = {eviction.key for eviction in plan.evictions}
    for eviction in plan.evictions:
        key = eviction.key
        agent = snapshot.agent_by_key.get(key)
        if agent is None or not agent.node_name or eviction.node not in ("", agent.node_name):
            yield Violation(PLAN_RULE, "evicts an agent that does not run there", key, eviction.node)
    if len(set(keys)) < len(keys):
        for key, times in Counter(keys).items():
            if times > 1:
                yield Violation(PLAN_RULE, f"bound {times} times", key)
    # A plan that binds nobody needs no index of everybody.
    agents, nodes = snapshot.agent_by_key if keys else {}, snapshot.node_by_name
    for key, binding in zip(keys, plan.bindings, strict=True):
        agent = agents.get(key)
        if agent is None or agent.node_name or binding.uid != agent.uid or binding.node not in nodes:
            yield from _binding_misfits(snapshot, key, binding, evicted)
    if plan.levels:
        yield from _unaccounted(snapshot, plan)


def _binding_misfits(
    snapshot: Snapshot, key: str, binding: Binding, evicted: set[str]
) -> Iterator[Violation]:
    """What is wrong with a binding that is not plainly right."""
    agent = snapshot.agent_by_key.get(key)
    if agent is None:
        yield Violation(PLAN_RULE, "no such agent in the snapshot", key, binding.node)
        return
    if binding.node not in snapshot.node_by_name:
        yield Violation(PLAN_RULE, "no such node in the snapshot", key, binding.node)
    if agent.node_name and key not in evicted:
        yield Violation(PLAN_RULE, f"already assigned to {agent.node_name}", key, binding.node)
    if binding.uid and agent.uid and binding.uid != agent.uid:
        yield Violation(PLAN_RULE, f"uid {binding.uid} is not the agent's, {agent.uid}", key)


def _unaccounted(snapshot: Snapshot, plan: Plan) -> Iterator[Violation]:
    """A plan that states its value says of every pending agent what becomes of it, once."""
    told: dict[str, set[str]] = {}
    for said, names in plan.unplaced.kinds:
        told.setdefault(said.namespace, set()).update(names)
    bound: dict[str, set[str]] = {}
    for binding in plan.bindings:
        bound.setdefault(binding.namespace, set()).add(binding.agent)
    for namespace, placed in bound.items():
        left = told.setdefault(namespace, set())
        for name in sorted(left & placed):
            yield Violation(PLAN_RULE, "both bound and unplaced", f"{namespace}/{name}")
        left |= placed
    # Replicas are together and in one namespace: of very many it is seen at once that nobody is missing.
    for replicas in snapshot.pending_alike:
        known = told.get(replicas[0].namespace, set())
        if not known.issuperset(map(NAME, replicas)):
            for agent in replicas:
                if agent.name not in known:
                    yield Violation(PLAN_RULE, "neither bound nor unplaced", agent.key)


def final_state(snapshot: Snapshot, plan: Plan) -> ClusterState:
    """The state that a plan leads to. Its names must be those of the snapshot, as `verify` checks."""
    return _final_state(snapshot, plan, _steps(snapshot, plan, [binding.key for binding in plan.bindings]))


def _steps(snapshot: Snapshot, plan: Plan, keys: Sequence[str]) -> list[_Step]:
    agents, nodes = snapshot.agent_by_key if keys else {}, snapshot.node_by_name
    return [
        (agents[key], nodes[b.node], tuple(i for part in b.devices for i in part.ids) if b.devices else ())
        for key, b in zip(keys, plan.bindings, strict=True)
    ]


def _final_state(snapshot: Snapshot, plan: Plan, steps: Sequence[_Step]) -> ClusterState:
    state = ClusterState(snapshot)
    _evict(state, plan)
    for agent, node, devices in steps:
        state.place(agent, node, devices)
    return state


def _evict(state: ClusterState, plan: Plan) -> None:
    for eviction in plan.evictions:
        agent = state.snapshot.agent_by_key[eviction.key]
        if state.has(agent):
            state.remove(agent, state.snapshot.node_by_name[agent.node_name])


def _wrong_volumes(snapshot: Snapshot, plan: Plan, steps: Sequence[_Step]) -> Iterator[Violation]:
    """Volume choices that do not serve the claims of the bound agents."""
    placements = {agent.key: node.name for agent, node, _ in steps if agent.spec.claims}
    choices = [VolumeChoice(v.namespace, v.claim, v.volume, v.node) for v in plan.volume_bindings]
    yield from choice_violations(snapshot, placements, choices)


def _disorder(
    snapshot: Snapshot, plan: Plan, steps: Sequence[_Step], rules: Sequence[Rule]
) -> Iterator[Violation]:
    """Where the plan claims an order, the first step that kube-scheduler's filters would refuse.

    The steps together break no rule: what only gets stricter while agents come accepts each of them.
    """
    if not plan.sequential or not plan.levels:
        return
    asked = openings(snapshot, (agent for agent, _, _ in steps), rules)
    if not any(asked.values()):
        return
    state = ClusterState(snapshot)
    _evict(state, plan)
    for agent, node, devices in steps:
        for rule in asked[id(agent.spec)]:
            reason = rule.rejects(state, agent, node)
            if reason is not None:
                yield Violation(reason.rule, f"out of order: {reason.message}", agent.key, node.name)
                return
        state.place(agent, node, devices)


def wrong_levels(snapshot: Snapshot, plan: Plan, state: ClusterState) -> Iterator[Violation]:
    """Level values recomputed from the state alone, and bounds on the right side of them."""
    actual = level_values(state, [level.name for level in plan.levels])
    stages = {stage.name: stage for stage in snapshot.options.profile.stages}
    for level in plan.levels:
        if level.name not in actual:
            profile = snapshot.options.profile.name
            yield Violation(PLAN_RULE, f"level {level.name} is not known to profile {profile}")
        elif level.value != actual[level.name]:
            yield Violation(PLAN_RULE, f"level {level.name} is {actual[level.name]}, not {level.value}")
        elif level.terms and level.terms != stage_terms(state, stages[level.name]):
            yield Violation(PLAN_RULE, f"level {level.name}: its terms are not what the state has")
        if level.value > level.bound if level.sense == "maximize" else level.value < level.bound:
            yield Violation(PLAN_RULE, f"level {level.name}: {level.value} is beyond its bound {level.bound}")
