"""KubeSchedulerConfiguration: which plugins are in force, their weights and their arguments (§9)."""

from __future__ import annotations

from typing import Any

import pytest

from placewright.models.agent import InclusionPolicy, SpreadConstraint
from placewright.models.errors import InputError
from placewright.models.ingest.profile_kube import read_scheduler_config
from placewright.models.ingest.profile_plugins import FILTERS
from placewright.models.profile import KUBE_WEIGHTS, DefaultSpread, FitArgs, Profile, ScoreName
from placewright.models.selector import NodeSelectorTerm, PreferredNodeTerm
from placewright.tests.builders import ZONE, node_affinity, requirement

Plugins = dict[str, Any]
IMAGES, TAINTS, LEAST, SPREAD = (
    ScoreName.IMAGE_LOCALITY,
    ScoreName.TAINT_TOLERATION,
    ScoreName.LEAST_ALLOCATED,
    ScoreName.POD_TOPOLOGY_SPREAD,
)


def config(*profiles: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "apiVersion": "kubescheduler.config.k8s.io/v1",
        "kind": "KubeSchedulerConfiguration",
        "profiles": list(profiles),
        **fields,
    }


def profile_of(
    plugins: Plugins | None = None, *, extra: dict[str, Any] | None = None, **args: Any
) -> Profile:
    """The one profile of a configuration; keyword arguments are arguments of plugins."""
    wire: dict[str, Any] = {"plugins": plugins or {}}
    wire["pluginConfig"] = [{"name": name, "args": given} for name, given in args.items()]
    (profile,), _ = read_scheduler_config(config(wire, **(extra or {})))
    return profile


def on(*names: str, **weights: int) -> list[dict[str, Any]]:
    return [*({"name": name} for name in names), *({"name": n, "weight": w} for n, w in weights.items())]


def test_without_profiles_all_is_as_by_default() -> None:
    for document in (config(), config({}), config({"plugins": None, "pluginConfig": None})):
        (profile,), warnings = read_scheduler_config(document)
        assert profile == Profile(name="default-scheduler")
        assert warnings == ()


@pytest.mark.parametrize(
    ("plugins", "weights"),
    [
        pytest.param(
            {"score": {"disabled": on("*"), "enabled": on(ImageLocality=5)}},
            {IMAGES: 5},
            id="(a) only images count, five times",
        ),
        pytest.param({"score": {"disabled": on("*")}}, {}, id="nothing is scored"),
        pytest.param(
            {"score": {"disabled": on("ImageLocality")}},
            {name: weight for name, weight in KUBE_WEIGHTS.items() if name is not IMAGES},
            id="one score is off",
        ),
        pytest.param(
            {"multiPoint": {"enabled": on("TaintToleration")}},
            {**KUBE_WEIGHTS, TAINTS: 1},
            id="a default that is enabled again without a weight has weight 1",
        ),
        pytest.param(
            {"multiPoint": {"enabled": on(TaintToleration=0)}},
            {**KUBE_WEIGHTS, TAINTS: 1},
            id="a weight of 0 is no weight",
        ),
        pytest.param(
            {"multiPoint": {"enabled": on(TaintToleration=7)}},
            {**KUBE_WEIGHTS, TAINTS: 7},
            id="a default with another weight",
        ),
        pytest.param(
            {"multiPoint": {"disabled": on("TaintToleration"), "enabled": on(TaintToleration=7)}},
            {**KUBE_WEIGHTS, TAINTS: 7},
            id="disabled and enabled at once is enabled",
        ),
        pytest.param(
            {"score": {"disabled": on("TaintToleration"), "enabled": on(TaintToleration=7)}},
            {**KUBE_WEIGHTS, TAINTS: 7},
            id="the same at score alone",
        ),
        pytest.param(
            {"score": {"enabled": on("TaintToleration")}},
            {**KUBE_WEIGHTS, TAINTS: 1},
            id="a score that is listed without a weight does not get multiPoint's",
        ),
        pytest.param(
            {"multiPoint": {"enabled": on(TaintToleration=7)}, "score": {"enabled": on(TaintToleration=4)}},
            {**KUBE_WEIGHTS, TAINTS: 4},
            id="the weight at score goes before multiPoint's",
        ),
        pytest.param(
            {"multiPoint": {"disabled": on("ImageLocality")}},
            {name: weight for name, weight in KUBE_WEIGHTS.items() if name is not IMAGES},
            id="multiPoint takes a score out as well",
        ),
        pytest.param(
            {"multiPoint": {"disabled": on("*"), "enabled": on(ImageLocality=2)}},
            {IMAGES: 2},
            id="of all defaults one is kept",
        ),
        pytest.param(
            {"multiPoint": {"disabled": on("ImageLocality")}, "score": {"enabled": on(ImageLocality=3)}},
            {**KUBE_WEIGHTS, IMAGES: 3},
            id="what multiPoint takes out may be listed at score",
        ),
    ],
)
def test_which_scores_count_and_how_much(plugins: Plugins, weights: dict[ScoreName, int]) -> None:
    assert profile_of(plugins).weights == weights


@pytest.mark.parametrize(
    ("plugins", "off"),
    [
        pytest.param({"score": {"disabled": on("*")}}, set(), id="scores alone: filters are unchanged"),
        pytest.param({"score": {"disabled": on("NodeAffinity")}}, set(), id="one score: its filter stays"),
        pytest.param(
            {"filter": {"disabled": on("NodeResourcesFit")}}, {"NodeResourcesFit"}, id="one filter is off"
        ),
        pytest.param(
            {"multiPoint": {"disabled": on("NodeResourcesFit")}},
            {"NodeResourcesFit"},
            id="multiPoint takes the filter out too",
        ),
        pytest.param({"filter": {"disabled": on("*")}}, FILTERS, id="all filters are off"),
        pytest.param(
            {"filter": {"disabled": on("*"), "enabled": on("NodePorts")}},
            FILTERS - {"NodePorts"},
            id="all but one",
        ),
        pytest.param(
            {"multiPoint": {"disabled": on("*"), "enabled": on("PrioritySort", "DefaultBinder")}},
            {*FILTERS, "DefaultPreemption"},
            id="(c) no filters: everything fits",
        ),
        pytest.param(
            {"multiPoint": {"disabled": on("*")}, "filter": {"enabled": on("TaintToleration")}},
            {*FILTERS, "DefaultPreemption"} - {"TaintToleration"},
            id="no defaults and one filter",
        ),
        pytest.param({"postFilter": {"disabled": on("*")}}, {"DefaultPreemption"}, id="no preemption"),
        pytest.param(
            {"preFilter": {"disabled": on("NodePorts")}}, set(), id="a filter without its preparation"
        ),
    ],
)
def test_which_filters_are_off(plugins: Plugins, off: set[str]) -> None:
    assert profile_of(plugins).off == off


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


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        pytest.param([None], ["default-scheduler"], id="one without a name is the default scheduler's"),
        pytest.param(["mine"], ["mine"], id="one with a name"),
        pytest.param(["b", "a"], ["b", "a"], id="several, in the order given"),
    ],
)
def test_whose_profiles_they_are(names: list[str | None], expected: list[str]) -> None:
    profiles, _ = read_scheduler_config(config(*({"schedulerName": name} for name in names)))
    assert [profile.scheduler_name for profile in profiles] == expected
    assert [profile.name for profile in profiles] == expected


def test_each_profile_has_its_own_plugins_and_arguments() -> None:
    (one, other), _ = read_scheduler_config(
        config(
            {"schedulerName": "a", "plugins": {"score": {"disabled": on("*")}}},
            {
                "schedulerName": "b",
                "pluginConfig": [{"name": "InterPodAffinity", "args": {"hardPodAffinityWeight": 9}}],
            },
        )
    )
    assert (one.weights, one.hard_affinity_weight) == ({}, 1)
    assert (other.weights, other.hard_affinity_weight) == (KUBE_WEIGHTS, 9)


@pytest.mark.parametrize(
    ("document", "warnings"),
    [
        pytest.param(
            config(
                {"plugins": {"score": {"enabled": on("Trimaran")}, "filter": {"enabled": on("Trimaran")}}}
            ),
            ["profile default-scheduler: plugin Trimaran (filter, score) is not modelled"],
            id="a plugin of somebody else, with its points",
        ),
        pytest.param(
            config({"plugins": {"multiPoint": {"enabled": on("Capacity")}}, "schedulerName": "s"}),
            ["profile s: plugin Capacity (multiPoint) is not modelled"],
            id="of the profile that names it",
        ),
        pytest.param(
            config({"plugins": {"multiPoint": {"enabled": on("Coscheduling")}}}), [], id="gangs are modelled"
        ),
        pytest.param(
            config({"pluginConfig": [{"name": "Coscheduling", "args": {"permitWaitingTimeSeconds": 9}}]}),
            [],
            id="and their waiting time has no part here",
        ),
        pytest.param(
            config({"pluginConfig": [{"name": "NodeResourceFit", "args": {"a": 1}}]}),
            [
                (
                    "profile default-scheduler: pluginConfig of NodeResourceFit is not read; did you mean "
                    '"NodeResourcesFit"?'
                )
            ],
            id="arguments of a plugin that is misspelt",
        ),
        pytest.param(
            config(
                {
                    "plugins": {"multiPoint": {"enabled": on("Capacity")}},
                    "pluginConfig": [{"name": "Capacity", "args": {}}],
                }
            ),
            ["profile default-scheduler: plugin Capacity (multiPoint) is not modelled"],
            id="a plugin and its arguments are one warning",
        ),
        pytest.param(
            config(extenders=[{"urlPrefix": "http://x/y", "filterVerb": "filter", "enableHTTPS": True}]),
            ["the extender http://x/y is not asked"],
            id="an extender",
        ),
        pytest.param(
            config(
                {
                    "pluginConfig": [
                        {"name": "VolumeBinding", "args": {"shape": [{"utilization": 0, "score": 9}]}}
                    ]
                }
            ),
            ["profile default-scheduler: VolumeBinding's score (StorageCapacityScoring) is not modelled"],
            id="a score of volumes",
        ),
        pytest.param(
            config({"plugins": {"preFilter": {"disabled": on("NodePorts")}}}),
            [
                (
                    "profile default-scheduler: NodePorts disabled at preFilter alone, which fails in "
                    "kube-scheduler: the filter is kept"
                )
            ],
            id="a filter without its preparation",
        ),
        pytest.param(
            config(
                parallelism=16,
                percentageOfNodesToScore=50,
                podInitialBackoffSeconds=1,
                leaderElection={"leaderElect": False},
                clientConnection={"kubeconfig": "x"},
            ),
            [],
            id="what has no part in placement",
        ),
    ],
)
def test_what_is_not_modelled_is_named(document: dict[str, Any], warnings: list[str]) -> None:
    assert list(read_scheduler_config(document)[1]) == warnings


def test_an_error_says_in_which_profile_and_field() -> None:
    broken = {"name": "NodeResourcesFit", "args": {"scoringStrategy": {"type": "Most"}}}
    with pytest.raises(InputError) as caught:
        read_scheduler_config(
            config({"schedulerName": "a"}, {"schedulerName": "b", "pluginConfig": [broken]})
        )
    assert caught.value.field == "profiles[1].pluginConfig[0].args.scoringStrategy.type"
    assert caught.value.message.startswith("expected LeastAllocated, MostAllocated or RequestedTo")
