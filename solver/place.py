"""The whole line for one round: snapshot in, verified plan out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from placewright.models.agent import Agent
from placewright.models.levels import stage_terms
from placewright.models.plan import Binding, DeviceAssignment, Level, Plan, Status, VolumeBinding
from placewright.models.rules import RULES
from placewright.models.rules.base import Rule
from placewright.models.rules.volume_binding import choose_volumes
from placewright.models.scores.unscored import unscored
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.solver.blueprint import blueprint
from placewright.solver.bound import affordable
from placewright.solver.clock import Deadline, Phases
from placewright.solver.compilation import Compilation, IntArray
from placewright.solver.compile import compile_problem
from placewright.solver.construct import construct
from placewright.solver.explain import explain_unplaced
from placewright.solver.extract import hand_out_devices, placements, unplaced
from placewright.solver.problem import Problem
from placewright.solver.replay import Step, find_order
from placewright.solver.rules import ENCODERS
from placewright.solver.rules.base import Encoder
from placewright.solver.search import Answer, Search
from placewright.solver.settings import Settings
from placewright.solver.verify import Refused, VerifiedPlan, verify

Progress = Callable[[str], None]
EMIT_SHARE = 0.1
"""The part of the time limit that is kept for ordering, explaining and verifying, at least."""
EMIT_PASSES = 4.0
"""How often what comes after the solve goes over the placement, in passes of `find_order`."""


def place(
    snapshot: Snapshot,
    settings: Settings,
    *,
    progress: Progress | None = None,
    rules: Sequence[Rule] = RULES,
    encoders: Sequence[type[Encoder]] = ENCODERS,
) -> VerifiedPlan | Refused:
    """Place the pending agents of `snapshot`. Expected failures are in the plan, never raised.

    `rules` and `encoders` are for tests that leave one out; verification always uses every rule.
    """
    report = progress or (lambda _: None)
    phases = Phases()
    deadline = Deadline(settings.time_limit * (1.0 - EMIT_SHARE))
    with phases("compile"):
        compilation, problem = compile_problem(snapshot, rules=rules, encoders=encoders)
    report(f"{len(snapshot.pending)} agents in {len(compilation.groups)} groups, {len(snapshot.nodes)} nodes")
    with phases("construct"):
        start = _first_answer(compilation, problem, deadline)
        deadline = deadline.minus(_reserve(compilation, start) - settings.time_limit * EMIT_SHARE)
    with phases("solve"):
        search = Search(problem, start, _acceptor(compilation), settings, deadline, report)
        report(f"strategy: {'one exact model' if search.exact else 'part by part'}")
        answer = search.run()
    with phases("explain"):
        plan = _plan(compilation, problem, answer, settings, out_of_time=deadline.passed)
    with phases("verify"):
        verdict = verify(snapshot, plan)
    if isinstance(verdict, Refused):
        return replace(verdict, plan=plan.model_copy(update={"status": Status.INVALID}))
    if settings.deterministic:
        return verdict
    return verdict.timed({name: round(seconds, 6) for name, seconds in phases.seconds.items()})


def _first_answer(compilation: Compilation, problem: Problem, deadline: Deadline) -> IntArray:
    """The best of three constructions; the later ones only where those before left agents out."""
    reachable = int(np.minimum(problem.size, problem.cap.sum(axis=1)).sum())
    # Without time for the relaxation there still is time for an answer.
    followed = affordable(problem, deadline.remaining() / 2)
    target = blueprint(problem, problem.levels) if followed else None
    best = construct(compilation, deadline, target=target)
    for packed in (False, True):
        if int(best.sum()) == reachable or deadline.passed:
            break
        other = construct(compilation, deadline, packed=packed)
        best = max(best, other, key=lambda count: _rank(problem, count))
    return best


def _reserve(compilation: Compilation, start: IntArray) -> float:
    """Seconds that ordering, explaining and verifying an answer of this size will take."""
    began = time.perf_counter()
    steps = placements(compilation, start)
    find_order(compilation.snapshot, steps, hand_out_devices(compilation.snapshot, steps) or {})
    return EMIT_PASSES * (time.perf_counter() - began)


def _rank(problem: Problem, count: IntArray) -> tuple[int, ...]:
    """Larger is better, level by level."""
    return tuple(
        level.value(count) if level.sense == "maximize" else -level.value(count) for level in problem.levels
    )


def _acceptor(compilation: Compilation) -> Callable[[IntArray], bool]:
    """Whether every rule accepts counts as a finished placement: the guard of partial solves."""

    def accepts(count: IntArray) -> bool:
        steps = placements(compilation, count)
        devices = hand_out_devices(compilation.snapshot, steps)
        if devices is None:
            return False
        state = _final_state(compilation.snapshot, steps, devices)
        return not any(True for rule in RULES for _ in rule.violations(state))

    return accepts


def _final_state(
    snapshot: Snapshot, steps: Sequence[Step], devices: Mapping[str, tuple[int, ...]]
) -> ClusterState:
    state = ClusterState(snapshot)
    for agent, node in steps:
        state.place(agent, node, devices.get(agent.key, ()))
    return state


def _plan(
    compilation: Compilation, problem: Problem, answer: Answer, settings: Settings, *, out_of_time: bool
) -> Plan:
    """Names, order, reasons and proof for an answer."""
    snapshot = compilation.snapshot
    steps = placements(compilation, answer.count)
    # No packing of devices: the verifier will say so, by rule and agent.
    devices = hand_out_devices(snapshot, steps) or {}
    state = _final_state(snapshot, steps, devices)
    replayed = find_order(snapshot, steps, devices)
    stages = {stage.name: stage for stage in snapshot.options.profile.stages}
    levels = tuple(
        Level(
            name=level.name,
            sense=level.sense,
            value=found.value,
            bound=found.bound,
            terms=stage_terms(state, stages[level.name]) if level.name in stages else (),
        )
        for level, found in zip(problem.levels, answer.levels, strict=True)
    )
    notes = list(snapshot.notes)
    if replayed.stuck:
        notes.append(
            f"no order was found in which kube-scheduler's filters accept all bindings one by one: "
            f"{len(replayed.stuck)} come last ({replayed.stuck[0][0].key} is the first)"
        )
    return Plan(
        status=_status(levels, len(steps), len(snapshot.pending), settings, out_of_time=out_of_time),
        levels=levels,
        gap=next((level.gap for level in levels if not level.proven), 0.0),
        bindings=tuple(_binding(step, devices) for step in (*replayed.order, *replayed.stuck)),
        volume_bindings=_volume_bindings(snapshot, steps),
        unplaced=explain_unplaced(
            snapshot, state, unplaced(compilation, steps), proven=all(level.proven for level in levels)
        ),
        sequential=not replayed.stuck,
        warnings=(*snapshot.warnings, *unscored(snapshot), *answer.warnings),
        notes=tuple(notes),
    )


def _status(
    levels: Sequence[Level], placed: int, pending: int, settings: Settings, *, out_of_time: bool
) -> Status:
    reach = sum(level.bound for level in levels if level.sense == "maximize")
    if settings.require_all and reach < pending:
        return Status.INFEASIBLE
    if all(level.proven for level in levels):
        return Status.OPTIMAL
    return Status.TIMEOUT if out_of_time and pending and not placed else Status.FEASIBLE


def _binding(step: Step, devices: Mapping[str, tuple[int, ...]]) -> Binding:
    agent, node = step
    return Binding(
        namespace=agent.namespace,
        agent=agent.name,
        node=node.name,
        uid=agent.uid,
        devices=_device_assignments(agent, devices.get(agent.key, ())),
    )


def _device_assignments(agent: Agent, ids: tuple[int, ...]) -> tuple[DeviceAssignment, ...]:
    assignments = []
    for request in agent.spec.devices:
        assignments.append(DeviceAssignment(resource=request.resource, ids=ids[: request.count]))
        ids = ids[request.count :]
    return tuple(assignments) if assignments and assignments[0].ids else ()


def _volume_bindings(snapshot: Snapshot, steps: Sequence[Step]) -> tuple[VolumeBinding, ...]:
    chosen = choose_volumes(snapshot, {agent.key: node.name for agent, node in steps}) or ()
    return tuple(
        VolumeBinding(namespace=c.namespace, claim=c.claim, volume=c.volume, node=c.node) for c in chosen
    )
