"""Topology spread: hard topologySpreadConstraints (§6), judged in the final state for a batch (§6.6)."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from placewright.models.agent import Agent, AgentSpec, InclusionPolicy, SpreadConstraint
from placewright.models.node import Node
from placewright.models.rules.base import Reason, Rule, Violation
from placewright.models.rules.node_affinity import selects
from placewright.models.rules.taints import untolerated
from placewright.models.rules.topology import DomainCounts, Matcher, TopologyCounts, same_namespace
from placewright.models.snapshot import Snapshot
from placewright.models.spread import spread_constraints
from placewright.models.state import ClusterState

SKEW = "node(s) didn't match pod topology spread constraints"
MISSING_LABEL = "node(s) didn't match pod topology spread constraints (missing required label)"


def hard_constraints(snapshot: Snapshot, agent: Agent) -> tuple[SpreadConstraint, ...]:
    """The DoNotSchedule constraints, an agent's own or its profile's; none where the filter is off."""
    if not agent.spec.spread and not _has_hard_defaults(snapshot, agent):
        return ()
    if not snapshot.filters(TopologySpreadRule.plugin, agent):
        return ()
    return tuple(constraint for constraint in spread_constraints(snapshot, agent) if constraint.hard)


def _has_hard_defaults(snapshot: Snapshot, agent: Agent) -> bool:
    return agent.spread_selector is not None and snapshot.profile_of(agent).default_spread.has_hard


def counted_nodes(snapshot: Snapshot, agent: Agent, constraint: SpreadConstraint) -> frozenset[str]:
    """Names of the nodes whose agents count for one constraint of an agent (§6.2)."""
    keys = tuple(c.topology_key for c in hard_constraints(snapshot, agent))
    read = (keys, *inclusion_reads(agent, constraint))
    memo: Hashable = (counted_nodes.__qualname__, read)
    known = snapshot.memo.get(memo)
    if known is None:
        known = snapshot.memo[memo] = frozenset(
            node.name
            for node in snapshot.nodes
            if all(key in node.labels for key in keys) and is_included(snapshot, agent, constraint, node)
        )
    return cast(frozenset[str], known)


def inclusion_reads(agent: Agent, constraint: SpreadConstraint) -> Iterator[Hashable]:
    """All that `is_included` reads of an agent and a constraint: most agents of a cluster are alike in it."""
    spec = agent.spec
    if constraint.node_affinity_policy is InclusionPolicy.HONOR:
        yield (tuple(sorted(spec.node_selector.items())), spec.node_affinity)
    else:
        yield None
    yield spec.tolerations if constraint.node_taints_policy is InclusionPolicy.HONOR else None


def is_included(snapshot: Snapshot, agent: Agent, constraint: SpreadConstraint, node: Node) -> bool:
    honor = InclusionPolicy.HONOR
    if constraint.node_affinity_policy is honor and not selects(agent.spec, node):
        return False
    if constraint.node_taints_policy is not honor:
        return True
    comparing = snapshot.options.taint_comparison_operators
    return untolerated(node.taints, agent.spec.tolerations, comparison_operators=comparing) is None


def counted_agents(agent: Agent, constraint: SpreadConstraint) -> Matcher | None:
    """Who counts: agents of the same namespace that the selector matches and that are not being deleted.

    None where nobody ever counts: a null selector, and (as kube-scheduler does) an empty one.
    """
    if constraint.selector is None or constraint.selector.empty:
        return None
    return Matcher((same_namespace(agent.namespace, constraint.selector),), terminating=False)


def counts_itself(agent: Agent, constraint: SpreadConstraint) -> bool:
    """Whether the agent adds to the count of the domain it goes to."""
    return constraint.selector is not None and constraint.selector.matches(agent.labels)


@dataclass(eq=False)
class Domains:
    """One constraint of one kind of agent in a state: where it counts, and the live counts there.

    `matcher`: who counts; None: nobody ever. `within`: names of the nodes whose agents count. `values`: the
    domains of those. `itself`: 1 where the agent counts, too.
    """

    constraint: SpreadConstraint
    matcher: Matcher | None
    within: frozenset[str]
    values: tuple[str, ...]
    counts: DomainCounts
    itself: int
    _least: int | None = None
    _lowered: int = 0
    _emptiest: int = 0

    def count(self, value: str) -> int:
        return self.counts.get(value, 0)

    def adds(self, node: Node) -> int:
        """1 where an agent that comes to a node is one more in its domain for those who come after it.

        Its own test adds `itself` anyway: policies leave nodes out that its profile, where it checks neither
        selectors nor taints, lets it go to.
        """
        return self.itself if node.name in self.within else 0

    @property
    def floor_is_zero(self) -> bool:
        """Whether minDomains wants more domains than there are: the least then is 0."""
        return len(self.values) < self.constraint.min_domains

    @property
    def least(self) -> int:
        """The count of the emptiest domain. There can be thousands, and this is asked at each step."""
        if self.floor_is_zero or not self.values:
            return 0
        if self._least is None or self.counts.lowered != self._lowered or not self._find_again(self._least):
            counts = [self.count(value) for value in self.values]
            self._least, self._lowered = min(counts), self.counts.lowered
            self._emptiest = counts.index(self._least)
        return self._least

    def _find_again(self, least: int) -> bool:
        """Whether a domain still holds no more. While counts only rise none that was passed can be it."""
        for _ in self.values:
            if self.count(self.values[self._emptiest]) == least:
                return True
            self._emptiest = (self._emptiest + 1) % len(self.values)
        return False


def spread_domains(state: ClusterState, agent: Agent) -> tuple[Domains, ...]:
    """The agent's hard constraints with their counts, shared by all agents of its kind."""
    # The snapshot keeps every spec and selector alive, so an id stays its own.
    own = (id(agent.spec), id(agent.spread_selector))
    key: Hashable = (RULE.name, own, agent.namespace, agent.label_set)
    known = state.cache.get(key)
    if known is None:
        known = state.cache[key] = tuple(
            _domain(state, agent, c) for c in hard_constraints(state.snapshot, agent)
        )
    return cast(tuple[Domains, ...], known)


def _domain(state: ClusterState, agent: Agent, constraint: SpreadConstraint) -> Domains:
    within = counted_nodes(state.snapshot, agent, constraint)
    key = constraint.topology_key
    values = _values(state.snapshot, key, within)
    matcher = counted_agents(agent, constraint)
    counts = DomainCounts() if matcher is None else state.index(TopologyCounts).counts(matcher, key, within)
    return Domains(constraint, matcher, within, values, counts, int(counts_itself(agent, constraint)))


def _values(snapshot: Snapshot, key: str, within: frozenset[str]) -> tuple[str, ...]:
    """The domains of a topology key that some of these nodes are in; few agents differ in that."""
    memo: Hashable = (_values.__qualname__, key, within)
    known = snapshot.memo.get(memo)
    if known is None:
        found = dict.fromkeys(node.labels[key] for node in snapshot.nodes if node.name in within)
        known = snapshot.memo[memo] = tuple(found)
    return cast(tuple[str, ...], known)


def domain_count(state: ClusterState, agent: Agent, node: Node) -> int:
    """How full the agent's domains are: placing where this is lowest keeps later placements possible."""
    values = (d.count(node.labels.get(d.constraint.topology_key, "")) for d in spread_domains(state, agent))
    return max(values, default=0)


def overhang(state: ClusterState, agent: Agent, nodes: Sequence[Node]) -> int:
    """How far the domains of `nodes` are above maxSkew by the agent's hard constraints, summed."""
    found = 0
    for domains in spread_domains(state, agent):
        highest = domains.least + domains.constraint.max_skew
        key = domains.constraint.topology_key
        tested = {(node.labels.get(key, ""), domains.itself - domains.adds(node)) for node in nodes}
        found += sum(max(0, domains.count(value) + more - highest) for value, more in tested)
    return found


class TopologySpreadRule(Rule):
    name = "topology_spread"
    plugin = "PodTopologySpread"
    summary = "No domain that receives agents ends more than maxSkew above the emptiest one that counts."

    def concerns(self, snapshot: Snapshot, spec: AgentSpec) -> bool:
        return bool(spec.spread) or any(p.default_spread.has_hard for p in snapshot.options.all_profiles)

    def may_open(self, snapshot: Snapshot, spec: AgentSpec) -> bool:
        return self.concerns(snapshot, spec)

    def admits(self, snapshot: Snapshot, agent: Agent, node: Node) -> Reason | None:
        if all(c.topology_key in node.labels for c in hard_constraints(snapshot, agent)):
            return None
        return Reason(self.name, MISSING_LABEL, resolvable=False)

    def rejects(self, state: ClusterState, agent: Agent, node: Node) -> Reason | None:
        everywhere = spread_domains(state, agent)
        if any(domains.constraint.topology_key not in node.labels for domains in everywhere):
            return Reason(self.name, MISSING_LABEL, resolvable=False)
        for domains in everywhere:
            value = node.labels[domains.constraint.topology_key]
            if domains.count(value) + domains.itself - domains.least > domains.constraint.max_skew:
                return Reason(self.name, SKEW)
        return None

    def violations(self, state: ClusterState) -> Iterator[Violation]:
        for crowd in state.placed_crowds():
            leasts = [(domains, domains.least) for domains in spread_domains(state, crowd.sample)]
            for name, agents in crowd.on.items() if leasts else ():
                messages = list(self._faults(state, crowd.sample, state.snapshot.node_by_name[name], leasts))
                for agent in agents if messages else ():
                    yield from (Violation(self.name, message, agent.key, name) for message in messages)

    def _faults(
        self, state: ClusterState, agent: Agent, node: Node, leasts: Sequence[tuple[Domains, int]]
    ) -> Iterator[str]:
        """What is wrong with agents like this one on a node; with each constraint the least of its counts."""
        if any(domains.constraint.topology_key not in node.labels for domains, _ in leasts):
            yield MISSING_LABEL
            return
        for i, (domains, least) in enumerate(leasts):
            constraint = domains.constraint
            value = node.labels[constraint.topology_key]
            holds = domains.count(value) + domains.itself - domains.adds(node)
            if holds - least <= constraint.max_skew:
                continue
            if domains.adds(node) or not _passes_at_start(spread_domains(state.before(), agent)[i], value):
                yield (
                    f"{constraint.topology_key}={value} holds {holds}, the emptiest "
                    f"domain {least}, maxSkew is {constraint.max_skew}"
                )


def _passes_at_start(start: Domains, value: str) -> bool:
    """An agent that adds to no domain may also go first, whatever comes after it."""
    return start.count(value) + start.itself - start.least <= start.constraint.max_skew


RULE = TopologySpreadRule()
