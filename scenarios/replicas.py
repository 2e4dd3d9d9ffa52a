"""How many agents controllers want once a scenario has given them more, or taken some away for good."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from placewright.models.agent import Agent
from placewright.models.policy import Scale

Scales = Mapping[tuple[str, str, str], Scale]


def rescaled(scales: Scales, changes: Iterable[tuple[Agent, int]]) -> Scales:
    """The numbers that disruption budgets go by. changes: an agent, and how many more like it are wanted.

    All that one controller decides changes with it: the ReplicaSets of a Deployment share its number.
    """
    more: Counter[tuple[str, tuple[str, str]]] = Counter()
    for agent, number in changes:
        owner = agent.owner
        scale = scales.get((agent.namespace, owner.kind, owner.name)) if owner is not None else None
        if scale is not None:
            more[agent.namespace, scale.controller] += number
    if not more:
        return scales
    return {
        key: replace(scale, replicas=max(0, scale.replicas + more[key[0], scale.controller]))
        for key, scale in scales.items()
    }
