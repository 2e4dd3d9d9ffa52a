"""A plan carried out, on paper: the cluster once everybody is where the plan wants them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from placewright.models.agent import Agent, Phase
from placewright.models.node import Node
from placewright.models.plan import Plan
from placewright.models.policy import ResourceQuota
from placewright.models.rules.claims import class_of
from placewright.models.rules.quota import charge
from placewright.models.rules.quota_usage import new_claims
from placewright.models.selector import NodeSelector, NodeSelectorTerm, Operator, Requirement
from placewright.models.snapshot import Snapshot
from placewright.models.storage import PersistentVolume, PersistentVolumeClaim, Storage
from placewright.scenarios.displace import comes_back, recreated
from placewright.solver.place import place
from placewright.solver.settings import Settings
from placewright.solver.verify import Refused, VerifiedPlan


def placed_first(snapshot: Snapshot, settings: Settings) -> tuple[Snapshot, int] | Refused:
    """The cluster with its pending agents placed and running, without the others, and how many those are."""
    if not snapshot.pending:
        return snapshot, 0
    verdict = place(snapshot, settings)
    if isinstance(verdict, Refused):
        return verdict
    after = settled(verdict)
    left = {agent.key for agent in after.pending}
    return replace(after, agents=tuple(a for a in after.agents if a.key not in left)), len(left)


def settled(verified: VerifiedPlan) -> Snapshot:
    """The snapshot with the plan's bindings running, its evictions done, and its volumes bound.

    Who is evicted and goes nowhere is pending; a volume that is provisioned can be reached from where it
    was made.
    """
    snapshot, plan = verified.snapshot, verified.plan
    goes = {binding.key: binding.node for binding in plan.bindings}
    evicted = {eviction.key for eviction in plan.evictions}
    new = [snapshot.agent_by_key[key] for key in goes if not snapshot.agent_by_key[key].admitted]
    return replace(
        snapshot,
        agents=tuple(_agents(snapshot, goes, evicted, verified.state.devices)),
        storage=_storage(snapshot, plan, new),
        quotas=tuple(_charged(snapshot, quota, new) for quota in snapshot.quotas),
    )


def _charged(snapshot: Snapshot, quota: ResourceQuota, new: Sequence[Agent]) -> ResourceQuota:
    """A quota once new agents are created. One that does not say what is used counts what exists."""
    if quota.used is None or not new:
        return quota
    used = {key: quota.used.get(key, 0) + charge(snapshot, quota, key, new) for key in quota.hard}
    return replace(quota, used={**quota.used, **used})


def _agents(
    snapshot: Snapshot, goes: Mapping[str, str], evicted: set[str], devices: Mapping[str, tuple[int, ...]]
) -> Iterator[Agent]:
    for agent in snapshot.agents:
        if agent.key in goes:
            yield replace(
                agent,
                node_name=goes[agent.key],
                nominated_node="",
                phase=Phase.RUNNING,
                admitted=True,
                device_ids=devices.get(agent.key, ()),
            )
        elif agent.key not in evicted:
            yield agent
        elif comes_back(agent):
            yield recreated(agent)


def _storage(snapshot: Snapshot, plan: Plan, new: Sequence[Agent]) -> Storage:
    storage = snapshot.storage
    created = {claim.key: replace(claim, admitted=True) for claim in new_claims(snapshot, new)}
    if not plan.volume_bindings and not created:
        return storage
    claims, volumes = {**storage.claims, **created}, dict(storage.volumes)
    for choice in plan.volume_bindings:
        claim = claims[choice.namespace, choice.claim]
        node = snapshot.node_by_name[choice.node]
        volume = volumes.get(choice.volume) or _provisioned(snapshot, claim, node)
        volumes[volume.name] = replace(volume, claim=claim.key, claim_uid=claim.uid, phase="Bound")
        claims[claim.key] = replace(
            claim, volume_name=volume.name, bound=True, phase="Bound", selected_node="", admitted=True
        )
    return replace(storage, claims=claims, volumes=volumes)


def _provisioned(snapshot: Snapshot, claim: PersistentVolumeClaim, node: Node) -> PersistentVolume:
    """The volume that is made for a claim on its agent's node."""
    storage_class = class_of(snapshot, claim)
    driver = storage_class.provisioner if storage_class else ""
    name = f"pvc-{claim.namespace}-{claim.name}"
    return PersistentVolume(
        name=name,
        capacity=claim.request,
        storage_class=claim.storage_class,
        access_modes=claim.access_modes,
        volume_mode=claim.volume_mode,
        node_affinity=_reach(snapshot, driver, node),
        driver=driver,
        handle=name,
        attributes_class=claim.attributes_class,
    )


def _reach(snapshot: Snapshot, driver: str, node: Node) -> NodeSelector | None:
    """By the topology keys that the driver reports on the node; without any from everywhere."""
    for known in snapshot.storage.csi_nodes.get(node.name, ()):
        keys = [key for key in known.topology_keys if key in node.labels]
        if known.driver == driver and keys:
            same = tuple(Requirement(key, Operator.IN, (node.labels[key],)) for key in keys)
            return NodeSelector((NodeSelectorTerm(match_expressions=same),))
    return None
