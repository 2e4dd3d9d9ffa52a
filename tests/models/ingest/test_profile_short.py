"""placewright's short form of a profile: what each field becomes, alone and over a preset."""

from __future__ import annotations

from typing import Any

import pytest

from placewright.models.agent import SpreadConstraint
from placewright.models.errors import InputError
from placewright.models.ingest.profile_short import read_profile
from placewright.models.ingest.profiles import PRESETS, preset
from placewright.models.profile import (
    DEFAULT_STAGES,
    KUBE_WEIGHTS,
    BalancedFormula,
    DefaultSpread,
    FitArgs,
    FreeRatio,
    Latency,
    Profile,
    Rate,
    ScoreName,
    Shape,
    Stage,
)
from placewright.tests.builders import MIB, node_affinity, requirement


def profile(**fields: Any) -> Profile:
    document = {"apiVersion": "placewright.io/v1", "kind": "Profile", "name": "mine", **fields}
    return read_profile(document, preset)


def test_what_is_left_out_is_kube_schedulers_default() -> None:
    assert profile() == Profile(name="mine")


TERMS = {"nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "Exists"}]}]}
RACK = {"topologyKey": "rack", "maxSkew": 2, "whenUnsatisfiable": "DoNotSchedule"}


@pytest.mark.parametrize(
    ("fields", "attribute", "expected"),
    [
        pytest.param({"schedulerName": "s"}, "scheduler_name", "s", id="a scheduler"),
        pytest.param(
            {"scores": {"Cost": 3, "ImageLocality": 1}},
            "weights",
            {ScoreName.COST: 3, ScoreName.IMAGE_LOCALITY: 1},
            id="scores that are given are all there are",
        ),
        pytest.param({"scores": {}}, "weights", {}, id="no scores at all"),
        pytest.param(
            {"fit": {"resources": {"cpu": 3}}},
            "fit",
            FitArgs(resources={"cpu": 3}),
            id="resources of the fit",
        ),
        pytest.param(
            {"fit": {"ignoredResources": ["a/b"], "ignoredResourceGroups": ["c"]}},
            "fit",
            FitArgs(ignored_resources=frozenset({"a/b"}), ignored_groups=frozenset({"c"})),
            id="resources that the filter leaves out",
        ),
        pytest.param(
            {
                "scores": {"RequestedToCapacityRatio": 1},
                "fit": {"shape": [{"utilization": 0, "score": 10}, {"utilization": 100}]},
            },
            "fit",
            FitArgs(shape=((0, 10), (100, 0))),
            id="the shape of a ratio",
        ),
        pytest.param(
            {"balancedResources": ["cpu", "gpu"]}, "balanced_resources", ("cpu", "gpu"), id="balance"
        ),
        pytest.param(
            {"balancedFormula": "1.35"}, "balanced_formula", BalancedFormula.UNTIL_1_35, id="an older formula"
        ),
        pytest.param(
            {"balancedFormula": 1.35},
            "balanced_formula",
            BalancedFormula.UNTIL_1_35,
            id="a release that YAML takes for a number",
        ),
        pytest.param(
            {"hardPodAffinityWeight": 0}, "hard_affinity_weight", 0, id="required affinity scores nothing"
        ),
        pytest.param(
            {"ignorePreferredTermsOfExistingPods": True},
            "ignore_preferred_of_existing",
            True,
            id="own terms only",
        ),
        pytest.param(
            {"addedAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": TERMS}},
            "added_affinity",
            node_affinity([requirement("a", "Exists")]),
            id="added affinity",
        ),
        pytest.param(
            {"defaultSpread": "system"}, "default_spread", DefaultSpread(), id="the system's defaults"
        ),
        pytest.param(
            {"defaultSpread": "none"}, "default_spread", DefaultSpread(system=False), id="no defaults"
        ),
        pytest.param(
            {"defaultSpread": [RACK]},
            "default_spread",
            DefaultSpread(False, (SpreadConstraint("rack", 2, None),)),
            id="defaults of its own",
        ),
        pytest.param(
            {"disabledFilters": ["NodePorts"]}, "off", frozenset({"NodePorts"}), id="a filter that is off"
        ),
        pytest.param(
            {
                "keepRoomFor": [
                    {"name": "large", "requests": {"cpu": "1500m", "memory": "1Mi"}, "count": 3, "weight": 2}
                ]
            },
            "shapes",
            (Shape("large", {"cpu": 1500, "memory": MIB}, 3, 2),),
            id="room for a shape",
        ),
        pytest.param(
            {"allocate": {"cpu": 1, "nvidia.com/gpu": 5}},
            "allocate",
            {"cpu": 1, "nvidia.com/gpu": 5},
            id="what is handed out",
        ),
        pytest.param(
            {"latency": [{"topologyKey": "rack", "cost": 5}]},
            "latency",
            Latency((("rack", 5),)),
            id="latency",
        ),
        pytest.param(
            {"limitCaps": {"cpu": "200%", "memory": 1.5, "gpu": "0.5", "x": 2, "y": "12.5%"}},
            "limit_caps",
            {"cpu": 2000, "memory": 1500, "gpu": 500, "x": 2000, "y": 125},
            id="caps of limits, in thousandths",
        ),
        pytest.param(
            {"softCapacity": {"cpu": {"price": 2}, "memory": {"per": "1Mi"}}},
            "soft_capacity",
            {"cpu": Rate(2, 1000), "memory": Rate(1, MIB)},
            id="what use beyond a soft capacity costs",
        ),
        pytest.param(
            {"freeRatios": [{"of": {"cpu": 1}, "beside": {"memory": "4Gi"}, "price": 3}]},
            "free_ratios",
            (FreeRatio("cpu", 125, "memory", 2**29, Rate(3)),),
            id="what is to be free beside what",
        ),
        pytest.param(
            {"scores": {}, "levels": ["placed", "disruption", "Cost"]},
            "stages",
            (Stage({"placed": 1}), Stage({"disruption": 1}), Stage({"Cost": 1})),
            id="levels by name",
        ),
        pytest.param(
            {"levels": [{"blend": {"placed": 1000, "scores": 1}}, "disruption"]},
            "stages",
            (Stage({"placed": 1000, "scores": 1}), Stage({"disruption": 1})),
            id="levels that are blended",
        ),
    ],
)
def test_what_a_field_becomes(fields: dict[str, Any], attribute: str, expected: object) -> None:
    assert getattr(profile(**fields), attribute) == expected


@pytest.mark.parametrize(
    ("fields", "weights"),
    [
        pytest.param({"scores": {"Cost": 4}}, {**KUBE_WEIGHTS, ScoreName.COST: 4}, id="a score is added"),
        pytest.param(
            {"scores": {"ImageLocality": 9}},
            {**KUBE_WEIGHTS, ScoreName.IMAGE_LOCALITY: 9},
            id="a weight is changed",
        ),
        pytest.param(
            {"scores": {"ImageLocality": 0}},
            {name: weight for name, weight in KUBE_WEIGHTS.items() if name is not ScoreName.IMAGE_LOCALITY},
            id="0 takes a score out",
        ),
        pytest.param(
            {"scores": {"MostAllocated": 2}},
            {
                **{
                    name: weight
                    for name, weight in KUBE_WEIGHTS.items()
                    if name is not ScoreName.LEAST_ALLOCATED
                },
                ScoreName.MOST_ALLOCATED: 2,
            },
            id="another way to score fit takes the place of the one there was",
        ),
    ],
)
def test_scores_over_a_preset(fields: dict[str, Any], weights: dict[ScoreName, int]) -> None:
    assert profile(extends="balanced", **fields).weights == weights


def test_what_is_not_given_is_the_presets() -> None:
    base = preset("cost")
    mine = profile(extends="cost", schedulerName="s", limitCaps={"cpu": 1})
    assert (mine.stages, mine.weights, mine.default_spread) == (
        base.stages,
        base.weights,
        base.default_spread,
    )
    assert (mine.name, mine.scheduler_name, mine.limit_caps) == ("mine", "s", {"cpu": 1000})


def test_a_field_that_is_given_takes_the_place_of_the_presets() -> None:
    mine = profile(extends="cost", levels=["placed", "disruption", "scores"], defaultSpread="system")
    assert (mine.stages, mine.default_spread) == (DEFAULT_STAGES, DefaultSpread())


def test_the_default_preset_is_kube_schedulers_own_profile() -> None:
    assert preset("balanced") == Profile()


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_whole(name: str) -> None:
    seen = preset(name)
    assert seen.name == name
    assert seen.weights
    assert [stage.name for stage in seen.stages][:2] == ["placed", "disruption"]


def test_what_the_presets_are_about() -> None:
    def heaviest(name: str) -> set[ScoreName]:
        weights = preset(name).weights
        return {score for score, weight in weights.items() if weight == max(weights.values())}

    assert heaviest("binpack") == {ScoreName.FEWEST_NODES}
    assert heaviest("latency") == {ScoreName.TRAFFIC_LOCALITY}
    assert heaviest("ha") == {ScoreName.POD_TOPOLOGY_SPREAD}
    assert [stage.name for stage in preset("cost").stages] == ["placed", "disruption", "Cost", "scores"]
    for packing in ("binpack", "cost"):
        weights = preset(packing).weights
        assert ScoreName.MOST_ALLOCATED in weights
        assert ScoreName.LEAST_ALLOCATED not in weights


def test_an_unknown_preset_is_an_error() -> None:
    with pytest.raises(InputError) as caught:
        profile(extends="binpak")
    assert str(caught.value) == 'extends: no preset "binpak"; did you mean "binpack"?'
