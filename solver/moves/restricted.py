"""Which agents something other than amounts and `admits` can turn away: only for those rules are asked."""

from __future__ import annotations

from placewright.models.agent import Agent
from placewright.models.rules.limit_overcommit import limit_of
from placewright.models.rules.topology import term_matches
from placewright.models.selector import AffinityTerm
from placewright.models.snapshot import Snapshot
from placewright.models.spread import spread_constraints
from placewright.solver.compilation import Compilation


def restricted_groups(compilation: Compilation) -> list[bool]:
    """For each group whether its agents have to be asked about one by one."""
    snapshot = compilation.snapshot
    if snapshot.any_off or (compilation.amounts.asked > compilation.request).any():
        # What is not checked may fill a node beyond what others can bear.
        return [True] * len(compilation.groups)
    specs = {id(agent.spec): agent.spec for agent in snapshot.agents}
    anti = dict.fromkeys(term for spec in specs.values() for term in spec.anti_affinity)
    by_namespace: dict[str, list[AffinityTerm]] = {}
    for term in anti:
        names = term.namespaces if term.namespace_selector is None else ("",)
        for name in names:
            by_namespace.setdefault(name, []).append(term)
    return [
        _is_restricted(group.agent, snapshot)
        or any(
            term_matches(
                term,
                group.agent.namespace,
                group.agent.labels,
                snapshot.namespace_labels(group.agent.namespace),
            )
            for name in ("", group.agent.namespace)
            for term in by_namespace.get(name, ())
        )
        for group in compilation.groups
    ]


def _is_restricted(agent: Agent, snapshot: Snapshot) -> bool:
    spec = agent.spec
    own = (spec.host_ports, spec.affinity, spec.anti_affinity, spec.claims, spec.disks, spec.devices)
    capped = any(limit_of(spec, name) for name in snapshot.options.profile.limit_caps)
    spreads = any(constraint.hard for constraint in spread_constraints(snapshot, agent))
    return any(own) or capped or spreads or bool(spec.pod_group)
