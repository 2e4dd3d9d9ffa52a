"""Whom a node's refusal is about: the agents that would have to leave for one to come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from placewright.models.agent import Agent
from placewright.models.node import Node
from placewright.models.rules.base import Reason
from placewright.models.rules.host_ports import conflict
from placewright.models.rules.limit_overcommit import LimitIndex, beyond, limit_of
from placewright.models.rules.own_terms import own_anti_affinity
from placewright.models.rules.resources import PODS, UsageIndex, checked_amounts
from placewright.models.rules.topology import term_matches
from placewright.models.rules.volume_restrictions import agents_conflict, one_node_claims, one_pod_claims
from placewright.models.selector import AffinityTerm
from placewright.models.snapshot import Snapshot
from placewright.models.state import ClusterState


class InTheWay:
    """Finds, for one agent, those that make a node turn it away."""

    def __init__(self, state: ClusterState, agent: Agent) -> None:
        self._state = state
        self._agent = agent

    def on(self, node: Node, reason: Reason) -> Iterable[Agent]:
        """The agents behind `reason`; none where the rule is not about others on nodes."""
        agent, there = self._agent, self._state.agents_on(node.name).values()
        match reason.rule:
            case "resources":
                short = self._short_of(node)
                if PODS in short:
                    return there
                return [o for o in there if any(map(o.spec.requests.get, short))]
            case "devices":
                wanted = {request.resource for request in agent.spec.devices}
                return [o for o in there if any(request.resource in wanted for request in o.spec.devices)]
            case "host_ports":
                return [o for o in there if conflict(agent, o) is not None]
            case "volume_restrictions":
                with_disks = [o for o in there if agents_conflict(agent, o)]
                return [*with_disks, *(o for o in self._using(node) if o not in with_disks)]
            case "volume_limits":
                return [o for o in there if o.spec.claims]
            case "limit_overcommit":
                total = self._state.index(LimitIndex).total(node.name)
                names = beyond(self._state.snapshot, agent, node, total)
                return [o for o in there if any(limit_of(o.spec, name) for name in names)]
            case "inter_agent_affinity":
                return [o for label in node.labels.items() for o in self._repelling.get(label, ())]
            case _:
                return ()

    def _using(self, node: Node) -> Iterator[Agent]:
        """Users, wherever they are, of claims that the agent may not share, or only on their node."""
        snapshot, agent = self._state.snapshot, self._agent
        alone, together = one_pod_claims(snapshot, agent), one_node_claims(snapshot, agent)
        for other, place in self._state.assignments() if alone or together else ():
            for use in other.spec.claims:
                claim = (other.namespace, use.name)
                if claim in alone or (claim in together and place.name != node.name):
                    yield other
                    break

    def _short_of(self, node: Node) -> set[str]:
        used = self._state.index(UsageIndex).used(node.name)
        asked = checked_amounts(self._state.snapshot, self._agent)
        return {n for n, amount in asked.items() if amount > node.allocatable.get(n, 0) - used.get(n, 0)}

    @cached_property
    def _repelling(self) -> Mapping[tuple[str, str], list[Agent]]:
        """By domain (topology key, value): whom the agent's anti-affinity means, or whose means the agent."""
        snapshot, agent = self._state.snapshot, self._agent
        own = own_anti_affinity(snapshot, agent)
        found: dict[tuple[str, str], list[Agent]] = {}
        for other, place in self._state.assignments():
            terms = [term for term in own if _means(snapshot, term, other)]
            terms += [term for term in other.spec.anti_affinity if _means(snapshot, term, agent)]
            for key in dict.fromkeys(
                term.topology_key for term in terms if term.topology_key in place.labels
            ):
                found.setdefault((key, place.labels[key]), []).append(other)
        return found


def _means(snapshot: Snapshot, term: AffinityTerm, agent: Agent) -> bool:
    return term_matches(term, agent.namespace, agent.labels, snapshot.namespace_labels(agent.namespace))
