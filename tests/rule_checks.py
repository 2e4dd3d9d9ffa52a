"""Asks one rule about one agent and one node, or about a finished placement."""

from __future__ import annotations

from collections.abc import Mapping

from placewright.models.rules.base import Rule
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState


def state_of(
    snapshot: Snapshot,
    placed: Mapping[str, str] | None = None,
    devices: Mapping[str, tuple[int, ...]] | None = None,
) -> ClusterState:
    """The snapshot with agents (by name in `default`, or by key) placed on nodes."""
    state = ClusterState(snapshot)
    for name, node in (placed or {}).items():
        key = name if "/" in name else f"default/{name}"
        state.place(snapshot.agent_by_key[key], snapshot.node_by_name[node], (devices or {}).get(name, ()))
    return state


def open_nodes(
    rule: Rule, snapshot: Snapshot, name: str, placed: Mapping[str, str] | None = None
) -> set[str]:
    """Names of the nodes that the rule leaves to an agent as things stand."""
    state = state_of(snapshot, placed)
    agent = snapshot.agent_by_key[name if "/" in name else f"default/{name}"]
    return {node.name for node in snapshot.nodes if rule.rejects(state, agent, node) is None}


def blamed(rule: Rule, snapshot: Snapshot, placed: Mapping[str, str]) -> set[str]:
    """Names of the agents that the rule blames for a finished placement."""
    found = rule.violations(state_of(snapshot, placed))
    return {violation.agent.removeprefix("default/") for violation in found}


def messages(rule: Rule, snapshot: Snapshot, name: str) -> set[str]:
    """The rule's messages for an agent over all nodes."""
    state = ClusterState(snapshot)
    agent = snapshot.agent_by_key[f"default/{name}"]
    reasons = (rule.rejects(state, agent, node) for node in snapshot.nodes)
    return {reason.message for reason in reasons if reason is not None}
