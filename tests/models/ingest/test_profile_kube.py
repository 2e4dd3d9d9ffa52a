"""KubeSchedulerConfiguration: whose profiles they are, by default and each by itself, and what is not modelled (§9)."""

from __future__ import annotations

from typing import Any

import pytest

from placewright.models.errors import InputError
from placewright.models.ingest.profile_kube import read_scheduler_config
from placewright.models.profile import KUBE_WEIGHTS, Profile
from placewright.tests.models.ingest.kube_configs import (
    config,
    on,
)


def test_without_profiles_all_is_as_by_default() -> None:
    for document in (config(), config({}), config({"plugins": None, "pluginConfig": None})):
        (profile,), warnings = read_scheduler_config(document)
        assert profile == Profile(name="default-scheduler")
        assert warnings == ()


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
