"""NodeResourcesBalancedAllocation: nodes whose resources are used alike (§8.5).

B is 100 less the spread of the used fractions, in float64 and in kube-scheduler's order of operations. Until
1.35 the score is B with the agent on the node; since 1.36 it is what the agent changes about B.
Real requests count here: an agent that asks for none of the resources is skipped.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from placewright.models.agent import Agent
from placewright.models.kube_scores.base import MOST
from placewright.models.kube_scores.usage import Amounts, counts
from placewright.models.node import Node
from placewright.models.profile import BalancedFormula, Profile
from placewright.models.rules.resources import UsageIndex
from placewright.models.state import ClusterState


def scores(state: ClusterState, agent: Agent, nodes: Sequence[Node], profile: Profile) -> list[int] | None:
    """How balanced each node is with the agent, or would become by it; None for one that asks for nothing."""
    asked = [(name, agent.spec.requests.get(name, 0)) for name in profile.balanced_resources]
    if not any(request for _, request in asked):
        return None
    asked = [(name, request) for name, request in asked if counts(name, request)]
    usage = state.index(UsageIndex)
    changes = profile.balanced_formula is BalancedFormula.SINCE_1_36
    found = []
    for node in nodes:
        used = usage.used(node.name)
        own = [(name, request, node.allocatable.get(name, 0)) for name, request in asked]
        after = balance([(used.get(name, 0) + request, have) for name, request, have in own if have])
        if changes:
            before = balance([(used.get(name, 0), have) for name, _, have in own if have])
            after = 50 + (50 + after - before) // 2
        found.append(after)
    return found


def balance(amounts: Sequence[Amounts]) -> int:
    """100 where all resources are used to the same fraction, less where they differ."""
    fractions = [min(1.0, requested / allocatable) for requested, allocatable in amounts]
    deviation = 0.0
    if len(fractions) == 2:
        deviation = abs((fractions[0] - fractions[1]) / 2)
    elif len(fractions) > 2:
        # The plain sums of the original: fsum and statistics would round differently.
        total = squares = 0.0
        for fraction in fractions:
            total += fraction
        mean = total / len(fractions)
        for fraction in fractions:
            squares += (fraction - mean) * (fraction - mean)
        deviation = math.sqrt(squares / len(fractions))
    return int((1 - deviation) * MOST)
