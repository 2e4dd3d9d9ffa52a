"""Snapshot -> Problem: integers, dense indices, eligible pairs.

Pairs are pruned by each rule's `admits`, asked once per (kind of agent, kind of node), where a kind is
what `admits` can read.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from placewright.models.agent import Agent
from placewright.models.node import Node
from placewright.models.rules import RULES
from placewright.models.rules.base import Rule
from placewright.models.rules.resources import PODS, checked_requests
from placewright.models.rules.victims import evictable, returns
from placewright.models.snapshot import Snapshot
from placewright.models.spread import spread_constraints
from placewright.models.state import ClusterState
from placewright.solver.compilation import Amounts, BoolArray, Compilation, IntArray, Running
from placewright.solver.device_slots import DeviceAmounts
from placewright.solver.groups import Group, group_agents, group_evictable
from placewright.solver.objectives import compile_levels
from placewright.solver.problem import Problem
from placewright.solver.rules import ENCODERS
from placewright.solver.rules.base import Encoder


def compile_problem(
    snapshot: Snapshot,
    *,
    rules: Sequence[Rule] = RULES,
    encoders: Sequence[type[Encoder]] = ENCODERS,
    preempt: bool = False,
) -> tuple[Compilation, Problem]:
    """The snapshot's pending agents as a `Problem`, and the `Compilation` that knows the names.

    `preempt`: running agents of lower priority are variables, too. `rules` prune pairs, `encoders` become
    constraints; tests pass fewer of either.
    """
    compilation = compile_groups(snapshot, rules=rules, preempt=preempt)
    compiled = [encoder.compile(compilation) for encoder in encoders]
    used = tuple(encoder for encoder in compiled if encoder is not None)
    cap = compilation.cap
    for encoder in used:
        cap = np.where(compilation.standing[:, None], compilation.home, encoder.tighten(cap))
    problem = Problem(
        size=compilation.size,
        cap=cap,
        request=compilation.request,
        free=compilation.free,
        encoders=used,
        levels=compile_levels(compilation),
        running=compilation.running,
    )
    return compilation, problem


def compile_groups(
    snapshot: Snapshot,
    *,
    rules: Sequence[Rule] = RULES,
    preempt: bool = False,
    alike: Snapshot | None = None,
) -> Compilation:
    """Groups, amounts and eligible pairs, without what encoders and levels make of them.

    `alike`: the snapshot whose nodes are asked whom they admit, one for each of this one's.
    """
    pending = group_agents(snapshot, snapshot.pending)
    leaving = group_evictable(snapshot, evictable(snapshot)) if preempt else ()
    back = [g for g, group in enumerate(leaving) if returns(snapshot, group.agent)]
    groups = (*pending, *leaving, *(leaving[g] for g in back))
    running = _running(snapshot, groups, len(pending), len(leaving), back)
    eligible = _eligible_pairs(alike or snapshot, groups, rules)
    may_leave = {agent.key for group in leaving for agent in group.members}
    fixed = [agent for agent in snapshot.residents if agent.key not in may_leave]
    amounts = _amounts(snapshot, groups, fixed, running)
    return Compilation(snapshot, groups, amounts, eligible, running)


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
    snapshot: Snapshot, groups: Sequence[Group], fixed: Sequence[Agent], running: Running
) -> Amounts:
    devices = DeviceAmounts(group.agent for group in groups)
    taken = [_asked(group.agent, devices) for group in groups]
    names = tuple(dict.fromkeys(name for amounts in taken for name in amounts))
    asked = _rows(taken, names)
    checked = [_checked(snapshot, group.agent, devices) for group in groups]
    request = np.where(running.standing[:, None], asked, _rows(checked, names))
    empty = ClusterState(replace(snapshot, agents=()))
    whole = _rows([{**n.allocatable, **devices.free(empty, n)} for n in snapshot.nodes], names)
    free = _rows(_free(snapshot, devices, fixed), names)
    divisors = np.array([math.gcd(*asked[:, r].tolist()) or 1 for r in range(len(names))], dtype=np.int64)
    return Amounts(names, request // divisors, asked // divisors, free // divisors, whole // divisors)


def _asked(agent: Agent, devices: DeviceAmounts) -> dict[str, int]:
    """What one agent takes: a pod slot, its requests, and what its device shares add up to."""
    return {PODS: 1, **dict(sorted(agent.spec.requests.items())), **devices.asked(agent)}


def _checked(snapshot: Snapshot, agent: Agent, devices: DeviceAmounts) -> dict[str, int]:
    """What one agent must find where it goes: less than it takes where its profile leaves something out."""
    requests = checked_requests(snapshot, agent)
    return {**({} if requests is None else {PODS: 1, **requests}), **devices.asked(agent)}


def _rows(amounts: Sequence[Mapping[str, int]], names: Sequence[str]) -> IntArray:
    rows = [[row.get(name, 0) for name in names] for row in amounts]
    return np.array(rows, dtype=np.int64).reshape(len(rows), len(names))


def _free(snapshot: Snapshot, devices: DeviceAmounts, fixed: Sequence[Agent]) -> list[dict[str, int]]:
    """What each node has left beside the agents `fixed` on it.

    On an overcommitted node nothing: who asks for none may still go there.
    """
    left = {node.name: dict(node.allocatable) for node in snapshot.nodes}
    for agent in fixed:
        amounts = left[agent.node_name]
        for name, amount in {PODS: 1, **agent.spec.requests}.items():
            amounts[name] = amounts.get(name, 0) - amount
    state = ClusterState(snapshot)
    return [
        {name: max(0, amount) for name, amount in {**left[n.name], **devices.free(state, n)}.items()}
        for n in snapshot.nodes
    ]


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
            row = np.zeros(len(snapshot.nodes), dtype=np.bool_)
            for nodes in kinds:
                row[nodes] = _admitted(snapshot, agent, snapshot.nodes[nodes[0]], rules)
            by_spec[identity] = row
        eligible[g] = by_spec[identity]
    return eligible


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
