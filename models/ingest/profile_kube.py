"""KubeSchedulerConfiguration -> profiles: what filters, what scores and how much (§9)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from placewright.models.agent import DEFAULT_SCHEDULER
from placewright.models.errors import InputError
from placewright.models.ingest import profile_args
from placewright.models.ingest.profile_plugins import (
    FILTERS,
    KNOWN,
    PREEMPTION,
    EnabledPlugins,
    expand,
)
from placewright.models.profile import Profile, ScoreName
from placewright.models.wire.faults import parse_strict
from placewright.models.wire.plugin_args import (
    InterPodAffinityArgs,
    NodeAffinityArgs,
    NodeResourcesBalancedAllocationArgs,
    NodeResourcesFitArgs,
    PodTopologySpreadArgs,
    VolumeBindingArgs,
)
from placewright.models.wire.scheduler_config import SchedulerConfig, SchedulerProfile

_SCORE_OF = {
    "TaintToleration": ScoreName.TAINT_TOLERATION,
    "NodeAffinity": ScoreName.NODE_AFFINITY,
    "PodTopologySpread": ScoreName.POD_TOPOLOGY_SPREAD,
    "InterPodAffinity": ScoreName.INTER_POD_AFFINITY,
    "NodeResourcesBalancedAllocation": ScoreName.BALANCED_ALLOCATION,
    "ImageLocality": ScoreName.IMAGE_LOCALITY,
}
"""Scores by plugin; which of its three NodeResourcesFit has is said by its arguments."""


def read_scheduler_config(document: dict[str, Any]) -> tuple[tuple[Profile, ...], tuple[str, ...]]:
    """The profiles of a configuration, and warnings that name what is not modelled.

    No profile at all is kube-scheduler's default one. Raises InputError with the field.
    """
    config = parse_strict(SchedulerConfig, document)
    wires = config.profiles or [SchedulerProfile()]
    names = _names(wires)
    ignored = [m.name for e in config.extenders for m in e.managed_resources if m.ignored_by_scheduler]
    profiles: list[Profile] = []
    warnings = [f"the extender {e.url_prefix or '(no urlPrefix)'} is not asked" for e in config.extenders]
    for i, (wire, name) in enumerate(zip(wires, names, strict=True)):
        try:
            profile, found = _profile(wire, name, ignored)
        except InputError as error:
            raise error.located(field=f"profiles[{i}]") from None
        profiles.append(profile)
        warnings.extend(f"profile {name}: {warning}" for warning in found)
    return tuple(profiles), tuple(warnings)


def _names(wires: Sequence[SchedulerProfile]) -> list[str]:
    if len(wires) == 1:
        return [wires[0].scheduler_name or DEFAULT_SCHEDULER]
    names = [wire.scheduler_name or "" for wire in wires]
    for i, name in enumerate(names):
        where = f"profiles[{i}].schedulerName"
        if not name:
            raise InputError("is missing: with several profiles each needs one", field=where)
        if Counter(names)[name] > 1:
            raise InputError(f"{name!r} is given twice", field=where)
    return names


def _profile(wire: SchedulerProfile, name: str, ignored: Sequence[str]) -> tuple[Profile, list[str]]:
    plugins = expand(wire.plugins)
    for point, plugin in plugins.misused:
        raise InputError(f"{plugin} has no part in {point}", field=f"plugins.{point}.enabled")
    args = profile_args.read_args(wire.plugin_config)
    fit = args.of(NodeResourcesFitArgs)
    company = args.of(InterPodAffinityArgs)
    required, preferred = profile_args.added_affinity(
        args.of(NodeAffinityArgs).added_affinity, "pluginConfig.NodeAffinity.addedAffinity"
    )
    profile = Profile(
        name=name,
        scheduler_name=name,
        weights=_weights(plugins, fit),
        off=_off(plugins),
        fit=profile_args.fit_args(fit, ignored),
        balanced_resources=profile_args.balanced_resources(args.of(NodeResourcesBalancedAllocationArgs)),
        hard_affinity_weight=company.hard_pod_affinity_weight,
        ignore_preferred_of_existing=company.ignore_preferred_terms_of_existing_pods,
        added_affinity=required,
        added_preferred=preferred,
        default_spread=profile_args.default_spread(args.of(PodTopologySpreadArgs)),
    )
    return profile, list(_warnings(wire, plugins, args))


def _weights(plugins: EnabledPlugins, fit: NodeResourcesFitArgs) -> dict[ScoreName, int]:
    names = {**_SCORE_OF, "NodeResourcesFit": profile_args.fit_score(fit)}
    return {names[plugin]: weight for plugin, weight in plugins.scores.items()}


def _off(plugins: EnabledPlugins) -> frozenset[str]:
    off = FILTERS - plugins.filters
    return off if plugins.preempts else off | {PREEMPTION}


def _warnings(
    wire: SchedulerProfile, plugins: EnabledPlugins, args: profile_args.PluginArgs
) -> Iterator[str]:
    """What the profile names and nothing models."""
    for name, points in plugins.unknown.items():
        yield f"plugin {name} ({', '.join(points)}) is not modelled"
    scored = any(plugin.name == "VolumeBinding" for plugin in wire.plugins.score.enabled)
    if scored or args.of(VolumeBindingArgs).shape:
        yield "VolumeBinding's score (StorageCapacityScoring) is not modelled"
    yield from profile_args.unread_args(wire.plugin_config, {*KNOWN, *plugins.unknown})
    broken = sorted(p.name for p in wire.plugins.pre_filter.disabled if p.name in plugins.filters)
    if broken:
        yield (
            f"{', '.join(broken)} disabled at preFilter alone, which fails in kube-scheduler: "
            "the filter is kept"
        )
