"""How a snapshot is to be read where Kubernetes leaves a choice, or has a quirk.

The defaults are the intended semantics; a flag named `quirk_…` reproduces what a release does
instead. Each flag is described in docs/compat.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from placewright.models.agent import DEFAULT_SCHEDULER
from placewright.models.profile import Profile


@dataclass(frozen=True)
class Options:
    """What the rules and scores read beside the objects.

    scheduler_names: agents of these schedulers are ours to place.
    profile: how the cluster is judged as a whole, and agents whose scheduler has no profile of its own.
    profiles: further profiles, for the agents of their own schedulerName.
    enforce_quota: charge new agents to their namespace's quotas.
    taints_from_conditions: derive the node controller's taints from node conditions (§3.4).
    assume_terminating_gone: agents being deleted no longer hold anything.
    rwo_on_one_node: agents that share a ReadWriteOnce claim must share a node.
    taint_comparison_operators: the alpha gate for Lt and Gt in tolerations.
    quirk_namespace_selector: 1.35/1.36 match an incoming agent's own negative namespaceSelector
        against every namespace.
    quirk_fit_scoring: 1.35/1.36 score NodeResourcesFit without an incoming agent's pod-level resources.
    """

    scheduler_names: frozenset[str] = frozenset({DEFAULT_SCHEDULER})
    profile: Profile = field(default_factory=Profile)
    profiles: tuple[Profile, ...] = ()
    enforce_quota: bool = True
    taints_from_conditions: bool = False
    assume_terminating_gone: bool = False
    rwo_on_one_node: bool = False
    taint_comparison_operators: bool = False
    quirk_namespace_selector: bool = False
    quirk_fit_scoring: bool = False

    def profile_of(self, scheduler_name: str) -> Profile:
        """The profile that judges agents of this scheduler."""
        return next((p for p in self.profiles if p.scheduler_name == scheduler_name), self.profile)

    @property
    def all_profiles(self) -> tuple[Profile, ...]:
        """Every profile, the one for the cluster as a whole first."""
        return (self.profile, *(p for p in self.profiles if p.scheduler_name != self.profile.scheduler_name))
