"""kube-scheduler's configurations under which scores are compared too: both sides read the same file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import orjson

from placewright.tests.conformance.cases.words import GPU, RACK, ZONE, Object


def _configuration(plugins: Object, **arguments: Object) -> Object:
    """A configuration with one profile."""
    configured = [
        {
            "name": name,
            "args": {"apiVersion": "kubescheduler.config.k8s.io/v1", "kind": f"{name}Args", **args},
        }
        for name, args in arguments.items()
    ]
    return {
        "apiVersion": "kubescheduler.config.k8s.io/v1",
        "kind": "KubeSchedulerConfiguration",
        "profiles": [{"schedulerName": "default-scheduler", "plugins": plugins, "pluginConfig": configured}],
    }


def _resources(**weights: int) -> list[Object]:
    return [{"name": name, "weight": weight} for name, weight in weights.items()]


def _soft(key: str, skew: int) -> Object:
    return {"topologyKey": key, "maxSkew": skew, "whenUnsatisfiable": "ScheduleAnyway"}


PACKED = _configuration(
    {
        "score": {
            "enabled": [{"name": "NodeResourcesFit", "weight": 5}],
            "disabled": [{"name": "ImageLocality"}],
        },
        # Named again without a weight: it falls back to 1.
        "multiPoint": {"enabled": [{"name": "TaintToleration"}]},
    },
    NodeResourcesFit={
        "scoringStrategy": {
            "type": "MostAllocated",
            "resources": _resources(cpu=3, memory=1, **{GPU: 5}),
        }
    },
    NodeResourcesBalancedAllocation={
        "resources": _resources(cpu=1, memory=1, **{GPU: 1, "ephemeral-storage": 1})
    },
    InterPodAffinity={"hardPodAffinityWeight": 40, "ignorePreferredTermsOfExistingPods": True},
    PodTopologySpread={"defaultingType": "List", "defaultConstraints": [_soft(ZONE, 1), _soft(RACK, 2)]},
    NodeAffinity={
        "addedAffinity": {
            "preferredDuringSchedulingIgnoredDuringExecution": [
                {
                    "weight": 30,
                    "preference": {
                        "matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}]
                    },
                }
            ]
        }
    },
)
"""Packed, with resources of several weights, a listed default spread and an added preference."""

SHAPED = _configuration(
    {"score": {"disabled": [{"name": "NodeResourcesBalancedAllocation"}]}},
    NodeResourcesFit={
        "scoringStrategy": {
            "type": "RequestedToCapacityRatio",
            "resources": _resources(cpu=1, memory=3),
            "requestedToCapacityRatio": {
                "shape": [
                    {"utilization": 0, "score": 10},
                    {"utilization": 70, "score": 3},
                    {"utilization": 100, "score": 0},
                ]
            },
        }
    },
    InterPodAffinity={"hardPodAffinityWeight": 100},
    PodTopologySpread={"defaultingType": "List", "defaultConstraints": []},
)
"""A falling shape, and no default spread."""

RISING = _configuration(
    {},
    NodeResourcesFit={
        "scoringStrategy": {
            "type": "RequestedToCapacityRatio",
            "resources": _resources(cpu=2, memory=1, **{GPU: 4}),
            "requestedToCapacityRatio": {
                "shape": [{"utilization": 10, "score": 0}, {"utilization": 90, "score": 9}]
            },
        }
    },
    InterPodAffinity={"hardPodAffinityWeight": 0},
)
"""A rising shape that is flat at its ends."""

FILTERED = _configuration(
    {
        "filter": {"disabled": [{"name": "TaintToleration"}]},
        "multiPoint": {"disabled": [{"name": "NodePorts"}, {"name": "VolumeZone"}]},
    },
    NodeResourcesFit={"ignoredResources": [GPU], "scoringStrategy": {"type": "LeastAllocated"}},
    PodTopologySpread={
        "defaultingType": "List",
        "defaultConstraints": [
            {"topologyKey": ZONE, "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"},
            _soft(RACK, 2),
        ],
    },
    NodeAffinity={
        "addedAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [
                    {"matchExpressions": [{"key": "disk", "operator": "NotIn", "values": ["hdd"]}]}
                ]
            }
        }
    },
)
"""Filters that are off, an ignored resource, a hard default spread, an added requirement."""

_SCORING = (
    "TaintToleration",
    "NodeAffinity",
    "NodeResourcesFit",
    "PodTopologySpread",
    "InterPodAffinity",
    "NodeResourcesBalancedAllocation",
    "ImageLocality",
)
_FILTERING = (
    "NodeUnschedulable",
    "TaintToleration",
    "NodeAffinity",
    "NodePorts",
    "NodeResourcesFit",
    "VolumeZone",
)


def _drawn(rng: Random) -> Object:
    """Plugins switched off, on again and weighed at random: what is in force in the end is the question.

    At filter alone only those that prepare nothing: kube-scheduler fails where one of the two is missing.
    """
    multi = {
        "disabled": _names(rng, {*_SCORING, *_FILTERING}, 3),
        "enabled": [_weighed(rng, name) for name in _names(rng, {*_SCORING, *_FILTERING}, 3)],
    }
    score = {
        "disabled": [{"name": "*"}] if rng.random() < 0.3 else _names(rng, _SCORING, 2),
        "enabled": [_weighed(rng, name) for name in _names(rng, _SCORING, 3)],
    }
    off = {"disabled": _names(rng, ("NodeUnschedulable", "TaintToleration"), 1)}
    return _configuration({"multiPoint": multi, "score": score, "filter": off})


def _names(rng: Random, among: Iterable[str], most: int) -> list[Object]:
    return [{"name": name} for name in rng.sample(sorted(among), rng.randint(0, most))]


def _weighed(rng: Random, plugin: Object) -> Object:
    """With a weight, with none, or with 0, which is none."""
    return {**plugin, "weight": rng.randint(0, 9)} if rng.random() < 0.6 else plugin


CONFIGURATIONS: Mapping[str, Object] = {
    "packed": PACKED,
    "shaped": SHAPED,
    "rising": RISING,
    "filtered": FILTERED,
    **{f"drawn-{seed}": _drawn(Random(seed)) for seed in range(8)},
}


@contextmanager
def configuration_files() -> Iterator[dict[str, str]]:
    """Each configuration by name, as the path of a file; JSON is YAML."""
    with TemporaryDirectory() as folder:
        paths = {name: Path(folder) / f"{name}.yaml" for name in CONFIGURATIONS}
        for name, path in paths.items():
            path.write_bytes(orjson.dumps(CONFIGURATIONS[name]))
        yield {name: str(path) for name, path in paths.items()}
