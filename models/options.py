"""How a snapshot is to be read where Kubernetes leaves a choice, or has a quirk.

The defaults are the intended semantics; a flag named `quirk_…` reproduces what a release does
instead. Each flag is described in docs/compat.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from placewright.models.agent import DEFAULT_SCHEDULER


@dataclass(frozen=True)
class Options:
    """What the rules read beside the objects.

    scheduler_names: agents of these schedulers are ours to place.
    enforce_quota: charge new agents to their namespace's quotas.
    taints_from_conditions: derive the node controller's taints from node conditions (§3.4).
    assume_terminating_gone: agents being deleted no longer hold anything.
    rwo_on_one_node: agents that share a ReadWriteOnce claim must share a node.
    taint_comparison_operators: the alpha gate for Lt and Gt in tolerations.
    quirk_namespace_selector: 1.35/1.36 match an incoming agent's own negative namespaceSelector
        against every namespace.
    """

    scheduler_names: frozenset[str] = frozenset({DEFAULT_SCHEDULER})
    enforce_quota: bool = True
    taints_from_conditions: bool = False
    assume_terminating_gone: bool = False
    rwo_on_one_node: bool = False
    taint_comparison_operators: bool = False
    quirk_namespace_selector: bool = False
