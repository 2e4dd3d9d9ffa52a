"""What an agent and its claims count for in a ResourceQuota (§12.2–12.4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import cast

from placewright.models.agent import Agent, AgentSpec, QosClass
from placewright.models.node import Resources
from placewright.models.policy import ResourceQuota, Scope, ScopeRequirement
from placewright.models.quantity import MOST_IN_ALL, TOO_MUCH
from placewright.models.snapshot import Snapshot
from placewright.models.storage import PersistentVolumeClaim

COMPUTE_KEYS = frozenset({"cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"})
"""Keys that every container of an agent in scope must specify."""

_PLAIN = frozenset({"cpu", "memory", "ephemeral-storage"})
_CLASS_SUFFIX = ".storageclass.storage.k8s.io/"


def agent_usage(agent: Agent, key: str) -> int:
    """What one agent that has not ended counts for under a hard key; 0 where the key is not about agents."""
    spec = agent.spec
    if key in ("pods", "count/pods"):
        return 1
    if key.startswith("limits."):
        return _charged(spec.limits.get(key.removeprefix("limits."), 0))
    if key.startswith("requests.") and key != "requests.storage":
        return _charged(spec.requests.get(key.removeprefix("requests."), 0))
    if key in _PLAIN or key.startswith("hugepages-"):
        return _charged(spec.requests.get(key, 0))
    return 0


def _charged(amount: int) -> int:
    """An amount of which is only known that no node has it is more than any quota allows, too."""
    return MOST_IN_ALL + 1 if amount == TOO_MUCH else amount


def claim_usage(claim: PersistentVolumeClaim, key: str) -> int:
    """What one claim counts for under a hard key; in a resize the larger size."""
    size = max(claim.request, claim.allocated)
    if key in ("persistentvolumeclaims", "count/persistentvolumeclaims"):
        return 1
    if key == "requests.storage":
        return size
    if claim.storage_class and key.startswith(claim.storage_class + _CLASS_SUFFIX):
        return size if key.endswith("/requests.storage") else 1
    return 0


def in_scope(quota: ResourceQuota, agent: Agent) -> bool:
    """Whether the quota is about this agent at all."""
    return quota.namespace == agent.namespace and all(_scope_holds(s, agent.spec) for s in quota.scopes)


def claims_in_scope(
    quota: ResourceQuota, claims: Iterable[PersistentVolumeClaim]
) -> list[PersistentVolumeClaim]:
    """Which claims of its namespace a quota counts: of all scopes only VolumeAttributesClass means claims."""
    if any(s.scope is not Scope.VOLUME_ATTRIBUTES_CLASS for s in quota.scopes):
        return []
    return [c for c in claims if all(_name_holds(s, c.attributes_class) for s in quota.scopes)]


def _scope_holds(requirement: ScopeRequirement, spec: AgentSpec) -> bool:
    match requirement.scope:
        case Scope.TERMINATING:
            return spec.has_deadline
        case Scope.NOT_TERMINATING:
            return not spec.has_deadline
        case Scope.BEST_EFFORT:
            return spec.qos is QosClass.BEST_EFFORT
        case Scope.NOT_BEST_EFFORT:
            return spec.qos is not QosClass.BEST_EFFORT
        case Scope.CROSS_NAMESPACE:
            return spec.crosses_namespaces
        case Scope.PRIORITY_CLASS:
            return _name_holds(requirement, spec.priority_class_name)
        case Scope.VOLUME_ATTRIBUTES_CLASS:
            return False


def _name_holds(requirement: ScopeRequirement, name: str) -> bool:
    """Of a class by its name, "" for none."""
    match requirement.operator:
        case "In":
            return bool(name) and name in requirement.values
        case "NotIn":
            return name not in requirement.values
        case "Exists":
            return bool(name)
        case "DoesNotExist":
            return not name
    return False


def used(snapshot: Snapshot, quota: ResourceQuota) -> Resources:
    """What is already charged: the quota's own status, else recomputed from what exists.

    Recomputed usage counts agents and claims that exist (`admitted`); an ended agent only for count/pods.
    """
    if quota.used is not None:
        return quota.used
    known = snapshot.memo.get(("quota", quota.namespace, quota.name))
    if known is None:
        known = recomputed(snapshot, quota)
        snapshot.memo["quota", quota.namespace, quota.name] = known
    return cast(Resources, known)


def completed(snapshot: Snapshot, quota: ResourceQuota) -> ResourceQuota:
    """The quota; what its status does not know yet of all that it limits is recomputed."""
    if quota.used is None or quota.used.keys() >= quota.hard.keys():
        return quota
    return replace(quota, used={**recomputed(snapshot, quota), **quota.used})


def recomputed(snapshot: Snapshot, quota: ResourceQuota) -> Resources:
    """What agents and claims that exist count for under each hard key."""
    total = dict.fromkeys(quota.hard, 0)
    charged = [a for a in snapshot.agents if a.admitted and in_scope(quota, a)]
    there = (c for c in snapshot.storage.claims.values() if c.admitted and c.namespace == quota.namespace)
    claims = claims_in_scope(quota, there)
    for key in total:
        total[key] = sum(agent_usage(a, key) for a in charged if key == "count/pods" or not a.terminal)
        total[key] += sum(claim_usage(claim, key) for claim in claims)
    return total


def new_claims(snapshot: Snapshot, agents: Iterable[Agent]) -> list[PersistentVolumeClaim]:
    """Claims of these agents that do not exist yet, each once, in a stable order."""
    wanted = dict.fromkeys((agent.namespace, use.name) for agent in agents for use in agent.spec.claims)
    claims = (snapshot.storage.claims.get(key) for key in wanted)
    return [claim for claim in claims if claim is not None and not claim.admitted]
