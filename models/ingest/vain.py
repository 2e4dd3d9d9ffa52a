"""What agents ask for to no effect, as the snapshot is: kube-scheduler would not say a word about it."""

from __future__ import annotations

from collections.abc import Iterator

from placewright.models.agent import AgentSpec
from placewright.models.ingest.objects import Objects
from placewright.models.ingest.unmodelled import about, about_agents, pending_whose_spec
from placewright.models.ingest.workloads import KINDS
from placewright.models.rules.claims import claims_of, is_delayed
from placewright.models.rules.topology import HOSTNAME
from placewright.models.snapshot import Snapshot
from placewright.models.wire.workload import WorkloadWire


def vain_warnings(snapshot: Snapshot) -> Iterator[str]:
    """Terms that bind nobody, and agents that wait for what no scheduler decides."""
    yield from _apart_by_no_label(snapshot)
    yield from about_agents(
        "claims that are new and bind at once, as their class says or for want of one: which volumes they "
        "get is up to the volume controllers, and their agents wait for it",
        (
            agent
            for agent in pending_whose_spec(snapshot, lambda spec: bool(spec.claims))
            for _, claim in claims_of(snapshot, agent)
            if claim is not None and not (claim.admitted or claim.bound or is_delayed(snapshot, claim))
        ),
    )


def _apart_by_no_label(snapshot: Snapshot) -> Iterator[str]:
    """Required anti-affinity on nodes without the label that it names: it keeps nobody apart there."""
    labels = {key for node in snapshot.nodes for key in node.labels}
    if not snapshot.nodes:
        return
    yield from about_agents(
        "required anti-affinity by a label that no node has: it keeps nobody apart",
        pending_whose_spec(snapshot, lambda spec: any(key not in labels for key in _keys(spec))),
    )
    without = [node.name for node in snapshot.nodes if HOSTNAME not in node.labels]
    by_host = HOSTNAME in labels and without
    if by_host and any(pending_whose_spec(snapshot, lambda spec: HOSTNAME in _keys(spec))):
        yield from about(
            f"nodes without the label {HOSTNAME}: anti-affinity by it keeps nobody apart there", without
        )


def _keys(spec: AgentSpec) -> frozenset[str]:
    return frozenset(term.topology_key for term in spec.anti_affinity)


def unexpanded_note(read: Objects, snapshot: Snapshot) -> Iterator[str]:
    """Workloads, and not one agent: whoever wrote them down may expect to see theirs."""
    if snapshot.agents:
        return
    templates = [
        f"{kind} {wire.metadata.namespace or 'default'}/{wire.metadata.name}"
        for kind in KINDS
        for wire in read.wires(kind, WorkloadWire)
        if wire.spec is not None and wire.spec.template is not None
    ]
    if templates:
        yield (
            f"{len(templates)} workloads (first {templates[0]}) and no agents: --expand-workloads makes the "
            "agents that workloads lack"
        )
