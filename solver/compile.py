"""Snapshot -> Problem: integers, dense indices, eligible pairs.

Pairs are pruned by each rule's `admits`, asked once per (kind of agent, kind of node), where a kind is
what `admits` can read.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence

import numpy as np

from placewright.models.agent import Agent
from placewright.models.node import DEVICE_MILLI, Node
from placewright.models.rules import RULES
from placewright.models.rules.base import Rule
from placewright.models.rules.resources import PODS
from placewright.models.snapshot import Snapshot
from placewright.solver.compilation import Amounts, BoolArray, Compilation, IntArray
from placewright.solver.groups import Group, group_agents
from placewright.solver.objectives import compile_levels
from placewright.solver.problem import Problem
from placewright.solver.rules import ENCODERS
from placewright.solver.rules.base import Encoder

_DEVICES = "devices:"
"""Before the name of a device resource, so that it is not taken for a request of the same name."""


def compile_problem(
    snapshot: Snapshot,
    *,
    rules: Sequence[Rule] = RULES,
    encoders: Sequence[type[Encoder]] = ENCODERS,
) -> tuple[Compilation, Problem]:
    """The snapshot's pending agents as a `Problem`, and the `Compilation` that knows the names.

    `rules` prune pairs, `encoders` become constraints; tests pass fewer of either.
    """
    groups = group_agents(snapshot, snapshot.pending)
    eligible = _eligible_pairs(snapshot, groups, rules)
    compilation = Compilation(snapshot, groups, _amounts(snapshot, groups), eligible)
    compiled = [encoder.compile(compilation) for encoder in encoders]
    used = tuple(encoder for encoder in compiled if encoder is not None)
    cap = compilation.cap
    for encoder in used:
        cap = encoder.tighten(cap)
    problem = Problem(
        size=compilation.size,
        cap=cap,
        request=compilation.request,
        free=compilation.free,
        encoders=used,
        levels=compile_levels(compilation),
    )
    return compilation, problem


def _amounts(snapshot: Snapshot, groups: Sequence[Group]) -> Amounts:
    asked = [_asked(group.agent) for group in groups]
    names = tuple(dict.fromkeys(name for amounts in asked for name in amounts))
    request = np.array([[amounts.get(name, 0) for name in names] for amounts in asked], dtype=np.int64)
    request = request.reshape(len(groups), len(names))
    whole = _whole(snapshot, names)
    free = _free(snapshot, names, whole)
    divisors = np.array([math.gcd(*request[:, r].tolist()) or 1 for r in range(len(names))], dtype=np.int64)
    return Amounts(names, request // divisors, free // divisors, whole // divisors)


def _asked(agent: Agent) -> dict[str, int]:
    """What one agent takes: a pod slot, its requests, and its device shares as one sum per resource.

    The sums say nothing about single devices (their encoder does), but they are true, and every bound
    and every first guess is the better for them.
    """
    asked = {PODS: 1, **dict(sorted(agent.spec.requests.items()))}
    for request in agent.spec.devices:
        name = _DEVICES + request.resource
        asked[name] = asked.get(name, 0) + request.count * request.milli
    return asked


def _offered(node: Node) -> dict[str, int]:
    offered = dict(node.allocatable)
    for pool in node.devices:
        name = _DEVICES + pool.resource
        offered[name] = offered.get(name, 0) + pool.count * DEVICE_MILLI
    return offered


def _whole(snapshot: Snapshot, names: Sequence[str]) -> IntArray:
    rows = [[offered.get(name, 0) for name in names] for offered in map(_offered, snapshot.nodes)]
    return np.array(rows, dtype=np.int64).reshape(len(rows), len(names))


def _free(snapshot: Snapshot, names: Sequence[str], whole: IntArray) -> IntArray:
    position = {node.name: n for n, node in enumerate(snapshot.nodes)}
    left = whole.copy()
    for agent in snapshot.residents:
        asked = _asked(agent)
        left[position[agent.node_name]] -= np.array([asked.get(name, 0) for name in names], dtype=np.int64)
    # An overcommitted node has nothing left; agents that ask for none of it may still go there.
    return np.maximum(left, 0)


def _eligible_pairs(snapshot: Snapshot, groups: Sequence[Group], rules: Sequence[Rule]) -> BoolArray:
    eligible = np.zeros((len(groups), len(snapshot.nodes)), dtype=np.bool_)
    kinds = _node_kinds(snapshot, groups)
    by_spec: dict[Hashable, BoolArray] = {}
    for g, group in enumerate(groups):
        agent = group.agent
        # What `admits` can read of an agent; its own name only matters for claims made for it.
        identity = (agent.namespace, agent.label_set, agent.admitted, agent.refusal, agent.spec.signature)
        if any(rule.reads_node_identity(agent) for rule in rules):
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
    values_read, presence_read = _node_labels_read(groups)
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


def _node_labels_read(groups: Iterable[Group]) -> tuple[list[str], list[str]]:
    """The node label keys whose value matters to some agent, and those whose presence matters."""
    values: dict[str, None] = {}
    presence: dict[str, None] = {}
    for group in groups:
        spec = group.agent.spec
        values.update(dict.fromkeys(spec.node_selector))
        if spec.node_affinity is not None:
            values.update(dict.fromkeys(spec.node_affinity.keys()))
        presence.update(dict.fromkeys(term.topology_key for term in (*spec.affinity, *spec.anti_affinity)))
        presence.update(dict.fromkeys(constraint.topology_key for constraint in spec.spread))
    return list(values), list(presence)
