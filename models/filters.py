"""kube-scheduler's filters as things stand: which nodes are open to an agent, and why the others are not."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import cast

from placewright.models.agent import Agent, AgentSpec
from placewright.models.node import Node
from placewright.models.rules import RULES
from placewright.models.rules.base import Reason, Rule
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState


def rejection(state: ClusterState, agent: Agent, node: Node, rules: Sequence[Rule] = RULES) -> Reason | None:
    """The first rule that turns the agent away from the node now, or None."""
    for rule in concerned(state.snapshot, agent.spec, rules):
        reason = rule.rejects(state, agent, node)
        if reason is not None:
            return reason
    return None


def opening(snapshot: Snapshot, spec: AgentSpec, rules: Sequence[Rule]) -> Sequence[Rule]:
    """The rules that may let in later what they reject now of a spec; remembered like those concerned.

    Of a step towards a placement that breaks no rule in the end only these need be asked.
    """
    key: Hashable = (opening.__qualname__, id(spec), id(rules))
    known = snapshot.memo.get(key)
    if known is None:
        those = tuple(rule for rule in rules if rule.may_open(snapshot, spec))
        known = snapshot.memo[key] = (those, spec, rules)
    return cast(tuple[tuple[Rule, ...], AgentSpec, Sequence[Rule]], known)[0]


def openings(snapshot: Snapshot, agents: Iterable[Agent], rules: Sequence[Rule]) -> dict[int, Sequence[Rule]]:
    """The same for each spec that some agents have, by its id."""
    specs = {id(agent.spec): agent.spec for agent in agents}
    return {key: opening(snapshot, spec, rules) for key, spec in specs.items()}


def concerned(snapshot: Snapshot, spec: AgentSpec, rules: Sequence[Rule]) -> Sequence[Rule]:
    """The rules that may have something to say of a spec; remembered, as it is asked again and again."""
    # What is remembered keeps spec and rules alive, so their ids stay their own.
    key: Hashable = (__name__, id(spec), id(rules))
    known = snapshot.memo.get(key)
    if known is None:
        those = tuple(rule for rule in rules if rule.concerns(snapshot, spec))
        known = snapshot.memo[key] = (those, spec, rules)
    return cast(tuple[tuple[Rule, ...], AgentSpec, Sequence[Rule]], known)[0]


def feasible(state: ClusterState, agent: Agent, rules: Sequence[Rule] = RULES) -> list[Node]:
    """The nodes that every rule leaves open to an agent that is on none, in the snapshot's order."""
    return [node for node in state.snapshot.nodes if rejection(state, agent, node, rules) is None]
