"""Which plugins filter and score: defaults, what a profile adds and takes out, multiPoint expanded (§9.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from placewright.models.wire.scheduler_config import EVERY, EnabledPlugin, Plugins, PluginSet

FILTERS = frozenset(
    {
        "NodeUnschedulable",
        "NodeName",
        "TaintToleration",
        "NodeAffinity",
        "NodePorts",
        "NodeResourcesFit",
        "VolumeRestrictions",
        "NodeVolumeLimits",
        "VolumeBinding",
        "VolumeZone",
        "PodTopologySpread",
        "InterPodAffinity",
    }
)
"""kube-scheduler's plugins whose filter is modelled."""

SCORERS = frozenset(
    {
        "TaintToleration",
        "NodeAffinity",
        "NodeResourcesFit",
        "PodTopologySpread",
        "InterPodAffinity",
        "NodeResourcesBalancedAllocation",
        "ImageLocality",
    }
)
"""kube-scheduler's plugins whose score is modelled."""

PREEMPTION = "DefaultPreemption"

_IMPLEMENTING = {
    "filter": FILTERS | {"DynamicResources", "NodeDeclaredFeatures"},
    "score": SCORERS | {"DynamicResources", "VolumeBinding"},
    "postFilter": frozenset({PREEMPTION, "DynamicResources"}),
}
"""kube-scheduler's own plugins by the extension points that are read here."""

DEFAULTS: Mapping[str, int] = {
    "SchedulingGates": 0,
    "PrioritySort": 0,
    "NodeUnschedulable": 0,
    "NodeName": 0,
    "TaintToleration": 3,
    "NodeAffinity": 2,
    "NodePorts": 0,
    "NodeResourcesFit": 1,
    "VolumeRestrictions": 0,
    "NodeVolumeLimits": 0,
    "VolumeBinding": 0,
    "VolumeZone": 0,
    "PodTopologySpread": 2,
    "InterPodAffinity": 2,
    "DynamicResources": 2,
    PREEMPTION: 0,
    "NodeResourcesBalancedAllocation": 1,
    "ImageLocality": 1,
    "DefaultBinder": 0,
}
"""kube-scheduler's own list for multiPoint, with the weights of scores (§0.4)."""

KNOWN = frozenset({*DEFAULTS, "NodeDeclaredFeatures", "Coscheduling"})
"""Plugins that need no warning where they are named: modelled, without a part in placement, or warned of
by what agents ask for. Coscheduling is modelled as gangs."""


@dataclass(frozen=True)
class EnabledPlugins:
    """What is in force: the modelled filters, the modelled scores with their weights, and preemption.

    unknown: plugins that are named and not modelled, each with the points where it is enabled.
    misused: (point, plugin) where kube-scheduler's own plugin is enabled at a point that it has no part in.
    """

    filters: frozenset[str]
    scores: Mapping[str, int]
    preempts: bool
    unknown: Mapping[str, tuple[str, ...]]
    misused: tuple[tuple[str, str], ...]


def expand(plugins: Plugins) -> EnabledPlugins:
    """kube-scheduler's reading of a profile's plugins."""
    multi = _merged_defaults(plugins.multi_point)
    filters = _at(plugins.filter, multi, FILTERS)
    scores = _at(plugins.score, multi, SCORERS)
    return EnabledPlugins(
        filters=frozenset(filters) & FILTERS,
        scores={name: weight for name, weight in scores.items() if name in SCORERS},
        preempts=PREEMPTION in _at(plugins.post_filter, multi, frozenset({PREEMPTION})),
        unknown=_unknown(plugins),
        misused=tuple(
            (point, plugin.name)
            for point, plugin in _enabled(plugins)
            if point in _IMPLEMENTING and plugin.name in DEFAULTS and plugin.name not in _IMPLEMENTING[point]
        ),
    )


def _merged_defaults(custom: PluginSet) -> dict[str, int]:
    """multiPoint: defaults less what is disabled, then what is enabled, with the weight it has there."""
    disabled = {plugin.name for plugin in custom.disabled}
    enabled = {plugin.name: plugin.weight for plugin in custom.enabled}
    kept = {} if EVERY in disabled else {n: w for n, w in DEFAULTS.items() if n not in disabled}
    # A default that is enabled again keeps its place and loses its weight: only order would tell.
    return {**kept, **enabled}


def _at(point: PluginSet, multi: Mapping[str, int], implementing: frozenset[str]) -> dict[str, int]:
    """The plugins of one extension point with their weights: its own first, then multiPoint's."""
    own = {plugin.name: plugin.weight for plugin in point.enabled}
    disabled = {plugin.name for plugin in point.disabled}
    expanded: dict[str, int] = {}
    if EVERY not in disabled:
        expanded = {
            name: weight
            for name, weight in multi.items()
            if name in implementing and name not in disabled and name not in own
        }
    # 0 is "not given", wherever it stands: kube-scheduler makes it 1, and never asks multiPoint again.
    return {name: weight or 1 for name, weight in {**own, **expanded}.items()}


def _unknown(plugins: Plugins) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for point, plugin in _enabled(plugins):
        if plugin.name not in KNOWN:
            found.setdefault(plugin.name, []).append(point)
    return {name: tuple(points) for name, points in found.items()}


def _enabled(plugins: Plugins) -> Iterator[tuple[str, EnabledPlugin]]:
    """Every plugin that is enabled somewhere, with the point's name as it is written."""
    for name, info in Plugins.model_fields.items():
        point: PluginSet = getattr(plugins, name)
        yield from ((info.alias or name, plugin) for plugin in point.enabled)
