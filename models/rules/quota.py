"""Quotas: agents that are new to the cluster stay within their namespace's ResourceQuotas (§12).

kube-scheduler never looks at quotas: they are charged when an agent is created. An agent that exists is
already charged; one that does not exist yet would be refused at creation, so placing it would be a lie.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Self

from placewright.models.agent import Agent, AgentSpec
from placewright.models.crowds import Crowd
from placewright.models.node import Node
from placewright.models.policy import ResourceQuota
from placewright.models.quantity import format_amount
from placewright.models.rules.base import Reason, Rule, Violation
from placewright.models.rules.quota_usage import (
    COMPUTE_KEYS,
    agent_usage,
    claim_usage,
    claims_in_scope,
    in_scope,
    new_claims,
    used,
)
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState, StateIndex
from placewright.models.storage import PersistentVolumeClaim


def charging_quotas(snapshot: Snapshot, agent: Agent) -> list[ResourceQuota]:
    """The quotas that an agent would be charged to: none where it is already charged, or they are off."""
    if agent.admitted or not snapshot.options.enforce_quota:
        return []
    own = snapshot.quotas_by_namespace.get(agent.namespace, ())
    return [quota for quota in own if in_scope(quota, agent) or _charges_claims(snapshot, quota, agent)]


def _charges_claims(snapshot: Snapshot, quota: ResourceQuota, agent: Agent) -> bool:
    return bool(agent.spec.claims and claims_in_scope(quota, new_claims(snapshot, [agent])))


def charged_agents(state: ClusterState) -> dict[tuple[str, str], list[Agent]]:
    """What was placed and is charged to each quota, by the quota's namespace and name."""
    charged: dict[tuple[str, str], list[Agent]] = {}
    limited = state.snapshot.quotas_by_namespace
    for agent, _ in state.placed() if limited else ():
        if not agent.admitted and agent.namespace in limited:
            for quota in charging_quotas(state.snapshot, agent):
                charged.setdefault((quota.namespace, quota.name), []).append(agent)
    return charged


def charge(snapshot: Snapshot, quota: ResourceQuota, key: str, agents: Iterable[Agent]) -> int:
    """What creating these agents and their new claims adds to one hard key."""
    new = [agent for agent in agents if not agent.admitted and agent.namespace == quota.namespace]
    total = sum(agent_usage(agent, key) for agent in new if in_scope(quota, agent))
    claims = claims_in_scope(quota, new_claims(snapshot, new))
    return total + sum(claim_usage(claim, key) for claim in claims)


def unspecified_keys(quota: ResourceQuota, agent: Agent) -> list[str]:
    """Hard keys that some container of the agent leaves open, which alone refuses it."""
    if not in_scope(quota, agent):
        return []
    wanted = {key if "." in key else f"requests.{key}": key for key in quota.hard if key in COMPUTE_KEYS}
    return sorted(key for name, key in wanted.items() if name in agent.spec.unspecified)


class ChargeIndex(StateIndex):
    """What each quota is charged: what was used from the start, and what new agents on nodes have added."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._charged: dict[tuple[str, str], Counter[str]] = {}
        self._claims: Counter[tuple[str, str]] = Counter()

    @classmethod
    def empty(cls, state: ClusterState) -> Self:
        return cls(state.snapshot)

    def add(self, agent: Agent, node: Node) -> None:
        for quota in charging_quotas(self.snapshot, agent):
            self.charged(quota).update(self.added(quota, agent))
        self._claims.update(claim.key for claim in self._new_claims(agent))

    def add_crowd(self, crowd: Crowd, nodes: Mapping[str, Node]) -> None:
        if crowd.sample.namespace in self.snapshot.quotas_by_namespace or crowd.sample.spec.claims:
            super().add_crowd(crowd, nodes)

    def remove(self, agent: Agent, node: Node) -> None:
        self._claims.subtract(claim.key for claim in self._new_claims(agent))
        for quota in charging_quotas(self.snapshot, agent):
            self.charged(quota).subtract(self.added(quota, agent))

    def _new_claims(self, agent: Agent) -> list[PersistentVolumeClaim]:
        return new_claims(self.snapshot, [agent]) if agent.spec.claims and not agent.admitted else []

    def charged(self, quota: ResourceQuota) -> Counter[str]:
        """What is charged by hard key, as things stand."""
        name = (quota.namespace, quota.name)
        if name not in self._charged:
            so_far = used(self.snapshot, quota)
            self._charged[name] = Counter({key: so_far.get(key, 0) for key in quota.hard})
        return self._charged[name]

    def added(self, quota: ResourceQuota, agent: Agent) -> dict[str, int]:
        """What creating the agent would add, by hard key; claims that others brought already cost nothing."""
        own = in_scope(quota, agent)
        brought = (c for c in self._new_claims(agent) if not self._claims[c.key])
        claims = claims_in_scope(quota, brought)
        return {
            key: (agent_usage(agent, key) if own else 0) + sum(claim_usage(claim, key) for claim in claims)
            for key in quota.hard
        }


def _refusal(index: ChargeIndex, agent: Agent) -> str:
    """Why the agent may not be created as things stand, or ""."""
    for quota in charging_quotas(index.snapshot, agent):
        missing = unspecified_keys(quota, agent)
        if missing:
            return f"failed quota: {quota.name}: must specify {', '.join(missing)}"
        charged, added = index.charged(quota), index.added(quota, agent)
        for key, hard in sorted(quota.hard.items()):
            if added[key] > 0 and charged[key] + added[key] > hard:
                numbers = [format_amount(key, n) for n in (added[key], charged[key], hard)]
                return (
                    f"exceeded quota: {quota.name}, requested: {key}={numbers[0]}, "
                    f"used: {key}={numbers[1]}, limited: {key}={numbers[2]}"
                )
    return ""


class QuotaRule(Rule):
    name = "quota"
    plugin = ""
    reads_nodes = False
    summary = "Agents that are new to the cluster fit into what their namespace's ResourceQuotas leave."

    def concerns(self, snapshot: Snapshot, spec: AgentSpec) -> bool:
        return bool(snapshot.quotas)

    def admits(self, snapshot: Snapshot, agent: Agent, node: Node) -> Reason | None:
        """Whether the agent could be created if it came alone."""
        if agent.admitted or not snapshot.quotas:
            return None
        return self._reason(_refusal(ChargeIndex(snapshot), agent))

    def rejects(self, state: ClusterState, agent: Agent, node: Node) -> Reason | None:
        if agent.admitted or not state.snapshot.quotas:
            return None
        return self._reason(_refusal(state.index(ChargeIndex), agent))

    def _reason(self, message: str) -> Reason | None:
        return Reason(self.name, message, resolvable=False) if message else None

    def violations(self, state: ClusterState) -> Iterator[Violation]:
        snapshot = state.snapshot
        if not snapshot.options.enforce_quota:
            return
        charged = charged_agents(state)
        for quota in snapshot.quotas:
            own = charged.get((quota.namespace, quota.name))
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
                shown = (format_amount(key, total), format_amount(key, hard))
                message = f"exceeded quota: {quota.name}: {key}={shown[0]}, limited: {key}={shown[1]}"
                for agent in own:
                    if charge(snapshot, quota, key, [agent]) > 0:
                        yield Violation(self.name, message, agent.key)


RULE = QuotaRule()
