"""Quotas: agents that are new to the cluster stay within their namespace's ResourceQuotas (§12).

kube-scheduler never looks at quotas: they are charged when an agent is created. An agent that exists is
already charged; one that does not exist yet would be refused at creation, so placing it would be a lie.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from placewright.models.agent import Agent
from placewright.models.node import Node
from placewright.models.policy import ResourceQuota
from placewright.models.rules.base import Reason, Rule, Violation
from placewright.models.rules.quota_usage import (
    COMPUTE_KEYS,
    agent_usage,
    claim_usage,
    counts_claims,
    in_scope,
    new_claims,
    used,
)
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState


def charging_quotas(snapshot: Snapshot, agent: Agent) -> list[ResourceQuota]:
    """The quotas that an agent would be charged to: none where it is already charged, or they are off."""
    if agent.admitted or not snapshot.options.enforce_quota:
        return []
    return [q for q in snapshot.quotas if in_scope(q, agent) or _charges_claims(snapshot, q, agent)]


def _charges_claims(snapshot: Snapshot, quota: ResourceQuota, agent: Agent) -> bool:
    own = quota.namespace == agent.namespace and counts_claims(quota)
    return own and bool(new_claims(snapshot, [agent]))


def charge(snapshot: Snapshot, quota: ResourceQuota, key: str, agents: Iterable[Agent]) -> int:
    """What creating these agents and their new claims adds to one hard key."""
    new = [agent for agent in agents if not agent.admitted and agent.namespace == quota.namespace]
    total = sum(agent_usage(agent, key) for agent in new if in_scope(quota, agent))
    if counts_claims(quota):
        total += sum(claim_usage(claim, key) for claim in new_claims(snapshot, new))
    return total


def unspecified_keys(quota: ResourceQuota, agent: Agent) -> list[str]:
    """Hard keys that some container of the agent leaves open, which alone refuses it."""
    if not in_scope(quota, agent):
        return []
    wanted = {key if "." in key else f"requests.{key}": key for key in quota.hard if key in COMPUTE_KEYS}
    return sorted(key for name, key in wanted.items() if name in agent.spec.unspecified)


class QuotaRule(Rule):
    name = "quota"
    plugin = ""
    summary = "Agents that are new to the cluster fit into what their namespace's ResourceQuotas leave."

    def admits(self, snapshot: Snapshot, agent: Agent, node: Node) -> Reason | None:
        message = self._refusal(snapshot, agent, [])
        return Reason(self.name, message, resolvable=False) if message else None

    def rejects(self, state: ClusterState, agent: Agent, node: Node) -> Reason | None:
        quotas = charging_quotas(state.snapshot, agent)
        if not quotas:
            return None
        placed = [other for other, _ in state.placed() if other.namespace == agent.namespace]
        message = self._refusal(state.snapshot, agent, placed)
        return Reason(self.name, message, resolvable=False) if message else None

    def _refusal(self, snapshot: Snapshot, agent: Agent, placed: list[Agent]) -> str:
        """Why the agent may not be created after `placed`, or ""."""
        for quota in charging_quotas(snapshot, agent):
            missing = unspecified_keys(quota, agent)
            if missing:
                return f"failed quota: {quota.name}: must specify {', '.join(missing)}"
            so_far = used(snapshot, quota)
            for key, hard in sorted(quota.hard.items()):
                before = charge(snapshot, quota, key, placed)
                added = charge(snapshot, quota, key, [*placed, agent]) - before
                if added > 0 and so_far.get(key, 0) + before + added > hard:
                    return (
                        f"exceeded quota: {quota.name}, requested: {key}={added}, "
                        f"used: {key}={so_far.get(key, 0) + before}, limited: {key}={hard}"
                    )
        return ""

    def violations(self, state: ClusterState) -> Iterator[Violation]:
        snapshot = state.snapshot
        if not snapshot.options.enforce_quota:
            return
        placed = [(agent, node) for agent, node in state.placed() if not agent.admitted]
        for quota in snapshot.quotas:
            own = [agent for agent, _ in placed if quota in charging_quotas(snapshot, agent)]
            if own:
                yield from self._exceeded(snapshot, quota, own)

    def _exceeded(self, snapshot: Snapshot, quota: ResourceQuota, own: list[Agent]) -> Iterator[Violation]:
        for agent in own:
            missing = unspecified_keys(quota, agent)
            if missing:
                message = f"failed quota: {quota.name}: must specify {', '.join(missing)}"
                yield Violation(self.name, message, agent.key)
        so_far = used(snapshot, quota)
        for key, hard in sorted(quota.hard.items()):
            added = charge(snapshot, quota, key, own)
            if added > 0 and so_far.get(key, 0) + added > hard:
                total = so_far.get(key, 0) + added
                message = f"exceeded quota: {quota.name}: {key}={total}, limited: {key}={hard}"
                for agent in own:
                    if charge(snapshot, quota, key, [agent]) > 0:
                        yield Violation(self.name, message, agent.key)


RULE = QuotaRule()
