"""Devices: whole ones, or a share of exactly one, of the models an agent allows.

A node's devices of one resource are numbered through its pools in order. Each holds `DEVICE_MILLI`
milli-shares. An agent's device ids are one flat tuple, in the order of its requests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

from placewright.models.agent import Agent, AgentSpec, DeviceRequest
from placewright.models.node import DEVICE_MILLI, Node
from placewright.models.rules.base import Reason, Rule, Violation
from placewright.models.rules.device_packing import pack, pack_running
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState

Held: TypeAlias = tuple[tuple[DeviceRequest, tuple[int, ...]], ...]
"""What one agent holds: each of its requests with the ids that serve it."""


@dataclass(frozen=True)
class _Standing:
    """held: what each running agent holds, by its key. left: (node name, resource) -> as `devices_left`."""

    held: Mapping[str, Held]
    left: Mapping[tuple[str, str], list[int]]


def device_models(node: Node, resource: str) -> list[str]:
    """The model of each device of a resource on a node, by id."""
    return [p.model for p in node.devices if p.resource == resource for _ in range(p.count)]


def allowed_ids(node: Node, request: DeviceRequest) -> list[int]:
    """The device ids whose model the request allows."""
    models = device_models(node, request.resource)
    return [i for i, model in enumerate(models) if not request.models or model in request.models]


def by_request(agent: Agent, ids: Sequence[int]) -> Held:
    """Each request of an agent with its part of the flat ids."""
    held, start = [], 0
    for request in agent.spec.devices:
        held.append((request, tuple(ids[start : start + request.count])))
        start += request.count
    return tuple(held)


def devices_left(snapshot: Snapshot, node: Node, resource: str) -> Sequence[int]:
    """Milli-shares left on each device beside all who run, by id; negative where they hold more than that."""
    left = _standing(snapshot).left.get((node.name, resource))
    return _all_free(node, resource) if left is None else left


def _standing(snapshot: Snapshot) -> _Standing:
    """What running agents hold and leave.

    Where the devices are not recorded, or what is recorded cannot be, the node's agents are assumed packed:
    the snapshot does not tell better. The assumption is made once, so that no placement changes it.
    """
    known = snapshot.memo.get(__name__)
    if known is None:
        known = snapshot.memo[__name__] = _stand(snapshot)
    return cast(_Standing, known)


def _stand(snapshot: Snapshot) -> _Standing:
    unknown: dict[str, list[Agent]] = {}
    held: dict[str, Held] = {}
    left: dict[tuple[str, str], list[int]] = {}
    for agent in snapshot.residents:
        if not agent.spec.devices:
            continue
        node = snapshot.node_by_name[agent.node_name]
        own = by_request(agent, agent.device_ids)
        if _is_recorded(agent, node, own):
            held[agent.key] = own
            _hold(left, node, own)
        else:
            unknown.setdefault(node.name, []).append(agent)
    for name, agents in unknown.items():
        node = snapshot.node_by_name[name]
        for key, own in tuple(_assumed(node, agents, left)):
            held[key] = own
            _hold(left, node, own)
    return _Standing(held, left)


def _hold(left: dict[tuple[str, str], list[int]], node: Node, held: Held) -> None:
    for request, ids in held:
        key = (node.name, request.resource)
        if key not in left:
            left[key] = _all_free(node, request.resource)
        _take(left[key], ids, request.milli)


def _assumed(
    node: Node, agents: Sequence[Agent], taken: Mapping[tuple[str, str], list[int]]
) -> Iterator[tuple[str, Held]]:
    """Devices for the agents of one node whose own are not known, beside those that are taken."""
    asking = [(agent, r) for agent in sorted(agents, key=lambda a: a.key) for r in agent.spec.devices]
    held: dict[str, list[tuple[DeviceRequest, tuple[int, ...]]]] = {agent.key: [] for agent in agents}
    for resource in dict.fromkeys(request.resource for _, request in asking):
        own = [(agent, request) for agent, request in asking if request.resource == resource]
        free = taken.get((node.name, resource)) or _all_free(node, resource)
        packed = pack_running(free, [(request, allowed_ids(node, request)) for _, request in own])
        for (agent, request), ids in zip(own, packed, strict=True):
            held[agent.key].append((request, ids))
    for key, parts in held.items():
        yield key, tuple(parts)


def _is_recorded(agent: Agent, node: Node, held: Held) -> bool:
    """Whether the recorded ids, `held`, are devices of the node, as many as the agent asks for."""
    asked = 0
    for request, ids in held:
        asked += request.count
        if ids and (min(ids) < 0 or max(ids) >= _number(node, request.resource) or len(set(ids)) < len(ids)):
            return False
    return len(agent.device_ids) == asked


def _number(node: Node, resource: str) -> int:
    """How many devices of a resource a node has."""
    number = 0
    for pool in node.devices:
        if pool.resource == resource:
            number += pool.count
    return number


def _all_free(node: Node, resource: str) -> list[int]:
    return [DEVICE_MILLI] * _number(node, resource)


def free_devices(state: ClusterState, node: Node, resource: str) -> list[int]:
    """Milli-shares left on each device, by id; negative where more was handed out than there is."""
    free = _all_free(node, resource)
    running = _standing(state.snapshot).held
    for key, agent in state.agents_on(node.name).items():
        if not agent.spec.devices:
            continue
        new = key in state.new
        for request, ids in by_request(agent, state.devices.get(key, ())) if new else running.get(key, ()):
            if request.resource == resource:
                _take(free, ids, request.milli)
    return free


def _take(free: list[int], ids: Sequence[int], milli: int) -> None:
    for i in ids:
        # Ids that a plan invents are a violation of their own.
        if 0 <= i < len(free):
            free[i] -= milli


def _fits_alone(agent: Agent, node: Node, resource: str) -> bool:
    """Whether all that an agent asks of a resource fits on a node where nobody else is."""
    own = [request for request in agent.spec.devices if request.resource == resource]
    if len(own) == 1:
        # A matter of counting, which the caller has done.
        return True
    wanted = [(request, allowed_ids(node, request)) for request in own]
    return pack(_all_free(node, resource), wanted) is not None


def choose_devices(state: ClusterState, agent: Agent, node: Node) -> tuple[int, ...] | None:
    """Devices for every request of an agent, the fullest that hold it, or None where there are none."""
    chosen: dict[int, tuple[int, ...]] = {}
    for resource in dict.fromkeys(request.resource for request in agent.spec.devices):
        own = [(i, r) for i, r in enumerate(agent.spec.devices) if r.resource == resource]
        wanted = [(request, allowed_ids(node, request)) for _, request in own]
        packed = pack(free_devices(state, node, resource), wanted)
        if packed is None:
            return None
        chosen.update(zip((i for i, _ in own), packed, strict=True))
    return tuple(device for i in range(len(chosen)) for device in chosen[i])


class DevicesRule(Rule):
    name = "devices"
    plugin = ""
    summary = "A device is held whole by one agent or split in milli-shares; models and counts must fit."

    def concerns(self, snapshot: Snapshot, spec: AgentSpec) -> bool:
        return bool(spec.devices)

    def admits(self, snapshot: Snapshot, agent: Agent, node: Node) -> Reason | None:
        for request in agent.spec.devices:
            if not device_models(node, request.resource):
                return Reason(self.name, f"node(s) had no {request.resource} devices", resolvable=False)
            allowed = len(allowed_ids(node, request))
            if not allowed:
                wanted = "|".join(request.models)
                return Reason(self.name, f"node(s) had no {request.resource} of model {wanted}", False)
            if allowed < request.count or not _fits_alone(agent, node, request.resource):
                return Reason(self.name, f"node(s) had too few {request.resource} devices", resolvable=False)
        return None

    def rejects(self, state: ClusterState, agent: Agent, node: Node) -> Reason | None:
        if not agent.spec.devices:
            return None
        never = self.admits(state.snapshot, agent, node)
        if never is not None:
            return never
        if choose_devices(state, agent, node) is None:
            resources = ", ".join(dict.fromkeys(r.resource for r in agent.spec.devices))
            return Reason(self.name, f"node(s) had no free device share of {resources}")
        return None

    def violations(self, state: ClusterState) -> Iterator[Violation]:
        for agent, node in self.concerned(state):
            yield from self._misfits(state, agent, node)

    def _misfits(self, state: ClusterState, agent: Agent, node: Node) -> Iterator[Violation]:
        ids = state.devices.get(agent.key, ())
        wanted = sum(request.count for request in agent.spec.devices)
        if len(ids) != wanted:
            yield Violation(self.name, f"{len(ids)} of {wanted} devices assigned", agent.key, node.name)
            return
        for request, own in by_request(agent, ids):
            if len(set(own)) != len(own) or not set(own) <= set(allowed_ids(node, request)):
                message = f"{request.resource} devices {list(own)} are not distinct devices it may use"
                yield Violation(self.name, message, agent.key, node.name)
                continue
            free = free_devices(state, node, request.resource)
            over = [i for i in own if free[i] < 0]
            if over:
                used = DEVICE_MILLI - free[over[0]]
                message = f"{request.resource} device {over[0]} holds {used} of {DEVICE_MILLI} milli"
                yield Violation(self.name, message, agent.key, node.name)


RULE = DevicesRule()
