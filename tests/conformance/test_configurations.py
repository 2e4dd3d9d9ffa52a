"""The configurations that both sides read: each is one, and the drawn ones say different things."""

from __future__ import annotations

import pytest

from placewright.models.ingest.profiles import load_profiles
from placewright.tests.conformance.configurations import CONFIGURATIONS, configuration_files


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_a_configuration_is_read_as_a_whole(name: str) -> None:
    with configuration_files() as files:
        found = load_profiles(files[name])
    assert [profile.scheduler_name for profile in found.profiles] == ["default-scheduler"]
    assert [warning for warning in found.warnings if "not modelled" in warning or "not read" in warning] == []


def test_drawn_configurations_differ_in_filters_and_in_scores() -> None:
    with configuration_files() as files:
        drawn = [load_profiles(path).main for name, path in files.items() if name.startswith("drawn")]
    assert len({frozenset(profile.weights.items()) for profile in drawn}) >= 6
    assert len({profile.off for profile in drawn}) >= 4
