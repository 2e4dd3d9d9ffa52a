"""How each rule that is more than a node filter is encoded. The registry is the literal tuple below."""

from __future__ import annotations

from placewright.solver.rules.anti_affinity import AntiAffinityEncoder
from placewright.solver.rules.base import Encoder
from placewright.solver.rules.devices import DevicesEncoder
from placewright.solver.rules.eviction import EvictionEncoder
from placewright.solver.rules.gang import GangEncoder
from placewright.solver.rules.host_ports import HostPortsEncoder
from placewright.solver.rules.inter_agent_affinity import AffinityEncoder
from placewright.solver.rules.limit_overcommit import LimitOvercommitEncoder
from placewright.solver.rules.quota import QuotaEncoder
from placewright.solver.rules.resources import ResourcesEncoder
from placewright.solver.rules.topology_spread import TopologySpreadEncoder
from placewright.solver.rules.volume_binding import VolumeBindingEncoder
from placewright.solver.rules.volume_limits import VolumeLimitsEncoder
from placewright.solver.rules.volume_restrictions import VolumeRestrictionsEncoder

ENCODERS: tuple[type[Encoder], ...] = (
    ResourcesEncoder,
    DevicesEncoder,
    HostPortsEncoder,
    QuotaEncoder,
    GangEncoder,
    VolumeRestrictionsEncoder,
    VolumeLimitsEncoder,
    VolumeBindingEncoder,
    TopologySpreadEncoder,
    AntiAffinityEncoder,
    AffinityEncoder,
    LimitOvercommitEncoder,
    EvictionEncoder,
)
