"""Plugins switched on and off: which scores count and how much, and which filters are off (§9)."""

from __future__ import annotations

import pytest

from placewright.models.ingest.profile_plugins import FILTERS
from placewright.models.profile import KUBE_WEIGHTS, ScoreName
from placewright.tests.models.ingest.kube_configs import (
    IMAGES,
    TAINTS,
    Plugins,
    on,
    profile_of,
)


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
