"""An answer as a plan: names, order, evictions and for whom, reasons, and the proof."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

from placewright.models.agent import Agent
from placewright.models.levels import stage_terms
from placewright.models.plan import Binding, DeviceAssignment, Eviction, Level, Plan, Status, VolumeBinding
from placewright.models.rules.topology import Matcher, matches
from placewright.models.rules.topology_spread import counted_agents, hard_constraints
from placewright.models.rules.victims import preemptors
from placewright.models.rules.volume_binding import choose_volumes
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState
from placewright.solver.clock import Deadline
from placewright.solver.compilation import Compilation
from placewright.solver.explain import explain_unplaced
from placewright.solver.hand_out import hand_out_devices
from placewright.solver.outcome import Outcome, Step, outcome, unplaced
from placewright.solver.problem import Problem
from placewright.solver.replay import Replayed
from placewright.solver.search import Answer
from placewright.solver.settings import Settings


def make_plan(
    compilation: Compilation,
    problem: Problem,
    answer: Answer,
    replayed: Replayed,
    settings: Settings,
    *,
    out_of_time: bool,
    explaining: Deadline | None = None,
) -> Plan:
    """Names, order, reasons and proof for an answer. `replayed`: its steps in order.

    `explaining`: until when who is left out may be looked into; None: as long as it takes.
    """
    snapshot = compilation.snapshot
    made = outcome(compilation, answer.count)
    # No packing of devices: the verifier will say so, by rule and agent.
    devices = hand_out_devices(snapshot, made.steps) or {}
    state = made.state(snapshot, devices)
    levels = _levels(problem, answer, state)
    return Plan(
        status=_status(levels, made.placed, len(snapshot.pending), settings, out_of_time=out_of_time),
        levels=levels,
        gap=next((level.gap for level in levels if not level.proven), 0.0),
        bindings=tuple(binding(step, devices) for step in (*replayed.order, *replayed.stuck)),
        volume_bindings=volume_bindings(snapshot, made.steps),
        evictions=tuple(_evictions(state, made)),
        unplaced=explain_unplaced(
            snapshot,
            state,
            unplaced(compilation, answer.count, made),
            proven=all(level.proven for level in levels),
            deadline=explaining,
        ),
        sequential=not replayed.stuck,
        warnings=(*snapshot.warnings, *answer.warnings),
        notes=(*snapshot.notes, *_about_order(replayed)),
    )


def _levels(problem: Problem, answer: Answer, state: ClusterState) -> tuple[Level, ...]:
    """What each level comes to and how far it is proven, with what its terms have of it."""
    stages = {stage.name: stage for stage in state.snapshot.options.profile.stages}
    return tuple(
        Level(
            name=level.name,
            sense=level.sense,
            value=found.value,
            bound=found.bound,
            terms=stage_terms(state, stages[level.name]) if level.name in stages else (),
        )
        for level, found in zip(problem.levels, answer.levels, strict=True)
    )


def _about_order(replayed: Replayed) -> Iterator[str]:
    if replayed.stuck:
        yield (
            f"no order was found in which kube-scheduler's filters accept all bindings one by one: "
            f"{len(replayed.stuck)} come last ({replayed.stuck[0][0].key} is the first)"
        )


def _evictions(state: ClusterState, made: Outcome) -> Iterator[Eviction]:
    """Who leaves, the most important first, each with those that it makes room for."""
    if not made.evicted:
        return
    newcomers = preemptors(state.snapshot, [agent for agent, _ in made.steps])
    by_node: dict[str, list[Agent]] = {}
    for agent in newcomers:
        by_node.setdefault(state.new[agent.key], []).append(agent)
    for victim in sorted(made.evicted, key=lambda agent: (-agent.spec.priority, agent.key)):
        there = _outranking(victim, by_node.get(victim.node_name, ()))
        yield Eviction(
            namespace=victim.namespace,
            agent=victim.name,
            node=victim.node_name,
            uid=victim.uid,
            makes_room_for=tuple(
                agent.key for agent in there or _repelled(state, victim, _outranking(victim, newcomers))
            ),
        )


def _outranking(victim: Agent, agents: Iterable[Agent]) -> list[Agent]:
    return [agent for agent in agents if agent.spec.priority > victim.spec.priority]


def _repelled(state: ClusterState, victim: Agent, wanting: Sequence[Agent]) -> list[Agent]:
    """Those on other nodes of its domains that it keeps out, or that keep it out, or that count it."""
    nodes = state.snapshot.node_by_name
    home = nodes[victim.node_name].labels
    known: dict[Hashable, tuple[str, ...]] = {}
    found = []
    for agent in wanting:
        key = (id(agent.spec), agent.namespace, agent.label_set)
        if key not in known:
            known[key] = _shared_keys(state.snapshot, victim, agent)
        there = nodes[state.new[agent.key]].labels
        if any(name in home and home[name] == there.get(name) for name in known[key]):
            found.append(agent)
    return found


def _shared_keys(snapshot: Snapshot, victim: Agent, agent: Agent) -> tuple[str, ...]:
    """Topology keys in whose domains the two cannot, or can hardly, be together."""
    keys = [t.topology_key for t in agent.spec.anti_affinity if matches(snapshot, Matcher((t,)), victim)]
    keys += [t.topology_key for t in victim.spec.anti_affinity if matches(snapshot, Matcher((t,)), agent)]
    for constraint in hard_constraints(snapshot, agent):
        counted = counted_agents(agent, constraint)
        if counted is not None and matches(snapshot, counted, victim):
            keys.append(constraint.topology_key)
    return tuple(dict.fromkeys(keys))


def _status(
    levels: Sequence[Level], placed: int, pending: int, settings: Settings, *, out_of_time: bool
) -> Status:
    reach = sum(level.bound for level in levels if level.sense == "maximize")
    if settings.require_all and reach < pending:
        return Status.INFEASIBLE
    if all(level.proven for level in levels):
        return Status.OPTIMAL
    return Status.TIMEOUT if out_of_time and pending and not placed else Status.FEASIBLE


def binding(step: Step, devices: Mapping[str, tuple[int, ...]]) -> Binding:
    """One step as a plan says it; `devices` are their numbers on the node, by agent key."""
    agent, node = step
    return Binding(
        namespace=agent.namespace,
        agent=agent.name,
        node=node.name,
        # Who was evicted is made anew, under a uid that nobody knows yet.
        uid="" if agent.node_name else agent.uid,
        devices=_device_assignments(agent, devices.get(agent.key, ())),
    )


def _device_assignments(agent: Agent, ids: tuple[int, ...]) -> tuple[DeviceAssignment, ...]:
    assignments = []
    for request in agent.spec.devices:
        assignments.append(DeviceAssignment(resource=request.resource, ids=ids[: request.count]))
        ids = ids[request.count :]
    return tuple(assignments) if assignments and assignments[0].ids else ()


def volume_bindings(snapshot: Snapshot, steps: Sequence[Step]) -> tuple[VolumeBinding, ...]:
    """A volume, or where one is to be made, for each claim that was waiting for its agents' node."""
    chosen = choose_volumes(snapshot, {agent.key: node.name for agent, node in steps}) or ()
    return tuple(
        VolumeBinding(namespace=c.namespace, claim=c.claim, volume=c.volume, node=c.node) for c in chosen
    )
