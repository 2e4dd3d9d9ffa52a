"""A node: where agents go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from placewright.models.selector import Taint

Resources = Mapping[str, int]
"""Resource name -> amount. `cpu` in milli-cores, everything else in whole units (bytes, devices, pods)."""


@dataclass(frozen=True)
class DevicePool:
    """Shareable devices of one node: `count` devices of `model`, each worth 1000 milli-shares."""

    resource: str
    count: int
    model: str = ""


DEVICE_MILLI = 1000
"""A whole device, in milli-shares."""


@dataclass(frozen=True)
class Node:
    """`images` maps every name of an image to its size in bytes. `price` is per hour, in millionths.

    `data` names what is there already of what agents read: model weights, data sets. `soft_capacity`: up to
    what it had better be used; a resource that is not in it may be used up. `heartbeat`: when its kubelet
    last spoke, in RFC 3339.
    """

    name: str
    allocatable: Resources
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: tuple[Taint, ...] = ()
    unschedulable: bool = False
    images: Mapping[str, int] = field(default_factory=dict)
    devices: tuple[DevicePool, ...] = ()
    price: int = 0
    data: frozenset[str] = frozenset()
    uid: str = ""
    soft_capacity: Resources = field(default_factory=dict)
    heartbeat: str = ""
