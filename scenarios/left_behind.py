"""What agents leave behind that are gone, or made anew: room in quotas, and volumes of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from placewright.models.agent import Agent
from placewright.models.policy import ResourceQuota
from placewright.models.rules.claims import class_of
from placewright.models.rules.quota_usage import agent_usage, in_scope
from placewright.models.snapshot import Snapshot
from placewright.models.storage import PersistentVolumeClaim, Storage


def quotas_without(snapshot: Snapshot, gone: Iterable[Agent]) -> tuple[ResourceQuota, ...]:
    """The quotas once these agents are no more: what they were charged is free again. Their claims stay.

    A quota that does not say what is used counts what exists.
    """
    were_charged = [agent for agent in gone if agent.admitted and not agent.terminal]
    return tuple(_without(quota, were_charged) for quota in snapshot.quotas)


def _without(quota: ResourceQuota, gone: Iterable[Agent]) -> ResourceQuota:
    own = [agent for agent in gone if in_scope(quota, agent)]
    if quota.used is None or not own:
        return quota
    left = {
        key: max(0, amount - sum(agent_usage(agent, key) for agent in own))
        for key, amount in quota.used.items()
    }
    return replace(quota, used=left)


def storage_anew(snapshot: Snapshot, recreated: Iterable[Agent]) -> Storage:
    """The volumes once these agents are made anew: a claim that ended with one of them is made anew as well.

    It waits for its agent's node if its class lets it; of any other only the volume that it had is known.
    """
    storage = snapshot.storage
    claims = list(_ended(snapshot, recreated))
    if not claims:
        return storage
    gone = {claim.volume_name for claim in claims}
    return replace(
        storage,
        claims={**storage.claims, **{claim.key: _anew(claim) for claim in claims}},
        volumes={name: volume for name, volume in storage.volumes.items() if name not in gone},
    )


def _ended(snapshot: Snapshot, agents: Iterable[Agent]) -> Iterator[PersistentVolumeClaim]:
    """Claims of volumes that end with the agent which are made anew only once it has a node."""
    for agent in agents:
        for use in agent.spec.claims:
            claim = snapshot.storage.claims.get((agent.namespace, use.name)) if use.ephemeral else None
            storage_class = class_of(snapshot, claim) if claim is not None else None
            if claim is not None and storage_class is not None and storage_class.wait_for_first_consumer:
                yield claim


def _anew(claim: PersistentVolumeClaim) -> PersistentVolumeClaim:
    """It takes the place of the one before in every quota; its owner is known by name alone."""
    owner = replace(claim.owner, uid="") if claim.owner is not None else None
    return replace(
        claim,
        volume_name="",
        bound=False,
        phase="Pending",
        selected_node="",
        terminating=False,
        owner=owner,
        uid="",
        allocated=0,
    )
