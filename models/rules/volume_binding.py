"""Volume binding: every claim of an agent is bound within reach, or can be (§7.1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from placewright.models.agent import Agent, AgentSpec, ClaimUse
from placewright.models.node import Node
from placewright.models.rules.base import Reason, Rule, Violation
from placewright.models.rules.claims import (
    ClaimKey,
    can_provision,
    claims_of,
    class_of,
    delayed_claims,
    has_capacity,
    is_delayed,
    reaches,
    segment,
    static_volumes,
)
from placewright.models.rules.volume_zone import in_zone
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState, StateIndex
from placewright.models.storage import PersistentVolume, PersistentVolumeClaim

CONFLICT = "node(s) had volume node affinity conflict"
NO_VOLUME = "node(s) didn't find available persistent volumes to bind"
NO_SPACE = "node(s) did not have enough free storage"
IMMEDIATE = "pod has unbound immediate PersistentVolumeClaims"


@dataclass(frozen=True)
class VolumeChoice:
    """A delayed claim gets `volume`, or, where that is "", one provisioned for `node`."""

    namespace: str
    claim: str
    volume: str
    node: str


@dataclass
class _Demand:
    """A delayed claim and the nodes of all agents that use it."""

    claim: PersistentVolumeClaim
    nodes: list[Node] = field(default_factory=list)
    agents: list[Agent] = field(default_factory=list)


class VolumeBindingRule(Rule):
    name = "volume_binding"
    plugin = "VolumeBinding"
    summary = "Each claim is bound to a volume within the node's reach, or one can be found or made there."

    def concerns(self, snapshot: Snapshot, spec: AgentSpec) -> bool:
        return bool(spec.claims)

    def admits(self, snapshot: Snapshot, agent: Agent, node: Node) -> Reason | None:
        for use, claim in claims_of(snapshot, agent):
            message = _claim_fault(snapshot, agent, use, claim) or _unreachable(snapshot, claim, node)
            if message:
                return Reason(self.name, message, resolvable=False)
        return None

    def may_open(self, snapshot: Snapshot, spec: AgentSpec) -> bool:
        return bool(spec.claims)

    def rejects(self, state: ClusterState, agent: Agent, node: Node) -> Reason | None:
        if not agent.spec.claims:
            return None
        never = self.admits(state.snapshot, agent, node)
        if never is not None:
            return never
        if state.index(VolumeIndex).choose(agent, node) is None:
            return Reason(self.name, NO_VOLUME, resolvable=False)
        return None

    def violations(self, state: ClusterState) -> Iterator[Violation]:
        yield from super().violations(state)
        demands = _demands(state.snapshot, state.placed())
        matched = _match(state.snapshot, demands)
        for demand in demands:
            if demand.claim.key not in matched:
                for agent in demand.agents:
                    message = f"{NO_VOLUME}: claim {demand.claim.name}"
                    yield Violation(self.name, message, agent.key, state.new[agent.key])

    def reads_node_identity(self, snapshot: Snapshot, agent: Agent) -> bool:
        return bool(agent.spec.claims)


def _claim_fault(snapshot: Snapshot, agent: Agent, use: ClaimUse, claim: PersistentVolumeClaim | None) -> str:
    """What is wrong with a claim wherever the agent goes, or ""."""
    if claim is None:
        return f'persistentvolumeclaim "{use.name}" not found'
    if use.ephemeral and not _made_for(claim, agent):
        return f'PVC "{use.name}" was not created for the pod'
    if claim.phase == "Lost":
        return f'persistentvolumeclaim "{use.name}" bound to non-existent persistentvolume'
    if claim.terminating:
        return f'persistentvolumeclaim "{use.name}" is being deleted'
    return "" if claim.bound or is_delayed(snapshot, claim) else IMMEDIATE


def _made_for(claim: PersistentVolumeClaim, agent: Agent) -> bool:
    """Whether the agent owns the claim: by uid where both are known, as another may have had its name."""
    if claim.owner is None:
        return False
    return claim.owner.uid == agent.uid if claim.owner.uid and agent.uid else claim.owner.name == agent.name


def _unreachable(snapshot: Snapshot, claim: PersistentVolumeClaim | None, node: Node) -> str:
    """Why a claim without fault cannot be served on this node even if it had everything to itself."""
    if claim is None:
        return ""
    if claim.bound:
        volume = snapshot.storage.volumes.get(claim.volume_name)
        if volume is None:
            return "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)"
        return "" if reaches(volume, node) else CONFLICT
    if claim.selected_node and claim.selected_node != node.name:
        return NO_VOLUME
    # Once a node is selected the claim waits for its provisioner: no volume that is there is looked for.
    if not claim.selected_node and any(reaches(volume, node) for volume in static_volumes(snapshot, claim)):
        return ""
    if can_provision(snapshot, claim, node):
        return ""
    storage_class = class_of(snapshot, claim)
    if storage_class is not None and storage_class.provisions:
        return NO_VOLUME if has_capacity(snapshot, claim, storage_class, node) else NO_SPACE
    return NO_VOLUME


class VolumeIndex(StateIndex):
    """What the delayed claims of placed agents got, each agent choosing greedily at its turn."""

    def __init__(self, state: ClusterState) -> None:
        self._snapshot = state.snapshot
        self._chosen: dict[ClaimKey, VolumeChoice] = {}
        self._users: dict[ClaimKey, int] = {}

    @classmethod
    def empty(cls, state: ClusterState) -> Self:
        return cls(state)

    def heeds(self, spec: AgentSpec) -> bool:
        return bool(spec.claims)

    def add(self, agent: Agent, node: Node) -> None:
        if not agent.spec.claims:
            return
        for choice in self.choose(agent, node) or ():
            self._chosen.setdefault((choice.namespace, choice.claim), choice)
        for claim in delayed_claims(self._snapshot, agent):
            self._users[claim.key] = self._users.get(claim.key, 0) + 1

    def remove(self, agent: Agent, node: Node) -> None:
        for claim in delayed_claims(self._snapshot, agent):
            self._users[claim.key] -= 1
            if not self._users[claim.key]:
                self._chosen.pop(claim.key, None)

    def choose(self, agent: Agent, node: Node) -> list[VolumeChoice] | None:
        """What each delayed claim of the agent would get on this node now, or None."""
        taken = {choice.volume for choice in self._chosen.values()}
        choices = []
        for claim in delayed_claims(self._snapshot, agent):
            known = self._chosen.get(claim.key)
            choice = self._again(known, claim, node) if known else self._anew(claim, node, taken)
            if choice is None:
                return None
            taken.add(choice.volume)
            choices.append(choice)
        return choices

    def _again(self, known: VolumeChoice, claim: PersistentVolumeClaim, node: Node) -> VolumeChoice | None:
        if known.volume:
            # Once it is bound, its zone labels count as well.
            volume = self._snapshot.storage.volumes[known.volume]
            return known if reaches(volume, node) and in_zone(volume, node) else None
        first = self._snapshot.node_by_name[known.node]
        same = segment(self._snapshot, claim, first) == segment(self._snapshot, claim, node)
        return known if same else None

    def _anew(self, claim: PersistentVolumeClaim, node: Node, taken: set[str]) -> VolumeChoice | None:
        if claim.selected_node and claim.selected_node != node.name:
            return None
        for volume in () if claim.selected_node else static_volumes(self._snapshot, claim):
            if volume.name not in taken and reaches(volume, node):
                return VolumeChoice(*claim.key, volume.name, node.name)
        made = can_provision(self._snapshot, claim, node)
        return VolumeChoice(*claim.key, "", node.name) if made else None


def choose_volumes(snapshot: Snapshot, placements: Mapping[str, str]) -> list[VolumeChoice] | None:
    """A volume, or provisioning, for each delayed claim of placed agents (key -> node name), or None."""
    steps = _claiming(snapshot, placements)
    demands = _demands(snapshot, steps)
    matched = _match(snapshot, demands)
    if len(matched) < len(demands):
        return None
    return [matched[demand.claim.key] for demand in demands]


def choice_violations(
    snapshot: Snapshot, placements: Mapping[str, str], choices: Sequence[VolumeChoice]
) -> Iterator[Violation]:
    """What is wrong with stated volume choices for a placement: everything once, in reach."""
    chosen = {(choice.namespace, choice.claim): choice for choice in choices}
    taken = [choice.volume for choice in choices if choice.volume]
    if len(chosen) != len(choices) or len(set(taken)) != len(taken):
        yield Violation(RULE.name, "a claim or a volume is chosen twice")
    steps = _claiming(snapshot, placements)
    for demand in _demands(snapshot, steps):
        choice = chosen.get(demand.claim.key)
        allowed = [] if choice is None else _options(snapshot, demand)
        if choice is None or choice.volume not in allowed:
            what = "no volume is chosen" if choice is None else f'volume "{choice.volume}" does not serve it'
            message = f"claim {demand.claim.namespace}/{demand.claim.name}: {what}"
            yield Violation(RULE.name, message, demand.agents[0].key)


def _claiming(snapshot: Snapshot, placements: Mapping[str, str]) -> list[tuple[Agent, Node]]:
    """Placed agents that have claims, by key."""
    if not placements:
        return []
    agents = snapshot.agent_by_key
    keys = sorted(key for key in placements if agents[key].spec.claims)
    return [(agents[key], snapshot.node_by_name[placements[key]]) for key in keys]


def _demands(snapshot: Snapshot, steps: Iterable[tuple[Agent, Node]]) -> list[_Demand]:
    """The delayed claims of placed agents with all nodes they are used on, running users' included."""
    demands: dict[ClaimKey, _Demand] = {}
    for agent, node in steps:
        if not agent.spec.claims:
            continue
        for claim in delayed_claims(snapshot, agent):
            demand = demands.setdefault(claim.key, _Demand(claim))
            demand.nodes.append(node)
            demand.agents.append(agent)
    if demands:
        for agent in snapshot.residents:
            for use in agent.spec.claims:
                known = demands.get((agent.namespace, use.name))
                if known is not None:
                    known.nodes.append(snapshot.node_by_name[agent.node_name])
    return sorted(demands.values(), key=lambda demand: (demand.claim.request, demand.claim.key))


def _options(snapshot: Snapshot, demand: _Demand) -> list[str]:
    """Names of volumes that serve a claim on all its nodes, smallest first; "" last where one can be made."""
    claim = demand.claim
    if claim.selected_node:
        there = all(node.name == claim.selected_node for node in demand.nodes)
        return [""] if there and can_provision(snapshot, claim, demand.nodes[0]) else []
    names = [v.name for v in static_volumes(snapshot, claim) if _reaches_all(v, demand.nodes)]
    segments = {segment(snapshot, claim, node) for node in demand.nodes}
    made = len(segments) == 1 and all(can_provision(snapshot, claim, node) for node in demand.nodes)
    return [*names, ""] if made else names


def _reaches_all(volume: PersistentVolume, nodes: Iterable[Node]) -> bool:
    return all(reaches(volume, node) for node in nodes)


def _match(snapshot: Snapshot, demands: Sequence[_Demand]) -> dict[ClaimKey, VolumeChoice]:
    """A largest matching of claims to volumes, each volume once; provisioning needs no volume.

    Claims that cannot be provisioned come first (augmenting paths); the others take what is left over.
    """
    options = {demand.claim.key: _options(snapshot, demand) for demand in demands}
    owner: dict[str, ClaimKey] = {}
    for demand in demands:
        if "" not in options[demand.claim.key]:
            _augment(demand.claim.key, options, owner, set())
    for demand in demands:
        key = demand.claim.key
        if "" in options[key]:
            free = next((name for name in options[key] if name and name not in owner), None)
            if free is not None:
                owner[free] = key
    volume_of = {key: name for name, key in owner.items()}
    return {
        demand.claim.key: VolumeChoice(
            *demand.claim.key, volume_of.get(demand.claim.key, ""), demand.nodes[0].name
        )
        for demand in demands
        if demand.claim.key in volume_of or "" in options[demand.claim.key]
    }


def _augment(
    key: ClaimKey, options: Mapping[ClaimKey, list[str]], owner: dict[str, ClaimKey], tried: set[str]
) -> bool:
    """Give `key` a volume, moving others along if need be."""
    for name in options[key]:
        if name in tried:
            continue
        tried.add(name)
        if name not in owner or _augment(owner[name], options, owner, tried):
            owner[name] = key
            return True
    return False


RULE = VolumeBindingRule()
