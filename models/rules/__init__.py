"""What each rule means, one module per rule. The registry is the literal tuple below."""

from __future__ import annotations

from placewright.models.rules import (
    admission,
    cordon,
    devices,
    gang,
    host_ports,
    inter_agent_affinity,
    limit_overcommit,
    node_affinity,
    preemption,
    quota,
    resources,
    scheduler_name,
    scheduling_gates,
    taints,
    topology_spread,
    volume_binding,
    volume_limits,
    volume_restrictions,
    volume_zone,
)
from placewright.models.rules.base import Rule

RULES: tuple[Rule, ...] = (
    admission.RULE,
    scheduling_gates.RULE,
    scheduler_name.RULE,
    quota.RULE,
    gang.RULE,
    cordon.RULE,
    taints.RULE,
    node_affinity.RULE,
    host_ports.RULE,
    resources.RULE,
    devices.RULE,
    volume_restrictions.RULE,
    volume_limits.RULE,
    volume_binding.RULE,
    volume_zone.RULE,
    topology_spread.RULE,
    inter_agent_affinity.RULE,
    limit_overcommit.RULE,
    preemption.RULE,
)
"""In the order in which kube-scheduler filters: the first that rejects is the reason that is shown."""
