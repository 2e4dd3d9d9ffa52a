"""Devices: whole ones, or a share of exactly one, of the models an agent allows.

A node's devices of one resource are numbered through its pools in order. Each holds `DEVICE_MILLI`
milli-shares. An agent's device ids are one flat tuple, in the order of its requests.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from placewright.models.agent import Agent, DeviceRequest
from placewright.models.node import DEVICE_MILLI, Node
from placewright.models.rules.base import Reason, Rule, Violation
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState


def device_models(node: Node, resource: str) -> list[str]:
    """The model of each device of a resource on a node, by id."""
    return [p.model for p in node.devices if p.resource == resource for _ in range(p.count)]


def allowed_ids(node: Node, request: DeviceRequest) -> list[int]:
    """The device ids whose model the request allows."""
    models = device_models(node, request.resource)
    return [i for i, model in enumerate(models) if not request.models or model in request.models]


def by_request(agent: Agent, ids: Sequence[int]) -> Iterator[tuple[DeviceRequest, tuple[int, ...]]]:
    """Each request of an agent with its part of the flat ids."""
    start = 0
    for request in agent.spec.devices:
        yield request, tuple(ids[start : start + request.count])
        start += request.count


def free_devices(state: ClusterState, node: Node, resource: str) -> list[int]:
    """Milli-shares left on each device, by id; negative where more was handed out than there is.

    Running agents whose device ids are not recorded are assumed to sit where best fit puts them, in the
    order of their names: the snapshot does not tell better.
    """
    free = [DEVICE_MILLI] * len(device_models(node, resource))
    unknown: list[tuple[str, DeviceRequest]] = []
    for key, agent in state.agents_on(node.name).items():
        if not agent.spec.devices:
            continue
        ids = state.devices.get(key)
        if ids is None and key not in state.new:
            unknown.extend((key, r) for r in agent.spec.devices if r.resource == resource)
        for request, own in by_request(agent, ids or ()):
            if request.resource == resource:
                _take(free, own, request.milli)
    for _, request in sorted(unknown, key=lambda item: (-item[1].milli, item[0])):
        _take(free, best_fit(free, allowed_ids(node, request), request) or (), request.milli)
    return free


def _take(free: list[int], ids: Sequence[int], milli: int) -> None:
    for i in ids:
        if 0 <= i < len(free):
            free[i] -= milli


def best_fit(free: Sequence[int], allowed: Sequence[int], request: DeviceRequest) -> tuple[int, ...] | None:
    """The fullest allowed devices that still hold the request, lowest ids first; None where none do."""
    open_ids = sorted((free[i], i) for i in allowed if free[i] >= request.milli)
    if len(open_ids) < request.count:
        return None
    return tuple(sorted(i for _, i in open_ids[: request.count]))


def choose_devices(state: ClusterState, agent: Agent, node: Node) -> tuple[int, ...] | None:
    """Devices for every request of an agent by best fit, or None where that finds no room."""
    chosen: list[int] = []
    free = {r.resource: free_devices(state, node, r.resource) for r in agent.spec.devices}
    for request in agent.spec.devices:
        ids = best_fit(free[request.resource], allowed_ids(node, request), request)
        if ids is None:
            return None
        _take(free[request.resource], ids, request.milli)
        chosen.extend(ids)
    return tuple(chosen)


class DevicesRule(Rule):
    name = "devices"
    plugin = ""
    summary = "A device is held whole by one agent or split in milli-shares; models and counts must fit."

    def admits(self, snapshot: Snapshot, agent: Agent, node: Node) -> Reason | None:
        for request in agent.spec.devices:
            if not device_models(node, request.resource):
                return Reason(self.name, f"node(s) had no {request.resource} devices", resolvable=False)
            allowed = len(allowed_ids(node, request))
            if not allowed:
                wanted = "|".join(request.models)
                return Reason(self.name, f"node(s) had no {request.resource} of model {wanted}", False)
            if allowed < request.count:
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
        for agent, node in state.placed():
            if not agent.spec.devices:
                continue
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
