"""Arguments of plugins: what each becomes in a profile (§9)."""

from __future__ import annotations

from typing import Any

import pytest

from placewright.models.agent import InclusionPolicy, SpreadConstraint
from placewright.models.profile import DefaultSpread, FitArgs, ScoreName
from placewright.models.selector import NodeSelectorTerm, PreferredNodeTerm
from placewright.tests.builders import ZONE, node_affinity, requirement
from placewright.tests.models.ingest.kube_configs import (
    LEAST,
    on,
    profile_of,
)

RATIO = {"shape": [{"utilization": 0, "score": 0}, {"utilization": 100, "score": 10}]}


@pytest.mark.parametrize(
    ("args", "score", "fit"),
    [
        pytest.param({}, LEAST, FitArgs(), id="nothing is said"),
        pytest.param(
            {"scoringStrategy": {"type": "MostAllocated"}},
            ScoreName.MOST_ALLOCATED,
            FitArgs(),
            id="a strategy without resources is about cpu and memory",
        ),
        pytest.param(
            {
                "scoringStrategy": {
                    "type": "MostAllocated",
                    "resources": [{"name": "cpu", "weight": 3}, {"name": "nvidia.com/gpu", "weight": 5}],
                }
            },
            ScoreName.MOST_ALLOCATED,
            FitArgs(resources={"cpu": 3, "nvidia.com/gpu": 5}),
            id="(b) cpu and gpus, weighted",
        ),
        pytest.param(
            {
                "scoringStrategy": {
                    "type": "LeastAllocated",
                    "resources": [{"name": "cpu"}, {"name": "x", "weight": 0}],
                }
            },
            LEAST,
            FitArgs(resources={"cpu": 1, "x": 1}),
            id="weights that are missing or 0 are 1",
        ),
        pytest.param(
            {"scoringStrategy": {"type": "RequestedToCapacityRatio", "requestedToCapacityRatio": RATIO}},
            ScoreName.REQUESTED_TO_CAPACITY_RATIO,
            FitArgs(shape=((0, 0), (100, 10))),
            id="a ratio with its shape",
        ),
        pytest.param(
            {"scoringStrategy": {"type": "LeastAllocated", "requestedToCapacityRatio": RATIO}},
            LEAST,
            FitArgs(),
            id="a shape that the strategy does not read",
        ),
        pytest.param(
            {"ignoredResources": ["example.com/a"], "ignoredResourceGroups": ["example.org"]},
            LEAST,
            FitArgs(
                ignored_resources=frozenset({"example.com/a"}), ignored_groups=frozenset({"example.org"})
            ),
            id="what the filter leaves out",
        ),
        pytest.param(
            {"apiVersion": "kubescheduler.config.k8s.io/v1", "kind": "NodeResourcesFitArgs"},
            LEAST,
            FitArgs(),
            id="arguments that say what they are",
        ),
    ],
)
def test_arguments_of_node_resources_fit(args: dict[str, Any], score: ScoreName, fit: FitArgs) -> None:
    profile = profile_of(NodeResourcesFit=args)
    assert profile.fit == fit
    assert [
        name for name in profile.weights if name in (LEAST, "MostAllocated", "RequestedToCapacityRatio")
    ] == [score]


def test_the_weight_of_fit_is_its_strategys() -> None:
    profile = profile_of(
        {"score": {"enabled": on(NodeResourcesFit=4)}},
        NodeResourcesFit={"scoringStrategy": {"type": "MostAllocated"}},
    )
    assert profile.weight(ScoreName.MOST_ALLOCATED) == 4
    assert profile.weight(LEAST) == 0


def test_extenders_resources_are_left_out_where_they_say_so() -> None:
    extender = {
        "urlPrefix": "http://gpus",
        "managedResources": [{"name": "a/gpu", "ignoredByScheduler": True}, {"name": "a/nic"}],
    }
    profile = profile_of(extra={"extenders": [extender]}, NodeResourcesFit={"ignoredResources": ["b/x"]})
    assert profile.fit.ignored_resources == {"a/gpu", "b/x"}


RACK = {"maxSkew": 2, "topologyKey": "rack", "whenUnsatisfiable": "DoNotSchedule"}


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        pytest.param({}, DefaultSpread(), id="the system's defaults"),
        pytest.param({"defaultingType": "System"}, DefaultSpread(), id="by name"),
        pytest.param({"defaultingType": "List"}, DefaultSpread(system=False), id="an empty list is none"),
        pytest.param(
            {"defaultingType": "List", "defaultConstraints": [RACK]},
            DefaultSpread(False, (SpreadConstraint("rack", 2, None),)),
            id="a hard one",
        ),
        pytest.param(
            {
                "defaultingType": "List",
                "defaultConstraints": [
                    {**RACK, "minDomains": 3, "nodeAffinityPolicy": "Ignore", "nodeTaintsPolicy": "Honor"},
                    {"maxSkew": 1, "topologyKey": ZONE, "whenUnsatisfiable": "ScheduleAnyway"},
                ],
            },
            DefaultSpread(
                False,
                (
                    SpreadConstraint("rack", 2, None, True, 3, InclusionPolicy.IGNORE, InclusionPolicy.HONOR),
                    SpreadConstraint(ZONE, 1, None, hard=False),
                ),
            ),
            id="two with all fields",
        ),
    ],
)
def test_arguments_of_pod_topology_spread(args: dict[str, Any], expected: DefaultSpread) -> None:
    assert profile_of(PodTopologySpread=args).default_spread == expected


def test_arguments_of_the_other_plugins() -> None:
    term = {"matchExpressions": [{"key": "pool", "operator": "In", "values": ["a"]}]}
    profile = profile_of(
        InterPodAffinity={"hardPodAffinityWeight": 0, "ignorePreferredTermsOfExistingPods": True},
        NodeResourcesBalancedAllocation={"resources": [{"name": "cpu", "weight": 1}, {"name": "gpu"}]},
        NodeAffinity={
            "addedAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]},
                "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 9, "preference": term}],
            }
        },
        VolumeBinding={"bindTimeoutSeconds": 60},
        DefaultPreemption={"minCandidateNodesPercentage": 50},
    )
    pool = requirement("pool", "In", "a")
    assert (profile.hard_affinity_weight, profile.ignore_preferred_of_existing) == (0, True)
    assert profile.balanced_resources == ("cpu", "gpu")
    assert profile.added_affinity == node_affinity([pool])
    assert profile.added_preferred == (PreferredNodeTerm(9, NodeSelectorTerm((pool,))),)
