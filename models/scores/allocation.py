"""Allocation: as much as possible of a scarce resource is handed out.

    cost = sum over the pending agents that are left out, and over the resources r of `allocate`, of
           weight(r) * request(r)

in the resource's own unit (milli-cores, bytes, pieces), shares of devices in thousandths of a device. As a
level before `placed` it says that agents are not alike: of those that cannot all be placed, the ones stay
pending that ask for the least. Blended with other scores, the weight is the exchange rate.
"""

from __future__ import annotations

from placewright.models.agent import Agent
from placewright.models.profile import Profile, ScoreName
from placewright.models.scores.base import Score
from placewright.models.state import ClusterState


def worth(agent: Agent, profile: Profile) -> int:
    """What handing an agent what it asks for is worth."""
    requests, total = agent.spec.requests, 0
    for name, weight in profile.allocate.items():
        devices = sum(r.count * r.milli for r in agent.spec.devices if r.resource == name)
        total += weight * (requests.get(name, 0) + devices)
    return total


class AllocationScore(Score):
    name = ScoreName.ALLOCATION
    plugin = ""
    summary = "As much as possible of what the profile names is handed out."

    def value(self, state: ClusterState, profile: Profile) -> int:
        left_out = (agent for agent in state.snapshot.pending if agent.key not in state.new)
        return sum(worth(agent, profile) for agent in left_out)


SCORE = AllocationScore()
