"""Filters that a profile switches off and nothing here can do without: refused, not kept on in silence."""

from __future__ import annotations

from placewright.models.errors import InputError
from placewright.models.rules import volume_binding, volume_limits, volume_restrictions
from placewright.models.snapshot import Snapshot

_OF_CLAIMS = (volume_binding.RULE, volume_limits.RULE, volume_restrictions.RULE)
"""Who gets which volume is one decision for everybody: no agent can be left out of it."""


def refuse_unmodelled(snapshot: Snapshot) -> None:
    """Raises InputError where a profile switches off a filter of volumes for an agent that has claims."""
    for agent in snapshot.pending if snapshot.any_off else ():
        if not agent.spec.claims:
            continue
        for rule in _OF_CLAIMS:
            if not rule.holds(snapshot, agent):
                name = snapshot.profile_of(agent).name
                message = f"{rule.plugin} is switched off, which is not modelled for agents with claims"
                raise InputError(f"{message}, such as {agent.key}", subject=f"profile {name}")
