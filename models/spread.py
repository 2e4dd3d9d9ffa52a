"""Which topology spread constraints an agent has: its own, or else its profile's defaults (§6.1)."""

from __future__ import annotations

from dataclasses import replace

from placewright.models.agent import Agent, SpreadConstraint
from placewright.models.profile import DefaultSpread, ScoreName
from placewright.models.selector import LabelSelector
from placewright.models.snapshot import Snapshot

SYSTEM_DEFAULTS = (("kubernetes.io/hostname", 3), ("topology.kubernetes.io/zone", 5))
"""(topology key, maxSkew) of kube-scheduler's own defaults; both are soft."""


def default_constraints(default: DefaultSpread, selector: LabelSelector) -> tuple[SpreadConstraint, ...]:
    """A profile's default constraints over what `selector` selects."""
    if default.system:
        return tuple(SpreadConstraint(key, skew, selector, hard=False) for key, skew in SYSTEM_DEFAULTS)
    return tuple(replace(constraint, selector=selector) for constraint in default.constraints)


def spread_constraints(snapshot: Snapshot, agent: Agent) -> tuple[SpreadConstraint, ...]:
    """The constraints that hold for an agent, hard and soft.

    Defaults are for agents without any constraint of their own, hard or soft, that a service or a
    controller selects.
    """
    if agent.spec.spread or agent.spread_selector is None:
        return agent.spec.spread
    return default_constraints(snapshot.profile_of(agent).default_spread, agent.spread_selector)


def takes_defaults(snapshot: Snapshot, agent: Agent) -> bool:
    """Whether an agent has default constraints that filter or score: its `spread_selector` is then read."""
    return agent.spread_selector is not None and may_take_defaults(snapshot, agent)


def may_take_defaults(snapshot: Snapshot, agent: Agent) -> bool:
    """Whether that would be so if a service or a controller selected the agent."""
    if agent.spec.spread:
        return False
    profile = snapshot.profile_of(agent)
    default = profile.default_spread
    if profile.weight(ScoreName.POD_TOPOLOGY_SPREAD):
        return default.system or bool(default.constraints)
    return default.has_hard
