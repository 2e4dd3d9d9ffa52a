"""Snapshot -> Problem: integers, dense indices, eligible pairs.

Pairs are pruned by each rule's `admits`, asked once per (kind of agent, kind of node), where a kind is
what `admits` can read.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import cast

import numpy as np

from placewright.models.agent import Agent, AgentSpec
from placewright.models.node import Node
from placewright.models.profile import Stage
from placewright.models.rules import RULES
from placewright.models.rules.base import Rule
from placewright.models.rules.resources import PODS, checked_amounts
from placewright.models.rules.victims import evictable, returns
from placewright.models.snapshot import Snapshot
from placewright.models.spread import spread_constraints
from placewright.solver.clock import Deadline
from placewright.solver.compilation import Amounts, BoolArray, Compilation, IntArray, Running
from placewright.solver.device_slots import DeviceAmounts
from placewright.solver.groups import Group, TellApart, group_evictable, group_pending
from placewright.solver.objectives import compile_levels
from placewright.solver.problem import Problem
from placewright.solver.rules import ENCODERS
from placewright.solver.rules.base import Encoder
from placewright.solver.settled import Settled, loads, settle


def compile_problem(
    snapshot: Snapshot,
    *,
    rules: Sequence[Rule] = RULES,
    encoders: Sequence[type[Encoder]] = ENCODERS,
    preempt: bool = False,
    apart: TellApart | None = None,
    stages: Sequence[Stage] | None = None,
) -> tuple[Compilation, Problem]:
    """The snapshot's pending agents as a `Problem`, and the `Compilation` that knows the names.

    `preempt`: running agents of lower priority are variables, too. `rules` prune pairs, `encoders` become
    constraints; tests pass fewer of either. `apart` makes more groups of the pending ones. stages: what
    answers are judged by, if not by the profile's.
    """
    compiled = compile_until(
        Deadline(math.inf),
        snapshot,
        rules=rules,
        encoders=encoders,
        preempt=preempt,
        apart=apart,
        stages=stages,
    )
    return cast(tuple[Compilation, Problem], compiled)


def compile_until(
    until: Deadline,
    snapshot: Snapshot,
    *,
    rules: Sequence[Rule] = RULES,
    encoders: Sequence[type[Encoder]] = ENCODERS,
    preempt: bool = False,
    apart: TellApart | None = None,
    stages: Sequence[Stage] | None = None,
) -> tuple[Compilation, Problem] | None:
    """The same, or None if `until` passes before it is done: it is looked at between parts of the work."""
    if until.passed:
        return None
    compilation = compile_groups(snapshot, rules=rules, preempt=preempt, apart=apart)
    cap, used = compilation.cap, list[Encoder]()
    for kind in encoders:
        encoder = None if until.passed else kind.compile(compilation)
        if encoder is not None:
            used.append(encoder)
            cap = compilation.staying(encoder.tighten(cap))
    if until.passed:
        return None
    problem = Problem(
        size=compilation.size,
        cap=cap,
        request=compilation.request,
        free=compilation.free,
        encoders=tuple(used),
        levels=compile_levels(compilation, stages),
        running=compilation.running,
    )
    return None if until.passed else (compilation, problem)


def compile_groups(
    snapshot: Snapshot,
    *,
    rules: Sequence[Rule] = RULES,
    preempt: bool = False,
    alike: Snapshot | None = None,
    apart: TellApart | None = None,
) -> Compilation:
    """Groups, amounts and eligible pairs, without what encoders and levels make of them.

    `alike`: the snapshot whose nodes are asked whom they admit, one for each of this one's.
    """
    pending = group_pending(snapshot, apart)
    leaving = group_evictable(snapshot, evictable(snapshot)) if preempt else ()
    back = [g for g, group in enumerate(leaving) if returns(snapshot, group.agent)]
    groups = (*pending, *leaving, *(leaving[g] for g in back))
    running = _running(snapshot, groups, len(pending), len(leaving), back)
    eligible = _eligible_pairs(alike or snapshot, groups, rules)
    settled = settle(snapshot, {agent.key for group in leaving for agent in group.members})
    amounts = _amounts(snapshot, groups, settled, running)
    return Compilation(snapshot, groups, amounts, eligible, running, settled)


def _running(
    snapshot: Snapshot, groups: Sequence[Group], pending: int, leaving: int, back: Sequence[int]
) -> Running:
    """`groups` are `pending` ones, `leaving` ones, then those of `back` (among the leaving) once more."""
    index = {node.name: n for n, node in enumerate(snapshot.nodes)}
    home = np.zeros((len(groups), len(snapshot.nodes)), dtype=np.int64)
    for g in range(pending, pending + leaving):
        for agent in groups[g].members:
            home[g, index[agent.node_name]] += 1
    return Running(home, {pending + g: pending + leaving + i for i, g in enumerate(back)})


def _amounts(
    snapshot: Snapshot, groups: Sequence[Group], settled: Sequence[Settled], running: Running
) -> Amounts:
    devices = DeviceAmounts(group.agent for group in groups)
    taken = [_asked(group.agent, devices) for group in groups]
    names = tuple(dict.fromkeys(name for amounts in taken for name in amounts))
    asked = _rows(taken, names)
    checked = [_checked(snapshot, group.agent, devices) for group in groups]
    request = np.where(running.standing[:, None], asked, _rows(checked, names))
    whole = _whole(replace(snapshot, agents=()), devices, names)
    free = _free(snapshot, devices, settled, names)
    divisors = np.array([math.gcd(*asked[:, r].tolist()) or 1 for r in range(len(names))], dtype=np.int64)
    return Amounts(names, request // divisors, asked // divisors, free // divisors, whole // divisors)


def _asked(agent: Agent, devices: DeviceAmounts) -> dict[str, int]:
    """What one agent takes: a pod slot, its requests, and what its device shares add up to."""
    return {PODS: 1, **dict(sorted(agent.spec.requests.items())), **devices.asked(agent)}


def _checked(snapshot: Snapshot, agent: Agent, devices: DeviceAmounts) -> dict[str, int]:
    """What one agent must find where it goes: less than it takes where its profile leaves something out."""
    return {**checked_amounts(snapshot, agent), **devices.asked(agent)}


def _rows(amounts: Sequence[Mapping[str, int]], names: Sequence[str]) -> IntArray:
    rows = [[row.get(name, 0) for name in names] for row in amounts]
    return np.array(rows, dtype=np.int64).reshape(len(rows), len(names))


def _whole(snapshot: Snapshot, devices: DeviceAmounts, names: Sequence[str]) -> IntArray:
    """int64 (N, R): what the nodes have for whom requests are summed up; of devices what is left of them."""
    if not devices.any:
        return _rows([node.allocatable for node in snapshot.nodes], names)
    return _rows([{**node.allocatable, **devices.free(snapshot, node)} for node in snapshot.nodes], names)


def _free(
    snapshot: Snapshot, devices: DeviceAmounts, settled: Sequence[Settled], names: Sequence[str]
) -> IntArray:
    """int64 (N, R): what each node has left beside those who stay on it.

    On an overcommitted node nothing: who asks for none may still go there.
    """
    taken = loads(settled, len(snapshot.nodes), names, _takes)
    free: IntArray = np.maximum(_whole(snapshot, devices, names) - taken, 0)
    return free


def _takes(spec: AgentSpec, name: str) -> int:
    return 1 if name == PODS else spec.requests.get(name, 0)


def _eligible_pairs(snapshot: Snapshot, groups: Sequence[Group], rules: Sequence[Rule]) -> BoolArray:
    eligible = np.zeros((len(groups), len(snapshot.nodes)), dtype=np.bool_)
    kinds = _node_kinds(snapshot, groups)
    by_spec: dict[Hashable, BoolArray] = {}
    for g, group in enumerate(groups):
        agent = group.agent
        # What `admits` can read of an agent; its own name only matters for claims made for it.
        own = (agent.namespace, agent.label_set, agent.admitted, agent.refusal)
        identity = (own, agent.spread_selector, agent.spec.signature)
        if any(rule.reads_node_identity(snapshot, agent) for rule in rules):
            eligible[g] = [_admitted(snapshot, agent, node, rules) for node in snapshot.nodes]
            continue
        if identity not in by_spec:
            by_spec[identity] = _row(snapshot, agent, kinds, rules)
        eligible[g] = by_spec[identity]
    return eligible


def _row(snapshot: Snapshot, agent: Agent, kinds: Sequence[IntArray], rules: Sequence[Rule]) -> BoolArray:
    """bool (N,): the nodes that admit an agent, one of each kind being asked."""
    row = np.zeros(len(snapshot.nodes), dtype=np.bool_)
    asked = [rule for rule in rules if rule.concerns(snapshot, agent.spec)]
    everywhere = [rule for rule in asked if not rule.reads_nodes]
    if kinds and not _admitted(snapshot, agent, snapshot.nodes[kinds[0][0]], everywhere):
        return row
    asked = [rule for rule in asked if rule.reads_nodes]
    for nodes in kinds:
        row[nodes] = _admitted(snapshot, agent, snapshot.nodes[nodes[0]], asked)
    return row


def _admitted(snapshot: Snapshot, agent: Agent, node: Node, rules: Sequence[Rule]) -> bool:
    return all(rule.admits(snapshot, agent, node) is None for rule in rules)


def _node_kinds(snapshot: Snapshot, groups: Sequence[Group]) -> list[IntArray]:
    """Node indices by everything that `admits` may read of a node other than its identity."""
    values_read, presence_read = _node_labels_read(snapshot, groups)
    kinds: dict[Hashable, list[int]] = {}
    for n, node in enumerate(snapshot.nodes):
        signature = (
            tuple(node.labels.get(key) for key in values_read),
            tuple(key in node.labels for key in presence_read),
            node.taints,
            node.unschedulable,
            tuple(sorted(node.allocatable.items())),
            node.devices,
        )
        kinds.setdefault(signature, []).append(n)
    return [np.array(nodes, dtype=np.int64) for nodes in kinds.values()]


def _node_labels_read(snapshot: Snapshot, groups: Iterable[Group]) -> tuple[list[str], list[str]]:
    """The node label keys whose value matters to some agent, and those whose presence matters."""
    values: dict[str, None] = {}
    presence: dict[str, None] = {}
    for group in groups:
        spec = group.agent.spec
        values.update(dict.fromkeys(spec.node_selector))
        for selector in (spec.node_affinity, snapshot.profile_of(group.agent).added_affinity):
            values.update(() if selector is None else dict.fromkeys(selector.keys()))
        presence.update(dict.fromkeys(term.topology_key for term in (*spec.affinity, *spec.anti_affinity)))
        spread = spread_constraints(snapshot, group.agent)
        presence.update(dict.fromkeys(constraint.topology_key for constraint in spread))
    return list(values), list(presence)
